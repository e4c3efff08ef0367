// The client of a host: one channel kept open across drops, requests over it, and the attachments that live on it.
// Knows nothing of what carries the frames: `connect` brings a Transport, whatever it is.

import { Emitter } from '../emitter.ts'
import { assertNever, CodedError, isErrorCode, toCoded } from '../errors.ts'
import { chunkFrames, type Frame, FrameReader, jsonFrames } from '../frames.ts'
import {
  type ClientKind,
  type ClientMessage,
  type HostMessage,
  type HostMessageOf,
  type PushSubscription,
  parseHostMessage,
  type SessionInfo,
  type SessionSpec,
  VERSIONS,
} from '../messages.ts'
import type { Transport } from '../transport.ts'
import { BACKOFF, type Backoff, retryDelay } from './backoff.ts'
import {
  type AttachOptions,
  ClientAttachment,
  type Inflate,
  type Outlet,
  type TerminalSink,
} from './client-attachment.ts'
import { HistoryClient, type ReplyListener, type Requests } from './history-client.ts'
import { type Source, type UploadOptions, upload } from './upload-client.ts'

export interface ClientOptions {
  /** Opens a transport; rejects when nothing answers. Called again after every drop. */
  connect: () => Promise<Transport>
  client: { kind: ClientKind; name: string }
  inflate?: Inflate
  /** False: the first drop ends the client (commands and scripts). */
  reconnect?: false | Backoff
  /** Milliseconds, monotonic or not; for tests. */
  now?: () => number
  random?: () => number
}

/**
 * `connecting`: trying. `awaiting_approval`: the host knows that we are here, and somebody there has to say yes, until `until`.
 * `waiting`: next try at `retry_at`. `ready`: channel open and welcomed. `gave_up`: tried long enough, `retry()` starts
 * again. `closed`: for good, `error` says why.
 */
export type ClientState =
  | { name: 'connecting'; attempt: number }
  | { name: 'awaiting_approval'; until: number }
  | { name: 'waiting'; attempt: number; retry_at: number; error: CodedError }
  | { name: 'ready' }
  | { name: 'gave_up'; error: CodedError }
  /** `from_host`: in a message of the host's; else anybody on the way may have said it. */
  | { name: 'closed'; error: CodedError; from_host: boolean }

export interface ClientEvents {
  state: ClientState
  /** Comes while watching (see `watch`). */
  sessions: SessionInfo[]
  /** Comes while showing (see `showPairing`). */
  pairing: HostMessageOf<'pairing'>
  /** Comes while watching (see `watchDevices`). */
  devices: HostMessageOf<'devices'>
  /** Comes while watching (see `watchSettings`). */
  settings: HostMessageOf<'settings'>
  attention: HostMessageOf<'attention'>
}

/** A host that takes longer than this for a request is as good as gone. */
export const REQUEST_MS = 10_000
/** The network side is opened anew for a setting, with a certificate that somebody else has to issue first. */
export const CHANGE_MS = 120_000
/** Opening, handshake and welcome together. */
export const OPEN_MS = 10_000
/** An OPEN socket after sleep is not to be trusted: it answers a ping within this or is abandoned. */
export const PROBE_MS = 1_000
/** Silence is broken this often, so that both sides notice a dead network (the host waits three of these). */
export const HEARTBEAT_MS = 20_000

/** A channel that lasted as long was a good one: the next try comes at once. */
const GOOD_MS = 3_000

/** Errors of a hello that no retry will cure. */
const FINAL_HELLO_ERRORS = new Set<string>([
  'version_unsupported',
  'forbidden',
  'channel_refused',
  'pairing_refused',
  'pairing_expired',
  'pairing_busy',
  'pairing_elsewhere',
  'pairing_spent',
  'too_many_devices',
  'device_revoked',
])

/** Of these, what a channel says before there is a way to say it safely. The others count in a message only. */
const FINAL_CLOSES = new Set<string>(['version_unsupported', 'channel_refused'])

