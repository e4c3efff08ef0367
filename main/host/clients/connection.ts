// One client's connection: its hello, what it may do, and which part of the host each of its messages goes to.
import { assertNever, CodedError, type ErrorCode, toCoded } from '../../../protocol/errors.ts'
import { type Frame, FrameReader, KIND } from '../../../protocol/frames.ts'
import { MESSAGE_BYTES } from '../../../protocol/limits.ts'
import { handle as handleField, request_id as requestField } from '../../../protocol/messages/fields.ts'
import {
  type ClientKind,
  ClientMessage,
  type ClientMessageOf,
  type HostMessage,
  VERSIONS,
} from '../../../protocol/messages.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import type { Transport } from '../../../protocol/transport.ts'
import type { Admit } from '../access/authenticator.ts'
import { GRANT_MS } from '../access/control-grants.ts'
import type { DeviceAdmin } from '../access/device-admin.ts'
import type { Device } from '../access/devices.ts'
import type { Access, ClientAccess } from '../access/local-clients.ts'
import { checkPermission, type Requester, type Role } from '../access/permissions.ts'
import { EVERY_SESSION, SessionScope } from '../access/session-scope.ts'
import { BYTE_COST, COSTS, FRAME_COST, INPUT_BYTE_COST, JSON_BYTE_COST, REFUSED_COST } from '../budget/costs.ts'
import type { BudgetMember, Budgets, DeviceBudget } from '../budget/device-budget.ts'
import type { PacedTransport } from '../budget/paced-transport.ts'
import type { ConnectionTrace } from '../log/frame-trace.ts'
import type { Logger } from '../log/logger.ts'
import type { Push } from '../push/push.ts'
import type { Viewer } from '../session/attachable.ts'
import type { Sessions } from '../session/sessions.ts'
import type { SettingsStore } from '../settings/settings-store.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { type AdmissibleMessage, Admissions } from './admissions.ts'
import { DesktopRequests, type HistoryUpkeep, type NotificationAdmin } from './desktop-requests.ts'
import { HealthRequests, type HealthRequestsOptions } from './health-requests.ts'
import { HistoryRequests } from './history-requests.ts'
import type { HistoryService } from './history-service.ts'
import { Outlet } from './outlet.ts'
import { SessionRequests, type SharedList } from './session-requests.ts'
import { UploadRequests } from './upload-requests.ts'

export interface ConnectionOptions {
  transport: Transport
  /** What the transport is made of; the client's frames wait there for its turn. */
  socket: PacedTransport
  budgets: Budgets
  role: Role
  /** What the client may do by where on this computer it comes from. */
  access: ClientAccess
  sessions: Sessions
  history: HistoryService
  uploads: Uploads
  deviceAdmin: DeviceAdmin
  settings: SettingsStore
  push: Push
  notifications: NotificationAdmin
  upkeep: HistoryUpkeep
  health: HealthRequestsOptions
  /** Decides about the client that says hello, at once or later. */
  admit: Admit
  /** What every welcome says of this host. */
  host: Extract<HostMessage, { type: 'welcome' }>['host']
  /** Adds the connection's id to each line. */
  log: Logger
  trace?: ConnectionTrace | undefined
  /** The client was let in: from now on it receives the events that it watches. */
  admitted(): void
  closed(): void
}

/** A hello takes one round trip; a peer that needs longer is not a client. */
export const HELLO_MS = 5_000

/** Clients ping every 20 s (HEARTBEAT_MS): the connection ends after three missed pings. */
export const SILENCE_MS = 65_000

/** A page with a person at it pings as often (HEARTBEAT_MS); a connection that was cut says nothing. */
const PRESENT_MS = 25_000

/** Between messages while somebody types, with the setting `obscure_typing`: what OpenSSH's ObscureKeystrokeTiming has. */
const PACE_MS = 20

/** The first frame comes from an unknown peer, and holds one small message. */
const HELLO_BYTES = 4096

/** As long as a device's name may be. */
const VIEWER_NAME_CHARACTERS = 64

/** Codes that end a connection because of what its client may no longer do. */
const REVOKED: readonly ErrorCode[] = ['device_revoked', 'device_changed', 'grant_needed']

