// One client's channel: hello, requests, attachments. Knows messages and sessions, not what carries the frames.
import { assertNever, CodedError, toCoded } from '../../../protocol/errors.ts'
import { type Frame, FrameReader, jsonFrames } from '../../../protocol/frames.ts'
import { CATCH_UP_BYTES, HISTORY_BYTES, MESSAGE_BYTES, WINDOW_BYTES } from '../../../protocol/limits.ts'
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
import type { DeviceAdmin } from '../access/device-admin.ts'
import type { Device } from '../access/devices.ts'
import type { Push } from '../push/push.ts'
import type { AttachableSession } from '../session/attachment.ts'
import { Attachment, type Viewer } from '../session/attachment.ts'
import { checkSize } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import type { SettingsStore } from '../settings/settings-store.ts'
import type { Uploads } from '../uploads/uploads.ts'
import { HistoryRequests } from './history-requests.ts'
import type { HistoryService } from './history-service.ts'
import { brief } from './session-summary.ts'
import { UploadRequests } from './upload-requests.ts'

export type Role = 'local' | 'device'

export interface ConnectionOptions {
  transport: Transport
  role: Role
  sessions: Sessions
  /** What was recorded of them. */
  past: HistoryService
  /** What clients bring. */
  uploads: Uploads
  /** Decides about who says hello, at once or later. */
  admit: Admit
  /** What the desktop sees and decides about phones. */
  desk: DeviceAdmin
  /** What the desktop sets. */
  settings: SettingsStore
  /** Tells phones whose page is closed. */
  push: Push
  /** What every welcome says of this host. */
  host: Extract<HostMessage, { type: 'welcome' }>['host']
  log: { info(what: object, message: string): void; error(what: object, message: string): void }
  /** Let in: from now on its sort of events is told. */
  admitted(): void
  closed(): void
}

/** A hello takes a round trip; who needs longer is not a client. */
export const HELLO_MS = 5_000

/** Clients ping every 20 s (HEARTBEAT_MS); three missed ones mean that nobody is there. */
export const SILENCE_MS = 65_000

/** Somebody who is before a page makes it ping as often (HEARTBEAT_MS), and a connection that was cut tells nobody. */
const PRESENT_MS = 25_000

/** What a client leaves unread before it is given up; the windows of its attachments are meant to keep it far below. */
const BUFFERED_BYTES = 64 * 1024 * 1024
/** With as much unread, another list of sessions can wait. */
const LIST_BUFFERED_BYTES = 256 * 1024

/** More than a person looks at. */
const MOST_ATTACHMENTS = 64

/** Before hello a peer is a stranger and gets to say one small thing. */
const HELLO_BYTES = 4096

/** As long as a device's name may be. */
const WATCHER_CHARACTERS = 64

