// The text of row groups: stored text where a segment has been rendered already; else a terminal renders it, a step at a
// time. What is likely to be read again is kept.
import type { Position } from '../../../../protocol/position.ts'
import { comparePositions } from '../../../../protocol/position.ts'
import { joinSlices, splitSlice } from '../../recording/log-slice.ts'
import type { GapReason, LogSlice, Size, StoredKeyframe } from '../../recording/types.ts'
import type { LogRow } from '../../store/log-rows.ts'
import { endOfRow, readSlice, runsOfRow } from '../../store/row-codec.ts'
import type { SessionRow } from '../../store/session-rows.ts'
import type { Store } from '../../store/store.ts'
import { LogReader } from '../playback/reader.ts'
import { BoundedMap, BoundedSet } from './bounded-map.ts'
import { renderText, stateAt, TextRendering } from './render-text.ts'
import type { RowGroup, RowGroups } from './row-groups.ts'
import { storedText } from './stored-text.ts'
import type { ScreenCarry, TextLine } from './text-blocks.ts'

/** Groups whose text is kept: paging back and forth crosses a boundary now and then. */
const MAX_LOADED = 8

/** Groups that are known to have no lines, about 1 MiB of output each: more than a history holds. */
const MAX_BLANKS = 50_000

/**
 * Segments without a stored text that are rendered only to know when the lines on a screen were written. A megabyte
 * replaces nearly all of them; a full-screen program keeps all lines below it, but then a stored text will be met soon.
 */
const MAX_SEGMENTS_BEFORE = 4

/**
 * Steps of a line each that are rendered though time is up: some ten milliseconds, or reads on a busy computer would
 * never advance.
 */
const MIN_STEPS = 8_192

/** Groups that are partly rendered: reading elsewhere meanwhile must not discard what others wait for. */
const MAX_UNFINISHED = 4

/** Tails of running sessions whose terminals are kept between two reads: more are not read at once. */
const MAX_TAILS = 2

/**
 * How long these terminals are kept, so that following new output does not render a megabyte for each line of it.
 * Partly rendered groups are kept as long for the next read.
 */
const KEEP_MS = 10_000

export interface GroupText {
  /** Their offsets never go down, also not from one group to the next. Blank lines have the offset of the next line. */
  lines: readonly TextLine[]
  carry?: ScreenCarry | undefined
  gap?: GapReason | undefined
  /** When the byte before an offset arrived, in milliseconds since birth. */
  timeOf(offset: number): number
}

export const NO_TEXT: GroupText = { lines: [], timeOf: () => 0 }

/** The terminal on which a tail is rendered, and how far it has come. */
interface TailRendering {
  from: Position
  end: Position
  rendering: TextRendering
  runs: number[]
}

/** What a group is rendered on. If there is no keyframe for it yet, the segment `before` it is rendered too. */
interface Beginning {
  state: StoredKeyframe | Size
  carry: ScreenCarry | undefined
  before?: LogSlice
}