export class Connection implements Viewer, BudgetMember {
  readonly #options: ConnectionOptions
  #reader = new FrameReader(0)
  /** What the client is to the permission table; undefined until it is let in. */
  #requester: Requester | undefined
  /** Undefined for local clients, and until a device is let in. */
  #device: Device | undefined
  /** Undefined until the client is let in. */
  #budget: DeviceBudget | undefined
  /** The sessions that the client may know of, once it is let in. */
  #scope = EVERY_SESSION
  #helloReceived = false
  /** Tells the part that admitted the client that it is gone. */
  #leave = () => {}
  #kind: ClientKind | undefined
  readonly #outlet: Outlet
  readonly #sessions: SessionRequests
  readonly #history: HistoryRequests
  readonly #uploads: UploadRequests
  readonly #desktop: DesktopRequests
  readonly #health: HealthRequests
  readonly #admissions: Admissions
  /** A person is at the client's page, as the client says. */
  #presence = false
  #timer: NodeJS.Timeout | undefined
  /** By a clock that stops while the computer sleeps; otherwise each suspend would end the connection. */
  #lastReceived = performance.now()
  #closed = false
  /** It ended because the client may no longer do what it could: an answer that is being typed ends, too. */
  #isRevoked = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    const { transport, role, access, sessions, log, trace } = options
    this.#outlet = new Outlet({ transport, log, trace, stalled: () => this.#gone('stalled') })
    access.watch(() => this.close(new CodedError('grant_needed', 'a person took the permission back')))
    this.#sessions = new SessionRequests({ sessions, outlet: this.#outlet, log, role, access, viewer: this })
    this.#history = new HistoryRequests(options.history, this.#outlet, role)
    this.#uploads = new UploadRequests(options.uploads, this.#outlet)
    this.#desktop = new DesktopRequests(options, this.#outlet)
    this.#health = new HealthRequests(options.health, this.#outlet)
    this.#admissions = new Admissions({
      access,
      accessOf: message => this.#accessOf(message),
      asked: request_id => this.#outlet.message({ type: 'awaiting_grant', request_id, seconds: GRANT_MS / 1000 }),
      dispatch: message => this.#dispatch(message),
      refuse: (message, error) => this.#refuse(message, error),
      isClosed: () => this.#closed,
    })
    this.#timer = setTimeout(() => this.close(new CodedError('hello_timeout', 'no hello came in time')), HELLO_MS)
    transport.start({
      // A message of the channel may contain many frames: each takes its turn.
      frame: bytes => this.#inTurn(() => this.#frame(bytes)),
      close: reason => {
        if (this.#budget?.isSlowed) this.#gone(reason.code)
        else this.#inTurn(() => this.#gone(reason.code))
      },
    })
  }

  /** Undefined for local clients, and until a device is let in. */
  get device_id(): string | undefined {
    return this.#device?.device_id
  }

  /** What other clients see of a viewer. Looked up each time: a device may have been renamed since it connected. */
  get name(): string {
    const device = this.#device
    if (!device) return this.#kind === 'desktop' ? 'desktop' : this.#kind === 'cli' ? 'terminal' : 'script'
    const { devices } = this.#options.deviceAdmin
    const current = devices.list().find(({ device_id }) => device_id === device.device_id)
    return oneLine((current ?? device).name, VIEWER_NAME_CHARACTERS)
  }

  /** Whether the client receives each change of the session list. */
  get watching(): boolean {
    return this.#sessions.isWatching
  }

  /** Whether a person is at this client's screen, as far as its recent frames tell. */
  get present(): boolean {
    if (performance.now() - this.#lastReceived > PRESENT_MS) return false
    return this.#presence || this.#sessions.isDisplayed
  }

  get unsent(): number {
    return this.#outlet.buffered
  }

  get lastReceived(): number {
    return this.#lastReceived
  }

  pause(): void {
    this.#options.socket.pause()
  }

  resume(): void {
    this.#options.socket.resume()
  }

  roomToSend(): void {
    this.#sessions.roomToSend()
  }

  giveWay(error: CodedError): void {
    this.close(error)
  }

  sessionsChanged(shared: SharedList): void {
    this.#sessions.listChanged(shared)
  }

  /** A session asks for attention. */
  attention(session_id: string, text: string): void {
    this.#sessions.attention(session_id, text)
  }

  /** Another pairing code is shown, or a browser has loaded the page. */
  pairingChanged(): void {
    this.#desktop.pairingChanged()
  }

  devicesChanged(): void {
    this.#desktop.devicesChanged()
  }

  healthChanged(): void {
    this.#health.changed()
  }

  settingsChanged(): void {
    this.#desktop.settingsChanged()
  }

  /** Sends the error and closes. */
  close(error: CodedError): void {
    if (this.#closed) return
    this.#isRevoked = REVOKED.includes(error.code)
    const { log, transport } = this.#options
    log.info({ code: error.code, kind: this.#kind }, 'connection closed by the host')
    this.#outlet.error(error, {})
    transport.close({ code: error.code, reason: error.message })
    this.#gone(error.code)
  }

  #inTurn(job: () => void): void {
    if (this.#budget && !this.#closed) this.#budget.run(job)
    else job()
  }

  #frame(bytes: Uint8Array): void {
    if (this.#closed) return
    this.#lastReceived = performance.now()
    this.#options.trace?.received(bytes)
    this.#budget?.charge(FRAME_COST + bytes.length * (bytes[0] === KIND.json ? JSON_BYTE_COST : BYTE_COST))
    this.#sessions.sendPendingList()
    try {
      if (!this.#requester && bytes.length > HELLO_BYTES)
        throw new CodedError('bad_frame', 'the first frame is too long')
      const frame = this.#reader.read(bytes)
      if (frame) this.#receive(frame)
    } catch (error) {
      this.close(toCoded(error))
    }
  }

  #receive(frame: Frame): void {
    if (!this.#requester && frame.kind !== 'json')
      throw new CodedError('hello_expected', 'the first message must be a hello')
    switch (frame.kind) {
      case 'json':
        return this.#json(frame.value)
      case 'ack':
        return this.#sessions.ack(frame.handle, frame.value)
      case 'input':
        this.#budget?.charge(frame.bytes.length * INPUT_BYTE_COST)
        return this.#sessions.input(frame.handle, frame.seq, frame.bytes)
      case 'chunk':
        return this.#uploads.chunk(frame.request_id, frame.bytes)
      case 'output':
      case 'blob':
      case 'cover':
        throw new CodedError('bad_frame', 'a client sends neither output nor blobs')
      default:
        assertNever(frame)
    }
  }

  #json(value: unknown): void {
    const parsed = ClientMessage.safeParse(value)
    if (!this.#requester) {
      if (parsed.data?.type !== 'hello' || this.#helloReceived)
        throw new CodedError('hello_expected', 'the first message must be a hello, and the next waits for the welcome')
      return this.#hello(parsed.data)
    }
    if (!parsed.success) {
      this.#budget?.charge(REFUSED_COST)
      // An invalid message is refused and the connection stays: a newer client may know messages that we do not.
      const { type, request_id, handle } = Object(value) as Record<string, unknown>
      const where = parsed.error.issues[0]?.path.join('.') || 'type'
      const error = new CodedError(
        'bad_message',
        `the message ${JSON.stringify(type)?.slice(0, 40)} is not valid at ${where}`,
      )
      // A number that no request can have would make the answer invalid, too.
      return this.#outlet.error(error, {
        ...(requestField.safeParse(request_id).success && { request_id: request_id as number }),
        ...(handleField.safeParse(handle).success && { handle: handle as number }),
      })
    }
    const message = parsed.data
    try {
      this.#message(message, this.#requester)
    } catch (error) {
      this.#refuse(message, toCoded(error))
    }
  }

  #refuse(message: ClientMessage, error: CodedError): void {
    const { log } = this.#options
    const { type } = message
    if (error.code === 'internal') log.error({ err: error, type }, 'a request failed')
    else log.debug({ code: error.code, type }, 'request refused')
    // No program is a person at a screen, and none is told so.
    if (type === 'presence' || type === 'attachment_presence') return
    this.#outlet.error(
      error,
      'request_id' in message
        ? { request_id: message.request_id }
        : 'handle' in message
          ? { handle: message.handle }
          : {},
    )
  }

  /** Throws `session_ambiguous`. */
  #accessOf(message: AdmissibleMessage): Access {
    const { type } = message
    // Devices have a scope instead, and an error here would name sessions that are not in it.
    if (this.#options.role === 'device') return { type }
    const named =
      type === 'search' ? message.filter?.session_id : 'session_id' in message ? message.session_id : undefined
    const session_id = named === undefined ? undefined : (this.#options.sessions.find(named)?.session_id ?? named)
    return { type, session_id, read_only: type === 'attach' && message.read_only === true, message }
  }

  #hello(hello: ClientMessageOf<'hello'>): void {
    const version = Math.max(...hello.versions.filter(one => VERSIONS.includes(one)))
    if (!Number.isFinite(version))
      throw new CodedError('version_unsupported', `this host speaks version ${VERSIONS.join(', ')}; reload or update`)
    this.#helloReceived = true
    this.#kind = hello.client.kind
    clearTimeout(this.#timer)
    this.#leave = this.#options.admit(hello.client.name, {
      admitted: device => this.#admitted(version, device),
      waiting: ms => this.#outlet.message({ type: 'awaiting_approval', seconds: ms / 1000 }),
      refused: error => this.close(error),
    })
    if (this.#closed) this.#leave()
  }

  #admitted(version: number, device: Device | undefined): void {
    if (this.#closed) return
    const { transport, role, log, host, settings, budgets, socket } = this.#options
    const isReadOnly = device?.read_only === true
    const budget = device ? budgets.of(device.device_id) : budgets.local()
    try {
      budget.join(this)
    } catch (error) {
      return this.close(toCoded(error))
    }
    this.#budget = budget
    socket.takeTurns(budget)
    this.#outlet.takeTurns(budget)
    this.#requester = role === 'local' ? 'local' : isReadOnly ? 'read_only_device' : 'device'
    this.#device = device
    const client = device?.device_id ?? 'local'
    const { devices } = this.#options.deviceAdmin
    const scope = device ? this.#scopeOf(client) : EVERY_SESSION
    this.#scope = scope
    const mayType = (session_id: string) =>
      !this.#isRevoked && (device === undefined || (devices.mayType(client) && scope.includes(session_id)))
    this.#sessions.admitted(client, isReadOnly, { budget, mayType, scope: this.#scope })
    this.#history.admitted(client, { budget, scope: this.#scope })
    this.#uploads.admitted(budget)
    this.#health.admitted(this.#requester, this.#scope)
    this.#reader = new FrameReader(MESSAGE_BYTES * 2)
    this.#lastReceived = performance.now()
    this.#timer = setInterval(() => {
      if (performance.now() - this.#lastReceived > SILENCE_MS)
        this.close(new CodedError('stalled', 'the client has sent nothing for a minute'))
    }, SILENCE_MS / 4)
    this.#timer.unref()
    log.info({ kind: this.#kind, role, device_id: this.device_id }, 'client connected')
    this.#options.admitted()
    const isPaced = transport.pace !== undefined && settings.values.obscure_typing
    const pace_ms = isPaced ? PACE_MS : null
    this.#outlet.message({ type: 'welcome', version, role, host, read_only: isReadOnly, pace_ms })
    if (isPaced) transport.pace?.(PACE_MS)
  }

  #message(message: ClientMessage, requester: Requester): void {
    if (message.type === 'hello') throw new CodedError('bad_message', 'there was a hello already')
    this.#budget?.charge(COSTS[message.type])
    checkPermission(message.type, requester)
    this.#admissions.take(this.#scope.apply(message))
  }

  #dispatch(message: AdmissibleMessage): void {
    switch (message.type) {
      case 'ping':
        return this.#outlet.message({ type: 'pong', request_id: message.request_id })
      case 'presence':
        this.#presence = message.present
        return
      case 'list':
      case 'create':
      case 'attach':
      case 'detach':
      case 'resize':
      case 'release_size':
      case 'attachment_presence':
      case 'screen':
      case 'kill':
      case 'reset_terminal':
      case 'rename':
      case 'notify_session':
      case 'answer':
      case 'mark_seen':
      case 'allow_control':
      case 'report_activity':
        return this.#sessions.take(message)
      case 'upload':
        return this.#uploads.take(
          message,
          async () => (await this.#options.sessions.open(message.session_id)).session_id,
        )
      case 'cancel':
        return this.#uploads.cancel(message.request_id) ? undefined : this.#history.take(message)
      case 'history':
      case 'search':
      case 'timeline':
      case 'seek':
      case 'playback':
      case 'read':
      case 'export':
      case 'export_ack':
      case 'mark':
      case 'unmark':
      case 'delete_session':
        return this.#history.take(message)
      case 'push':
        return this.#push(message)
      case 'health':
      case 'dismiss_trouble':
      case 'status':
        return this.#health.take(message)
      case 'show_pairing':
      case 'devices':
      case 'answer_pairing':
      case 'update_device':
      case 'revoke_device':
      case 'settings':
      case 'change_settings':
      case 'set_ntfy_token':
      case 'renew_webhook_secret':
      case 'test_notifications':
      case 'back_up':
      case 'check_history':
        return this.#desktop.take(message)
      default:
        assertNever(message)
    }
  }

  #scopeOf(device_id: string): SessionScope {
    const { devices } = this.#options.deviceAdmin
    return new SessionScope({
      device: () => devices.list().find(one => one.device_id === device_id),
      started: session_id => devices.startedSession(device_id, session_id),
    })
  }

  #push({ request_id, subscription, test }: ClientMessageOf<'push'>): void {
    const device_id = this.#device!.device_id
    const { push } = this.#options
    this.#outlet.replyLater(request_id, async () => {
      if (subscription !== undefined) await push.subscribe(device_id, subscription)
      if (test) await push.test(device_id)
      return { type: 'push', request_id, ...push.state(device_id) }
    })
  }

  #gone(code: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#outlet.close()
    clearTimeout(this.#timer)
    this.#leave()
    this.#options.access.close()
    this.#desktop.close()
    this.#history.close()
    this.#uploads.close()
    this.#sessions.close()
    this.#budget?.leave(this)
    this.#options.log.info({ code, kind: this.#kind }, 'client gone')
    this.#options.closed()
  }
}
