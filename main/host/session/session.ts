// One terminal session: a process on a PTY, its log, its screen and the clients attached to it.
import { hostname } from 'node:os'
import type { ActivityState, NotifyChoice, SessionInfo, SessionState } from '../../../protocol/messages.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import type { Position } from '../../../protocol/position.ts'
import { processIdentity } from '../processes/identity.ts'
import { signalName } from '../processes/process-group.ts'
import { birthKeyframe } from '../recording/initial-keyframe.ts'
import type { ReadResult, Size, StoredKeyframe } from '../recording/types.ts'
import type { PooledScreen } from '../screen/pooled-screen.ts'
import type { ScreenText } from '../screen/screen-protocol.ts'
import type { Typist } from './activity/answer-typing.ts'
import { Foreground } from './activity/foreground.ts'
import type { HostQuestionText } from './activity/host-question.ts'
import { type Answer, SessionActivity } from './activity/session-activity.ts'
import { type AttachableSession, type AttachedClient, isAnySeen, viewersOf } from './attachable.ts'
import { BackPressure } from './back-pressure.ts'
import { Ending } from './ending.ts'
import { FocusReports } from './focus-reports.ts'
import { isFocusReport, isReport } from './input-seqs.ts'
import { SessionLog } from './log.ts'
import { SentTitle } from './naming/sent-title.ts'
import { SessionTitle } from './naming/title.ts'
import { WorkingFolder } from './naming/working-folder.ts'
import { OutputBatcher } from './output-batcher.ts'
import { Preview } from './preview.ts'
import { Pty } from './pty.ts'
import { Repairs } from './repairs.ts'
import { Reservation } from './reservation.ts'
import { SessionInput } from './session-input.ts'
import type { SessionHandlers, SessionOptions } from './session-options.ts'
import { SessionRecorder } from './session-recorder.ts'
import { SessionTimes } from './session-times.ts'
import { checkSize, SizeClaims } from './sizes.ts'

/** The end of a process that ran for less is nothing to be notified of. */
export const LONG_RUN_MS = 30_000

/** In place of what clients' terminals report themselves. */
const NOTHING = new Uint8Array(0)

/** Of a notification's text. */
const NOTICE_CHARACTERS = 200

export class Session implements AttachableSession {
  readonly session_id: string
  readonly command: string[]
  readonly created_at: number
  readonly times: SessionTimes
  readonly log = new SessionLog()
  readonly sizes: SizeClaims
  readonly repairs: Repairs
  readonly pid: number
  state: SessionState = 'running'
  exit_code: number | null = null
  signal: string | null = null
  ended_at: number | null = null
  /** Set by the expiry: silent for long, but a command still runs in it. */
  idle = false
  #notifyChoice: NotifyChoice = 'default'
  #mayControl = false

  readonly #options: SessionOptions
  readonly #handlers: SessionHandlers
  readonly #pty: Pty
  readonly #screen: PooledScreen
  readonly #attachments = new Set<AttachedClient>()
  readonly #input: SessionInput
  readonly #focus: FocusReports
  readonly #ending: Ending
  readonly #reservation: Reservation
  readonly #folder: WorkingFolder
  readonly #foreground: Foreground
  readonly #activity: SessionActivity
  readonly #preview: Preview
  readonly #batcher: OutputBatcher
  readonly #backPressure: BackPressure
  readonly #recorder: SessionRecorder
  readonly #title: SessionTitle
  readonly #sentTitle: SentTitle
  #size: Size

