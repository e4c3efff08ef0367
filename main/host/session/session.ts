// One terminal session: a process on a PTY, its log, its screen and who is attached. Knows nothing of sockets or the store.
import { constants, hostname } from 'node:os'
import { CodedError } from '../../../protocol/errors.ts'
import { BATCH_BYTES, CATCH_UP_BYTES, MAX_COLS, MAX_ROWS } from '../../../protocol/limits.ts'
import type { SessionInfo, SessionState } from '../../../protocol/messages.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import type { Position } from '../../../protocol/position.ts'
import type { History } from '../history/write/history.ts'
import { birthKeyframe } from '../recording/initial-keyframe.ts'
import type { ReadResult, Size, StoredKeyframe } from '../recording/types.ts'
import type { PooledScreen, ScreenPool, ScreenText } from '../screen/screen-pool.ts'
import type { AttachableSession } from './attachment.ts'
import { type Attachment, viewersOf } from './attachment.ts'
import { Attention } from './attention.ts'
import { Foreground } from './foreground.ts'
import { SessionLog } from './log.ts'
import { GIVE_UP_MS, hangUp, KILL_AFTER_MS, killAll, processIdentity } from './process-group.ts'
import { Pty } from './pty.ts'
import { SizeClaims } from './sizes.ts'
import { cleanTitle } from './title.ts'
import { WorkingFolder } from './working-folder.ts'

export interface SessionOptions {
  session_id: string
  command: string[]
  cwd: string
  env: Record<string, string>
  title: string | undefined
  size: Size
  screens: ScreenPool
  history: History
  /** Refuse a second client while one is there. */
  single_client: () => boolean
  now: () => number
}

export interface SessionHandlers {
  /** Something that a list shows is different. */
  changed(): void
  /** The process is gone and all its output is in the log. */
  ended(): void
  /** Its program calls for somebody: it rang, or said this. At most once a second. */
  attention(text: string): void
  /** It calls, and nobody has looked: from now on it is marked. */
  needsAttention(): void
}

/** After the first chunk of a burst went out at once, what follows is gathered this long: a frame a screen refresh. */
const BATCH_MS = 4

/** How far the screen may lag: a few tenths of a second of parsing. Past it the PTY is paused, at half of it it goes on. */
export const SCREEN_LAG_BYTES = 16 * 1024 * 1024

/** Input streams that are remembered per session: more than anybody has phones, tabs and reloads in a day. */
const INPUT_STREAMS = 256

/** What waits for the history's worker may take as much memory, and as long: a crash loses no more than a second. */
const HISTORY_LAG_BYTES = 16 * 1024 * 1024
const HISTORY_WAIT_MS = 300

/**
 * Raw output after which a segment ends: 20 ms of parsing, a tenth of that on the wire. With its last batch it is never
 * longer than what a client reads rather than be skipped.
 */
const SEGMENT_BYTES = CATCH_UP_BYTES - BATCH_BYTES

/** A segment's resizes travel in one message; a fight over the size makes thousands. */
const SEGMENT_RESIZES = 2048

/** What a list shows of what a program says. */
const NOTICE_CHARACTERS = 200

