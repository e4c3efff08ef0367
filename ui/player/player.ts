// Plays a recorded session on a screen: seeks by keyframe and log, plays with real timing, steps. Knows no DOM; the screen
// may be any terminal.

import type { SeekResult } from '../../protocol/client/history-client.ts'
import { Emitter } from '../../protocol/emitter.ts'
import { assertNever, type CodedError, toCoded } from '../../protocol/errors.ts'
import type { HostMessageOf, SeekTarget } from '../../protocol/messages.ts'
import type { Position } from '../../protocol/position.ts'
import { PlayClock } from './play-clock.ts'
import { compare, type ReadLimit, type ReadStretch, RecordingReader } from './recording-reader.ts'

/** One session's recording, as a HistoryClient gives it. */
export interface Recording {
  moment(place: SeekTarget): Promise<SeekResult>
  stretch: ReadStretch
}

export interface PlayerScreen {
  /** Forgets everything, has this size; a state comes next. */
  reset(cols: number, rows: number): void
  /** Resolves when it was parsed. */
  write(bytes: Uint8Array): Promise<void>
  resize(cols: number, rows: number): void
  /** While held, the last picture stays. */
  pauseDrawing(still: boolean): void
}

type GapReason = HostMessageOf<'timeline'>['gaps'][number]['reason']

export interface PlayerState {
  /** Milliseconds since the session's birth: what is shown, and what there is. */
  at: number
  from: number
  to: number
  playing: boolean
  /** Until the screen shows the place that was asked for. */
  seeking: boolean
  speed: number
  skipIdle: boolean
  /** Nothing follows: for good, or not yet. */
  end: 'over' | 'live' | undefined
  /** What should follow is not there. */
  gap: { reason: GapReason; bytes: number } | undefined
  error: CodedError | undefined
}

export interface PlayerOptions {
  recording: Recording
  screen: PlayerScreen
  /** Milliseconds since birth of the first and the last thing that there is. */
  from: number
  to: number
  /** For tests. */
  now?: () => number
}

export const SPEEDS = [0.5, 1, 2, 4, 8, 16]

/** Nobody waits for longer than this where nothing happens, unless they want to. */
export const IDLE_MS = 2_000

/** Between two pictures while playing. */
const TICK_MS = 40

/** The host hands output to its history every 0.7 s; to look more often finds nothing. */
const LIVE_MS = 1_000

/** A computer that slept has watched nothing meanwhile; a hidden window still looks once a second. */
const MAX_JUMP_MS = 1_500

/** A way to a place that is no longer wanted is left when it takes longer than a person notices. */
const GIVE_UP_MS = 250

/** Where the log goes on behind a hole, and with what on the screen; without a moment with what there was. */
interface Gap {
  next: Position
  at: number
  moment: SeekResult | undefined
}

type Wish = { to: Exclude<ReadLimit, 'pause'> } | { steps: number }

export class Player extends Emitter<{ change: PlayerState }> {
  readonly #recording: Recording
  readonly #screen: PlayerScreen
  readonly #now: () => number
  readonly #clock: PlayClock
  readonly #reel: RecordingReader
  #state: PlayerState
  #wish: Wish | undefined
  #gap: Gap | undefined
  /** Where the state that was written last stands: the log goes on from there. */
  #base: Position | undefined
  /** Idle time is counted from here at the earliest: somebody came to look at this. */
  #since = 0
  #running = false
  #disposed = false
  #wake = () => {}

