// Keeps one channel to a host open: hello and welcome, heartbeats, and a new channel after each drop.
import { CodedError, isErrorCode, toCoded } from '../errors.ts'
import { type Frame, FrameReader, jsonFrames } from '../frames.ts'
import { type ClientKind, type ClientMessage, type HostMessageOf, VERSIONS } from '../messages.ts'
import type { Transport } from '../transport.ts'
import { BACKOFF, type Backoff, retryDelay } from './backoff.ts'
import { REQUEST_MS } from './requests.ts'

export interface ConnectionOptions {
  /** Opens a transport; rejects when nothing answers. Called again after every drop. */
  connect: () => Promise<Transport>
  client: { kind: ClientKind; name: string }
  /** False: the first drop ends the client (commands and scripts). */
  reconnect?: false | Backoff
  /** Milliseconds, monotonic or not; for tests. */
  now?: () => number
  random?: () => number
}

/**
 * `connecting`: trying. `awaiting_approval`: the host knows this device, and a person there has to approve it, before `until`.
 * `waiting`: next try at `retry_at`. `ready`: channel open and welcomed. `gave_up`: tried for long enough, `retry()` starts
 * again. `closed`: for good, `error` says why.
 */
export type ClientState =
  | { name: 'connecting'; attempt: number }
  | { name: 'awaiting_approval'; until: number }
  | { name: 'waiting'; attempt: number; retry_at: number; error: CodedError }
  | { name: 'ready' }
  | { name: 'gave_up'; error: CodedError }
  /** `from_host`: the reason came in an authenticated message. Otherwise anyone on the network path may have sent it. */
  | { name: 'closed'; error: CodedError; from_host: boolean }

export interface ConnectionHandlers {
  /** Throwing gives up the channel. */
  frame(frame: Frame): void
  state(state: ClientState): void
  /** After the state became `ready`: what belongs on every new channel is sent now. */
  ready(): void
  /** The channel is gone; nothing sent on it will be answered. Before the state changes. */
  lost(error: CodedError): void
  /** After the state became `closed`. */
  closed(error: CodedError): void
  /** Rejects without a pong within `milliseconds`. */
  ping(milliseconds: number): Promise<unknown>
}

/** Opening, handshake and welcome together. */
const OPEN_MS = 10_000
/** A socket that looks open after sleep is not trusted: it answers a ping within this time or is abandoned. */
const PROBE_MS = 1_000
/** A person who uses a page is told that the network is gone: nothing heard for this long is asked about, and answered within `USED_MS`. */
const QUIET_MS = 3_000
const USED_MS = 2_000
/** Pings are sent this often, so that both sides notice a dead network (the host waits three of these). */
const HEARTBEAT_MS = 20_000

/** A channel that lasted longer than this worked: the next attempt counts as the first. */
const GOOD_MS = 3_000

/** Errors of a hello that no retry will cure. */
const FINAL_HELLO_ERRORS = new Set<string>([
  'version_unsupported',
  'forbidden',
  'channel_refused',
  'pairing_refused',
  'pairing_expired',
  'pairing_busy',
  'confirm_needed',
  'pairing_elsewhere',
  'pairing_spent',
  'too_many_devices',
  'device_revoked',
])

/** The ones that a channel reports before it can authenticate anything. The others count only in a message. */
const FINAL_CLOSES = new Set<string>(['version_unsupported', 'channel_refused'])

