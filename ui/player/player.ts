// Plays a recorded session on any terminal: seeks by keyframe and log, plays with the original timing, steps.
import type { SeekResult } from '../../protocol/client/history-client.ts'
import { Emitter } from '../../protocol/emitter.ts'
import { assertNever, type CodedError, toCoded } from '../../protocol/errors.ts'
import type { HostMessageOf, SeekTarget } from '../../protocol/messages.ts'
import { comparePositions, type Position } from '../../protocol/position.ts'
import { PlayClock } from './play-clock.ts'
import { type ReadChunk, type ReadLimit, RecordingReader } from './recording-reader.ts'

/** One session's recording, as a HistoryClient reads it. */
export interface Recording {
  seek(target: SeekTarget): Promise<SeekResult>
  readChunk: ReadChunk
}

export interface PlayerScreen {
  /** Clears everything and takes this size; a keyframe is written next. */
  reset(cols: number, rows: number): void
  /** Resolves when the bytes have been parsed. */
  write(bytes: Uint8Array): Promise<void>
  resize(cols: number, rows: number): void
  /** While paused, the last picture stays. */
  pauseDrawing(paused: boolean): void
}

type GapReason = HostMessageOf<'timeline'>['gaps'][number]['reason']

export interface PlayerState {
  /** Milliseconds since the session began: the time that is shown. */
  at: number
  /** The first and the last time in the recording. */
  from: number
  to: number
  playing: boolean
  /** True until the screen shows the requested position. */
  seeking: boolean
  speed: number
  skipIdle: boolean
  /** The end of the recording is reached: for good, or for now. */
  end: 'over' | 'live' | undefined
  /** The output that follows is missing. */
  gap: { reason: GapReason; bytes: number } | undefined
  error: CodedError | undefined
}

export interface PlayerOptions {
  recording: Recording
  screen: PlayerScreen
  /** Milliseconds since the session began: the first and the last time in the recording. */
  from: number
  to: number
  /** For tests. */
  now?: () => number
}

export const SPEEDS = [0.5, 1, 2, 4, 8, 16]

/** Longer pauses are skipped if `skipIdle` is set. */
export const IDLE_MS = 2_000

/** Between two updates while playing. */
const TICK_MS = 40

/** The host records output every 0.7 s, so polling more often finds nothing. */
const LIVE_POLL_MS = 1_000

/** The most that playback advances per update, so that it does not jump after sleep. Hidden windows update once a second. */
const MAX_JUMP_MS = 1_500

/** A seek that was replaced by another is abandoned after this time; a shorter one is finished and drawn. */
const ABANDON_MS = 250

/** A gap that is not crossed yet: where the log continues after it, and the keyframe there. Without one, the screen stays. */
interface Gap {
  next: Position
  at: number
  keyframe: SeekResult | undefined
}

/** What to do next: seek, or step that many pauses forward or back. */
type Command = { to: Exclude<ReadLimit, 'pause'> } | { steps: number }

export class Player extends Emitter<{ change: PlayerState }> {
  readonly #recording: Recording
  readonly #screen: PlayerScreen
  readonly #now: () => number
  readonly #clock: PlayClock
  readonly #reader: RecordingReader
  #state: PlayerState
  #command: Command | undefined
  #gap: Gap | undefined
  /** The position of the last keyframe written: the log continues from there. */
  #base: Position | undefined
  /** Idle time is counted from here at the earliest: the user came to see this. */
  #idleFrom = 0
  #running = false
  #disposed = false
  #wake = () => {}