  constructor({ recording, screen, from, to, now = () => performance.now() }: PlayerOptions) {
    super()
    this.#recording = recording
    this.#screen = screen
    this.#now = now
    this.#clock = new PlayClock(now)
    this.#reel = new RecordingReader(position => recording.stretch(position))
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

  /** The end of what is on the screen. */
  get position(): Position {
    return this.#reel.position
  }

  /** Shows what the screen showed then, at once. `offset`: when the byte before it had come. */
  seek(place: SeekTarget): void {
    const { from, to } = this.#state
    const until =
      'at' in place
        ? { at: Math.round(Math.min(Math.max(place.at, from), to)) }
        : { position: { offset: place.offset, n: 0 } }
    this.#want({ to: until })
  }

  /** To the next pause in the output, or back to the last. */
  step(direction: 1 | -1): void {
    this.pause()
    const steps = this.#wish && 'steps' in this.#wish ? this.#wish.steps : 0
    this.#want({ steps: steps + direction })
  }

  play(): void {
    if (this.#state.playing) return
    if (this.#state.end === 'over') this.#wish = { to: { at: this.#state.from } }
    else if (this.#base === undefined && !this.#state.seeking) this.#wish = { to: { at: this.#state.at } }
    this.#since = this.#state.at
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

  /** More was recorded meanwhile. */
  extend(to: number): void {
    if (to > this.#state.to) this.#change({ to })
  }

  /** Twice is fine. The screen is its creator's. */
  dispose(): void {
    this.#disposed = true
    this.#clock.stop()
    this.#wake()
  }

  #want(wish: Wish): void {
    this.#wish = wish
    this.#change({ seeking: true, error: undefined })
    this.#run()
  }

  /** The only one that touches reel and screen: one thing after the other, the latest wish first. */
  #run(): void {
    this.#wake()
    if (this.#running || this.#disposed) return
    this.#running = true
    this.#loop()
      .catch(error => {
        if (this.#disposed) return
        this.#clock.stop()
        this.#screen.pauseDrawing(false)
        this.#wish = undefined
        this.#change({ playing: false, seeking: false, error: toCoded(error) })
      })
      .finally(() => {
        this.#running = false
        // Something was wanted while the last thing was being told.
        if (!this.#disposed && (this.#wish || this.#state.playing)) this.#run()
      })
  }

  async #loop(): Promise<void> {
    while (!this.#disposed) {
      const wish = this.#wish
      if (wish) {
        this.#wish = undefined
        this.#clock.stop()
        this.#screen.pauseDrawing(true)
        if ('to' in wish) await this.#goTo(wish.to)
        else await this.#steps(wish.steps)
        if (this.#disposed) return
        // A wish that came meanwhile: what is here is a picture on the way, which a person who drags wants to see.
        this.#screen.pauseDrawing(false)
        this.#clock.time = this.#since = this.#state.at
        if (!this.#wish) this.#change({ seeking: false })
      } else if (this.#state.playing) {
        this.#clock.start()
        const wait = await this.#advance()
        if (this.#state.playing && !this.#wish) await this.#pause(wait)
      } else return
    }
  }

  async #goTo(until: Exclude<ReadLimit, 'pause'>): Promise<void> {
    const isOnTheWay = this.#base !== undefined && !this.#gap && this.#reel.leadsTo(until)
    if (!isOnTheWay) {
      let moment = await this.#recording.moment(placeOf(until))
      // The last keyframe at its byte may have resizes behind the place.
      if ('position' in until && until.position.offset > 0 && compare(moment.position, until.position) > 0)
        moment = await this.#recording.moment({ offset: until.position.offset - 1 })
      if (this.#disposed) return
      await this.#restore(moment)
    }
    await this.#feed(until)
    // By the clock it is as late as was asked for, also where nothing happened since; before the first state, as late as that.
    const last = this.#reel.last ?? this.#state.from
    this.#arrive('at' in until ? Math.max(until.at, Math.min(last, this.#momentAt)) : last)
  }

  /** When the state that was written last was. */
  #momentAt = 0

  async #restore(moment: SeekResult): Promise<void> {
    this.#gap = undefined
    this.#screen.reset(moment.cols, moment.rows)
    await this.#screen.write(moment.bytes)
    this.#reel.jump(moment.position, moment.at)
    this.#base = moment.position
    this.#momentAt = moment.at
    this.#change({ end: undefined, gap: undefined })
  }

  /** Takes the log to the screen as far as that. Returns when what follows came, if it is known. */
  async #feed(until: ReadLimit): Promise<number | undefined> {
    const begun = this.#now()
    // The end may have moved.
    if (this.#state.end) await this.#reel.load()
    for (;;) {
      if (this.#disposed) return undefined
      if (this.#wish && this.#now() - begun > GIVE_UP_MS) return undefined
      const gap = this.#gap
      if (gap) {
        if (!isBehind(until, gap)) return this.#stopped(gap.at)
        await this.#cross(gap)
        if (until === 'pause') return this.#stopped(undefined)
        continue
      }
      const taken = this.#reel.take(until)
      switch (taken?.kind) {
        case undefined: {
          // Waiting is not playing.
          const { running } = this.#clock
          this.#clock.stop()
          await this.#reel.load()
          if (running && this.#state.playing) this.#clock.start()
          break
        }
        case 'output':
          this.#goesOn()
          await this.#screen.write(taken.bytes)
          break
        case 'resize':
          this.#goesOn()
          this.#screen.resize(taken.cols, taken.rows)
          break
        case 'reached':
          return this.#stopped(taken.at)
        case 'gap': {
          const moment = await this.#recording.moment({ offset: taken.next.offset })
          const isBehindHole = compare(moment.position, taken.to) >= 0
          this.#gap = {
            next: taken.next,
            at: isBehindHole ? moment.at : (this.#reel.last ?? 0),
            moment: isBehindHole ? moment : undefined,
          }
          this.#change({ gap: { reason: taken.reason, bytes: taken.to.offset - taken.from.offset } })
          break
        }
        case 'end':
          this.#change({ end: taken.live ? 'live' : 'over' })
          return undefined
        default:
          assertNever(taken)
      }
    }
  }

  async #cross(gap: Gap): Promise<void> {
    this.#screen.pauseDrawing(true)
    if (gap.moment) await this.#restore(gap.moment)
    else this.#reel.skipHole(gap.next)
    this.#gap = undefined
  }

  /** Where nothing came behind a hole it is still what is missing there. */
  #goesOn(): void {
    if (this.#state.gap) this.#change({ gap: undefined })
  }

  #stopped(next: number | undefined): number | undefined {
    if (this.#state.end) this.#change({ end: undefined })
    return next
  }

  async #steps(steps: number): Promise<void> {
    if (this.#base === undefined) await this.#goTo({ at: this.#state.from })
    for (let i = 0; i < Math.abs(steps) && !this.#disposed; i++) {
      if (steps > 0) {
        this.#reel.beginStep()
        await this.#feed('pause')
        this.#arrive(this.#reel.last ?? this.#state.at)
      } else await this.#stepBack()
    }
  }

  async #stepBack(): Promise<void> {
    const here = this.#reel.position
    let pause = this.#reel.pauseBefore(here)
    const base = this.#base
    if (!pause && base && base.offset > 0) {
      // None since the last keyframe: from the one before it.
      const moment = await this.#recording.moment({ offset: base.offset - 1 })
      if (compare(moment.position, base) < 0) {
        await this.#restore(moment)
        await this.#feed({ position: here })
        pause = this.#reel.pauseBefore(here)
      }
    }
    await this.#goTo(pause ? { position: pause.position } : { at: this.#state.from })
  }

  /** Plays up to now; returns how long there is nothing to do. */
  async #advance(): Promise<number> {
    const { end } = this.#state
    // Behind the end of what was recorded there is no timing to keep: what comes is shown.
    const most = this.#state.at + MAX_JUMP_MS * this.#clock.speed
    if (this.#clock.time > most) this.#clock.time = most
    const now = end === 'live' ? Number.POSITIVE_INFINITY : this.#clock.time
    const next = await this.#feed({ at: now })
    if (this.#disposed || this.#wish) return 0
    const last = this.#reel.last ?? this.#state.from
    this.#screen.pauseDrawing(false)
    if (this.#state.end) {
      this.#clock.time = last
      this.#arrive(last)
      if (this.#state.end === 'live') return LIVE_MS
      this.#clock.stop()
      this.#change({ playing: false })
      return 0
    }
    if (end === 'live') this.#clock.time = last
    let time = this.#clock.time
    const idleSince = Math.max(last, this.#since)
    if (this.#state.skipIdle && next !== undefined && next - idleSince > IDLE_MS && time - idleSince >= IDLE_MS)
      this.#clock.time = this.#since = time = next
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

function placeOf(until: Exclude<ReadLimit, 'pause'>): SeekTarget {
  return 'at' in until ? { at: until.at } : { offset: until.position.offset }
}

/** Whether the way to `until` leads over the gap. */
function isBehind(until: ReadLimit, gap: Gap): boolean {
  if (until === 'pause') return true
  return 'at' in until ? until.at >= gap.at : compare(until.position, gap.next) >= 0
}