export class Connection implements Viewer {
  readonly #options: ConnectionOptions
  #reader = new FrameReader(0)
  /** Names the numbering of its input; set once it is let in. */
  #peer: string | undefined
  /** Who it is, once it is let in; undefined for the desktop itself. */
  #device: Device | undefined
  #greeted = false
  /** Tells who decided about it that it is gone. */
  #leave = () => {}
  #kind: ClientKind | undefined
  #attachments = new Map<number, Attachment>()
  readonly #history: HistoryRequests
  readonly #uploads: UploadRequests
  #nextHandle = 1
  #watching = false
  #watchingDevices = false
  #watchingSettings = false
  /** The list of sessions changed while the client had not read the last one. */
  #owesList = false
  /** By the client's own word, whatever it shows. */
  #present = false
  /** Attachments whose session is being looked up. */
  #opening = 0
  #timer: NodeJS.Timeout | undefined
  /** Of a clock that stands still while the computer sleeps, or every lid that closes would end a connection. */
  #heard = performance.now()
  #closed = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    const outlet = {
      send: (frames: Uint8Array[]) => this.#sendFrames(frames),
      refused: (error: CodedError, request_id: number) => this.#refuse(error, request_id),
    }
    this.#history = new HistoryRequests(options.past, outlet, () => this.device_id ?? options.role)
    this.#uploads = new UploadRequests(options.uploads, outlet)
    this.#timer = setTimeout(() => this.#close(new CodedError('hello_timeout', 'no hello came in time')), HELLO_MS)
    options.transport.start({
      frame: bytes => this.#frame(bytes),
      close: reason => this.#gone(reason.code),
    })
  }

  /** Undefined for the desktop itself, and until it is let in. */
  get device_id(): string | undefined {
    return this.#device?.device_id
  }

  /** Tells a watching client that the list of sessions is different. */
  sessionsChanged(): void {
    if (!this.#watching) return
    // Who does not read gets the list as it is then, not each one that was.
    this.#owesList = this.#options.transport.buffered > LIST_BUFFERED_BYTES
    if (!this.#owesList) this.#trySend({ type: 'sessions', sessions: this.#options.sessions.list().map(brief) })
  }

  /** What others are told of who looks at a session. A device may have been renamed since it came. */
  get name(): string {
    const device = this.#device
    if (!device) return this.#kind === 'desktop' ? 'desktop' : this.#kind === 'cli' ? 'terminal' : 'script'
    const { devices } = this.#options.desk
    const now = devices.list().find(({ device_id }) => device_id === device.device_id)
    return oneLine((now ?? device).name, WATCHER_CHARACTERS)
  }

  /** Whether it is told of each change of the list. */
  get watching(): boolean {
    return this.#watching
  }

  /** Whether somebody is before this client's page, as far as it was heard of lately. */
  get present(): boolean {
    if (performance.now() - this.#heard > PRESENT_MS) return false
    return this.#present || [...this.#attachments.values()].some(attachment => attachment.isSeen)
  }

  /** Tells a watching client that a session calls for somebody. */
  attention(session_id: string, text: string): void {
    if (this.#watching) this.#trySend({ type: 'attention', session_id, ...(text && { text }) })
  }

  /** Tells who shows the code that it is another one, or that a browser has come. */
  pairingChanged(): void {
    const { desk } = this.#options
    if (desk.pairing.shows(this)) this.#trySend(desk.pairingState())
  }

  /** Tells who watches the devices that something about them is different. */
  devicesChanged(): void {
    if (this.#watchingDevices) this.#trySend(this.#options.desk.devicesState())
  }

  /** Tells who watches the settings that others hold. */
  settingsChanged(): void {
    if (this.#watchingSettings) this.#trySend(this.#options.settings.state())
  }

  /** Says why and closes. */
  close(error: CodedError): void {
    this.#close(error)
  }

  #frame(bytes: Uint8Array): void {
    if (this.#closed) return
    this.#heard = performance.now()
    if (this.#owesList) this.sessionsChanged()
    try {
      if (!this.#peer && bytes.length > HELLO_BYTES) throw new CodedError('bad_frame', 'a first frame that is too long')
      const frame = this.#reader.read(bytes)
      if (frame) this.#receive(frame)
    } catch (error) {
      this.#close(toCoded(error))
    }
  }

  #receive(frame: Frame): void {
    if (!this.#peer && frame.kind !== 'json') throw new CodedError('hello_expected', 'the first message is a hello')
    switch (frame.kind) {
      case 'json':
        return this.#json(frame.value)
      case 'ack':
        return this.#attachments.get(frame.handle)?.ack(frame.value)
      case 'input': {
        const attachment = this.#attachments.get(frame.handle)
        if (!attachment) return this.#error(unknownAttachment(), { handle: frame.handle })
        try {
          return attachment.input(frame.seq, frame.bytes)
        } catch (error) {
          if (toCoded(error).code !== 'read_only') throw error
          return this.#error(toCoded(error), { handle: frame.handle })
        }
      }
      case 'chunk':
        return this.#uploads.part(frame.request_id, frame.bytes)
      case 'output':
      case 'blob':
        throw new CodedError('bad_frame', 'a client sends neither output nor blobs')
      default:
        assertNever(frame)
    }
  }

  #json(value: unknown): void {
    const parsed = ClientMessage.safeParse(value)
    if (!this.#peer) {
      if (parsed.data?.type !== 'hello' || this.#greeted)
        throw new CodedError('hello_expected', 'the first message is a hello, and nothing follows before the welcome')
      return this.#hello(parsed.data)
    }
    if (!parsed.success) {
      // A wrong question gets an answer and the connection lives: a newer client may know messages that we do not.
      const { type, request_id, handle } = Object(value) as Record<string, unknown>
      const where = parsed.error.issues[0]?.path.join('.') || 'type'
      const error = new CodedError(
        'bad_message',
        `the message ${JSON.stringify(type)?.slice(0, 40)} is not valid at ${where}`,
      )
      return this.#error(error, {
        ...(typeof request_id === 'number' ? { request_id } : {}),
        ...(typeof handle === 'number' ? { handle } : {}),
      })
    }
    const message = parsed.data
    try {
      this.#message(message)
    } catch (error) {
      const coded = toCoded(error)
      if (coded.code === 'internal') this.#options.log.error({ err: error }, 'a request failed')
      this.#error(
        coded,
        'request_id' in message
          ? { request_id: message.request_id }
          : 'handle' in message
            ? { handle: message.handle }
            : {},
      )
    }
  }

  #hello(hello: ClientMessageOf<'hello'>): void {
    const version = Math.max(...hello.versions.filter(one => VERSIONS.includes(one)))
    if (!Number.isFinite(version))
      throw new CodedError('version_unsupported', `this host speaks version ${VERSIONS.join(', ')}; reload or update`)
    this.#greeted = true
    this.#kind = hello.client.kind
    clearTimeout(this.#timer)
    this.#leave = this.#options.admit(hello.client.name, {
      admitted: device => this.#admitted(version, device),
      waiting: expires_at =>
        this.#send({ type: 'awaiting_approval', seconds: Math.max(0, (expires_at - Date.now()) / 1000) }),
      refused: error => this.#close(error),
    })
  }

  #admitted(version: number, device: Device | undefined): void {
    if (this.#closed) return
    const { role, log, host } = this.#options
    this.#peer = device?.device_id ?? 'local'
    this.#device = device
    this.#reader = new FrameReader(MESSAGE_BYTES * 2)
    this.#heard = performance.now()
    this.#timer = setInterval(() => {
      if (performance.now() - this.#heard > SILENCE_MS)
        this.#close(new CodedError('stalled', 'the client has not been heard of for a minute'))
    }, SILENCE_MS / 4)
    this.#timer.unref()
    log.info({ kind: this.#kind, role, device_id: this.device_id }, 'client connected')
    this.#options.admitted()
    this.#send({ type: 'welcome', version, role, host, read_only: device?.read_only === true })
  }

  #message(message: ClientMessage): void {
    const { sessions, role } = this.#options
    if (this.#device?.read_only && DOES.has(message.type)) throw onlyLooks()
    if (role !== 'local' && DESKTOP_ONLY.has(message.type))
      throw new CodedError('forbidden', 'only the desktop itself may ask that')
    switch (message.type) {
      case 'hello':
        throw new CodedError('bad_message', 'there was a hello already')
      case 'ping':
        return this.#send({ type: 'pong', request_id: message.request_id })
      case 'list': {
        this.#watching ||= message.watch === true
        const { request_id } = message
        const answer = () => ({ type: 'sessions', request_id, sessions: sessions.list().map(brief) }) as const
        const fresh = sessions.refreshPreviews()
        return fresh ? this.#answerLater(request_id, () => fresh.then(answer)) : this.#send(answer())
      }
      case 'create': {
        const session = sessions.create(message.spec)
        return this.#send({ type: 'created', request_id: message.request_id, session: session.info() })
      }
      case 'attach':
        return this.#attach(message)
      case 'detach':
        return this.#detach(message.handle)
      case 'resize': {
        const attachment = this.#writable(message.handle)
        return attachment.session.claimSize(attachment, { cols: message.cols, rows: message.rows })
      }
      case 'release_size': {
        const attachment = this.#writable(message.handle)
        return attachment.session.releaseSize(attachment)
      }
      case 'attachment_presence': {
        const attachment = this.#attachments.get(message.handle)
        if (!attachment) throw unknownAttachment()
        return attachment.session.setPresent(attachment, message.present)
      }
      case 'presence':
        this.#present = message.present
        return
      case 'push':
        return this.#push(message)
      case 'screen':
        return this.#answerLater(message.request_id, async () => {
          const session = await sessions.open(message.session_id)
          const { lines, cols, rows } = await session.text()
          return { type: 'screen', request_id: message.request_id, session_id: session.session_id, cols, rows, lines }
        })
      case 'kill':
        return this.#answerLater(message.request_id, async () => {
          const session = sessions.find(message.session_id)
          if (session?.state !== 'running') throw ended(session ?? (await sessions.open(message.session_id)))
          await session.end('killed')
          return { type: 'ok', request_id: message.request_id }
        })
      case 'rename':
        return this.#answerLater(message.request_id, async () => {
          const source = await sessions.open(message.session_id)
          // Revoked meanwhile: nothing that it asked for happens any more. Nobody hears the answer.
          if (!this.#closed) source.rename(message.title)
          return { type: 'ok', request_id: message.request_id }
        })
      case 'upload':
        return this.#uploads.take(message, async () => (await sessions.open(message.session_id)).session_id)
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
      case 'show_pairing':
      case 'devices':
      case 'answer_pairing':
      case 'update_device':
      case 'revoke_device':
        return this.#send(this.#atDesk(message))
      case 'settings':
        this.#watchingSettings ||= message.watch === true
        return this.#send({ ...this.#options.settings.state(), request_id: message.request_id })
      case 'change_settings':
        return this.#answerLater(message.request_id, async () => {
          await this.#options.settings.change(message.change)
          return { type: 'ok', request_id: message.request_id }
        })
      default:
        assertNever(message)
    }
  }

  /** For phones alone, those too that may only look: what they are told they may see anyway. */
  #push({ request_id, subscription }: ClientMessageOf<'push'>): void {
    const { device_id } = this
    if (device_id === undefined) throw new CodedError('forbidden', 'only a paired device is notified')
    const { push } = this.#options
    this.#answerLater(request_id, async () => {
      if (subscription !== undefined) await push.subscribe(device_id, subscription)
      return { type: 'push', request_id, ...push.state(device_id) }
    })
  }

  /** What the desktop asks and decides about phones. */
  #atDesk(message: DeskMessage): HostMessage {
    const { desk } = this.#options
    const ok = { type: 'ok', request_id: message.request_id } as const
    switch (message.type) {
      case 'show_pairing':
        if (!message.show) {
          desk.hide(this)
          return ok
        }
        desk.show(this)
        return { ...desk.pairingState(), request_id: message.request_id }
      case 'devices':
        this.#watchingDevices ||= message.watch === true
        return { ...desk.devicesState(), request_id: message.request_id }
      case 'answer_pairing':
        desk.pairing.answer(message.pairing_id, { allow: message.allow, read_only: message.read_only === true })
        return ok
      case 'update_device':
        desk.devices.update(message.device_id, { name: message.name, read_only: message.read_only })
        return ok
      case 'revoke_device':
        desk.devices.revoke(message.device_id)
        return ok
      default:
        return assertNever(message)
    }
  }

  /** From memory at once, so that frames keep their order with what the client sends next; else from the history. */
  #attach(message: ClientMessageOf<'attach'>): void {
    if (this.#attachments.size + this.#opening >= MOST_ATTACHMENTS)
      throw new CodedError('too_many_attachments', `${MOST_ATTACHMENTS} attachments are open on this connection`)
    if (message.size) checkSize(message.size)
    const { sessions } = this.#options
    const here = sessions.find(message.session_id)
    if (here) return this.#attachTo(here, message)
    this.#opening++
    sessions
      .open(message.session_id)
      .finally(() => this.#opening--)
      .then(
        source => this.#tryAttach(source, message),
        error => this.#attachInstead(toCoded(error), message),
      )
  }

  #tryAttach(source: AttachableSession, message: ClientMessageOf<'attach'>): void {
    if (this.#closed) return
    try {
      this.#attachTo(source, message)
    } catch (error) {
      this.#refuse(toCoded(error), message.request_id)
    }
  }

  #attachTo(source: AttachableSession, message: ClientMessageOf<'attach'>): void {
    // What ended is there to be looked at; who wants to type is told.
    if (source.state !== 'running' && !this.#onlyLooks(message)) return this.#attachInstead(ended(source), message)
    this.#attachAs(source, message)
  }

  /** The session cannot be had; if the client asked for it, a new one takes its place in the same exchange. */
  #attachInstead(error: CodedError, message: ClientMessageOf<'attach'>): void {
    if (this.#closed) return
    // A new session is not for who may only look.
    const replaceable =
      !this.#device?.read_only && ['session_unknown', 'session_ended', 'session_expired'].includes(error.code)
    if (!message.fallback || !replaceable) return this.#refuse(error, message.request_id)
    try {
      const spec = message.fallback.new
      const size = spec.size ?? message.size
      const asker = `${this.#stream(message)} ${message.session_id}`
      const session = this.#options.sessions.replace(asker, size ? { ...spec, size } : spec)
      this.#attachAs(session, { ...message, have: null })
    } catch (failure) {
      this.#refuse(toCoded(failure), message.request_id)
    }
  }

  #attachAs(source: AttachableSession, message: ClientMessageOf<'attach'>): void {
    const { role } = this.#options
    const handle = this.#nextHandle++
    const attachment = new Attachment(
      source,
      {
        handle,
        have: message.have,
        window: message.window ?? WINDOW_BYTES,
        history: message.history_bytes ?? HISTORY_BYTES,
        budget: message.catch_up_bytes ?? CATCH_UP_BYTES,
        read_only: this.#onlyLooks(message),
        stream: this.#stream(message),
        compress: role === 'device',
        size_stays: role === 'local',
        viewer: this,
      },
      {
        send: frames => this.#sendFrames(frames),
        failed: error => {
          this.#options.log.error({ err: error }, 'an attachment failed')
          this.#attachments.delete(handle)
          source.detach(attachment, 'lost')
          this.#trySend({ type: 'error', handle, code: error.code, message: error.message })
        },
      },
    )
    attachment.present = message.present ?? true
    source.attach(attachment)
    this.#attachments.set(handle, attachment)
    if (message.size && !this.#onlyLooks(message)) source.claimSize(attachment, message.size)
    this.#send({
      type: 'session',
      request_id: message.request_id,
      handle,
      session_id: source.session_id,
      session: source.info(),
      resumed: attachment.canContinue(),
      age_seconds: (Date.now() - source.created_at) / 1000,
      created_at: source.created_at,
      read_only: attachment.options.read_only,
      input_seen: source.lastInputSeq(attachment.options.stream),
      cols: source.size.cols,
      rows: source.size.rows,
    })
    attachment.start()
  }

  #onlyLooks(message: ClientMessageOf<'attach'>): boolean {
    return message.read_only === true || this.#device?.read_only === true
  }

  #stream(message: ClientMessageOf<'attach'>): string {
    return `${this.#peer}/${message.input_stream}`
  }

  #detach(handle: number): void {
    const attachment = this.#attachments.get(handle)
    if (!attachment) throw unknownAttachment()
    this.#attachments.delete(handle)
    attachment.session.detach(attachment, 'detached')
  }

  #writable(handle: number): Attachment {
    const attachment = this.#attachments.get(handle)
    if (!attachment) throw unknownAttachment()
    if (attachment.options.read_only) throw new CodedError('read_only', 'this attachment may not resize')
    return attachment
  }

  #answerLater(request_id: number, answer: () => Promise<HostMessage>): void {
    answer()
      .then(message => this.#send(message))
      .catch(error => this.#refuse(toCoded(error), request_id))
  }

  #refuse(error: CodedError, request_id: number): void {
    if (error.code === 'internal') this.#options.log.error({ err: error }, 'a request failed')
    this.#error(error, { request_id })
  }

  #error(error: CodedError, about: { request_id?: number; handle?: number }): void {
    this.#send({ type: 'error', ...about, code: error.code, message: error.message })
  }

  #send(message: HostMessage): void {
    if (!this.#closed) this.#sendFrames(jsonFrames(message))
  }

  /** For what nobody asked for: a message that is too long is not worth a host. */
  #trySend(message: HostMessage): void {
    try {
      this.#send(message)
    } catch (error) {
      this.#options.log.error({ err: error }, 'a message could not be sent')
    }
  }

  #sendFrames(frames: Uint8Array[]): void {
    for (const frame of frames) this.#options.transport.send(frame)
    if (this.#options.transport.buffered <= BUFFERED_BYTES || this.#closed) return
    // No goodbye: it would wait behind what is not read.
    this.#options.transport.close({ code: 'stalled', reason: 'the client does not read what it is sent' })
    this.#gone('stalled')
  }

  #close(error: CodedError): void {
    if (this.#closed) return
    this.#options.log.info({ code: error.code, kind: this.#kind }, 'connection closed by the host')
    this.#error(error, {})
    this.#options.transport.close({ code: error.code, reason: error.message })
    this.#gone(error.code)
  }

  #gone(code: string): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.#leave()
    this.#options.desk.hide(this)
    this.#history.close()
    this.#uploads.close()
    for (const attachment of this.#attachments.values()) attachment.session.detach(attachment, 'lost')
    this.#attachments.clear()
    this.#options.log.info({ code, kind: this.#kind }, 'client gone')
    this.#options.closed()
  }
}

type DeskMessage = ClientMessageOf<'show_pairing' | 'devices' | 'answer_pairing' | 'update_device' | 'revoke_device'>

/** What the desktop alone may ask. */
const DESKTOP_ONLY = new Set<ClientMessage['type']>([
  'show_pairing',
  'devices',
  'answer_pairing',
  'update_device',
  'revoke_device',
  'settings',
  'change_settings',
] satisfies (DeskMessage['type'] | 'settings' | 'change_settings')[])

/** What changes something for others, and so is not for a device that may only look. */
const DOES = new Set<ClientMessage['type']>([
  'create',
  'resize',
  'release_size',
  'kill',
  'rename',
  'mark',
  'unmark',
  'delete_session',
  'upload',
])

function onlyLooks(): CodedError {
  return new CodedError('device_read_only', 'this device may only look')
}

function ended(source: AttachableSession): CodedError {
  return source.state === 'expired'
    ? new CodedError('session_expired', 'this session was ended because nobody used it')
    : new CodedError('session_ended', `the process of this session is gone (${source.state})`)
}

function unknownAttachment(): CodedError {
  return new CodedError('attachment_unknown', 'this connection has no such attachment')
}
