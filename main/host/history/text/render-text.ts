// Renders slices of a log to lines of text, on a terminal of its own, a few milliseconds at a time.
import type { Position } from '../../../../protocol/position.ts'
import { decodeResizes } from '../../recording/log-slice.ts'
import type { LogSlice, Size, StoredKeyframe, TimedResize } from '../../recording/types.ts'
import type { Store } from '../../store/store.ts'
import type { LogReader } from '../playback/reader.ts'
import { LineCollector, MAX_WRITE_BYTES, type ScreenLine } from './line-collector.ts'
import type { ScreenCarry, TextLine } from './text-blocks.ts'

/** The alternate screen is sampled when no output came for this long: a person could read it then. */
const QUIET_MS = 250

const LF = 10

/** What a terminal shows at a position where a row begins; without a keyframe, only its size. */
export function stateAt(store: Store, reader: LogReader, session: number, position: Position): StoredKeyframe | Size {
  const keyframe = reader.keyframeAt(session, position)
  if (keyframe) return keyframe
  const { resizes, born } = store.logRows.sizesBefore(session, position)
  return decodeResizes(resizes, 0).at(-1) ?? born
}

export interface RenderOptions {
  /** Nothing follows (yet), so lines still on the screen are part of the text. */
  last?: boolean
  /** What the slice before this one left. */
  carry?: ScreenCarry | undefined
  /** A slice before this one that is rendered too, but not returned; `state` is where it begins. */
  before?: LogSlice | undefined
  /** Called with each line while it is on the screen, in the order in which they leave it. */
  onLine?: ((line: ScreenLine) => void) | undefined
}

export interface RenderedText {
  /** Their offsets never go down. */
  lines: TextLine[]
  carry: ScreenCarry
}

/** The text of a slice that begins at `state` (without a keyframe: on an empty screen). Yields after every few lines. */
export function* renderText(
  slice: LogSlice,
  state: StoredKeyframe | Size,
  { last = false, carry, before, onLine }: RenderOptions = {},
): Generator<undefined, RenderedText> {
  let isSkipping = before !== undefined
  const rendering = new TextRendering(
    (before ?? slice).from,
    state,
    carry,
    onLine && (line => (isSkipping ? undefined : onLine(line))),
  )
  try {
    if (before) yield* rendering.skip(before)
    isSkipping = false
    yield* rendering.write(slice)
    return { lines: last ? rendering.withScreen() : rendering.finish(), carry: rendering.carry }
  } finally {
    rendering.dispose()
  }
}

/** A text that grows: write slice after slice, and take its lines at any time. */
export class TextRendering {
  readonly #collector: LineCollector
  /** When the last output arrived. */
  #at: number | undefined

  constructor(from: Position, state: StoredKeyframe | Size, carry?: ScreenCarry, onLine?: (line: ScreenLine) => void) {
    this.#collector = new LineCollector(from, state, carry, onLine)
  }

  /** Yields after every few lines. A rendering whose `write` was not run to its end has to be thrown away. */
  *write(slice: LogSlice): Generator<undefined> {
    for (const { bytes, resize, isAfterQuiet } of steps(slice, this.#at)) {
      if (isAfterQuiet) this.#collector.sample()
      if (resize) this.#collector.resize(resize)
      if (bytes) this.#collector.write(bytes)
      yield
    }
    this.#at = slice.runs.at(-2) ?? this.#at
  }

  /** Like `write`, but its lines are dropped. */
  *skip(slice: LogSlice): Generator<undefined> {
    yield* this.write(slice)
    this.#collector.finish()
    this.#at = undefined
  }

  /** Lines that have left the screen. */
  finish(): TextLine[] {
    return this.#collector.finish()
  }

  /** Also lines that are on the screen and may still change. It can be written on. */
  withScreen(): TextLine[] {
    return this.#collector.withScreen()
  }

  get carry(): ScreenCarry {
    return this.#collector.carry()
  }

  dispose(): void {
    this.#collector.dispose()
  }
}

interface Step {
  bytes?: Uint8Array
  resize?: TimedResize
  /** No output came for a while before this. */
  isAfterQuiet: boolean
}

/** A slice line by line, with its resizes in their positions. `before`: when the output before the slice arrived. */
function* steps({ from, bytes, runs, resizes }: LogSlice, before: number | undefined): Generator<Step> {
  let at = 0
  let run = 0
  let runEnd = runs[1] ?? bytes.length
  let isAfterQuiet = before !== undefined && runs.length > 0 && runs[0]! - before >= QUIET_MS
  let nextResize = 0
  while (at < bytes.length || nextResize < resizes.length) {
    const resize = resizes[nextResize]
    if (resize && resize.offset - from.offset <= at) {
      nextResize++
      yield { resize, isAfterQuiet: false }
      continue
    }
    let end = Math.min(at + MAX_WRITE_BYTES, bytes.length, runEnd)
    if (resize) end = Math.min(end, resize.offset - from.offset)
    const newline = bytes.subarray(at, end).indexOf(LF)
    if (newline >= 0) end = at + newline + 1
    yield { bytes: bytes.subarray(at, end), isAfterQuiet }
    at = end
    isAfterQuiet = false
    while (at >= runEnd && run + 2 < runs.length) {
      isAfterQuiet ||= runs[run + 2]! - runs[run]! >= QUIET_MS
      run += 2
      runEnd += runs[run + 1]!
    }
    if (at >= runEnd) runEnd = bytes.length
  }
}