interface Pending {
  /** Asked again on the next channel, so a drop is not its end. */
  again?: boolean
  resolve: (message: HostMessage) => void
  reject: (error: CodedError) => void
  timer: unknown
  /** What comes before the answer. */
  heard?: ReplyListener | undefined
}

export class HostClient extends Emitter<ClientEvents> {
  /** What was recorded of all sessions. */
  readonly history: HistoryClient
  readonly #requests: Requests
  readonly #options: ClientOptions
  readonly #now: () => number
  #state: ClientState = { name: 'connecting', attempt: 0 }
  #channel: Transport | undefined
  #pending = new Map<number, Pending>()
  #attachments = new Set<ClientAttachment>()
  #byHandle = new Map<number, ClientAttachment>()
  #nextRequest = 1
  #retryTimer: unknown
  #heartbeat: unknown
  #downSince: number | undefined
  #watching = false
  #watchingDevices = false
  #showingPairing = false
  #watchingSettings = false
  #started = false
  #welcome: HostMessageOf<'welcome'> | undefined
  /** Counts tries, so that a late answer of an abandoned one is recognised. */
  #try = 0
  #openedAt = 0
  #readyAt = 0
  #openTimer: unknown
  /** Attachments that were asked for on this channel. */
  #attaching = new Set<ClientAttachment>()

