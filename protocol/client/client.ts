// The client of a host: requests and attachments over one connection that survives drops. Any Transport can carry it.

import { Emitter } from '../emitter.ts'
import { assertNever, CodedError, type ErrorCode, isErrorCode, toCoded } from '../errors.ts'
import { chunkFrames, type Frame, jsonFrames } from '../frames.ts'
import {
  type ClientMessage,
  type HostMessage,
  type HostMessageOf,
  type NotifyChoice,
  type ParseHostMessage,
  type PushSubscription,
  parseSharedMessage,
  type SessionInfo,
  type SessionSpec,
  type Trouble,
} from '../messages.ts'
import { Attachments } from './attachments.ts'
import type { AttachOptions, ClientAttachment } from './client-attachment.ts'
import { type ClientState, Connection, type ConnectionOptions } from './connection.ts'
import { HistoryClient } from './history-client.ts'
import type { Inflate, TerminalSink } from './log-applier.ts'
import {
  REQUEST_MS,
  type ReplyListener,
  type Request,
  type Requests,
  RequestTable,
  type UnnumberedRequest,
  withDeadline,
} from './requests.ts'
import { type Source, type UploadOptions, upload } from './upload-client.ts'

export interface ClientOptions extends ConnectionOptions {
  /** Left out: the client cannot receive compressed output. */
  inflate?: Inflate
}

export interface ClientEvents {
  state: ClientState
  /** While watching (see `watch`). */
  sessions: SessionInfo[]
  attention: HostMessageOf<'attention'>
  /** While watching (see `watchHealth`): what is wrong with the host, the oldest first. */
  troubles: Trouble[]
  /** The host refuses what was to be watched. */
  watch_refused: CodedError
  /** The rest come from a LocalClient only: a person has to allow a request of this program first, */
  awaiting_grant: HostMessageOf<'awaiting_grant'>
  /** while it shows the code (see `showPairing`), */
  pairing: HostMessageOf<'pairing'>
  /** and while it watches (see `watchDevices`, `watchSettings`). */
  devices: HostMessageOf<'devices'>
  settings: HostMessageOf<'settings'>
}

/** Replies that the host sends again, without a request_id, when something in them changes. */
type WatchedType = 'sessions' | 'health' | 'pairing' | 'devices' | 'settings'

/** Other errors are drops: the state tells of them, and the next channel tries again. `data_dir_unusable`: no phone can be paired now. */
const REFUSALS: readonly ErrorCode[] = ['forbidden', 'grant_needed', 'data_dir_unusable']

interface Watch {
  request: UnnumberedRequest
  receive(message: HostMessageOf<WatchedType>): void
}

export class HostClient extends Emitter<ClientEvents> {
  /** What was recorded of all sessions. */
  readonly history: HistoryClient
  readonly #connection: Connection
  readonly #table = new RequestTable()
  readonly #attachments: Attachments
  readonly #requests: Requests
  readonly #watches = new Map<WatchedType, Watch>()

