// A session as text that somebody reads: pages of lines, backward and forward, from its beginning to what its screen shows
// now. Rendered text where there is some; else a terminal draws it, a step at a time. Knows nothing of who reads.
import { CodedError } from '../../../../protocol/errors.ts'
import type { HostMessageOf } from '../../../../protocol/messages.ts'
import { decodeRuns } from '../../../../protocol/output-timing.ts'
import type { Position } from '../../../../protocol/position.ts'
import { unzstd } from '../../recording/compression.ts'
import { comparePositions, joinSlices, splitSlice } from '../../recording/log-slice.ts'
import type { GapReason, LogSlice, StoredKeyframe } from '../../recording/types.ts'
import type { LogRow } from '../../store/log-rows.ts'
import { endOfRow, readSlice, startOfRow, unpackTiming } from '../../store/row-codec.ts'
import type { SessionRow, Store } from '../../store/store.ts'
import { LogReader } from '../playback/reader.ts'
import { renderText, type Size, stateAt, TextRendering } from './render-text.ts'
import { type ScreenCarry, TextBlocks, type TextLine } from './text-blocks.ts'

export interface ReadRequest {
  session_id: string
  before: number | undefined
  after: number | undefined
  limit: number
}

export type ReadReply = Omit<HostMessageOf<'lines'>, 'type' | 'request_id'>

/** Longer lines are cut: a page is to be read, and has to fit a message. */
const LINE_CHARACTERS = 4_000

/** A page is full with as many characters, so that it fits a message (MESSAGE_BYTES) in any script. */
const PAGE_CHARACTERS = 200_000

/** Parts that are remembered: who pages back and forth crosses a boundary now and then. */
const PARTS = 8

/**
 * Parts without a text that are drawn only to know when the lines on a screen were written. A megabyte leaves hardly any of
 * them there; a full-screen program leaves all that it lies over, and then a text will tell soon.
 */
const MOST_BEFORE = 4

/**
 * Of a part, in steps of a line each, that are drawn though time is up: some ten milliseconds, or whoever is asked on a busy
 * computer would never come further.
 */
const LEAST_STEPS = 8_192

/** Parts that are drawn by half: who reads elsewhere meanwhile shall not undo what others wait for. */
const BEGUN = 4

/** Ends of running sessions whose terminals are kept between two pages: nobody reads in more at once. */
const GROWING = 2

/**
 * For so long, so that who follows what is printed does not have a megabyte drawn for each line of it. What is drawn by half
 * waits as long for who asks again.
 */
const GROWING_MS = 10_000

/** A piece of the log whose text is read as one; or one that is not there. */
interface Part {
  from: Position
  to: Position
  /** A sealed piece, or what follows the last one (nothing, if it was sealed just now). */
  rows: LogRow[]
  sealed: boolean
  /** Nothing follows yet. */
  last: boolean
  lost?: GapReason
}

/** Parts that are known to say nothing; each stands for about 1 MiB of output, so these are more than a history holds. */
const BLANKS = 50_000

/** What a part is drawn on. Where the state that belongs there has not come yet, the part `before` it is drawn too. */
interface Beginning {
  state: StoredKeyframe | Size
  carried: ScreenCarry | undefined
  before?: LogSlice
}

/** The end of a session's log as far as it is drawn. */
interface Growing {
  from: Position
  end: Position
  drawing: TextRendering
  runs: number[]
  /** Throws it away. */
  timer?: ReturnType<typeof setTimeout>
}

/** A part whose drawing takes longer than a read may. */
interface Begun {
  steps: Generator<undefined, Loaded>
  /** Throws it away. */
  timer: ReturnType<typeof setTimeout>
}

interface Loaded {
  /** Their offsets never go back, also not from one part to the next. Blank lines stand where the next one does. */
  lines: readonly TextLine[]
  carried?: ScreenCarry | undefined
  lost?: GapReason | undefined
  timeOf(offset: number): number
}

interface Line {
  offset: number
  at: number
  text: string
  open?: true
}

export class LinePages {
  readonly #store: Store
  readonly #reader: LogReader
  readonly #loaded = new Map<string, Loaded>()
  /** Sealed parts without a line: who looks for one goes through all of them each time. */
  readonly #blanks = new Set<string>()
  /** How many this read has found that were not known: it may stop without a line, and the next one comes further. */
  #found = 0
  /** By piece, of those that have no text yet. */
  readonly #carried = new Map<number, ScreenCarry>()
  /** By session. */
  readonly #growing = new Map<number, Growing>()
  /** Parts that a read had no time to draw to their ends. */
  readonly #begun = new Map<string, Begun>()