  constructor({ recording, screen, from, to, now = () => performance.now() }: PlayerOptions) {
    super()
    this.#recording = recording
    this.#screen = screen
    this.#now = now
    this.#clock = new PlayClock(now)
    this.#reader = new RecordingReader(position => recording.readChunk(position))
    this.#state = {
      at: from,
      from,
      to,
      playing: false,
      seeking: false,
      speed: 1,
      skipIdle: true,
      end: undefined,
      gap: undefined,
      error: undefined,
    }
  }

  get state(): PlayerState {
    return this.#state
  }

  /** The position in the log up to which the screen is drawn. */
  get position(): Position {
    return this.#reader.position
  }

  /** Shows the screen at a time, or after the byte before `offset`. */
  seek(target: SeekTarget): void {
    const { from, to } = this.#state
    const until =
      'at' in target
        ? { at: Math.round(Math.min(Math.max(target.at, from), to)) }
        : { position: { offset: target.offset, n: 0 } }
    this.#start({ to: until })
  }

  /** Steps to the next pause in the output, or back to the previous one. */
  step(direction: 1 | -1): void {
    this.pause()
    const steps = this.#command && 'steps' in this.#command ? this.#command.steps : 0
    this.#start({ steps: steps + direction })
  }

  play(): void {
    if (this.#state.playing) return
    if (this.#state.end === 'over') this.#command = { to: { at: this.#state.from } }
    else if (this.#base === undefined && !this.#state.seeking) this.#command = { to: { at: this.#state.at } }
    this.#idleFrom = this.#state.at
    this.#change({ playing: true, error: undefined })
    this.#run()
  }

  pause(): void {
    if (!this.#state.playing) return
    this.#clock.stop()
    this.#change({ playing: false })
    this.#wake()
  }

  set speed(speed: number) {
    this.#clock.speed = speed
    this.#change({ speed })
  }

  set skipIdle(skipIdle: boolean) {
    this.#change({ skipIdle })
    this.#wake()
  }

  /** More has been recorded. */
  extend(to: number): void {
    if (to > this.#state.to) this.#change({ to })
  }

  /** May be called twice. The caller disposes of the screen. */
  dispose(): void {
    this.#disposed = true
    this.#clock.stop()
    this.#wake()
  }

  #start(command: Command): void {
    this.#command = command
    this.#change({ seeking: true, error: undefined })
    this.#run()
  }

  /** Only this loop uses reader and screen: one command at a time, the latest first. */
  #run(): void {
    this.#wake()
    if (this.#running || this.#disposed) return
    this.#running = true
    this.#loop()
      .catch(error => {
        if (this.#disposed) return
        this.#clock.stop()
        this.#screen.pauseDrawing(false)
        this.#command = undefined
        this.#change({ playing: false, seeking: false, error: toCoded(error) })
      })
      .finally(() => {
        this.#running = false
        // A command came in while a listener ran.
        if (!this.#disposed && (this.#command || this.#state.playing)) this.#run()
      })
  }

  async #loop(): Promise<void> {
    while (!this.#disposed) {
      const command = this.#command
      if (command) {
        this.#command = undefined
        this.#clock.stop()
        this.#screen.pauseDrawing(true)
        if ('to' in command) await this.#goTo(command.to)
        else await this.#steps(command.steps)
        if (this.#disposed) return
        // Even if another command came in: while dragging, the user wants to see intermediate pictures.
        this.#screen.pauseDrawing(false)
        this.#clock.time = this.#idleFrom = this.#state.at
        if (!this.#command) this.#change({ seeking: false })
      } else if (this.#state.playing) {
        this.#clock.start()
        const wait = await this.#advance()
        if (this.#state.playing && !this.#command) await this.#pause(wait)
      } else return
    }
  }

  async #goTo(until: Exclude<ReadLimit, 'pause'>): Promise<void> {
    const isOnTheWay = this.#base !== undefined && !this.#gap && this.#reader.leadsTo(until)
    if (!isOnTheWay) {
      let keyframe = await this.#recording.seek(targetOf(until))
      // The last keyframe at this byte may come after later resizes.
      if ('position' in until && until.position.offset > 0 && comparePositions(keyframe.position, until.position) > 0)
        keyframe = await this.#recording.seek({ offset: until.position.offset - 1 })
      if (this.#disposed) return
      await this.#restore(keyframe)
    }
    await this.#feed(until)
    // A time that was sought is reached even if nothing happened since; but not before the first keyframe's time.
    const last = this.#reader.last ?? this.#state.from
    this.#arrive('at' in until ? Math.max(until.at, Math.min(last, this.#keyframeAt)) : last)
  }

  /** The time of the last keyframe written. */
  #keyframeAt = 0

  async #restore(keyframe: SeekResult): Promise<void> {
    this.#gap = undefined
    this.#screen.reset(keyframe.cols, keyframe.rows)
    await this.#screen.write(keyframe.bytes)
    this.#reader.jump(keyframe.position, keyframe.at)
    this.#base = keyframe.position
    this.#keyframeAt = keyframe.at
    this.#change({ end: undefined, gap: undefined })
  }

  /** Writes the log to the screen up to `until`. Returns the time of the item that follows, if it is known. */
  async #feed(until: ReadLimit): Promise<number | undefined> {
    const started = this.#now()
    // The end may have moved.
    if (this.#state.end) await this.#reader.load()
    for (;;) {
      if (this.#disposed) return undefined
      if (this.#command && this.#now() - started > ABANDON_MS) return undefined
      const gap = this.#gap
      if (gap) {
        if (!isAfter(until, gap)) return this.#reached(gap.at)
        await this.#cross(gap)
        if (until === 'pause') return this.#reached(undefined)
        continue
      }
      const item = this.#reader.take(until)
      switch (item?.kind) {
        case undefined: {
          // The clock stops while waiting.
          const { running } = this.#clock
          this.#clock.stop()
          await this.#reader.load()
          if (running && this.#state.playing) this.#clock.start()
          break
        }
        case 'output':
          this.#leaveGap()
          await this.#screen.write(item.bytes)
          break
        case 'resize':
          this.#leaveGap()
          this.#screen.resize(item.cols, item.rows)
          break
        case 'reached':
          return this.#reached(item.at)
        case 'gap': {
          const keyframe = await this.#recording.seek({ offset: item.to.offset })
          const isAfterGap =
            keyframe.position.offset === item.to.offset && comparePositions(keyframe.position, item.to) >= 0
          this.#gap = {
            next: item.to,
            at: isAfterGap ? keyframe.at : (this.#reader.last ?? 0),
            keyframe: isAfterGap ? keyframe : undefined,
          }
          // Without an extent it only says that the screen has to be set right.
          if (comparePositions(item.from, item.to) < 0)
            this.#change({ gap: { reason: item.reason, bytes: item.to.offset - item.from.offset } })
          break
        }
        case 'end':
          this.#change({ end: item.live ? 'live' : 'over' })
          return undefined
        default:
          assertNever(item)
      }
    }
  }

  async #cross(gap: Gap): Promise<void> {
    this.#screen.pauseDrawing(true)
    if (gap.keyframe) await this.#restore(gap.keyframe)
    else this.#reader.skipGap(gap.next)
    this.#gap = undefined
  }

  /** The notice of a gap stays until output follows. */
  #leaveGap(): void {
    if (this.#state.gap) this.#change({ gap: undefined })
  }

  #reached(next: number | undefined): number | undefined {
    if (this.#state.end) this.#change({ end: undefined })
    return next
  }

  async #steps(steps: number): Promise<void> {
    if (this.#base === undefined) await this.#goTo({ at: this.#state.from })
    for (let i = 0; i < Math.abs(steps) && !this.#disposed; i++) {
      if (steps > 0) {
        this.#reader.beginStep()
        await this.#feed('pause')
        this.#arrive(this.#reader.last ?? this.#state.at)
      } else await this.#stepBack()
    }
  }

  async #stepBack(): Promise<void> {
    const here = this.#reader.position
    let pause = this.#reader.pauseBefore(here)
    const base = this.#base
    if (!pause && base && base.offset > 0) {
      // No pause since the last keyframe: start at the one before it.
      const keyframe = await this.#recording.seek({ offset: base.offset - 1 })
      if (comparePositions(keyframe.position, base) < 0) {
        await this.#restore(keyframe)
        await this.#feed({ position: here })
        pause = this.#reader.pauseBefore(here)
      }
    }
    await this.#goTo(pause ? { position: pause.position } : { at: this.#state.from })
  }

  /** Plays up to the clock's time. Returns how many milliseconds to wait. */
  async #advance(): Promise<number> {
    const { end } = this.#state
    const latest = this.#state.at + MAX_JUMP_MS * this.#clock.speed
    if (this.#clock.time > latest) this.#clock.time = latest
    // At the end of a live recording there is no timing to keep: new output is shown at once.
    const now = end === 'live' ? Number.POSITIVE_INFINITY : this.#clock.time
    const next = await this.#feed({ at: now })
    if (this.#disposed || this.#command) return 0
    const last = this.#reader.last ?? this.#state.from
    this.#screen.pauseDrawing(false)
    if (this.#state.end) {
      this.#clock.time = last
      this.#arrive(last)
      if (this.#state.end === 'live') return LIVE_POLL_MS
      this.#clock.stop()
      this.#change({ playing: false })
      return 0
    }
    if (end === 'live') this.#clock.time = last
    let time = this.#clock.time
    const idleSince = Math.max(last, this.#idleFrom)
    if (this.#state.skipIdle && next !== undefined && next - idleSince > IDLE_MS && time - idleSince >= IDLE_MS)
      this.#clock.time = this.#idleFrom = time = next
    this.#arrive(time)
    return TICK_MS
  }

  #arrive(at: number): void {
    this.#change({ at, to: Math.max(this.#state.to, at) })
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #change(change: Partial<PlayerState>): void {
    this.#state = { ...this.#state, ...change }
    if (!this.#disposed) this.emit('change', this.#state)
  }
}

function targetOf(until: Exclude<ReadLimit, 'pause'>): SeekTarget {
  return 'at' in until ? { at: until.at } : { offset: until.position.offset }
}

/** Whether `until` is after the gap. */
function isAfter(until: ReadLimit, gap: Gap): boolean {
  if (until === 'pause') return true
  return 'at' in until ? until.at >= gap.at : comparePositions(until.position, gap.next) >= 0
}