  constructor(options: ClientOptions) {
    super()
    const inflate = options.inflate ?? noInflate
    this.#connection = new Connection(options, {
      frame: frame => this.#receive(frame),
      state: state => this.emit('state', state),
      ready: () => {
        for (const [reply, watch] of this.#watches) this.#sendWatch(reply, watch)
        this.#attachments.attachAll()
      },
      lost: error => {
        this.#attachments.lost()
        this.#table.rejectAll(error)
      },
      closed: error => this.#attachments.failAll(error),
      ping: milliseconds => this.#sendRequest({ type: 'ping', request_id: this.#table.nextId() }, milliseconds),
    })
    this.#attachments = new Attachments({
      requests: this.#table,
      send: message => this.#send(message),
      sendFrames: frames => this.#connection.send(frames),
      inflate,
      now: options.now ?? Date.now,
    })
    this.#requests = {
      request: (reply, request, listener) => {
        const request_id = this.#table.nextId()
        return { request_id, reply: this.#request(reply, { ...request, request_id } as Request, { listener }) }
      },
      send: message => this.#send(message),
      sendChunk: (request_id, bytes) => this.#connection.send(chunkFrames(request_id, bytes)),
    }
    this.history = new HistoryClient(this.#requests, inflate)
  }

  get state(): ClientState {
    return this.#connection.state
  }

  /** What the host said about itself; undefined before the first welcome. */
  get host(): HostMessageOf<'welcome'> | undefined {
    return this.#connection.welcome
  }

  /** Starts connecting. Resolves at the first welcome; rejects when the client closed or gave up before. */
  connect(): Promise<void> {
    this.#connection.start()
    return this.#whenReady()
  }

  /** Tries at once, whatever was planned. For "reconnect now" and for signs of life from the system. */
  retry(): void {
    this.#connection.retry()
  }

  /** Pings an open channel; without a pong within a second it is abandoned and a new one opened. */
  probe(): void {
    this.#connection.probe()
  }

  /** A person uses the page. If the host has not been heard for a while it is asked, and a dead channel is abandoned. */
  used(): void {
    this.#connection.used()
  }

  /** Ends for good. Attachments end with it; the sessions go on. */
  close(): void {
    this.#connection.finish(new CodedError('client_closed', 'the client closed the connection'))
  }

  /** Running sessions and recently ended ones; `history` has all of them. */
  async list(): Promise<SessionInfo[]> {
    return (await this.request('sessions', { type: 'list' })).sessions
  }

  /** From now on `sessions` is emitted with the list and again whenever it changes, also after reconnects. */
  watch(): void {
    this.startWatch('sessions', { type: 'list', watch: true }, ({ sessions }) => this.emit('sessions', sessions))
  }

  /** What is wrong with the host, as far as it concerns this client. */
  async troubles(): Promise<Trouble[]> {
    return (await this.request('health', { type: 'health' })).troubles
  }

  /** From now on `troubles` is emitted, and again whenever something in it changes, also after reconnects. */
  watchHealth(): void {
    this.startWatch('health', { type: 'health', watch: true }, ({ troubles }) => this.emit('troubles', troubles))
  }

  /** A person has read of a trouble that stays until then. */
  async dismissTrouble(kind: string): Promise<void> {
    await this.request('ok', { type: 'dismiss_trouble', kind })
  }

  async create(spec: SessionSpec): Promise<SessionInfo> {
    return (await this.request('created', { type: 'create', spec })).session
  }

  /** SIGHUP to the session's process group, SIGKILL five seconds later. */
  async kill(session_id: string): Promise<void> {
    await this.request('ok', { type: 'kill', session_id })
  }

  /** All modes as in a new terminal; what is printed stays. */
  async resetTerminal(session_id: string): Promise<void> {
    await this.request('ok', { type: 'reset_terminal', session_id })
  }

  async rename(session_id: string, title: string): Promise<void> {
    await this.request('ok', { type: 'rename', session_id, title })
  }

  /** Answers the question of a session: by the index of an option, or by text. Rejects with the `question_…` codes. */
  async answer(session_id: string, question_id: string, answer: { option: number } | { text: string }): Promise<void> {
    await this.request('ok', { type: 'answer', session_id, question_id, ...answer })
  }

  /** A person has seen what the session needs, without opening it. */
  async markSeen(session_id: string): Promise<void> {
    await this.request('ok', { type: 'mark_seen', session_id })
  }

  /** Whether the session's programs may control other sessions without asking. */
  async allowControl(session_id: string, allowed: boolean): Promise<void> {
    await this.request('ok', { type: 'allow_control', session_id, allowed })
  }

  /** Whether people are notified of a session. */
  async notifySession(session_id: string, choice: NotifyChoice): Promise<void> {
    await this.request('ok', { type: 'notify_session', session_id, choice })
  }

  /** Sends a file to the session's computer; returns its path there. Rejects with the `upload_…` codes, and `cancelled`. */
  upload(session_id: string, source: Source, options?: UploadOptions): Promise<string> {
    return upload(this.#requests, session_id, source, options)
  }

  /** The session's current screen as plain text. */
  screen(session_id: string): Promise<HostMessageOf<'screen'>> {
    return this.request('screen', { type: 'screen', session_id })
  }

  /**
   * Notifies this device while its page is closed: with `subscription` from now on; null: no longer; left out: only queries.
   * Rejects with the `push_…` codes.
   */
  push(subscription?: PushSubscription | null): Promise<HostMessageOf<'push'>> {
    return this.request('push', { type: 'push', ...(subscription !== undefined && { subscription }) })
  }

  /** Sends this device a test notification; the reply tells of trouble. Rejects with the `push_…` codes. */
  testPush(): Promise<HostMessageOf<'push'>> {
    return this.request('push', { type: 'push', test: true })
  }

  /** Whether a person is at this page. The host forgets it with the channel: call again after each welcome. */
  setPresent(present: boolean): void {
    this.#send({ type: 'presence', present })
  }

  /**
   * Attaches a terminal to a session and keeps it attached across drops. Never throws: the returned object reports
   * everything by events, failure by `failed`.
   */
  attach(session_id: string, sink: TerminalSink, options: AttachOptions = {}): ClientAttachment {
    const attachment = this.#attachments.add(session_id, sink, options)
    // A tick later, so that the caller has its listeners in place before anything can be emitted.
    queueMicrotask(() => {
      if (this.state.name === 'closed') attachment.failed(this.state.error)
      else if (this.state.name === 'ready') this.#attachments.attach(attachment)
    })
    return attachment
  }

  /** Ends an attachment; the session goes on. */
  detach(attachment: ClientAttachment): void {
    this.#attachments.detach(attachment)
  }

  // --- for subclasses ---

  protected readonly parse: ParseHostMessage = parseSharedMessage

  /** Waits for a channel if there is none, sends a request and returns its reply. */
  protected request<T extends HostMessage['type']>(
    reply: T,
    request: UnnumberedRequest,
    milliseconds?: number,
  ): Promise<HostMessageOf<T>> {
    return this.#request(reply, { ...request, request_id: this.#table.nextId() } as Request, { milliseconds })
  }

  /** Sends `request` now and on every new channel; `receive` gets its reply and every later copy of it. */
  protected startWatch<T extends WatchedType>(
    reply: T,
    request: UnnumberedRequest,
    receive: (message: HostMessageOf<T>) => void,
  ): void {
    const watch = { request, receive } as Watch
    this.#watches.set(reply, watch)
    if (this.#connection.ready) this.#sendWatch(reply, watch)
  }

  protected stopWatch(reply: WatchedType): void {
    this.#watches.delete(reply)
  }

  #sendWatch(reply: WatchedType, { request }: Watch): void {
    this.#sendRequest({ ...request, request_id: this.#table.nextId() } as Request, REQUEST_MS).then(
      message => {
        if (message.type === reply) this.#watches.get(reply)?.receive(message)
      },
      error => {
        if (REFUSALS.includes(toCoded(error).code)) this.emit('watch_refused', toCoded(error))
      },
    )
  }

  // --- what the host sends ---

  #receive(frame: Frame): void {
    switch (frame.kind) {
      case 'json': {
        const message = this.parse(frame.value)
        // A newer host may send messages that this client does not know; the ones it has to know come with a new version.
        if (message) this.#message(message)
        return
      }
      case 'output':
      case 'blob':
      case 'ack':
      case 'cover':
        return this.#attachments.receive(frame)
      case 'chunk':
        return this.#table.listenerOf(frame.request_id)?.chunk?.(frame.bytes)
      case 'input':
        throw new CodedError('bad_frame', 'a host sends no input')
      default:
        assertNever(frame)
    }
  }

  #message(message: HostMessage): void {
    switch (message.type) {
      case 'welcome':
        return this.#connection.welcomed(message)
      case 'awaiting_approval':
        return this.#connection.awaitApproval(message)
      case 'awaiting_grant':
        this.#table.extend(message.request_id, message.seconds * 1000)
        return this.emit('awaiting_grant', message)
      case 'error':
        return this.#error(message)
      case 'attention':
        return this.emit('attention', message)
      case 'progress':
        return this.#table.listenerOf(message.request_id)?.progress?.(message.done, message.total)
      case 'sessions':
      case 'health':
      case 'pairing':
      case 'devices':
      case 'settings':
        if (message.request_id !== undefined) this.#table.resolve(message.request_id, message)
        else this.#watches.get(message.type)?.receive(message)
        return
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
      case 'webhook_secret':
      case 'status':
      case 'backed_up':
      case 'history_checked':
        return this.#table.resolve(message.request_id, message)
      case 'resize':
      case 'size_owner':
      case 'keyframe':
      case 'segment':
      case 'gap':
      case 'caught_up':
      case 'title':
      case 'exit':
        return this.#attachments.message(message)
      default:
        assertNever(message)
    }
  }

  #error({ code, message, request_id, handle }: HostMessageOf<'error'>): void {
    const error = new CodedError(isErrorCode(code) ? code : 'internal', message)
    if (request_id !== undefined) this.#table.reject(request_id, error)
    else if (handle !== undefined) this.#attachments.error(handle, error)
    else this.#connection.refused(error)
  }

  // --- what the client sends ---

  #send(message: ClientMessage): boolean {
    return this.#connection.send(jsonFrames(message))
  }

  async #request<T extends HostMessage['type']>(
    reply: T,
    request: Request,
    {
      listener,
      milliseconds = REQUEST_MS,
    }: { listener?: ReplyListener | undefined; milliseconds?: number | undefined } = {},
  ): Promise<HostMessageOf<T>> {
    this.#connection.start()
    await withDeadline(this.#whenReady(), REQUEST_MS)
    const message = await this.#sendRequest(request, milliseconds, listener)
    if (message.type !== reply)
      throw new CodedError('bad_message', `the host answered ${message.type} instead of ${reply}`)
    return message as HostMessageOf<T>
  }

  #sendRequest(request: Request, milliseconds: number, listener?: ReplyListener): Promise<HostMessage> {
    return new Promise((resolve, reject) => {
      const { request_id } = request
      this.#table.add(request_id, { resolve, reject, listener }, milliseconds)
      if (this.#send(request)) return
      this.#table.remove(request_id)
      reject(new CodedError('connection_lost', 'there is no connection to the host'))
    })
  }

  #whenReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (state: ClientState): boolean => {
        if (state.name === 'ready') resolve()
        else if (state.name === 'closed' || state.name === 'gave_up') reject(state.error)
        else return false
        return true
      }
      if (settle(this.state)) return
      const off = this.on('state', state => {
        if (settle(state)) off()
      })
    })
  }
}

const noInflate: Inflate = () => {
  throw new CodedError('bad_frame', 'this client cannot inflate')
}