  /** `store`: for this alone, because it reads in long transactions. */
  constructor(store: Store) {
    this.#store = store
    this.#reader = new LogReader(store)
  }

  /**
   * Yields after at most a few milliseconds; the next one waits for its end. Throws `session_unknown`. Where time is up before
   * there is a line (a gigabyte of line ends has none), the answer is `unfinished`, and asking again goes on, also within a part.
   * What is sealed or trimmed meanwhile is as it was when it began.
   */
  *read({ session_id, before, after, limit }: ReadRequest, isOver: () => boolean): Generator<undefined, ReadReply> {
    const end = this.#store.beginReading()
    this.#found = 0
    try {
      const session = this.#store.session(session_id)
      if (!session) throw new CodedError('session_unknown', `no session has the id ${session_id}`)
      const page = new Page(limit)
      if (after === undefined) return yield* this.#backward(session, before, page, isOver)
      return yield* this.#forward(session, after, page, isOver)
    } finally {
      end()
    }
  }

  *#backward(
    session: SessionRow,
    before: number | undefined,
    page: Page,
    isOver: () => boolean,
  ): Generator<undefined, ReadReply> {
    const unfinished = {
      lines: [],
      before: before ?? null,
      after: Math.max(0, (before ?? 0) - 1),
      gaps: [],
      unfinished: true,
    }
    const isEnough = () => this.#found > 0 && isOver()
    const begin = before === undefined ? this.#end(session) : yield* this.#lastBefore(session, before, isOver)
    if (begin === 'unfinished') return unfinished
    let part = begin
    const lines: Line[] = []
    const gaps: ReadReply['gaps'] = []
    const gap = (reason: GapReason) => {
      const first = lines.at(-1)
      if (first && !gaps.some(({ offset, reason: known }) => offset === first.offset && known === reason))
        gaps.push({ offset: first.offset, reason })
    }
    let isMore = false
    for (; part && !isMore; part = this.#previous(session, part)) {
      if (lines.length > 0 && isOver()) isMore = true
      else if (lines.length === 0 && isEnough()) return unfinished
      const drawn = isMore ? NOTHING : yield* this.#load(session, part, isOver)
      if (drawn === 'unfinished' && lines.length === 0) return unfinished
      if (drawn === 'unfinished') isMore = true
      const loaded = drawn === 'unfinished' ? NOTHING : drawn
      for (let at = loaded.lines.length - 1; at >= 0; at--) {
        const line = loaded.lines[at]!
        if (before !== undefined && line.offset >= before) continue
        if (page.isFull && line.offset !== lines.at(-1)!.offset) {
          isMore = true
          break
        }
        lines.push(page.take(line, loaded))
      }
      if (loaded.lost) gap(loaded.lost)
    }
    if (!isMore && session.start_offset > 0) gap('trimmed')
    lines.reverse()
    const [first, last] = [lines[0], lines.at(-1)]
    return {
      lines: page.fitting(lines),
      before: isMore && first ? first.offset : null,
      after: last?.offset ?? Math.max(0, (before ?? 0) - 1),
      gaps: gaps.reverse(),
    }
  }

  *#forward(session: SessionRow, after: number, page: Page, isOver: () => boolean): Generator<undefined, ReadReply> {
    const lines: Line[] = []
    const gaps: ReadReply['gaps'] = []
    const passed = new Set<GapReason>()
    if (after < session.start_offset) passed.add('trimmed')
    const unfinished = { lines: [], before: null, after, gaps: [], unfinished: true }
    let part = this.#at(session, { offset: after, n: Number.MAX_SAFE_INTEGER }) ?? this.#first(session)
    pages: for (; part; part = this.#next(session, part)) {
      if (lines.length > 0 && isOver()) break
      if (lines.length === 0 && this.#found > 0 && isOver()) return unfinished
      const loaded = yield* this.#load(session, part, isOver)
      if (loaded === 'unfinished') {
        if (lines.length === 0) return unfinished
        break
      }
      if (loaded.lost && part.to.offset > after) passed.add(loaded.lost)
      for (const line of loaded.lines) {
        if (line.offset <= after) continue
        if (page.isFull && line.offset !== lines.at(-1)!.offset) break pages
        lines.push(page.take(line, loaded))
        for (const reason of passed) gaps.push({ offset: line.offset, reason })
        passed.clear()
      }
    }
    return {
      lines: page.fitting(lines),
      before: after <= session.start_offset ? null : (lines[0]?.offset ?? after + 1),
      after: lines.at(-1)?.offset ?? after,
      gaps,
    }
  }

  // --- where lines are ---

  /** The part that the last line before an offset may be in: lines are told where they left the screen, or later. */
  *#lastBefore(
    session: SessionRow,
    offset: number,
    isOver: () => boolean,
  ): Generator<undefined, Part | undefined | 'unfinished'> {
    let part = this.#at(session, { offset, n: Number.MAX_SAFE_INTEGER }) ?? this.#first(session)
    for (let next = part && this.#next(session, part); next; next = this.#next(session, next)) {
      if (this.#found > 0 && isOver()) return 'unfinished'
      const loaded = yield* this.#load(session, next, isOver)
      if (loaded === 'unfinished') return loaded
      const first = loaded.lines[0]
      if (!first) continue
      if (first.offset >= offset) break
      part = next
    }
    return part
  }

  #first(session: SessionRow): Part | undefined {
    return this.#following(session, { offset: session.start_offset, n: session.start_n })
  }

  #end(session: SessionRow): Part | undefined {
    const last = this.#store.logRows.lastRow(session.session)
    const end = last && endOfRow(last)
    return end && session.state === 'running' && last.kind !== 'tail' ? nothingYet(end) : last && this.#partOf(last)
  }

  /** The part that holds a place; before the first one there is none. */
  #at(session: SessionRow, position: Position): Part | undefined {
    const row = this.#store.logRows.rowAt(session.session, position)
    return row && this.#partOf(row)
  }

  #next(session: SessionRow, { to, last }: Part): Part | undefined {
    return last ? undefined : this.#following(session, to)
  }

  #following(session: SessionRow, from: Position): Part | undefined {
    const row = this.#store.logRows.rowAt(session.session, from)
    if (row && comparePositions(startOfRow(row), from) === 0) return this.#partOf(row)
    const next = this.#store.logRows.rowAfter(session.session, from)
    // Rows are missing from the database, and nothing says why.
    if (next) return { from, to: startOfRow(next), rows: [], sealed: true, last: false, lost: 'damaged' }
    return session.state === 'running' ? nothingYet(from) : undefined
  }

  #previous(session: SessionRow, { from }: Part): Part | undefined {
    const row = this.#store.logRows.rowAt(session.session, { offset: from.offset, n: from.n - 1 })
    if (!row) return undefined
    const end = endOfRow(row)
    if (comparePositions(end, from) < 0)
      return { from: end, to: from, rows: [], sealed: true, last: false, lost: 'damaged' }
    return this.#partOf(row)
  }

  #partOf(row: LogRow): Part {
    const place = { from: startOfRow(row), to: endOfRow(row), rows: [row] }
    if (row.kind === 'unrecorded' || row.kind === 'damaged')
      return { ...place, sealed: true, last: false, lost: row.kind }
    const { end_offset, end_n, state } = this.#store.sessionByNumber(row.session)!
    const isEnd = ({ to }: Pick<Part, 'to'>) => to.offset === end_offset && to.n === end_n
    if (row.kind === 'sealed') return { ...place, sealed: true, last: state !== 'running' && isEnd(place) }
    // What is not sealed is drawn together, as far as it is there without a hole.
    const runs: LogRow[][] = []
    for (const one of this.#store.logRows.tailRows(row.session, { offset: Number.MAX_SAFE_INTEGER, n: 0 })) {
      const before = runs.at(-1)?.at(-1)
      if (before && comparePositions(endOfRow(before), startOfRow(one)) === 0) runs.at(-1)!.push(one)
      else runs.push([one])
    }
    const rows = runs.find(run => run.some(({ piece }) => piece === row.piece)) ?? [row]
    const part = { from: startOfRow(rows[0]!), to: endOfRow(rows.at(-1)!), rows, sealed: false }
    return { ...part, last: isEnd(part) }
  }

  // --- their text ---

  *#load(session: SessionRow, part: Part, isOver: () => boolean): Generator<undefined, Loaded | 'unfinished'> {
    if (part.lost) return { ...NOTHING, lost: part.lost }
    const { from, to, last } = part
    const key = [session.session, from.offset, from.n, to.offset, to.n, last, session.state === 'running'].join()
    if (this.#blanks.has(key)) return NOTHING
    const known = this.#loaded.get(key)
    this.#loaded.delete(key)
    const loaded = known ?? (yield* this.#drawInTime(key, () => this.#draw(session, part), isOver))
    if (loaded === 'unfinished') return loaded
    if (part.sealed && loaded.lines.length === 0 && !loaded.lost) {
      this.#found++
      this.#blanks.add(key)
      if (this.#blanks.size > BLANKS) this.#blanks.delete(this.#blanks.values().next().value!)
      return loaded
    }
    this.#loaded.set(key, loaded)
    if (this.#loaded.size > PARTS) this.#loaded.delete(this.#loaded.keys().next().value!)
    return loaded
  }

  /** What was begun for an earlier read goes on; what cannot end now waits for the next one. */
  *#drawInTime(
    key: string,
    begin: () => Generator<undefined, Loaded>,
    isOver: () => boolean,
  ): Generator<undefined, Loaded | 'unfinished'> {
    const begun = this.#begun.get(key)
    this.#begun.delete(key)
    clearTimeout(begun?.timer)
    const steps = begun?.steps ?? begin()
    let isWanted = false
    try {
      for (let count = 1; ; count++) {
        const step = steps.next()
        if (step.done) return step.value
        if (count % LEAST_STEPS === 0 && isOver()) {
          isWanted = true
          if (this.#begun.size >= BEGUN) this.#dropBegun(this.#begun.keys().next().value!)
          this.#begun.set(key, { steps, timer: setTimeout(() => this.#dropBegun(key), GROWING_MS).unref() })
          return 'unfinished'
        }
        yield
      }
    } finally {
      // Who asked may not want it any more, and it is drawn by half.
      if (!isWanted) steps.return(NOTHING)
    }
  }

  #dropBegun(key: string): void {
    const begun = this.#begun.get(key)
    this.#begun.delete(key)
    clearTimeout(begun?.timer)
    begun?.steps.return(NOTHING)
  }

  *#draw(session: SessionRow, part: Part): Generator<undefined, Loaded> {
    const row = part.rows[0]
    const stored = part.sealed && row ? this.#stored(row) : undefined
    if (stored) return stored
    let growing = this.#takeGrowing(session, part)
    let isKept = false
    try {
      let rest: LogSlice
      try {
        rest = this.#stretchFrom(part, growing?.end ?? part.from)
      } catch {
        return { ...NOTHING, lost: 'damaged' }
      }
      growing ??= yield* this.#begin(session, part)
      yield* growing.drawing.write(rest)
      growing.end = part.to
      for (const number of rest.runs) growing.runs.push(number)
      const isOpen = session.state === 'running'
      const drawn = part.last ? growing.drawing.standing() : growing.drawing.finish()
      const lines = isOpen ? drawn : drawn.map(({ open: _, ...line }) => line)
      isKept = part.last && isOpen
      if (isKept) this.#keepGrowing(session, growing)
      return { lines: withBlanks(lines), timeOf: clock([...growing.runs], part.from.offset) }
    } finally {
      // Who asked may not want it any more, and it is drawn by half.
      if (!isKept) growing?.drawing.dispose()
    }
  }

  *#begin(session: SessionRow, part: Part): Generator<undefined, Growing> {
    const { state, carried, before } = yield* this.#beginning(session, part)
    const drawing = new TextRendering((before ?? part).from, state, carried)
    let isWhole = false
    try {
      if (before) yield* drawing.skip(before)
      isWhole = true
      return { from: part.from, end: part.from, drawing, runs: [] }
    } finally {
      if (!isWhole) drawing.dispose()
    }
  }

  /** What is drawn of a part already. Whoever takes it keeps it, or disposes of it. */
  #takeGrowing(session: SessionRow, { from, to, lost }: Part): Growing | undefined {
    const growing = this.#growing.get(session.session)
    if (!growing || lost || comparePositions(growing.from, from) !== 0 || comparePositions(growing.end, to) > 0)
      return undefined
    clearTimeout(growing.timer)
    this.#growing.delete(session.session)
    return growing
  }

  #keepGrowing({ session }: SessionRow, growing: Growing): void {
    this.#dropGrowing(session)
    if (this.#growing.size >= GROWING) this.#dropGrowing(this.#growing.keys().next().value!)
    growing.timer = setTimeout(() => this.#dropGrowing(session), GROWING_MS).unref()
    this.#growing.set(session, growing)
  }

  #dropGrowing(session: number): void {
    const growing = this.#growing.get(session)
    this.#growing.delete(session)
    clearTimeout(growing?.timer)
    growing?.drawing.dispose()
  }

  /** What a part has from a place in it on. */
  #stretchFrom({ rows, to }: Part, from: Position): LogSlice {
    const stretches = rows.filter(row => comparePositions(endOfRow(row), from) > 0).map(row => this.#stretch(row))
    if (stretches.length === 0) return { from: to, bytes: EMPTY, runs: [], resizes: [] }
    const stretch = joinSlices(stretches)
    return comparePositions(stretch.from, from) < 0 ? splitSlice(stretch, from)[1] : stretch
  }

  /** A part's text, if it was rendered already. */
  #stored(row: LogRow): Loaded | undefined {
    const stored = this.#store.logRows.text(row.piece)
    if (!stored) return undefined
    const text = new TextBlocks(unzstd(stored.blob, stored.size))
    // Texts of earlier versions go back here and there.
    let most = 0
    const lines = text.range(0, text.lineCount).map(line => ({ ...line, offset: (most = Math.max(most, line.offset)) }))
    let timeOf: Loaded['timeOf'] | undefined
    return {
      lines: withBlanks(lines),
      carried: text.carry,
      timeOf: offset => {
        timeOf ??= clock(decodeRuns(unpackTiming(row.timing)), row.offset)
        return timeOf(offset)
      },
    }
  }

  *#beginning(session: SessionRow, part: Part): Generator<undefined, Beginning> {
    const state = this.#stateAt(session, part.from)
    if (!('blob' in state) && !part.sealed) {
      const previous = this.#whole(this.#previous(session, part))
      if (previous)
        return {
          state: this.#stateAt(session, previous.part.from),
          carried: yield* this.#carriedInto(session, previous.part, MOST_BEFORE),
          before: previous.stretch,
        }
    }
    return { state, carried: yield* this.#carriedInto(session, part, MOST_BEFORE) }
  }

  /** What the part before this one left: its text tells it, or it is drawn once more. */
  *#carriedInto(session: SessionRow, part: Part, most: number): Generator<undefined, ScreenCarry | undefined> {
    const before = this.#previous(session, part)
    const row = before?.rows[0]
    if (!row || !before.sealed || before.lost) return undefined
    const stored = this.#stored(row)
    if (stored) return stored.carried
    const known = this.#carried.get(row.piece)
    const stretch = known ? undefined : this.#whole(before)?.stretch
    if (!stretch) return known
    const state = this.#stateAt(session, before.from)
    let { carried } = yield* renderText(stretch, state)
    const isOld = ([, offset]: ScreenCarry['rows'][number]) => offset <= before.from.offset
    if (most > 1 && carried.rows.some(isOld)) {
      const older = yield* this.#carriedInto(session, before, most - 1)
      if (older) carried = (yield* renderText(stretch, state, { carry: older })).carried
    }
    this.#carried.set(row.piece, carried)
    if (this.#carried.size > PARTS) this.#carried.delete(this.#carried.keys().next().value!)
    return carried
  }

  #stateAt({ session }: SessionRow, position: Position): StoredKeyframe | Size {
    return stateAt(this.#store, this.#reader, session, position)
  }

  /** A sealed part that can be read. */
  #whole(part: Part | undefined): { part: Part; stretch: LogSlice } | undefined {
    const row = part?.rows[0]
    if (!row || !part.sealed || part.lost) return undefined
    try {
      return { part, stretch: this.#stretch(row) }
    } catch {
      return undefined
    }
  }

  #stretch(row: LogRow): LogSlice {
    return readSlice(row, this.#store.logRows.blob(row.piece))
  }
}