export class GroupTexts {
  readonly #store: Store
  readonly #groups: RowGroups
  readonly #reader: LogReader
  readonly #loaded = new BoundedMap<string, GroupText>(MAX_LOADED)
  /** Sealed groups without a line: looking for a line goes through all of them each time. */
  readonly #blanks = new BoundedSet<string>(MAX_BLANKS)
  /** By row, of segments that have no stored text yet. */
  readonly #carries = new BoundedMap<number, ScreenCarry>(MAX_LOADED)
  /** By session. */
  readonly #tails = new BoundedMap<number, TailRendering>(MAX_TAILS, {
    ttl_ms: KEEP_MS,
    dispose: ({ rendering }) => rendering.dispose(),
  })
  /** Groups that a read had no time to render completely. */
  readonly #unfinished = new BoundedMap<string, Generator<undefined, GroupText>>(MAX_UNFINISHED, {
    ttl_ms: KEEP_MS,
    dispose: steps => void steps.return(NO_TEXT),
  })
  /** Groups found blank since `beginRead`: a read may stop without a line if there are some; the next gets further. */
  #newBlanks = 0

  constructor(store: Store, groups: RowGroups) {
    this.#store = store
    this.#groups = groups
    this.#reader = new LogReader(store)
  }

  beginRead(): void {
    this.#newBlanks = 0
  }

  /** Whether this read has advanced, though it may have found no line. */
  get hasAdvanced(): boolean {
    return this.#newBlanks > 0
  }

  /** Yields after every few lines. `unfinished`: time is up; loading it again continues. */
  *load(session: SessionRow, group: RowGroup, isOver: () => boolean): Generator<undefined, GroupText | 'unfinished'> {
    if (group.gap) return { ...NO_TEXT, gap: group.gap }
    const { from, to, isLast } = group
    const key = [session.session, from.offset, from.n, to.offset, to.n, isLast, session.state === 'running'].join()
    if (this.#blanks.has(key)) return NO_TEXT
    const known = this.#loaded.take(key)
    const loaded = known ?? (yield* this.#renderInTime(key, () => this.#render(session, group), isOver))
    if (loaded === 'unfinished') return loaded
    if (group.isSealed && loaded.lines.length === 0 && !loaded.gap) {
      this.#newBlanks++
      this.#blanks.add(key)
      return loaded
    }
    this.#loaded.set(key, loaded)
    return loaded
  }

  /** Continues what an earlier read began; what cannot be finished now waits for the next read. */
  *#renderInTime(
    key: string,
    begin: () => Generator<undefined, GroupText>,
    isOver: () => boolean,
  ): Generator<undefined, GroupText | 'unfinished'> {
    const steps = this.#unfinished.take(key) ?? begin()
    let isKept = false
    try {
      for (let count = 1; ; count++) {
        const step = steps.next()
        if (step.done) return step.value
        if (count % MIN_STEPS === 0 && isOver()) {
          isKept = true
          this.#unfinished.set(key, steps)
          return 'unfinished'
        }
        yield
      }
    } finally {
      // The read may have been canceled halfway.
      if (!isKept) steps.return(NO_TEXT)
    }
  }

  *#render(session: SessionRow, group: RowGroup): Generator<undefined, GroupText> {
    const row = group.rows[0]
    const stored = group.isSealed && row ? this.#stored(row) : undefined
    if (stored) return stored
    let tail = this.#takeTail(session, group)
    let isKept = false
    try {
      let rest: LogSlice
      try {
        rest = this.#sliceFrom(group, tail?.end ?? group.from)
      } catch {
        return { ...NO_TEXT, gap: 'damaged' }
      }
      tail ??= yield* this.#begin(session, group)
      yield* tail.rendering.write(rest)
      tail.end = group.to
      for (const number of rest.runs) tail.runs.push(number)
      const isRunning = session.state === 'running'
      const rendered = group.isLast ? tail.rendering.withScreen() : tail.rendering.finish()
      const lines = isRunning ? rendered : rendered.map(({ open: _, ...line }) => line)
      isKept = group.isLast && isRunning
      if (isKept) this.#tails.set(session.session, tail)
      return { lines: withBlanks(lines), timeOf: clock([...tail.runs], group.from.offset) }
    } finally {
      // The read may have been canceled halfway.
      if (!isKept) tail?.rendering.dispose()
    }
  }

  *#begin(session: SessionRow, group: RowGroup): Generator<undefined, TailRendering> {
    const { state, carry, before } = yield* this.#beginning(session, group)
    const rendering = new TextRendering((before ?? group).from, state, carry)
    let isComplete = false
    try {
      if (before) yield* rendering.skip(before)
      isComplete = true
      return { from: group.from, end: group.from, rendering, runs: [] }
    } finally {
      if (!isComplete) rendering.dispose()
    }
  }

  /** What is rendered of a tail already. The caller keeps it again, or disposes of it. */
  #takeTail({ session }: SessionRow, { from, to }: RowGroup): TailRendering | undefined {
    const tail = this.#tails.get(session)
    if (!tail || comparePositions(tail.from, from) !== 0 || comparePositions(tail.end, to) > 0) return undefined
    return this.#tails.take(session)
  }

  /** What a group has from a position on. */
  #sliceFrom({ rows, to }: RowGroup, from: Position): LogSlice {
    const slices = rows.filter(row => comparePositions(endOfRow(row), from) > 0).map(row => this.#slice(row))
    if (slices.length === 0) return { from: to, bytes: NO_BYTES, runs: [], resizes: [] }
    const slice = joinSlices(slices)
    return comparePositions(slice.from, from) < 0 ? splitSlice(slice, from)[1] : slice
  }

  /** The text of a segment, if it was rendered already. */
  #stored(row: LogRow): GroupText | undefined {
    const text = storedText(this.#store, row.row_id)
    if (!text) return undefined
    // In texts of earlier versions some offsets go down.
    let highest = 0
    const lines = text
      .range(0, text.lineCount)
      .map(line => ({ ...line, offset: (highest = Math.max(highest, line.offset)) }))
    let timeOf: GroupText['timeOf'] | undefined
    return {
      lines: withBlanks(lines),
      carry: text.carry,
      timeOf: offset => {
        timeOf ??= clock(runsOfRow(row), row.offset)
        return timeOf(offset)
      },
    }
  }

  *#beginning(session: SessionRow, group: RowGroup): Generator<undefined, Beginning> {
    const state = this.#stateAt(session, group.from)
    if (!('blob' in state)) {
      const previous = this.#groups.previous(session, group)
      const before = this.#readableSlice(previous)
      if (previous && before)
        return {
          state: this.#stateAt(session, previous.from),
          carry: yield* this.#carryInto(session, previous, MAX_SEGMENTS_BEFORE),
          before,
        }
    }
    return { state, carry: yield* this.#carryInto(session, group, MAX_SEGMENTS_BEFORE) }
  }

  /** What the segment before a group left: from its stored text, or it is rendered again. */
  *#carryInto(
    session: SessionRow,
    group: RowGroup,
    maxSegments: number,
  ): Generator<undefined, ScreenCarry | undefined> {
    const before = this.#groups.previous(session, group)
    const row = before?.rows[0]
    if (!row || !before.isSealed || before.gap) return undefined
    const stored = this.#stored(row)
    if (stored) return stored.carry
    const known = this.#carries.get(row.row_id)
    const slice = known ? undefined : this.#readableSlice(before)
    if (!slice) return known
    const state = this.#stateAt(session, before.from)
    let { carry } = yield* renderText(slice, state)
    const isOlder = ([, offset]: ScreenCarry['rows'][number]) => offset <= before.from.offset
    if (maxSegments > 1 && carry.rows.some(isOlder)) {
      const older = yield* this.#carryInto(session, before, maxSegments - 1)
      if (older) carry = (yield* renderText(slice, state, { carry: older })).carry
    }
    this.#carries.set(row.row_id, carry)
    return carry
  }

  #stateAt({ session }: SessionRow, position: Position): StoredKeyframe | Size {
    return stateAt(this.#store, this.#reader, session, position)
  }

  /** The output of a segment; undefined if it is none, or damaged. */
  #readableSlice(group: RowGroup | undefined): LogSlice | undefined {
    const row = group?.rows[0]
    if (!row || !group.isSealed || group.gap) return undefined
    try {
      return this.#slice(row)
    } catch {
      return undefined
    }
  }

  #slice(row: LogRow): LogSlice {
    return readSlice(row, this.#store.logRows.blob(row.row_id))
  }
}

const NO_BYTES = new Uint8Array()

/** Blank lines as lines of their own, with the offset of the line below, so that a page has both or neither. */
function withBlanks(lines: readonly TextLine[]): TextLine[] {
  return lines.flatMap(({ blank = 0, ...line }) =>
    blank === 0 ? line : [...Array.from({ length: blank }, () => ({ ...line, text: '' })), line],
  )
}

/** When the byte before an offset arrived: for offsets in any order, fastest in ascending order. */
function clock(runs: readonly number[], from: number): (offset: number) => number {
  let [run, end] = [0, from + (runs[1] ?? 0)]
  return offset => {
    if (offset <= end - (runs[run + 1] ?? 0)) [run, end] = [0, from + (runs[1] ?? 0)]
    while (end < offset && run + 2 < runs.length) {
      run += 2
      end += runs[run + 1]!
    }
    return runs[run] ?? 0
  }
}
