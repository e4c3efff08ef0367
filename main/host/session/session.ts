// One terminal session: a process on a PTY, its log, its screen and the clients attached to it.
import { constants, hostname } from 'node:os'
import { CodedError } from '../../../protocol/errors.ts'
import type {
  ActivityState,
  AttentionKind,
  NotifyChoice,
  SessionInfo,
  SessionState,
} from '../../../protocol/messages.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import type { Position } from '../../../protocol/position.ts'
import type { ScreenRules } from '../agents/screen-rules.ts'
import type { History } from '../history/write/history.ts'
import { birthKeyframe } from '../recording/initial-keyframe.ts'
import type { ReadResult, Size, StoredKeyframe } from '../recording/types.ts'
import type { PooledScreen, ScreenPool } from '../screen/screen-pool.ts'
import type { ScreenText } from '../screen/screen-protocol.ts'
import { Foreground } from './activity/foreground.ts'
import { SessionActivity } from './activity/session-activity.ts'
import { type AttachableSession, type AttachedClient, viewersOf } from './attachable.ts'
import { BackPressure } from './back-pressure.ts'
import { SessionLog } from './log.ts'
import { OutputBatcher } from './output-batcher.ts'
import { Preview } from './preview.ts'
import { GIVE_UP_MS, hangUp, KILL_AFTER_MS, killAll, processIdentity } from './process-group.ts'
import { Pty } from './pty.ts'
import { SessionRecorder } from './session-recorder.ts'
import { checkSize, SizeClaims } from './sizes.ts'
import { cleanTitle } from './title.ts'
import { WorkingFolder } from './working-folder.ts'

/** Durations in milliseconds; default: the constant named. */
export interface SessionTiming {
  /** KILL_AFTER_MS */
  kill_after_ms?: number
  /** NOTIFY_MS in attention.ts */
  attention_ms?: number
  /** LONG_RUN_MS */
  long_run_ms?: number
}

export interface SessionOptions {
  session_id: string
  command: string[]
  cwd: string
  env: Record<string, string>
  title: string | undefined
  size: Size
  screens: ScreenPool
  rules: ScreenRules
  history: History
  /** Whether a second client is refused while one is attached. */
  single_client: () => boolean
  now: () => number
  timing?: SessionTiming | undefined
}

export interface SessionHandlers {
  /** Something that a session list shows changed. */
  changed(): void
  /** The process is gone, and all its output is in the log. */
  ended(): void
  /** Its program asks for attention: a bell (''), or a notification's text. At most once a second. */
  attention(text: string): void
  /** It asked for attention while no person was at a screen that shows it. False: no one is to be notified. */
  needsAttention(kind: AttentionKind): boolean
}

/** Input streams that are remembered per session: more than a person's phones, tabs and reloads in a day. */
const INPUT_STREAMS = 256

/** The end of a process that ran for less is nothing to be notified of. */
export const LONG_RUN_MS = 30_000

/** Of a notification's text. */
const NOTICE_CHARACTERS = 200

/** With `single_client`: how long a session is reserved for its client after the connection was lost. */
const RESERVED_MS = 30_000

export class Session implements AttachableSession {
  readonly session_id: string
  readonly command: string[]
  readonly created_at: number
  readonly log = new SessionLog()
  readonly sizes: SizeClaims
  readonly pid: number
  state: SessionState = 'running'
  exit_code: number | null = null
  signal: string | null = null
  ended_at: number | null = null
  last_activity: number
  /** Set by the expiry: silent for long, but a command still runs in it. */
  idle = false
  #notifyChoice: NotifyChoice = 'default'

  readonly #options: SessionOptions
  readonly #handlers: SessionHandlers
  readonly #pty: Pty
  readonly #screen: PooledScreen
  readonly #attachments = new Set<AttachedClient>()
  readonly #lastInputSeqs = new Map<string, number>()
  /** Positions from which the log is retained. */
  readonly #retained = new Set<Position>()
  #reserved: { stream: string; until: number } | undefined
  readonly #folder: WorkingFolder
  readonly #foreground: Foreground
  readonly #activity: SessionActivity
  readonly #preview: Preview
  readonly #batcher: OutputBatcher
  readonly #backPressure: BackPressure
  readonly #recorder: SessionRecorder
  #givenTitle: string | undefined
  #terminalTitle = ''
  #size: Size
  #inputRefused = false
  #endState: SessionState | undefined
  #killTimer: NodeJS.Timeout | undefined
  #ended: Promise<void>
  #resolveEnded!: () => void

