// One client's requests about sessions: the session list, its attachments, and what it does with a session.
import { assertNever, CodedError, toCoded } from '../../../protocol/errors.ts'
import { jsonFrames } from '../../../protocol/frames.ts'
import { CATCH_UP_BYTES, HISTORY_BYTES, WINDOW_BYTES } from '../../../protocol/limits.ts'
import type { ClientMessageOf, HostMessage, SessionInfo, SessionSpec } from '../../../protocol/messages.ts'
import type { ClientAccess } from '../access/local-clients.ts'
import { looksLike } from '../access/look-alike.ts'
import type { Role } from '../access/permissions.ts'
import type { SessionScope } from '../access/session-scope.ts'
import type { DeviceBudget } from '../budget/device-budget.ts'
import type { Logger } from '../log/logger.ts'
import type { AttachableSession, Viewer } from '../session/attachable.ts'
import { Attachment } from '../session/attachment.ts'
import type { Session } from '../session/session.ts'
import type { Launch, Sessions } from '../session/sessions.ts'
import { checkSize } from '../session/sizes.ts'
import { afterOrigin } from './after-origin.ts'
import type { Outlet } from './outlet.ts'
import { summarizeList } from './session-summary.ts'

/** No program reports its activity under this name. */
const PRODUCT = 'On the Go'

/** With this much unread, another session list can wait. */
const LIST_UNREAD_BYTES = 256 * 1024

/** The frames of a changed session list: made once for all clients that see all of it. */
export interface SharedList {
  frames?: Uint8Array[]
}

export type SessionMessage = ClientMessageOf<
  | 'list'
  | 'create'
  | 'attach'
  | 'detach'
  | 'resize'
  | 'release_size'
  | 'attachment_presence'
  | 'screen'
  | 'kill'
  | 'rename'
  | 'reset_terminal'
  | 'notify_session'
  | 'answer'
  | 'mark_seen'
  | 'allow_control'
  | 'report_activity'
>

export interface SessionRequestsOptions {
  sessions: Sessions
  outlet: Outlet
  log: Logger
  role: Role
  access: ClientAccess
  /** The client as other clients see it. */
  viewer: Viewer
}

export class SessionRequests {
  readonly #options: SessionRequestsOptions
  /** The device's id, or `local`: input streams are numbered per peer. */
  #peer = ''
  #isReadOnly = false
  #budget!: DeviceBudget
  #scope!: SessionScope
  /** Whether it still may type into this session: an answer is typed in steps, with pauses. */
  #mayType = (_session_id: string) => false
  readonly #attachments = new Map<number, { attachment: Attachment; release(): void }>()
  #nextHandle = 1
  #isWatching = false
  /** The session list changed while the client had not read the last one. */
  /** The last list of a client that is limited to sessions. */
  #lastListed = ''
  #listPending = false

  constructor(options: SessionRequestsOptions) {
    this.#options = options
  }

  /** Before the first request. */
  admitted(
    peer: string,
    isReadOnly: boolean,
    given: { budget: DeviceBudget; scope: SessionScope; mayType(session_id: string): boolean },
  ): void {
    this.#peer = peer
    this.#isReadOnly = isReadOnly
    this.#budget = given.budget
    this.#scope = given.scope
    this.#mayType = given.mayType
  }

  /** Whether the client receives each change of the session list. */
  get isWatching(): boolean {
    return this.#isWatching
  }