  /** Starts the process. Throws `spawn_failed`. */
  constructor(options: SessionOptions, handlers: SessionHandlers) {
    this.#options = options
    this.#handlers = handlers
    this.session_id = options.session_id
    this.command = options.command
    this.times = new SessionTimes(options)
    this.created_at = this.times.created_at
    this.#size = options.size
    this.#reservation = new Reservation(options.clocks.elapsed)
    this.sizes = new SizeClaims(options.size, () => this.#applySize())
    this.#batcher = new OutputBatcher(batch => this.#print(batch))
    this.#pty = new Pty(
      { ...options.size, command: options.command, file: options.file, cwd: options.cwd, env: options.env },
      { data: bytes => this.#batcher.add(bytes), exit: (code, signal) => this.#exit(code, signal) },
    )
    this.pid = this.#pty.pid
    const identity = processIdentity(this.pid)
    options.processes.add(this.session_id, identity)
    this.#input = new SessionInput(this.#pty, this.#attachments)
    this.#focus = new FocusReports(this.#attachments, report => this.#pty.write(report))
    this.#ending = new Ending(this.#pty)
    this.#folder = new WorkingFolder(options.cwd, this.pid)
    this.#foreground = new Foreground(this.pid, () => this.#pty.foreground)
    this.#title = new SessionTitle(options.title, {
      command: options.command,
      program: () => (this.state === 'running' ? this.#foreground.name : ''),
      agent: () => this.#activity.agent,
      place: () => this.#folder.name(options.home),
      distinct: place => (this.state === 'running' ? options.distinct(place) : place),
    })
    this.#screen = options.screens.open(options.size.cols, options.size.rows, {
      parsed: () => this.#backPressure.caughtUp(),
      answer: text => this.#pty.write(Buffer.from(text)),
      title: title => this.#titleReported(title),
      cwd: cwd => this.#folderReported(cwd),
      bell: () => this.#activity.notified(''),
      notice: text => this.#activity.notified(oneLine(text, NOTICE_CHARACTERS)),
      finding: finding => this.#activity.screenSeen(finding),
      progress: isShown => this.#activity.progressSeen(isShown),
      command: mark => this.#activity.commandSeen(mark),
      focusMode: on => this.#focus.modeSet(on),
      overdue: (state, offset, isLate) => this.repairs.end(state, offset, isLate),
      rebuild: () => this.#recorder.screenLog(this.#size),
      failed: () => {
        this.#backPressure.caughtUp()
        // What it said last may no longer be true.
        this.#activity.screenSeen(undefined)
        this.#handlers.changed()
      },
    })
    const { log, pid } = this
    const screen = this.#screen
    this.#activity = new SessionActivity({
      pid: this.pid,
      screen,
      foreground: this.#foreground,
      rules: options.rules,
      now: options.clocks.wall,
      attention_ms: options.timing?.attention_ms,
      left_ms: options.timing?.left_ms,
      isSeen: () => isAnySeen(this.#attachments),
      flushOutput: () => this.#batcher.flush(),
      write: (bytes, peer) => this.#pty.write(bytes, peer),
      terminal: this.#pty.terminal,
      programChanged: () => this.#taskReported(''),
      taskSeen: task => this.#taskReported(task),
      handlers,
    })
    this.repairs = new Repairs({ pid, screen, log, batcher: this.#batcher, print: bytes => this.#print(bytes) })
    this.#backPressure = new BackPressure({ pty: this.#pty, log, screen, history: options.history })
    this.#preview = new Preview({
      log,
      screen,
      folder: this.#folder,
      foreground: this.#foreground,
      foregroundChanged: () => {
        this.#activity.programSeen()
        return this.state === 'running' && this.#sentTitle.update()
      },
    })
    options.history.insertSession(this.#record(), identity)
    this.#sentTitle = new SentTitle(() => this.title, this.#attachments)
    const { session_id, history } = options
    this.#recorder = new SessionRecorder(birthKeyframe(options.size), { session_id, log, screen, history })
  }

  get size(): Size {
    return this.#size
  }

  get last_activity(): number {
    return this.times.last_activity
  }

  /** The most bytes that the screen was behind. */
  get largestLag(): number {
    return this.#backPressure.largestLag
  }

  get title(): string {
    return this.#title.current || hostname()
  }

  get attachments(): ReadonlySet<AttachedClient> {
    return this.#attachments
  }

  info(): SessionInfo {
    return {
      session_id: this.session_id,
      title: this.title,
      branch: this.state === 'running' ? this.#folder.branch : '',
      command: this.command,
      cwd: this.state === 'running' ? this.#folder.path : this.#options.cwd,
      state: this.state,
      exit_code: this.exit_code,
      signal: this.signal,
      pid: this.state === 'running' ? this.pid : null,
      created_at: this.created_at,
      ended_at: this.ended_at,
      last_activity: this.last_activity,
      cols: this.#size.cols,
      rows: this.#size.rows,
      bytes: this.log.end.offset + this.#batcher.bytes,
      clients: this.#attachments.size,
      idle: this.idle,
      last_line: this.#preview.lastLine,
      activity: this.#activity.activity,
      attention: this.#activity.attention,
      ...(this.#mayControl && { may_control: true }),
      ...(this.#notifyChoice !== 'default' && { notify: this.#notifyChoice }),
      ...(this.#screen.error?.code === 'screen_failed' && { screen_failed: true }),
      viewers: viewersOf(this.#attachments),
    }
  }

  get notifyChoice(): NotifyChoice {
    return this.#notifyChoice
  }

  set notifyChoice(choice: NotifyChoice) {
    this.#notifyChoice = choice
    this.#handlers.changed()
  }

  /** See Preview. */
  refreshPreview(): Promise<unknown> | undefined {
    return this.#preview.refresh()
  }

  /** See Preview. */
  takePreviewChange(): boolean {
    return this.#preview.takeChange()
  }

  rename(title: string): void {
    this.#title.rename(title)
    this.#options.history.updateSession(this.#record())
    this.#sentTitle.update()
    this.#handlers.changed()
  }

  attach(client: AttachedClient): void {
    const { stream, read_only } = client.options
    if (this.#options.single_client()) this.#reservation.makePlace(client, this.#attachments)
    this.#batcher.flush()
    // The same client over a new connection, while its old connection is dead but not yet closed.
    for (const other of this.#attachments) if (other.options.stream === stream) this.#leave(other, 'lost')
    if (!read_only) this.#reservation.hold(stream)
    this.#attachments.add(client)
    if (client.isSeen) this.#activity.seen()
    this.#viewersChanged()
    this.sizes.ownerReturned(stream)
    this.#markActive()
    this.#handlers.changed()
  }

  detach(client: AttachedClient, left: 'detached' | 'lost'): void {
    if (this.#leave(client, left)) this.#viewersChanged()
  }

  #leave(client: AttachedClient, left: 'detached' | 'lost'): boolean {
    if (!this.#attachments.delete(client)) return false
    client.close()
    this.#markActive()
    const { stream } = client.options
    if (left === 'detached') this.sizes.release(stream)
    else this.sizes.ownerLeft(stream)
    this.#reservation.end(stream, left === 'lost')
    this.#handlers.changed()
    return true
  }

  #viewersChanged(): void {
    this.#activity.viewersChanged()
    this.#focus.changed()
  }

  setPresent(client: AttachedClient, present: boolean, focused: boolean): void {
    client.present = present
    client.focused = focused
    if (client.isSeen && this.#activity.seen()) this.#handlers.changed()
    this.#viewersChanged()
  }

  /** A person has seen what it needs, without opening it. */
  markSeen(): void {
    if (this.#activity.seen()) this.#handlers.changed()
  }

  /** A program in it says what it does, from a hook. */
  reportActivity(state: ActivityState, text: string, agent: string): void {
    if (this.state !== 'running') return
    this.#activity.hookReported(state, text, agent)
    if (state === 'working' && text !== '') this.#taskReported(text)
  }

  /**
   * Types the answer to a question that its program asks, if the screen still asks it. Throws `question_gone`,
   * `question_changed`, `bad_message`, `input_full`; `device_revoked` if the typist may no longer type.
   */
  async answer(question_id: string, answer: Answer, typist: Typist): Promise<void> {
    await this.#activity.answer(question_id, answer, typist)
    this.#markActive()
  }

  /** Asks a person in this session's name: see SessionActivity. */
  ask(question: HostQuestionText, signal: AbortSignal): Promise<number | undefined> {
    return this.#activity.ask(question, signal)
  }

  isHostQuestion(question_id: string): boolean {
    return this.#activity.isHostQuestion(question_id)
  }

  /** A person allowed its programs to control other sessions. */
  get mayControl(): boolean {
    return this.#mayControl
  }

  set mayControl(allowed: boolean) {
    if (this.#mayControl === allowed) return
    this.#mayControl = allowed
    this.#handlers.changed()
  }

  claimSize(client: AttachedClient, size: Size): void {
    checkSize(size)
    this.sizes.claim(client.options.stream, size, client.options.size_stays)
  }

  releaseSize(client: AttachedClient): void {
    this.sizes.release(client.options.stream)
  }

  lastInputSeq(stream: string): number {
    return this.#input.lastSeq(stream)
  }

  writeInput(stream: string, seq: number, bytes: Uint8Array, peer: string): boolean {
    if (this.state !== 'running') return true
    const isOwn = this.#focus.isWanted && isFocusReport(bytes)
    const result = this.#input.write(stream, seq, isOwn ? NOTHING : bytes, peer)
    if (result !== 'queued') return result === 'known'
    if (!isReport(bytes) && this.#activity.inputSeen()) this.#handlers.changed()
    this.#markActive()
    return true
  }

  /** Drops what this device typed and the program has not read; see InputQueue. */
  dropInput(peer: string): Promise<void> {
    return this.#pty.dropInput(peer)
  }

  async startingPoint(history: number): Promise<StoredKeyframe | undefined> {
    return (await this.#recorder.startingPoint(history)) ?? this.currentKeyframe()
  }

  get screenOffset(): number {
    return this.#screen.error ? (this.#recorder.lastKeyframe?.position.offset ?? 0) : this.#screen.position.offset
  }

  async currentKeyframe(): Promise<StoredKeyframe | undefined> {
    return this.#screen.error ? this.#recorder.lastKeyframe : this.#screen.keyframeNow()
  }

  read(position: Position): Promise<ReadResult> {
    return this.#recorder.read(position)
  }

  text(): Promise<ScreenText> {
    this.#batcher.flush()
    return this.#screen.text()
  }

  retainLog(): () => void {
    return this.#recorder.retain()
  }

  get sizeOwner(): string | undefined {
    return this.sizes.owner
  }

  /** Ends the process (see Ending). Resolves when it is gone. */
  end(state: SessionState): Promise<void> {
    if (this.state !== 'running') return Promise.resolve()
    this.#ending.begin(state, this.#options.timing?.kill_after_ms)
    return this.#ending.done
  }

  /** Resolves when the history has the keyframe at the last segment boundary: of an ended session, its last screen. */
  settled(): Promise<void> {
    return this.#recorder.settled()
  }

  /** Forgets the screen and the log. For sessions that ended. */
  dispose(): void {
    this.#batcher.dispose()
    this.sizes.dispose()
    this.#activity.dispose()
    this.#screen.close()
  }

  historyCaughtUp(): void {
    this.#backPressure.caughtUp()
  }

  /** See SessionRecorder. */
  recordAgain(): void {
    this.#recorder.recordAgain(this.#record(), this.times.age)
  }

  /** Appends a batch to the log, the screen, the history and the attachments. Posting to a worker copies the whole buffer. */
  #print(bytes: Uint8Array): void {
    const { offset } = this.log.append(bytes)
    this.#screen.write(bytes)
    this.#recorder.output(offset, bytes, this.times.age)
    this.#markActive()
    for (const attachment of this.#attachments) attachment.pump()
    this.#recorder.trim()
    this.#backPressure.outputAdded()
    this.#activity.printed()
    this.repairs.printed()
  }

  #applySize(): void {
    const { cols, rows } = this.sizes.size
    for (const attachment of this.#attachments)
      attachment.send({
        type: 'size_owner',
        handle: attachment.options.handle,
        owned: attachment.options.stream === this.sizes.owner,
      })
    if ((cols === this.#size.cols && rows === this.#size.rows) || this.state !== 'running') return
    // Gathered output comes before the resize.
    this.#batcher.flush()
    this.#size = { cols, rows }
    this.#pty.resize(cols, rows)
    this.#recorder.beforeResize()
    const entry = this.log.appendResize(cols, rows)
    this.#screen.resize(cols, rows)
    this.#recorder.resize(entry, this.times.age)
    for (const attachment of this.#attachments) attachment.pump()
    this.#handlers.changed()
  }

  #titleReported(title: string): void {
    this.#activity.titleSeen(title)
    this.#title.report(title)
    if (this.#sentTitle.update()) this.#handlers.retitled()
  }

  #taskReported(task: string): void {
    this.#title.reportTask(task)
    if (this.#sentTitle.update()) this.#handlers.retitled()
  }

  #folderReported(cwd: string): void {
    if (!this.#folder.report(cwd)) return
    this.#sentTitle.update()
    this.#handlers.changed()
  }

  /** What the history keeps: the folder that it was started in, and no title that names the current program. */
  #record(): SessionInfo {
    return { ...this.info(), title: this.#title.recorded || hostname(), cwd: this.#options.cwd }
  }

  #exit(code: number | null, signal: number): void {
    this.#ending.exited()
    // One that was abandoned still runs: the next host says so.
    if (code !== null || signal !== 0) this.#options.processes.remove(this.session_id)
    this.#batcher.flush()
    this.state = this.#ending.state ?? 'exited'
    this.exit_code = signal === 0 ? code : null
    this.signal = signal === 0 ? null : signalName(signal)
    this.ended_at = this.times.end()
    this.sizes.dispose()
    this.repairs.dispose()
    this.#activity.ended()
    const isLong = this.times.age >= (this.#options.timing?.long_run_ms ?? LONG_RUN_MS)
    if (!this.#ending.state && (isLong || this.#notifyChoice === 'when_ended'))
      this.#activity.processEnded(this.exit_code, this.signal)
    this.#recorder.endSegment()
    this.#options.history.updateSession(this.#record())
    this.#sentTitle.update()
    for (const attachment of this.#attachments) attachment.pump()
    this.#ending.finish()
    this.#handlers.ended()
    this.#handlers.changed()
  }

  #markActive(): void {
    this.times.markActive()
    this.idle = false
  }
}