/** A single client's place is kept for it this long after its connection is lost. */
const PLACE_MS = 30_000

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
  /** The most bytes that the screen was behind. */
  largestLag = 0

  readonly #options: SessionOptions
  readonly #handlers: SessionHandlers
  readonly #pty: Pty
  readonly #screen: PooledScreen
  readonly #attachments = new Set<Attachment>()
  readonly #inputSeen = new Map<string, number>()
  readonly #kept = new Set<Position>()
  /** States at segment boundaries, as far back as the log in memory goes; the first is the birth. */
  #keyframes: StoredKeyframe[] = []
  #segmentStart = 0
  #segmentResizes = 0
  #lastKeyframe: Promise<void> = Promise.resolve()
  #place: { stream: string; until: number } | undefined
  /** Set by the expiry: silent for long, but something still runs in it. */
  idle = false
  readonly #folder: WorkingFolder
  readonly #foreground: Foreground
  readonly #attention: Attention
  #lastLine = ''
  /** How far the screen had come when it was looked at. */
  #looked = 0
  #looking = false
  /** It has printed since the look before the last one. */
  #settling = false
  /** What a list shows was found to be different, and it was not told yet. */
  #news = false
  #givenTitle: string | undefined
  #terminalTitle = ''
  #size: Size
  /** What is gathered, in the first `#batchBytes` of this. */
  #batch: Uint8Array | undefined
  #batchBytes = 0
  #batchTimer: NodeJS.Timeout | undefined
  #paused = false
  #inputRefused = false
  #endAs: SessionState | undefined
  #killTimer: NodeJS.Timeout | undefined
  #ended: Promise<void>
  #tellEnded!: () => void

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
      this.#tellEnded = resolve
    })
    this.sizes = new SizeClaims(options.size, () => this.#applySize())
    this.#pty = new Pty(
      { ...options.size, command: options.command, cwd: options.cwd, env: options.env },
      { data: bytes => this.#output(bytes), exit: (code, signal) => this.#exit(code, signal) },
    )
    this.pid = this.#pty.pid
    this.#folder = new WorkingFolder(options.cwd, this.pid)
    this.#foreground = new Foreground(this.pid, () => this.#pty.foreground)
    this.#attention = new Attention(options.now, text => {
      handlers.attention(text)
      handlers.changed()
    })
    this.#screen = options.screens.open(options.size.cols, options.size.rows, {
      parsed: () => this.reconsider(),
      answer: text => this.#pty.write(Buffer.from(text)),
      title: title => this.#titled(title),
      cwd: cwd => this.#moved(cwd),
      bell: () => this.#called(''),
      notice: text => this.#called(oneLine(text, NOTICE_CHARACTERS)),
      failed: () => this.reconsider(),
    })
    options.history.insertSession(this.#record(), processIdentity(this.pid))
    this.#keep(birthKeyframe(options.size))
  }

  get size(): Size {
    return this.#size
  }

  get title(): string {
    const runs = this.state === 'running' ? cleanTitle(this.#foreground.name) : ''
    return this.#ownTitle || runs || this.#defaultTitle()
  }

  /** That a person gave it, or its program. */
  get #ownTitle(): string {
    return this.#givenTitle ?? this.#terminalTitle
  }

  get attachments(): ReadonlySet<Attachment> {
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
      bytes: this.log.end.offset + this.#batchBytes,
      clients: this.#attachments.size,
      idle: this.idle,
      last_line: this.#lastLine,
      attention: this.#attention.pending,
      viewers: viewersOf(this.#attachments),
    }
  }

  /**
   * Looks at what it does not tell by itself, as far as it printed since the last look: its last line, its folder and what
   * runs in it. Undefined: there is nothing new to be seen.
   */
  refreshPreview(): Promise<unknown> | undefined {
    const printed = this.#looked !== this.log.end.offset
    // A command begins behind the line that started it, and may say nothing for an hour: so once more.
    if ((!printed && !this.#settling) || this.#looking || this.#screen.error) return undefined
    this.#settling = printed
    const place = this.#folder.refresh().then(moved => {
      this.#news ||= moved
    })
    const runs = this.#foreground.refresh().then(isOther => {
      if (!isOther || this.#ownTitle || this.state !== 'running') return
      this.#news = true
      this.#tellTitle()
    })
    if (!printed) return Promise.all([place, runs])
    this.#looking = true
    const line = this.#screen.lastLine().then(
      ({ text, offset }) => {
        this.#news ||= text !== this.#lastLine
        this.#lastLine = text
        this.#looked = offset
        this.#looking = false
      },
      () => {}, // the screen is gone; what was seen last stays
    )
    return Promise.all([line, place, runs])
  }

  /** Whether looks have found anything new since this was asked last. */
  takePreviewChange(): boolean {
    const news = this.#news
    this.#news = false
    return news
  }

  rename(title: string): void {
    this.#givenTitle = cleanTitle(title) || undefined
    this.#options.history.updateSession(this.#record())
    this.#tellTitle()
    this.#handlers.changed()
  }

  attach(attachment: Attachment): void {
    const { stream } = attachment.options
    const now = this.#options.now()
    if (this.#options.single_client()) {
      const taken = this.#place && this.#place.stream !== stream && this.#place.until > now
      if (taken) throw new CodedError('session_busy', 'another client has this session; it takes one at a time')
    }
    this.#flush()
    // The same client over a new connection, while the old one has not been noticed to be dead.
    for (const one of this.#attachments) if (one.options.stream === stream) this.detach(one, 'lost')
    this.#place = { stream, until: Number.POSITIVE_INFINITY }
    this.#attachments.add(attachment)
    if (attachment.isSeen) this.#attention.clear()
    this.sizes.ownerReturned(stream)
    this.#active()
    this.#handlers.changed()
  }

  detach(attachment: Attachment, left: 'detached' | 'lost'): void {
    if (!this.#attachments.delete(attachment)) return
    attachment.close()
    this.#active()
    const { stream } = attachment.options
    if (left === 'detached') this.sizes.release(stream)
    else this.sizes.ownerLeft(stream)
    if (this.#place?.stream === stream) this.#place.until = left === 'lost' ? this.#options.now() + PLACE_MS : 0
    this.#handlers.changed()
  }

  setPresent(attachment: Attachment, looking: boolean): void {
    attachment.present = looking
    if (attachment.isSeen && this.#attention.clear()) this.#handlers.changed()
  }

  claimSize(attachment: Attachment, size: Size): void {
    checkSize(size)
    this.sizes.claim(attachment.options.stream, size, attachment.options.size_stays)
  }

  releaseSize(attachment: Attachment): void {
    this.sizes.release(attachment.options.stream)
  }

  lastInputSeq(stream: string): number {
    return this.#inputSeen.get(stream) ?? 0
  }

  writeInput(stream: string, seq: number, bytes: Uint8Array): boolean {
    if (seq <= this.lastInputSeq(stream) || this.state !== 'running') return true
    if (!this.#pty.write(bytes, () => this.#inputRoom())) {
      this.#inputRefused = true
      return false
    }
    // Deleted first, so that the map stays in the order of last use and the oldest can be forgotten.
    this.#inputSeen.delete(stream)
    this.#inputSeen.set(stream, seq)
    if (this.#attention.clear()) this.#handlers.changed()
    if (this.#inputSeen.size > INPUT_STREAMS) this.#inputSeen.delete(this.#inputSeen.keys().next().value!)
    this.#active()
    return true
  }

  async startingPoint(history: number): Promise<StoredKeyframe | undefined> {
    const from = Math.max(0, this.log.end.offset - history)
    const inMemory = this.#keyframes.find(keyframe => keyframe.position.offset >= from)
    if (from < this.log.start.offset) {
      const stored = await this.#options.history.startingPoint(this.session_id, from)
      if (stored && stored.position.offset >= from) return stored
    }
    return inMemory ?? this.currentKeyframe()
  }

  get screenOffset(): number {
    return this.#screen.error ? (this.#keyframes.at(-1)?.position.offset ?? 0) : this.#screen.position.offset
  }

  async currentKeyframe(): Promise<StoredKeyframe | undefined> {
    return this.#screen.error ? this.#keyframes.at(-1) : this.#screen.keyframeNow()
  }

  async read(position: Position): Promise<ReadResult> {
    const { history } = this.#options
    const piece = await history.read(this.session_id, position)
    if (piece.kind !== 'end') return piece
    // Memory was faster to forget than the history to write.
    await history.flush()
    return history.read(this.session_id, position)
  }

  text(): Promise<ScreenText> {
    this.#flush()
    return this.#screen.text()
  }

  retainLog(): () => void {
    const position = { ...this.#keepFrom() }
    this.#kept.add(position)
    return () => this.#kept.delete(position)
  }

  get sizeOwner(): string | undefined {
    return this.sizes.owner
  }

  /**
   * Ends the process: SIGHUP to its process group, SIGKILL after KILL_AFTER_MS. Resolves when it is gone; one that is still
   * there GIVE_UP_MS later is let go.
   */
  end(as: SessionState): Promise<void> {
    if (this.state !== 'running') return Promise.resolve()
    if (this.#endAs === undefined) {
      this.#endAs = as
      hangUp(this.pid)
      this.#pty.closeConsole()
      this.#killTimer = setTimeout(() => {
        killAll(this.pid)
        this.#killTimer = setTimeout(() => this.#pty.abandon(), GIVE_UP_MS)
      }, KILL_AFTER_MS)
    }
    return this.#ended
  }

  /** Resolves when the state at the last segment boundary is with the history: for one that ended, its last screen. */
  settled(): Promise<void> {
    return this.#lastKeyframe
  }

  /** Forgets the screen and the log. For sessions that ended. */
  dispose(): void {
    clearTimeout(this.#batchTimer)
    this.sizes.dispose()
    this.#attention.dispose()
    this.#screen.close()
  }

  // --- output ---

  #output(bytes: Uint8Array): void {
    if (!this.#batchTimer && this.#batchBytes === 0 && bytes.length <= BATCH_BYTES) {
      this.#print(new Uint8Array(bytes))
      this.#batchTimer = setTimeout(() => this.#batchDone(), BATCH_MS)
      return
    }
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + BATCH_BYTES - this.#batchBytes)
      // Not zeroed first: it is filled.
      this.#batch ??= new Uint8Array(Buffer.allocUnsafeSlow(BATCH_BYTES).buffer)
      this.#batch.set(part, this.#batchBytes)
      this.#batchBytes += part.length
      at += part.length
      if (this.#batchBytes === BATCH_BYTES) this.#flush()
    }
    this.#batchTimer ??= setTimeout(() => this.#batchDone(), BATCH_MS)
  }

  #batchDone(): void {
    this.#batchTimer = undefined
    if (this.#batchBytes === 0) {
      this.#batch = undefined
      return
    }
    this.#flush()
    this.#batchTimer = setTimeout(() => this.#batchDone(), BATCH_MS)
  }

  /** Prints what was gathered. */
  #flush(): void {
    if (this.#batchBytes === 0) return
    const batch = this.#batch!
    const size = this.#batchBytes
    this.#batchBytes = 0
    // A full one is given away, of others a copy: a flood is copied once then, and garbage that large makes work.
    if (size === BATCH_BYTES) this.#batch = undefined
    this.#print(size === BATCH_BYTES ? batch : batch.slice(0, size))
  }

  /** Puts a batch into the log and hands it on. Its buffer holds nothing else: the workers' messages would carry it along. */
  #print(bytes: Uint8Array): void {
    const { offset } = this.log.append(bytes)
    this.#screen.write(bytes)
    this.#options.history.append(this.session_id, { kind: 'output', offset, bytes, at: this.#age() })
    if (this.log.end.offset - this.#segmentStart >= SEGMENT_BYTES) this.#endSegment()
    this.#active()
    for (const attachment of this.#attachments) attachment.pump()
    this.log.trim(this.#keepFrom())
    this.largestLag = Math.max(this.largestLag, this.#lag())
    const { behind, waiting } = this.#options.history
    const screenLate = !this.#screen.error && this.#lag() > SCREEN_LAG_BYTES
    const historyLate = behind > HISTORY_LAG_BYTES || waiting > HISTORY_WAIT_MS
    if ((screenLate || historyLate) && !this.#paused) {
      this.#paused = true
      this.#pty.pause()
    }
  }

  /** Seals what was recorded since the last boundary; the state here is where replay can begin from now on. */
  #endSegment(): void {
    this.#segmentStart = this.log.end.offset
    this.#segmentResizes = this.log.end.n
    this.#options.history.seal(this.session_id, this.log.end)
    this.#lastKeyframe = this.#screen.keyframe().then(
      keyframe => this.#keep(keyframe),
      () => {}, // no screen, no state: replay begins at an earlier one
    )
  }

  #keep(keyframe: StoredKeyframe): void {
    this.#options.history.keyframe(this.session_id, keyframe)
    this.#keyframes.push(keyframe)
    // Those that memory cannot go on from are found in the history.
    this.#keyframes = this.#keyframes.filter(one => this.log.find(one.position) !== undefined)
  }

  #lag(): number {
    return this.log.end.offset - this.#screen.position.offset
  }

  /** For whoever caught up (the screen, the history): reads on from the PTY if nothing is too far behind any more. */
  reconsider(): void {
    if (!this.#paused || (!this.#screen.error && this.#lag() > SCREEN_LAG_BYTES / 2)) return
    const { behind, waiting } = this.#options.history
    if (behind > HISTORY_LAG_BYTES / 2 || waiting > HISTORY_WAIT_MS) return
    this.#paused = false
    this.#pty.resume()
  }

  /** Nothing from here on may be dropped: a keyframe continues from where the screen is. */
  #keepFrom(): Position {
    let from = this.#screen.error ? this.log.end : this.#screen.position
    for (const kept of this.#kept) if (kept.offset < from.offset || kept.n < from.n) from = kept
    return from
  }

  // --- changes ---

  #applySize(): void {
    const { cols, rows } = this.sizes.size
    for (const attachment of this.#attachments)
      attachment.send({
        type: 'size_owner',
        handle: attachment.options.handle,
        owned: attachment.options.stream === this.sizes.owner,
      })
    if ((cols === this.#size.cols && rows === this.#size.rows) || this.state !== 'running') return
    // What was printed before belongs before the resize.
    this.#flush()
    this.#size = { cols, rows }
    this.#pty.resize(cols, rows)
    if (this.log.end.n - this.#segmentResizes >= SEGMENT_RESIZES) this.#endSegment()
    const { offset, n } = this.log.appendResize(cols, rows)
    this.#screen.resize(cols, rows)
    this.#options.history.append(this.session_id, { kind: 'resize', offset, n, cols, rows, at: this.#age() })
    for (const attachment of this.#attachments) attachment.pump()
    this.#handlers.changed()
  }

  /** Part of the queue reached the program: whoever was refused may try again. */
  #inputRoom(): void {
    if (!this.#inputRefused) return
    this.#inputRefused = false
    for (const attachment of this.#attachments) attachment.flushInput()
  }

  #titled(title: string): void {
    const before = this.title
    this.#terminalTitle = cleanTitle(title)
    if (this.title === before) return
    this.#tellTitle()
    this.#handlers.changed()
  }

  #tellTitle(): void {
    const title = this.title
    for (const attachment of this.#attachments)
      attachment.send({ type: 'title', handle: attachment.options.handle, title })
  }

  #moved(cwd: string): void {
    if (this.#folder.report(cwd)) this.#handlers.changed()
  }

  #called(text: string): void {
    const seen = [...this.#attachments].some(attachment => attachment.isSeen)
    if (!this.#attention.request(text, seen)) return
    this.#handlers.changed()
    this.#handlers.needsAttention()
  }

  /** As it is recorded: with the folder that it was started in, and no name of what ran in it just then. */
  #record(): SessionInfo {
    return { ...this.info(), title: this.#ownTitle || this.#defaultTitle(), cwd: this.#options.cwd }
  }

  #exit(code: number | null, signal: number): void {
    clearTimeout(this.#killTimer)
    // What the person ended leaves nothing behind; what ended by itself may leave its nohup children.
    if (this.#endAs) killAll(this.pid)
    this.#flush()
    const title = this.title
    this.state = this.#endAs ?? 'exited'
    this.exit_code = signal === 0 ? code : null
    this.signal = signal === 0 ? null : signalName(signal)
    this.ended_at = this.last_activity = this.#options.now()
    this.sizes.dispose()
    this.#endSegment()
    this.#options.history.updateSession(this.#record())
    if (this.title !== title) this.#tellTitle()
    for (const attachment of this.#attachments) attachment.pump()
    this.#tellEnded()
    this.#handlers.ended()
    this.#handlers.changed()
  }

  #age(): number {
    return this.#options.now() - this.created_at
  }

  #active(): void {
    this.last_activity = this.#options.now()
    this.idle = false
  }

  #defaultTitle(): string {
    return cleanTitle(this.command[0]?.split(/[/\\]/).at(-1) ?? '') || hostname()
  }
}

/** Throws `size_invalid` unless a PTY can have this size. */
export function checkSize({ cols, rows }: Size): void {
  const fits = (value: number, most: number) => Number.isInteger(value) && value >= 1 && value <= most
  if (fits(cols, MAX_COLS) && fits(rows, MAX_ROWS)) return
  throw new CodedError(
    'size_invalid',
    `${cols} x ${rows} is no terminal size; columns go from 1 to ${MAX_COLS}, rows from 1 to ${MAX_ROWS}`,
  )
}

function signalName(signal: number): string {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`
}