  /** Starts the process. Throws `command_not_found`, `cwd_not_found`, `spawn_failed`. */
  constructor(options: SessionOptions, handlers: SessionHandlers) {
    this.#options = options
    this.#handlers = handlers
    this.session_id = options.session_id
    this.command = options.command
    this.#givenTitle = options.title
    this.created_at = this.last_activity = options.now()
    this.#size = options.size
    this.#ended = new Promise(resolve => {
      this.#resolveEnded = resolve
    })
    this.sizes = new SizeClaims(options.size, () => this.#applySize())
    this.#batcher = new OutputBatcher(batch => this.#print(batch))
    this.#pty = new Pty(
      { ...options.size, command: options.command, cwd: options.cwd, env: options.env },
      { data: bytes => this.#batcher.add(bytes), exit: (code, signal) => this.#exit(code, signal) },
    )
    this.pid = this.#pty.pid
    this.#folder = new WorkingFolder(options.cwd, this.pid)
    this.#foreground = new Foreground(this.pid, () => this.#pty.foreground)
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
      failed: () => this.#backPressure.caughtUp(),
    })
    const { log } = this
    const screen = this.#screen
    this.#activity = new SessionActivity({
      screen,
      foreground: this.#foreground,
      rules: options.rules,
      now: options.now,
      attention_ms: options.timing?.attention_ms,
      isSeen: () => this.#isSeen,
      flushOutput: () => this.#batcher.flush(),
      write: bytes => this.#pty.write(bytes),
      handlers,
    })
    this.#backPressure = new BackPressure({ pty: this.#pty, log, screen, history: options.history })
    this.#preview = new Preview({
      log,
      screen,
      folder: this.#folder,
      foreground: this.#foreground,
      foregroundChanged: () => {
        this.#activity.programSeen()
        if (this.#ownTitle || this.state !== 'running') return false
        this.#sendTitle()
        return true
      },
    })
    options.history.insertSession(this.#record(), processIdentity(this.pid))
    const { session_id, history } = options
    this.#recorder = new SessionRecorder(birthKeyframe(options.size), { session_id, log, screen, history })
  }

  get size(): Size {
    return this.#size
  }

  /** The most bytes that the screen was behind. */
  get largestLag(): number {
    return this.#backPressure.largestLag
  }

  get title(): string {
    const program = this.state === 'running' ? cleanTitle(this.#foreground.name) : ''
    return this.#ownTitle || program || this.#defaultTitle()
  }

  /** The title that a person or the program gave it, or ''. */
  get #ownTitle(): string {
    return this.#givenTitle ?? this.#terminalTitle
  }

  get attachments(): ReadonlySet<AttachedClient> {
    return this.#attachments
  }

  info(): SessionInfo {
    return {
      session_id: this.session_id,
      title: this.title,
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
      ...(this.#notifyChoice !== 'default' && { notify: this.#notifyChoice }),
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
    this.#givenTitle = cleanTitle(title) || undefined
    this.#options.history.updateSession(this.#record())
    this.#sendTitle()
    this.#handlers.changed()
  }

  attach(client: AttachedClient): void {
    const { stream } = client.options
    const now = this.#options.now()
    if (this.#options.single_client()) {
      const isReserved = this.#reserved && this.#reserved.stream !== stream && this.#reserved.until > now
      if (isReserved)
        throw new CodedError(
          'session_busy',
          'another client is attached, and this session takes one at a time; detach there first',
        )
    }
    this.#batcher.flush()
    // The same client over a new connection, while its old connection is dead but not yet closed.
    for (const other of this.#attachments) if (other.options.stream === stream) this.detach(other, 'lost')
    this.#reserved = { stream, until: Number.POSITIVE_INFINITY }
    this.#attachments.add(client)
    if (client.isSeen) this.#activity.seen()
    this.sizes.ownerReturned(stream)
    this.#markActive()
    this.#handlers.changed()
  }

  detach(client: AttachedClient, left: 'detached' | 'lost'): void {
    if (!this.#attachments.delete(client)) return
    client.close()
    this.#markActive()
    const { stream } = client.options
    if (left === 'detached') this.sizes.release(stream)
    else this.sizes.ownerLeft(stream)
    if (this.#reserved?.stream === stream)
      this.#reserved.until = left === 'lost' ? this.#options.now() + RESERVED_MS : 0
    this.#handlers.changed()
  }

  setPresent(client: AttachedClient, present: boolean): void {
    client.present = present
    if (client.isSeen && this.#activity.seen()) this.#handlers.changed()
  }

  /** A person has seen what it needs, without opening it. */
  markSeen(): void {
    if (this.#activity.seen()) this.#handlers.changed()
  }

  /** A program in it says what it does, from a hook. */
  reportActivity(state: ActivityState, text: string, agent: string): void {
    if (this.state === 'running') this.#activity.hookReported(state, text, agent)
  }

  /**
   * Types the answer to a question that its program asks, if the screen still asks it. Throws `question_gone`,
   * `question_changed`, `bad_message`, `input_full`.
   */
  async answer(question_id: string, option: number | undefined, text: string | undefined): Promise<void> {
    await this.#activity.answer(question_id, option, text)
    this.#markActive()
  }

  claimSize(client: AttachedClient, size: Size): void {
    checkSize(size)
    this.sizes.claim(client.options.stream, size, client.options.size_stays)
  }

  releaseSize(client: AttachedClient): void {
    this.sizes.release(client.options.stream)
  }

  lastInputSeq(stream: string): number {
    return this.#lastInputSeqs.get(stream) ?? 0
  }

  writeInput(stream: string, seq: number, bytes: Uint8Array): boolean {
    if (seq <= this.lastInputSeq(stream) || this.state !== 'running') return true
    if (!this.#pty.write(bytes, () => this.#inputDrained())) {
      this.#inputRefused = true
      return false
    }
    // Deleted first, which keeps the map in order of last use.
    this.#lastInputSeqs.delete(stream)
    this.#lastInputSeqs.set(stream, seq)
    if (this.#activity.inputSeen()) this.#handlers.changed()
    if (this.#lastInputSeqs.size > INPUT_STREAMS) this.#lastInputSeqs.delete(this.#lastInputSeqs.keys().next().value!)
    this.#markActive()
    return true
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
    const position = { ...this.#retainFrom() }
    this.#retained.add(position)
    return () => this.#retained.delete(position)
  }

  get sizeOwner(): string | undefined {
    return this.sizes.owner
  }

  /**
   * Ends the process: SIGHUP to its process group, SIGKILL after `kill_after_ms`. Resolves when it is gone; a process that is
   * still there GIVE_UP_MS later is abandoned.
   */
  end(state: SessionState): Promise<void> {
    if (this.state !== 'running') return Promise.resolve()
    if (this.#endState === undefined) {
      this.#endState = state
      hangUp(this.pid)
      this.#pty.closeConsole()
      this.#killTimer = setTimeout(() => {
        killAll(this.pid)
        this.#killTimer = setTimeout(() => this.#pty.abandon(), GIVE_UP_MS)
      }, this.#options.timing?.kill_after_ms ?? KILL_AFTER_MS)
    }
    return this.#ended
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

  /** The history caught up. */
  historyCaughtUp(): void {
    this.#backPressure.caughtUp()
  }

  /** Appends a batch to the log, the screen, the history and the attachments. Posting to a worker copies the whole buffer. */
  #print(bytes: Uint8Array): void {
    const { offset } = this.log.append(bytes)
    this.#screen.write(bytes)
    this.#recorder.output(offset, bytes, this.#age())
    this.#markActive()
    for (const attachment of this.#attachments) attachment.pump()
    this.log.trim(this.#retainFrom())
    this.#backPressure.outputAdded()
    this.#activity.printed()
  }

  /** The log is kept in memory from here on: a client that received a keyframe continues at the screen's position. */
  #retainFrom(): Position {
    let from = this.#screen.error ? this.log.end : this.#screen.position
    for (const one of this.#retained) if (one.offset < from.offset || one.n < from.n) from = one
    return from
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
    this.#recorder.resize(entry, this.#age())
    for (const attachment of this.#attachments) attachment.pump()
    this.#handlers.changed()
  }

  /** The PTY's queue has room again: retries refused input. */
  #inputDrained(): void {
    if (!this.#inputRefused) return
    this.#inputRefused = false
    for (const attachment of this.#attachments) attachment.flushInput()
  }

  #titleReported(title: string): void {
    const before = this.title
    this.#activity.titleSeen(title)
    this.#terminalTitle = cleanTitle(title)
    if (this.title === before) return
    this.#sendTitle()
    this.#handlers.changed()
  }

  #sendTitle(): void {
    const title = this.title
    for (const attachment of this.#attachments)
      attachment.send({ type: 'title', handle: attachment.options.handle, title })
  }

  #folderReported(cwd: string): void {
    if (this.#folder.report(cwd)) this.#handlers.changed()
  }

  get #isSeen(): boolean {
    for (const attachment of this.#attachments) if (attachment.isSeen) return true
    return false
  }

  /** What the history keeps: the folder that it was started in, and no title that names the current program. */
  #record(): SessionInfo {
    return { ...this.info(), title: this.#ownTitle || this.#defaultTitle(), cwd: this.#options.cwd }
  }

  #exit(code: number | null, signal: number): void {
    clearTimeout(this.#killTimer)
    // Ended by a user: nothing is left behind. Ended by itself: its nohup children may stay.
    if (this.#endState) killAll(this.pid)
    this.#batcher.flush()
    const title = this.title
    this.state = this.#endState ?? 'exited'
    this.exit_code = signal === 0 ? code : null
    this.signal = signal === 0 ? null : signalName(signal)
    this.ended_at = this.last_activity = this.#options.now()
    this.sizes.dispose()
    this.#activity.ended()
    if (!this.#endState) this.#notifyEnd()
    this.#recorder.endSegment()
    this.#options.history.updateSession(this.#record())
    if (this.title !== title) this.#sendTitle()
    for (const attachment of this.#attachments) attachment.pump()
    this.#resolveEnded()
    this.#handlers.ended()
    this.#handlers.changed()
  }

  /** The process ended by itself. */
  #notifyEnd(): void {
    const isLong = this.#age() >= (this.#options.timing?.long_run_ms ?? LONG_RUN_MS)
    if (isLong || this.#notifyChoice === 'when_ended') this.#activity.processEnded(this.exit_code, this.signal)
  }

  #age(): number {
    return this.#options.now() - this.created_at
  }

  #markActive(): void {
    this.last_activity = this.#options.now()
    this.idle = false
  }

  #defaultTitle(): string {
    return cleanTitle(this.command[0]?.split(/[/\\]/).at(-1) ?? '') || hostname()
  }
}

function signalName(signal: number): string {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`
}