export class Connection {
  readonly #options: ConnectionOptions
  readonly #handlers: ConnectionHandlers
  readonly #now: () => number
  #state: ClientState = { name: 'connecting', attempt: 0 }
  #started = false
  #channel: Transport | undefined
  #welcome: HostMessageOf<'welcome'> | undefined
  /** Counts attempts, so that a late answer of an abandoned one is recognized. */
  #try = 0
  #openedAt = 0
  #readyAt = 0
  /** When the host was last heard. */
  #heardAt = 0
  #isAsking = false
  #downSince: number | undefined
  #openTimer: unknown
  #retryTimer: unknown
  #heartbeat: unknown

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
    this.#options = options
    this.#handlers = handlers
    this.#now = options.now ?? Date.now
  }

  get state(): ClientState {
    return this.#state
  }

  get ready(): boolean {
    return this.#state.name === 'ready'
  }

  get welcome(): HostMessageOf<'welcome'> | undefined {
    return this.#welcome
  }

  /** The first call starts connecting. */
  start(): void {
    if (this.#started) return
    this.#started = true
    void this.#open(0)
  }

  retry(): void {
    if (this.#state.name !== 'waiting' && this.#state.name !== 'gave_up') return
    clearTimeout(this.#retryTimer)
    this.#downSince = this.#now()
    void this.#open(0)
  }

  probe(): void {
    // An attempt that was under way when the page was frozen may wait for a reply that was lost.
    if (this.#state.name === 'connecting' && this.#now() - this.#openedAt > PROBE_MS) {
      this.lose(new CodedError('unreachable', 'the host did not answer'))
      return this.retry()
    }
    // The host remembers this device, so asking again is cheap; a socket that slept through the approval is not.
    if (this.#state.name === 'awaiting_approval') this.lose(new CodedError('probe_failed', 'the page was away'))
    if (this.#state.name !== 'ready') return this.retry()
    const channel = this.#channel
    this.#handlers.ping(PROBE_MS).catch(() => {
      if (!channel || channel !== this.#channel) return
      this.lose(new CodedError('probe_failed', 'the connection no longer answers'))
      this.retry()
    })
  }

  /** A person touches the page, or types. Whatever arrives meanwhile is an answer: a slow network is not a dead one. */
  used(): void {
    if (this.#isAsking || this.#state.name !== 'ready' || this.#now() - this.#heardAt < QUIET_MS) return
    const channel = this.#channel
    const askedAt = this.#now()
    this.#isAsking = true
    this.#handlers
      .ping(USED_MS)
      .catch(() => {
        if (!channel || channel !== this.#channel || this.#heardAt > askedAt) return
        this.lose(new CodedError('probe_failed', 'the connection no longer answers'))
        this.retry()
      })
      .finally(() => {
        this.#isAsking = false
      })
  }

  /** Returns false while there is no channel. */
  send(frames: Uint8Array[]): boolean {
    const channel = this.#channel
    if (!channel) return false
    for (const frame of frames) channel.send(frame)
    return true
  }

  welcomed(message: HostMessageOf<'welcome'>): void {
    this.#welcome = message
    if (message.pace_ms !== null) this.#channel?.pace?.(message.pace_ms)
    this.#readyAt = this.#now()
    this.#setState({ name: 'ready' })
    this.#handlers.ready()
    this.#beat()
  }

  awaitApproval({ seconds }: HostMessageOf<'awaiting_approval'>): void {
    if (this.#state.name === 'ready' || this.#state.name === 'closed') return
    const milliseconds = seconds * 1000
    // The host sends nothing meanwhile, so a dead socket is noticed here.
    this.#openTimer = setTimeout(() => {
      if (this.#state.name === 'awaiting_approval') this.lose(new CodedError('unreachable', 'the host did not answer'))
    }, milliseconds + REQUEST_MS)
    this.#setState({ name: 'awaiting_approval', until: this.#now() + milliseconds })
  }

  /** An error about the connection itself. The host closes after it, but this says more than the close does. */
  refused(error: CodedError): void {
    // A message that the host did not understand is no reason to disconnect.
    if (error.code === 'bad_message' && this.#state.name === 'ready') return
    if (FINAL_HELLO_ERRORS.has(error.code)) this.finish(error, true)
    else this.lose(error)
  }

  /** Closes the channel and plans the next attempt. */
  lose(error: CodedError, lastAttempt = 0): void {
    if (this.#state.name === 'closed') return
    // A channel that lasted was good; one that closes right after its welcome is as bad as none.
    const attempt = this.#state.name === 'ready' && this.#now() - this.#readyAt > GOOD_MS ? 0 : lastAttempt
    if (this.#state.name === 'ready' && attempt === 0) this.#downSince = undefined
    this.#drop(error)
    if (this.#options.reconnect === false || FINAL_HELLO_ERRORS.has(error.code)) return this.finish(error)
    const backoff = this.#options.reconnect ?? BACKOFF
    this.#downSince ??= this.#now()
    if (this.#now() - this.#downSince > backoff.give_up) {
      this.#setState({ name: 'gave_up', error })
      return
    }
    const delay = retryDelay(attempt, backoff, this.#options.random)
    clearTimeout(this.#retryTimer)
    // Before the state is announced: a listener may close or retry.
    this.#retryTimer = setTimeout(() => void this.#open(attempt + 1), delay)
    this.#setState({ name: 'waiting', attempt, retry_at: this.#now() + delay, error })
  }

  /** Ends for good. */
  finish(error: CodedError, from_host = false): void {
    if (this.#state.name === 'closed') return
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#openTimer)
    this.#drop(error)
    this.#setState({ name: 'closed', error, from_host })
    this.#handlers.closed(error)
  }

  async #open(attempt: number): Promise<void> {
    if (this.#state.name === 'ready' || this.#state.name === 'closed') return
    clearTimeout(this.#retryTimer)
    const mine = ++this.#try
    this.#openedAt = this.#now()
    this.#setState({ name: 'connecting', attempt })
    let transport: Transport | undefined
    const timer = (this.#openTimer = setTimeout(() => {
      if (mine !== this.#try || this.#state.name === 'ready') return
      transport?.close({ code: 'request_timeout', reason: 'opening took too long' })
      this.lose(new CodedError('unreachable', 'the host did not answer'), attempt)
    }, OPEN_MS))
    try {
      transport = await this.#options.connect()
    } catch (error) {
      clearTimeout(timer)
      if (mine === this.#try) this.lose(toCoded(error), attempt)
      return
    }
    // Closing counts as a new attempt, so this one is no longer wanted then either.
    if (mine !== this.#try) {
      clearTimeout(timer)
      transport.close({ code: 'client_closed', reason: 'no longer wanted' })
      return
    }
    this.#channel = transport
    const reader = new FrameReader()
    let answered = false
    transport.start({
      frame: bytes => {
        if (mine !== this.#try) return
        try {
          const frame = reader.read(bytes)
          if (!frame) return
          this.#heardAt = this.#now()
          if (!answered && frame.kind === 'json') {
            answered = true
            clearTimeout(timer)
          }
          this.#handlers.frame(frame)
        } catch (error) {
          this.lose(toCoded(error), attempt)
        }
      },
      close: ({ code, reason }) => {
        clearTimeout(timer)
        if (mine !== this.#try) return
        // Anyone on the network path can close a socket with any code: no such code may end a pairing.
        const believed = isErrorCode(code) && (!FINAL_HELLO_ERRORS.has(code) || FINAL_CLOSES.has(code))
        this.lose(new CodedError(believed ? code : 'connection_lost', reason), attempt)
      },
    })
    const hello: ClientMessage = { type: 'hello', versions: VERSIONS, client: this.#options.client }
    this.send(jsonFrames(hello))
  }

  #beat(): void {
    clearTimeout(this.#heartbeat)
    this.#heartbeat = setTimeout(() => {
      if (this.#state.name !== 'ready') return
      const channel = this.#channel
      this.#handlers.ping(REQUEST_MS).then(
        () => this.#beat(),
        () => {
          if (channel === this.#channel && this.#state.name === 'ready')
            this.lose(new CodedError('probe_failed', 'the connection no longer answers'))
        },
      )
    }, HEARTBEAT_MS)
  }

  #drop(error: CodedError): void {
    this.#try++
    clearTimeout(this.#openTimer)
    clearTimeout(this.#heartbeat)
    const channel = this.#channel
    this.#channel = undefined
    channel?.close({ code: error.code, reason: error.message })
    this.#handlers.lost(error)
  }

  #setState(state: ClientState): void {
    this.#state = state
    this.#handlers.state(state)
  }
}