/** Takes lines until it is full. */
class Page {
  readonly #limit: number
  #lines = 0
  #characters = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.#lines >= this.#limit || this.#characters >= PAGE_CHARACTERS
  }

  take({ offset: o, text: t, open }: TextLine, { timeOf }: Loaded): Line {
    const text = shortened(t, LINE_CHARACTERS)
    this.#lines++
    this.#characters += text.length
    return { offset: o, at: timeOf(o), text, ...(open && { open }) }
  }

  /** Lines of one place stay together, however long they are: then there is less of each. */
  fitting(lines: Line[]): Line[] {
    if (this.#characters <= PAGE_CHARACTERS + LINE_CHARACTERS) return lines
    const most = Math.floor(PAGE_CHARACTERS / lines.length)
    return lines.map(line => ({ ...line, text: shortened(line.text, most) }))
  }
}

const EMPTY = new Uint8Array()

const NOTHING: Loaded = { lines: [], timeOf: () => 0 }

/** A blank line is a line to who reads; with the offset of the one below, so that it comes and goes with that. */
function withBlanks(lines: readonly TextLine[]): TextLine[] {
  return lines.flatMap(({ blank = 0, ...line }) =>
    blank === 0 ? line : [...Array.from({ length: blank }, () => ({ ...line, text: '' })), line],
  )
}

/** What follows the last sealed piece while nothing was printed since: what the screen shows. */
function nothingYet(at: Position): Part {
  return { from: at, to: at, rows: [], sealed: false, last: true }
}

/** When the byte before an offset came; for offsets in any order, best in theirs. */
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

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…` : text
}