  constructor(options: ClientOptions) {
    super()
    this.#options = options
    this.#now = options.now ?? Date.now
    const requests: Requests = {
      request: (answer, message, heard) => {
        const request_id = this.#nextRequest++
        return { request_id, answer: this.#request(answer, { ...message, request_id } as ClientRequest, { heard }) }
      },
      send: message => this.#send(message),
      sendChunk: (request_id, bytes) => this.#sendFrames(chunkFrames(request_id, bytes)),
    }
    this.#requests = requests
    this.history = new HistoryClient(requests, options.inflate ?? noInflate)
  }

  get state(): ClientState {
    return this.#state
  }

  /** What the host said of itself, once it did. */
  get host(): HostMessageOf<'welcome'> | undefined {
    return this.#welcome
  }

  /** Starts connecting. Resolves when welcomed for the first time; rejects when the client closed or gave up first. */
  connect(): Promise<void> {
    if (!this.#started) {
      this.#started = true
      void this.#open(0)
    }
    return this.#whenReady()
  }

  /** Tries at once, whatever was planned. For "reconnect now" and for signs of life from the system. */
  retry(): void {
    if (this.#state.name !== 'waiting' && this.#state.name !== 'gave_up') return
    clearTimeout(this.#retryTimer)
    this.#downSince = this.#now()
    void this.#open(0)
  }

  /** Asks an open channel for a sign of life; without one in PROBE_MS it is abandoned and a new one opened. */
  probe(): void {
    // A try that was under way when the page was frozen may wait for an answer that was lost.
    if (this.#state.name === 'connecting' && this.#now() - this.#openedAt > PROBE_MS) {
      this.#lost(new CodedError('unreachable', 'the host did not answer'))
      return this.retry()
    }
    // The host still knows who asks, so asking again is cheap; a socket that slept through the answer is not.
    if (this.#state.name === 'awaiting_approval') this.#lost(new CodedError('probe_failed', 'the page was away'))
    if (this.#state.name !== 'ready') return this.retry()
    const channel = this.#channel
    this.#ask({ type: 'ping', request_id: this.#nextRequest++ }, PROBE_MS).catch(() => {
      if (!channel || channel !== this.#channel) return
      this.#lost(new CodedError('probe_failed', 'the connection no longer answers'))
      this.retry()
    })
  }

  /** Ends for good. Attachments end with it; the sessions do not. */
  close(): void {
    this.#finish(new CodedError('client_closed', 'the client closed the connection'))
  }

  /** The sessions that run or ended lately; all of them has `history`. */
  async list(): Promise<SessionInfo[]> {
    return (await this.#request('sessions', { type: 'list', request_id: this.#nextRequest++ })).sessions
  }

  /** From now on `sessions` is emitted with the list and again whenever it changes, also after reconnects. */
  watch(): void {
    this.#watching = true
    if (this.#state.name === 'ready') this.#sendWatch()
  }

  async create(spec: SessionSpec): Promise<SessionInfo> {
    return (await this.#request('created', { type: 'create', request_id: this.#nextRequest++, spec })).session
  }

  /** SIGHUP to the session's process group, SIGKILL five seconds later. */
  async kill(session_id: string): Promise<void> {
    await this.#request('ok', { type: 'kill', request_id: this.#nextRequest++, session_id })
  }

  async rename(session_id: string, title: string): Promise<void> {
    await this.#request('ok', { type: 'rename', request_id: this.#nextRequest++, session_id, title })
  }

  /** Sends a file to the session's computer; returns its path there. Rejects with the `upload_…` codes, and `cancelled`. */
  upload(session_id: string, source: Source, options?: UploadOptions): Promise<string> {
    return upload(this.#requests, session_id, source, options)
  }

  /** The session's present screen as plain text. */
  screen(session_id: string): Promise<HostMessageOf<'screen'>> {
    return this.#request('screen', { type: 'screen', request_id: this.#nextRequest++, session_id })
  }

  /**
   * How this device is told of calls while its page is closed: by `subscription` from now on; null: no more; left out: only
   * asks. Rejects with the `push_…` codes.
   */
  push(subscription?: PushSubscription | null): Promise<HostMessageOf<'push'>> {
    const request_id = this.#nextRequest++
    return this.#request('push', { type: 'push', request_id, ...(subscription !== undefined && { subscription }) })
  }

  /** Whether somebody is before this page; to be said again after each welcome. */
  setPresent(present: boolean): void {
    this.#send({ type: 'presence', present })
  }

  // --- the desktop's own (`local`); a device is answered `forbidden` ---

  /** From now on the pairing code is shown, and `pairing` is emitted with it whenever it changes, also after reconnects. */
  showPairing(): void {
    this.#showingPairing = true
    if (this.#state.name === 'ready') this.#sendShowPairing()
  }

  /** Nobody can use the code any more, unless somebody else shows it too. */
  async hidePairing(): Promise<void> {
    this.#showingPairing = false
    if (this.#state.name !== 'ready') return
    await this.#request('ok', { type: 'show_pairing', request_id: this.#nextRequest++, show: false })
  }

  /** The paired devices, and those that wait to be let in. */
  devices(): Promise<HostMessageOf<'devices'>> {
    return this.#request('devices', { type: 'devices', request_id: this.#nextRequest++ })
  }

  /** From now on `devices` is emitted and again whenever it changes, also after reconnects. */
  watchDevices(): void {
    this.#watchingDevices = true
    if (this.#state.name === 'ready') this.#sendWatchDevices()
  }

  /** Says yes or no to a phone that waits. Rejects with `pairing_unknown` when somebody else has answered. */
  async answerPairing(pairing_id: string, answer: { allow: boolean; read_only?: boolean }): Promise<void> {
    const request_id = this.#nextRequest++
    await this.#request('ok', { type: 'answer_pairing', request_id, pairing_id, ...answer })
  }

  async updateDevice(device_id: string, change: { name?: string; read_only?: boolean }): Promise<void> {
    const request_id = this.#nextRequest++
    await this.#request('ok', { type: 'update_device', request_id, device_id, ...change })
  }

  /** Its connections are closed at once, and it has to be paired anew. */
  async revokeDevice(device_id: string): Promise<void> {
    await this.#request('ok', { type: 'revoke_device', request_id: this.#nextRequest++, device_id })
  }

  settings(): Promise<HostMessageOf<'settings'>> {
    return this.#request('settings', { type: 'settings', request_id: this.#nextRequest++ })
  }

  /** From now on `settings` is emitted and again whenever one changes, also after reconnects. */
  watchSettings(): void {
    this.#watchingSettings = true
    if (this.#state.name === 'ready') this.#sendWatchSettings()
  }

  /** Values by name, null for the default. Rejects with `settings_invalid`, saying which and why; then none has changed. */
  async changeSettings(change: Record<string, unknown>): Promise<void> {
    await this.#request(
      'ok',
      { type: 'change_settings', request_id: this.#nextRequest++, change },
      { milliseconds: CHANGE_MS },
    )
  }

  /**
   * Attaches a terminal to a session and keeps it attached across drops. What happens is told by the returned
   * object's events; it fails by its `failed` event, never by throwing here.
   */
  attach(session_id: string, sink: TerminalSink, options: AttachOptions = {}): ClientAttachment {
    const outlet: Outlet = {
      message: (message: ClientMessage) => this.#send(message),
      frames: (frames: Uint8Array[]) => this.#sendFrames(frames),
      fail: error => this.#failAttached(attached, error),
    }
    const inflate = this.#options.inflate ?? noInflate
    const attached: ClientAttachment = new ClientAttachment(session_id, sink, options, outlet, inflate, this.#now)
    this.#attachments.add(attached)
    // A tick later, so that the caller has its listeners in place before anything can be emitted.
    queueMicrotask(() => {
      if (this.#state.name === 'closed') attached.failed(this.#state.error)
      else if (this.#state.name === 'ready' && !this.#attaching.has(attached)) this.#reattach(attached)
    })
    return attached
  }

  /** Ends an attachment; the session goes on. */
  detach(attached: ClientAttachment): void {
    if (!this.#attachments.delete(attached)) return
    const handle = attached.handle
    attached.end()
    if (handle === undefined) return
    this.#byHandle.delete(handle)
    this.#send({ type: 'detach', handle })
  }

  // --- channel ---

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
      this.#lost(new CodedError('unreachable', 'the host did not answer'), attempt)
    }, OPEN_MS))
    try {
      transport = await this.#options.connect()
    } catch (error) {
      clearTimeout(timer)
      if (mine === this.#try) this.#lost(toCoded(error), attempt)
      return
    }
    // Closing counts as a new try, so this one is no longer wanted then either.
    if (mine !== this.#try) {
      clearTimeout(timer)
      transport.close({ code: 'client_closed', reason: 'no longer wanted' })
      return
    }
    this.#channel = transport
    const reader = new FrameReader()
    let welcomed = false
    transport.start({
      frame: bytes => {
        if (mine !== this.#try) return
        try {
          const frame = reader.read(bytes)
          if (!frame) return
          if (!welcomed && frame.kind === 'json') {
            welcomed = true
            clearTimeout(timer)
          }
          this.#receive(frame)
        } catch (error) {
          this.#lost(toCoded(error), attempt)
        }
      },
      close: ({ code, reason }) => {
        clearTimeout(timer)
        if (mine !== this.#try) return
        // Everybody on the way can close a socket with any code: none of them may end a pairing.
        const believed = isErrorCode(code) && (!FINAL_HELLO_ERRORS.has(code) || FINAL_CLOSES.has(code))
        this.#lost(new CodedError(believed ? code : 'connection_lost', reason), attempt)
      },
    })
    const hello: ClientMessage = { type: 'hello', versions: VERSIONS, client: this.#options.client }
    this.#sendFrames(jsonFrames(hello))
  }

  #receive(frame: Frame): void {
    switch (frame.kind) {
      case 'json': {
        const message = parseHostMessage(frame.value)
        // A newer host may say things that this client does not know; what it must know has a version of its own.
        if (message) this.#message(message)
        return
      }
      case 'output':
        return this.#byHandle.get(frame.handle)?.output(frame)
      case 'blob':
        return this.#byHandle.get(frame.handle)?.blob(frame.bytes)
      case 'ack':
        return this.#byHandle.get(frame.handle)?.ack(frame.value)
      case 'chunk':
        return this.#heard(frame.request_id)?.chunk?.(frame.bytes)
      case 'input':
        throw new CodedError('bad_frame', 'a host does not type')
      default:
        assertNever(frame)
    }
  }

  #message(message: HostMessage): void {
    switch (message.type) {
      case 'welcome':
        return this.#welcomed(message)
      case 'sessions':
        if (message.request_id === undefined) this.emit('sessions', message.sessions)
        else this.#answer(message.request_id, message)
        return
      case 'awaiting_approval':
        return this.#asked(message.seconds * 1000)
      case 'pairing':
      case 'devices':
      case 'settings':
        if (message.request_id !== undefined) this.#answer(message.request_id, message)
        else if (message.type === 'settings') this.emit('settings', message)
        else if (message.type === 'devices') this.emit('devices', message)
        else if (this.#showingPairing) this.emit('pairing', message)
        return
      case 'progress':
        return this.#heard(message.request_id)?.progress?.(message.done, message.total)
      case 'attention':
        return this.emit('attention', message)
      case 'error':
        return this.#error(message)
      case 'pong':
      case 'ok':
      case 'created':
      case 'session':
      case 'screen':
      case 'history_page':
      case 'search_results':
      case 'timeline':
      case 'seek_result':
      case 'playback_chunk':
      case 'exported':
      case 'marked':
      case 'lines':
      case 'uploaded':
      case 'push':
        return this.#answer(message.request_id, message)
      case 'resize':
      case 'size_owner':
      case 'keyframe':
      case 'segment':
      case 'gap':
      case 'caught_up':
      case 'title':
      case 'exit':
        return this.#byHandle.get(message.handle)?.message(message)
      default:
        assertNever(message)
    }
  }

  #welcomed(message: HostMessageOf<'welcome'>): void {
    this.#welcome = message
    this.#readyAt = this.#now()
    this.#setState({ name: 'ready' })
    if (this.#watching) this.#sendWatch()
    if (this.#watchingDevices) this.#sendWatchDevices()
    if (this.#watchingSettings) this.#sendWatchSettings()
    if (this.#showingPairing) this.#sendShowPairing()
    for (const attached of this.#attachments)
      if (!attached.ended && !this.#attaching.has(attached)) this.#reattach(attached)
    this.#beat()
  }

  #asked(milliseconds: number): void {
    if (this.#state.name === 'ready' || this.#state.name === 'closed') return
    // Nothing is said meanwhile, so a socket that died is noticed here.
    this.#openTimer = setTimeout(() => {
      if (this.#state.name === 'awaiting_approval') this.#lost(new CodedError('unreachable', 'the host did not answer'))
    }, milliseconds + REQUEST_MS)
    this.#setState({ name: 'awaiting_approval', until: this.#now() + milliseconds })
  }

  #error(message: HostMessageOf<'error'>): void {
    const error = new CodedError(isErrorCode(message.code) ? message.code : 'internal', message.message)
    if (message.request_id !== undefined) {
      const pending = this.#take(message.request_id)
      pending?.reject(error)
    } else if (message.handle !== undefined) {
      const attached = this.#byHandle.get(message.handle)
      // Somebody deleted what it looks at. Else something that it asked for was refused, and it goes on.
      if (attached && error.code === 'session_unknown') this.#failAttached(attached, error)
      else attached?.refused(error)
    } else {
      // A question that the host did not even understand is no reason to go.
      if (error.code === 'bad_message' && this.#state.name === 'ready') return
      // About the connection itself: the host closes after it, and this says more than that it is gone.
      if (FINAL_HELLO_ERRORS.has(error.code)) this.#finish(error, true)
      else this.#lost(error)
    }
  }

  #beat(): void {
    clearTimeout(this.#heartbeat)
    this.#heartbeat = setTimeout(() => {
      if (this.#state.name !== 'ready') return
      const channel = this.#channel
      this.#ask({ type: 'ping', request_id: this.#nextRequest++ }, REQUEST_MS).then(
        () => this.#beat(),
        () => {
          if (channel === this.#channel && this.#state.name === 'ready')
            this.#lost(new CodedError('probe_failed', 'the connection no longer answers'))
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
    this.#byHandle.clear()
    for (const attached of this.#attachments) attached.lost()
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    this.#attaching.clear()
    for (const one of pending) {
      clearTimeout(one.timer)
      if (!one.again) one.reject(error)
    }
  }

  #lost(error: CodedError, tried = 0): void {
    if (this.#state.name === 'closed') return
    // A channel that held was good; one that closes right after its welcome is as bad as none.
    const attempt = this.#state.name === 'ready' && this.#now() - this.#readyAt > GOOD_MS ? 0 : tried
    if (this.#state.name === 'ready' && attempt === 0) this.#downSince = undefined
    this.#drop(error)
    if (this.#options.reconnect === false || FINAL_HELLO_ERRORS.has(error.code)) return this.#finish(error)
    const backoff = this.#options.reconnect ?? BACKOFF
    this.#downSince ??= this.#now()
    if (this.#now() - this.#downSince > backoff.give_up) {
      this.#setState({ name: 'gave_up', error })
      return
    }
    const wait = retryDelay(attempt, backoff, this.#options.random)
    clearTimeout(this.#retryTimer)
    // Before the state is told: who hears it may close or retry.
    this.#retryTimer = setTimeout(() => void this.#open(attempt + 1), wait)
    this.#setState({ name: 'waiting', attempt, retry_at: this.#now() + wait, error })
  }

  #finish(error: CodedError, from_host = false): void {
    if (this.#state.name === 'closed') return
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#openTimer)
    this.#drop(error)
    this.#setState({ name: 'closed', error, from_host })
    const attachments = [...this.#attachments]
    this.#attachments.clear()
    for (const attached of attachments) if (!attached.ended) attached.failed(error)
  }

  #setState(state: ClientState): void {
    this.#state = state
    this.emit('state', state)
  }

  #whenReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (state: ClientState): boolean => {
        if (state.name === 'ready') resolve()
        else if (state.name === 'closed' || state.name === 'gave_up') reject(state.error)
        else return false
        return true
      }
      if (settle(this.#state)) return
      const off = this.on('state', state => {
        if (settle(state)) off()
      })
    })
  }

  // --- requests ---

  #send(message: ClientMessage): boolean {
    return this.#sendFrames(jsonFrames(message))
  }

  #sendFrames(frames: Uint8Array[]): boolean {
    const channel = this.#channel
    if (!channel) return false
    for (const frame of frames) channel.send(frame)
    return true
  }

  #sendWatch(): void {
    this.#ask({ type: 'list', request_id: this.#nextRequest++, watch: true }, REQUEST_MS).then(
      message => {
        if (message.type === 'sessions') this.emit('sessions', message.sessions)
      },
      () => {}, // the drop that broke it is told by the state
    )
  }

  #sendWatchDevices(): void {
    this.#ask({ type: 'devices', request_id: this.#nextRequest++, watch: true }, REQUEST_MS).then(
      message => {
        if (message.type === 'devices') this.emit('devices', message)
      },
      () => {},
    )
  }

  #sendWatchSettings(): void {
    this.#ask({ type: 'settings', request_id: this.#nextRequest++, watch: true }, REQUEST_MS).then(
      message => {
        if (message.type === 'settings') this.emit('settings', message)
      },
      () => {},
    )
  }

  #sendShowPairing(): void {
    this.#ask({ type: 'show_pairing', request_id: this.#nextRequest++, show: true }, REQUEST_MS).then(
      message => {
        if (message.type === 'pairing' && this.#showingPairing) this.emit('pairing', message)
      },
      () => {},
    )
  }

  /** Waits until the channel is there, asks, and narrows the answer. */
  async #request<T extends HostMessage['type']>(
    answer: T,
    message: ClientRequest,
    { heard, milliseconds = REQUEST_MS }: { heard?: ReplyListener | undefined; milliseconds?: number } = {},
  ): Promise<HostMessageOf<T>> {
    if (!this.#started) void this.connect().catch(() => {})
    await withDeadline(this.#whenReady(), REQUEST_MS)
    const got = await this.#ask(message, milliseconds, heard)
    if (got.type !== answer) throw new CodedError('bad_message', `the host answered ${got.type} instead of ${answer}`)
    return got as HostMessageOf<T>
  }

  #ask(message: ClientRequest, milliseconds: number, heard?: ReplyListener): Promise<HostMessage> {
    return new Promise((resolve, reject) => {
      const timer = this.#deadline(message.request_id, milliseconds)
      this.#pending.set(message.request_id, { resolve, reject, timer, heard })
      if (this.#send(message)) return
      this.#take(message.request_id)
      reject(new CodedError('connection_lost', 'there is no connection to the host'))
    })
  }

  #deadline(request_id: number, milliseconds: number): unknown {
    return setTimeout(() => {
      const pending = this.#pending.get(request_id)
      this.#pending.delete(request_id)
      pending?.reject(new CodedError('request_timeout', 'the host did not answer in time'))
    }, milliseconds)
  }

  /** Who waits for an answer that is on its way: what comes before it is a sign of life. */
  #heard(request_id: number): ReplyListener | undefined {
    const pending = this.#pending.get(request_id)
    if (!pending?.heard) return undefined
    clearTimeout(pending.timer)
    pending.timer = this.#deadline(request_id, REQUEST_MS)
    return pending.heard
  }

  #take(request_id: number): Pending | undefined {
    const pending = this.#pending.get(request_id)
    this.#pending.delete(request_id)
    clearTimeout(pending?.timer)
    return pending
  }

  #answer(request_id: number, message: HostMessage): void {
    this.#take(request_id)?.resolve(message)
  }

  #reattach(attached: ClientAttachment): void {
    const request_id = this.#nextRequest++
    const channel = this.#channel
    // Resolved at once, not through a promise: frames of the new handle may follow in the same tick.
    this.#attaching.add(attached)
    this.#pending.set(request_id, {
      timer: undefined,
      again: true,
      resolve: message => {
        if (message.type !== 'session' || channel !== this.#channel) return
        if (!this.#attachments.has(attached)) {
          this.#send({ type: 'detach', handle: message.handle })
          return
        }
        this.#byHandle.set(message.handle, attached)
        attached.accepted(message)
      },
      reject: error => {
        const over = error.code === 'session_ended' || error.code === 'session_expired'
        if (!over || attached.readOnly || attached.options.ended === 'fail') return this.#failAttached(attached, error)
        // What it was can still be looked at.
        attached.becomeReadOnly()
        this.#reattach(attached)
      },
    })
    this.#send(attached.attachMessage(request_id))
  }

  #failAttached(attached: ClientAttachment, error: CodedError): void {
    const { handle } = attached
    this.#attachments.delete(attached)
    if (handle !== undefined) {
      this.#byHandle.delete(handle)
      this.#send({ type: 'detach', handle })
    }
    attached.failed(error)
  }
}

type ClientRequest = ClientMessage & { request_id: number }

const noInflate: Inflate = () => {
  throw new CodedError('bad_frame', 'this client cannot inflate')
}

function withDeadline<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new CodedError('request_timeout', 'the host did not answer in time')),
      milliseconds,
    )
    promise.then(
      value => {
        clearTimeout(timer)
        resolve(value)
      },
      error => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