  /** Whether a person is at a screen that displays one of its attachments. */
  get isDisplayed(): boolean {
    for (const { attachment } of this.#attachments.values()) if (attachment.isDisplayed) return true
    return false
  }

  /** Throws what the request throws. */
  take(message: SessionMessage): void {
    const { sessions, outlet, access } = this.#options
    switch (message.type) {
      case 'list': {
        this.#isWatching ||= message.watch === true
        const { request_id } = message
        const reply = () => {
          const sessions = this.#list()
          // The next list that is sent by itself is compared with this one.
          if (this.#scope.only) this.#lastListed = JSON.stringify(sessions)
          return { type: 'sessions', request_id, sessions } as const
        }
        const refreshed = sessions.refreshPreviews()
        // Made when it is sent, so that it is never older than a list that was sent to a watching client before.
        return afterOrigin(access, outlet, request_id, () =>
          refreshed ? outlet.replyLater(request_id, () => refreshed.then(() => reply)) : outlet.message(reply()),
        )
      }
      case 'create':
        return afterOrigin(access, outlet, message.request_id, () =>
          outlet.replyLater(message.request_id, async () => {
            const launch = await this.#look(message.spec)
            if (outlet.closed) throw new CodedError('connection_lost', 'the client is gone')
            const session = sessions.create(launch)
            this.#began(session)
            this.#options.log.info({ session: session.session_id }, 'session created')
            return { type: 'created', request_id: message.request_id, session: session.info() }
          }),
        )
      case 'attach':
        return this.#attach(message)
      case 'detach': {
        const attachment = this.#get(message.handle)
        this.#remove(message.handle)
        return attachment.session.detach(attachment, 'detached')
      }
      case 'resize': {
        const attachment = this.#getWritable(message.handle)
        return attachment.session.claimSize(attachment, { cols: message.cols, rows: message.rows })
      }
      case 'release_size': {
        const attachment = this.#getWritable(message.handle)
        return attachment.session.releaseSize(attachment)
      }
      case 'attachment_presence': {
        const attachment = this.#get(message.handle)
        return attachment.session.setPresent(attachment, message.present, message.focused ?? message.present)
      }
      case 'screen':
        return outlet.replyLater(message.request_id, () =>
          this.#budget.lookUp(async () => {
            const session = await sessions.open(message.session_id)
            const { session_id } = session
            const { lines, cols, rows } = await session.text()
            return { type: 'screen', request_id: message.request_id, session_id, cols, rows, lines }
          }),
        )
      case 'kill':
        return outlet.replyLater(message.request_id, async () => {
          const session = sessions.find(message.session_id)
          if (session?.state !== 'running') throw ended(session ?? (await sessions.open(message.session_id)))
          this.#options.log.info({ session: session.session_id }, 'session is killed')
          await session.end('killed')
          return { type: 'ok', request_id: message.request_id }
        })
      case 'rename':
        return outlet.replyLater(message.request_id, async () => {
          const session = await sessions.open(message.session_id)
          // A device that was revoked meanwhile no longer changes anything; it does not receive the reply either.
          if (!outlet.closed) session.rename(message.title)
          return { type: 'ok', request_id: message.request_id }
        })
      case 'reset_terminal':
        return outlet.replyLater(message.request_id, async () => {
          await this.#running(message.session_id).repairs.resetAll()
          return { type: 'ok', request_id: message.request_id }
        })
      case 'notify_session':
        this.#running(message.session_id).notifyChoice = message.choice
        return outlet.message({ type: 'ok', request_id: message.request_id })
      case 'answer':
        return outlet.replyLater(message.request_id, async () => {
          const { option, text, question_id } = message
          const session = this.#running(message.session_id)
          // Neither a program that may control others decides who else may, nor what a shell runs by itself.
          if (session.isHostQuestion(question_id)) this.#checkMayAllow()
          this.#drove(session.session_id)
          const mayType = () => this.#mayType(session.session_id)
          const group = access.isPerson() ? this.#peer : 'programs'
          await session.answer(question_id, { option, text }, { peer: this.#peer, group, mayType })
          return { type: 'ok', request_id: message.request_id }
        })
      case 'mark_seen':
        sessions.find(message.session_id)?.markSeen()
        return outlet.message({ type: 'ok', request_id: message.request_id })
      case 'allow_control':
        // From inside a session, a person elsewhere has allowed it.
        if (this.#scope.only) this.#checkMayAllow()
        this.#running(message.session_id).mayControl = message.allowed
        if (!message.allowed) access.revoke(this.#running(message.session_id).session_id)
        return outlet.message({ type: 'ok', request_id: message.request_id })
      case 'report_activity':
        // The host's own questions are headed by its name.
        this.#running(message.session_id).reportActivity(
          message.state,
          message.text ?? '',
          looksLike(message.agent ?? '', PRODUCT) ? '' : (message.agent ?? ''),
        )
        return outlet.message({ type: 'ok', request_id: message.request_id })
      default:
        assertNever(message)
    }
  }

  ack(handle: number, offset: number): void {
    this.#attachments.get(handle)?.attachment.ack(offset)
  }

  /** Throws `input_full`. */
  input(handle: number, seq: number, bytes: Uint8Array): void {
    const attachment = this.#attachments.get(handle)?.attachment
    if (!attachment) return this.#options.outlet.error(unknownAttachment(), { handle })
    try {
      attachment.input(seq, bytes)
      this.#drove(attachment.session.session_id)
    } catch (error) {
      if (toCoded(error).code !== 'read_only') throw error
      this.#options.outlet.error(toCoded(error), { handle })
    }
  }

  /** There is room again for output that was not sent for want of it. */
  roomToSend(): void {
    for (const { attachment } of this.#attachments.values()) attachment.pump()
  }

  /** Sends the session list to a client that watches it. */
  listChanged(shared: SharedList = {}): void {
    if (!this.#isWatching) return
    const { outlet } = this.#options
    // A client that is slow to read receives the list as it is then, not every list that was.
    this.#listPending = outlet.buffered > LIST_UNREAD_BYTES
    if (this.#listPending) return
    const frames = (sessions: SessionInfo[]) => jsonFrames({ type: 'sessions', sessions } satisfies HostMessage)
    if (this.#scope.only) {
      // A list that is the same would tell when something happens in other sessions (case 155).
      const sessions = this.#list()
      const listed = JSON.stringify(sessions)
      if (listed === this.#lastListed) return
      this.#lastListed = listed
      return void outlet.trySend(() => frames(sessions))
    }
    if (this.#isProgram) return void outlet.trySend(() => frames(this.#list()))
    outlet.trySend(() => {
      shared.frames ??= frames(this.#list())
      return shared.frames
    })
  }

  /** Sends a list that waited. Called for each frame that the client sends: it may have read meanwhile. */
  sendPendingList(): void {
    if (this.#listPending) this.listChanged()
  }

  /** Tells a client that watches the list that a session asks for attention. */
  attention(session_id: string, text: string): void {
    if (this.#isWatching && this.#scope.includes(session_id))
      this.#options.outlet.tryMessage({ type: 'attention', session_id, ...(text && { text }) })
  }

  /** The sessions that the client may know of. */
  #list(): SessionInfo[] {
    const known = this.#options.sessions.list().filter(({ session_id }) => this.#scope.includes(session_id))
    return summarizeList(this.#isProgram ? known.map(withoutContext) : known)
  }

  /** Programs list sessions without a permission, and need one to read in them. */
  get #isProgram(): boolean {
    return this.#options.role !== 'device' && !this.#options.access.readsOthers()
  }

  /** The client is gone. */
  close(): void {
    for (const [handle, { attachment }] of this.#attachments) {
      this.#remove(handle)
      attachment.session.detach(attachment, 'lost')
    }
  }

  /** From memory at once, so that frames keep their order with what the client sends next; otherwise from the history. */
  #attach(message: ClientMessageOf<'attach'>): void {
    if (message.size) checkSize(message.size)
    const { sessions } = this.#options
    const inMemory = sessions.find(message.session_id)
    if (inMemory) return this.#attachUnlessEnded(inMemory, message)
    this.#budget
      .lookUp(() => sessions.open(message.session_id))
      .then(
        session => this.#attachOpened(session, message),
        error => this.#attachFallback(toCoded(error), message),
      )
  }

  #attachOpened(session: AttachableSession, message: ClientMessageOf<'attach'>): void {
    if (this.#options.outlet.closed) return
    try {
      this.#attachUnlessEnded(session, message)
    } catch (error) {
      this.#options.outlet.refuse(toCoded(error), message.request_id)
    }
  }

  #attachUnlessEnded(session: AttachableSession, message: ClientMessageOf<'attach'>): void {
    // An ended session can be read; a client that wants to type is told that it ended.
    if (session.state !== 'running' && !this.#attachesReadOnly(message))
      return this.#attachFallback(ended(session), message)
    this.#attachTo(session, message)
  }

  /** The client started a session: by each way to start one. */
  #began({ session_id }: AttachableSession): void {
    this.#options.access.started(session_id)
    this.#drove(session_id)
    this.#scope.started(session_id)
  }

  /** What runs in the session may be what this client typed. */
  #drove(session_id: string): void {
    if (this.#options.role === 'device') this.#options.access.drove(session_id, this.#peer)
  }

  /** The session cannot be attached to: starts the client's `fallback` session in its place, if it named one. */
  #attachFallback(error: CodedError, message: ClientMessageOf<'attach'>): void {
    const { outlet, sessions, log } = this.#options
    if (outlet.closed) return
    const replaceable =
      !this.#isReadOnly && ['session_unknown', 'session_ended', 'session_expired'].includes(error.code)
    if (!message.fallback || !replaceable) return outlet.refuse(error, message.request_id)
    const spec = message.fallback.new
    const size = spec.size ?? message.size
    const key = `${this.#stream(message)} ${message.session_id}`
    this.#look(size ? { ...spec, size } : spec)
      .then(launch => {
        if (outlet.closed) return
        const { session, isNew } = sessions.replace(key, launch, id => this.#scope.includes(id))
        // Only what this request started is added to what a limited device may use.
        if (isNew) this.#began(session)
        else this.#drove(session.session_id)
        log.info({ session: session.session_id }, 'a session takes the place of one that is gone')
        this.#attachTo(session, { ...message, have: null })
      })
      .catch(failure => outlet.refuse(toCoded(failure), message.request_id))
  }

  #attachTo(session: AttachableSession, message: ClientMessageOf<'attach'>): void {
    const { role, outlet, log, viewer } = this.#options
    const release = this.#budget.holdAttachment(session.session_id)
    const handle = this.#nextHandle++
    const isReadOnly = this.#attachesReadOnly(message)
    if (!isReadOnly && this.#scope.only) this.#drove(session.session_id)
    const attachment = new Attachment(
      session,
      {
        handle,
        have: message.have,
        window: message.window ?? WINDOW_BYTES,
        history: message.history_bytes ?? HISTORY_BYTES,
        budget: message.catch_up_bytes ?? CATCH_UP_BYTES,
        read_only: isReadOnly,
        marks_seen: !this.#isReadOnly,
        stream: this.#stream(message),
        peer: this.#peer,
        is_remote: role === 'device',
        size_stays: role === 'local',
        viewer,
      },
      {
        send: frames => outlet.send(frames),
        hasRoom: () => this.#budget.hasRoomToSend(),
        failed: error => {
          const isGone = error.code.startsWith('session_')
          if (!isGone) log.error({ err: error, session: session.session_id, handle }, 'an attachment failed')
          this.#remove(handle)
          session.detach(attachment, 'lost')
          const code = isGone ? error.code : 'attachment_failed'
          const text = isGone ? error.message : 'this session’s output could not be sent'
          outlet.tryMessage({ type: 'error', handle, code, message: text })
        },
      },
    )
    // A session that only a program looks at was seen by no one.
    attachment.present = this.#options.access.isPerson() && (message.present ?? true)
    attachment.focused = this.#options.access.isPerson() && (message.focused ?? message.present ?? true)
    this.#attachments.set(handle, { attachment, release })
    try {
      session.attach(attachment)
    } catch (error) {
      this.#remove(handle)
      throw error
    }
    if (message.size && !isReadOnly) session.claimSize(attachment, message.size)
    log.debug({ session: session.session_id, handle, read_only: isReadOnly }, 'attached')
    outlet.message({
      type: 'session',
      request_id: message.request_id,
      handle,
      session_id: session.session_id,
      session: session.info(),
      resumed: attachment.canContinue(),
      read_only: isReadOnly,
      input_seen: session.lastInputSeq(attachment.options.stream),
      cols: session.size.cols,
      rows: session.size.rows,
    })
    attachment.start()
  }

  #attachesReadOnly(message: ClientMessageOf<'attach'>): boolean {
    return message.read_only === true || this.#isReadOnly
  }

  #stream(message: ClientMessageOf<'attach'>): string {
    return `${this.#peer}/${message.input_stream}`
  }

  /** Nothing inside a session says what programs may do, and no device that is itself limited to some sessions. Throws `forbidden`. */
  #checkMayAllow(): void {
    if (this.#options.access.mayDecide() && !this.#scope.only) return
    throw new CodedError('forbidden', 'this client may not allow a program to control other sessions')
  }

  /** A phone's environment would say nothing of this computer, but could make a program run another one. Throws `forbidden`. */
  async #look(spec: SessionSpec): Promise<Launch> {
    if (spec.env && this.#options.role === 'device')
      throw new CodedError('forbidden', 'only a client on this computer may give a session its environment')
    return this.#options.sessions.look(spec)
  }

  /** Throws `session_unknown`, `session_ended`. */
  #running(session_id: string): Session {
    const session = this.#options.sessions.find(session_id)
    if (!session) throw new CodedError('session_unknown', 'no session that runs has this id')
    if (session.state !== 'running') throw ended(session)
    return session
  }

  #get(handle: number): Attachment {
    const attached = this.#attachments.get(handle)
    if (!attached) throw unknownAttachment()
    return attached.attachment
  }

  #remove(handle: number): void {
    this.#attachments.get(handle)?.release()
    this.#attachments.delete(handle)
  }

  #getWritable(handle: number): Attachment {
    const attachment = this.#get(handle)
    if (attachment.options.read_only) throw new CodedError('read_only', 'this attachment may not resize')
    return attachment
  }
}

function ended(session: AttachableSession): CodedError {
  return session.state === 'expired'
    ? new CodedError('session_expired', 'this session was ended because it was idle')
    : new CodedError('session_ended', `the process of this session is gone (${session.state})`)
}

function unknownAttachment(): CodedError {
  return new CodedError('attachment_unknown', 'this connection has no such attachment')
}

/** Without the lines around its question: they are of its screen. */
function withoutContext(session: SessionInfo): SessionInfo {
  const question = session.activity?.question
  if (!question || question.context.length === 0) return session
  return { ...session, activity: { ...session.activity!, question: { ...question, context: [], is_cut: true } } }
}
