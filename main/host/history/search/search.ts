// Finds lines in everything that was recorded: blocks that the index names, and whatever it does not know yet. A step at
// a time; reads only. Knows nothing of threads or of who asks.
import type { HistoryFilter, Hit, HostMessageOf, SessionInfo } from '../../../../protocol/messages.ts'
import { decodeRuns } from '../../../../protocol/output-timing.ts'
import { unzstd } from '../../recording/compression.ts'
import { joinSlices, splitSlice, timeOf } from '../../recording/log-slice.ts'
import type { LogSlice } from '../../recording/types.ts'
import type { LogRow, UnindexedRow } from '../../store/log-rows.ts'
import { MAX_BLOCKS } from '../../store/log-rows.ts'
import { endOfRow, readSlice, unpackTiming } from '../../store/row-codec.ts'
import { type Store, storedSession } from '../../store/store.ts'
import { stripEscapes } from '../text/strip-escapes.ts'
import { joinLines, TextBlocks, type TextLine } from '../text/text-blocks.ts'
import { isUnfiltered, matches } from './filter.ts'
import { Query } from './query.ts'

export interface SearchRequest {
  query: string
  filter: HistoryFilter
  limit: number
  /** Lines on each side of a hit. */
  context: number
  cursor: string | undefined
  /** Sessions that are in memory, as they are now. */
  live: SessionInfo[]
}

export type SearchReply = Omit<HostMessageOf<'search_results'>, 'type' | 'request_id'>

/** Longer lines are cut where they were found; all that is around a hit is there to tell it from others. */
const HIT_CHARACTERS = 500
const CONTEXT_CHARACTERS = 200

/** A page is full with as many characters, so that it fits a message (MESSAGE_BYTES) in any script. */
const PAGE_CHARACTERS = 200_000

/** Blocks that the index is asked for at first: most pages are full with fewer. */
const FIRST_ROUND = 512

/** What a screen can still show is hardly more: 500 rows of 400 characters. */
const UNTOLD_BYTES = 200 * 1024

/** More lines than a piece has. */
const ALL_LINES = 1e15 - 1

/** Lines of one piece of the log, all that can be found there. */
interface Unit {
  /** The number of its piece: about the order of time, over all sessions. */
  key: number
  session: number
  /** Undefined: all of it. */
  block: number | undefined
  raw: UnindexedRow | undefined
}

/** Where a search goes on: before this line of this unit. */
interface Cursor {
  key: number
  line: number
}

/**
 * Looks through everything, about the newest first, until the page is full or `isOver`. Yields after at most a few
 * milliseconds.
 */
export function* search(
  store: Store,
  question: SearchRequest,
  isOver: (found: number) => boolean,
): Generator<undefined, SearchReply> {
  const { filter, limit, context } = question
  const query = new Query(question.query)
  const sessions = new Sessions(store, filter, question.live)
  const unindexed = store.logRows.unindexed()
  const of = store.recordedBytes()
  const found: SearchReply = {
    hits: [],
    sessions: [],
    cursor: null,
    complete: true,
    indexed: { bytes: Math.max(0, of - unindexed.reduce((sum, { bytes }) => sum + bytes, 0)), total: of },
  }
  if (query.isEmpty || sessions.none) return found
  const after = readCursor(question.cursor)
  const named = new Set<number>()
  let characters = 0
  let looked = false
  /** A piece that is not to be looked at. */
  let passed: number | undefined
  let source: { key: number; lines: Lines } | undefined
  for (const unit of units(store, query, unindexed, after?.key)) {
    if (unit.key === passed) continue
    // At least one that was not looked at before, or it would never come further.
    if (looked && isOver(found.hits.length)) {
      const lines = source?.key === unit.key ? source.lines : undefined
      return { ...found, complete: false, cursor: writeCursor(unit, lines) }
    }
    const session = sessions.get(unit.session)
    if (session && source?.key !== unit.key) {
      const lines = linesOf(store, unit)
      source = lines && { key: unit.key, lines }
    }
    if (!session || source?.key !== unit.key) {
      passed = unit.key
      looked = true
      yield
      continue
    }
    const { lines } = source
    const first = lines.firstLine(unit.block)
    if (after?.key === unit.key && first >= after.line) continue
    looked = true
    const most = after?.key === unit.key ? after.line - first : ALL_LINES
    for (const { number: at, ranges } of query.linesOf(lines.text(unit.block)).reverse()) {
      if (at >= most) continue
      const { offset: o, text: t } = lines.range(first + at, first + at + 1)[0]!
      const moment = lines.timeOf(o)
      if (!isBetween(session.created_at + moment, filter)) continue
      const hit = {
        session_id: session.session_id,
        offset: o,
        at: moment,
        ...clipped(t, ranges),
        ...around(lines, first + at, context),
      }
      found.hits.push(hit)
      if (!named.has(unit.session)) found.sessions.push(session)
      named.add(unit.session)
      characters += hit.line.length
      for (const line of [...hit.before, ...hit.after]) characters += line.length
      if (found.hits.length >= limit || characters >= PAGE_CHARACTERS)
        return { ...found, cursor: `${unit.key}.${first + at}` }
    }
    yield
  }
  return found
}

/** What may hold a line that matches, the newest piece first: indexed blocks, and pieces that the index does not know. */
function* units(
  store: Store,
  query: Query,
  unindexed: readonly UnindexedRow[],
  from = Number.MAX_SAFE_INTEGER / MAX_BLOCKS - 1,
): Generator<Unit> {
  const raw = unindexed.filter(({ piece }) => piece <= from)
  const isRaw = new Set(raw.map(({ piece }) => piece))
  let nextRaw = 0
  const rawDownTo = function* (key: number): Generator<Unit> {
    for (let row = raw[nextRaw]; row && row.piece > key; row = raw[++nextRaw])
      yield { key: row.piece, session: row.session, block: undefined, raw: row }
  }
  let piece: { key: number; session: number } | undefined
  const at = (key: number) => {
    if (piece?.key !== key) piece = { key, session: store.logRows.byId(key)?.session ?? 0 }
    return piece
  }
  const { match } = query
  if (match !== undefined) {
    for (const row of inRounds((below, most) => store.blocksWith(match, below, most), (from + 1) * MAX_BLOCKS)) {
      const key = Math.floor(row / MAX_BLOCKS)
      yield* rawDownTo(key)
      // Half of it is in the index already; it is looked through as a whole.
      if (!isRaw.has(key)) yield { ...at(key), block: row % MAX_BLOCKS, raw: undefined }
    }
  } else {
    for (const key of inRounds((below, most) => store.logRows.rowsWithText(below, most), from + 1)) {
      yield* rawDownTo(key)
      if (!isRaw.has(key)) yield { ...at(key), block: undefined, raw: undefined }
    }
  }
  yield* rawDownTo(Number.NEGATIVE_INFINITY)
}

/**
 * Numbers from the largest down. No statement stays open while somebody thinks: an open one keeps the write-ahead log from
 * being used again. Few rounds, because each begins anew with merging what a query asks for.
 */
function* inRounds(ask: (below: number, most: number) => number[], below: number): Generator<number> {
  for (let most = FIRST_ROUND; ; most *= 4) {
    const numbers = ask(below, most)
    yield* numbers
    if (numbers.length < most) return
    below = numbers.at(-1)!
  }
}

interface Lines {
  /** The number of a block's first line. Without `block` it is all of them, here and below. */
  firstLine(block: number | undefined): number
  /** The block's lines in one string. */
  text(block: number | undefined): string
  range(from: number, to: number): TextLine[]
  timeOf(offset: number): number
}

/** Undefined: it went while it was searched for, or is damaged. */
function linesOf(store: Store, unit: Unit): Lines | undefined {
  try {
    return unit.raw ? rawLines(store, unit.raw) : renderedLines(store, unit.key)
  } catch {
    return undefined
  }
}

function renderedLines(store: Store, piece: number): Lines | undefined {
  const stored = store.logRows.text(piece)
  if (!stored) return undefined
  const text = new TextBlocks(unzstd(stored.blob, stored.size))
  let place: { runs: number[]; offset: number } | undefined
  return {
    firstLine: block => (block === undefined ? 0 : text.firstLine(Math.min(block, text.count))),
    text: block => {
      if (block === undefined) return joinLines(text.range(0, text.lineCount))
      return block < text.count ? text.text(block) : ''
    },
    range: (from, to) => text.range(from, to),
    timeOf: offset => {
      if (!place) {
        const row = store.logRows.byId(piece)
        place = { runs: row ? decodeRuns(unpackTiming(row.timing)) : [], offset: row?.offset ?? 0 }
      }
      return timeOf(place.runs, place.offset, offset)
    },
  }
}

function rawLines(store: Store, { piece, session, tail }: UnindexedRow): Lines | undefined {
  const first = store.logRows.byId(piece)
  if (!first) return undefined
  const rows = tail ? store.logRows.tailRows(session, { offset: Number.MAX_SAFE_INTEGER, n: 0 }) : [first]
  const runs: { from: number; stretches: LogSlice[] }[] = []
  let end: number | undefined
  const untold = untoldBefore(store, first)
  if (untold) {
    runs.push({ from: untold.from.offset, stretches: [untold] })
    end = first.offset
  }
  for (const row of rows) {
    const stretch = readSlice(row, store.logRows.blob(row.piece))
    if (row.offset !== end) runs.push({ from: row.offset, stretches: [] })
    runs.at(-1)!.stretches.push(stretch)
    end = endOfRow(row).offset
  }
  const joined = runs.map(({ stretches }) => joinSlices(stretches))
  const lines = joined.flatMap(({ bytes, from }) => stripEscapes(bytes, from.offset))
  return {
    firstLine: () => 0,
    text: () => joinLines(lines),
    range: (from, to) => lines.slice(Math.max(0, from), to),
    timeOf: offset => {
      const stretch = joined.findLast(one => one.from.offset < offset) ?? joined[0]!
      return timeOf(stretch.runs, stretch.from.offset, offset)
    },
  }
}

/**
 * The end of the piece before: what was still on the screen when it ended is not in its text, but in that of the piece
 * that follows, once that is rendered.
 */
function untoldBefore(store: Store, { session, offset }: LogRow): LogSlice | undefined {
  if (offset === 0) return undefined
  const row = store.logRows.rowAt(session, { offset: offset - 1, n: Number.MAX_SAFE_INTEGER })
  if (row?.kind !== 'sealed' || row.end_offset !== offset) return undefined
  const stored = store.logRows.text(row.piece)
  if (!stored) return undefined
  const text = new TextBlocks(unzstd(stored.blob, stored.size))
  const told = text.count === 0 ? [] : text.lines(text.count - 1).map(({ offset: o }) => o)
  const from = Math.max(row.offset, offset - UNTOLD_BYTES, ...told)
  return splitSlice(readSlice(row, store.logRows.blob(row.piece)), { offset: from, n: row.n })[1]
}

/** Sessions by their row, as the filter lets them through. */
class Sessions {
  readonly #store: Store
  readonly #filter: HistoryFilter
  readonly #live: Map<string, SessionInfo>
  readonly #known = new Map<number, SessionInfo | undefined>()
  readonly #all: boolean

  constructor(store: Store, filter: HistoryFilter, live: readonly SessionInfo[]) {
    this.#store = store
    this.#filter = filter
    this.#live = new Map(live.map(session => [session.session_id, session]))
    this.#all = isUnfiltered(filter)
  }

  /** The filter is for one session, which is not there or does not fit. */
  get none(): boolean {
    const { session_id } = this.#filter
    if (session_id === undefined) return false
    const row = this.#store.session(session_id)
    return !row || !this.get(row.session)
  }

  get(number: number): SessionInfo | undefined {
    if (this.#known.has(number)) return this.#known.get(number)
    const row = this.#store.sessionByNumber(number)
    const stored = row && storedSession(row).session
    const session = stored && (this.#live.get(stored.session_id) ?? stored)
    const wanted = session && (this.#all || matches(session, this.#filter)) ? session : undefined
    this.#known.set(number, wanted)
    return wanted
  }
}

function isBetween(time: number, { after, before }: HistoryFilter): boolean {
  return (after === undefined || time >= after) && (before === undefined || time < before)
}

function around(lines: Lines, at: number, context: number): Pick<Hit, 'before' | 'after'> {
  const texts = (from: number, to: number) =>
    lines.range(Math.max(0, from), to).map(({ text: t }) => shortened(t, CONTEXT_CHARACTERS))
  return context === 0
    ? { before: [], after: [] }
    : { before: texts(at - context, at), after: texts(at + 1, at + 1 + context) }
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…` : text
}

/** A long line around the first place that was found in it. */
function clipped(text: string, ranges: [number, number][]): Pick<Hit, 'line' | 'ranges'> {
  if (text.length <= HIT_CHARACTERS) return { line: text, ranges }
  let from = Math.max(0, Math.min(ranges[0]![0] - HIT_CHARACTERS / 4, text.length - HIT_CHARACTERS))
  if (from > 0 && /[\udc00-\udfff]/.test(text[from]!)) from++
  const line = (from > 0 ? '…' : '') + shortened(text.slice(from), HIT_CHARACTERS)
  const shift = from > 0 ? from - 1 : 0
  return {
    line,
    ranges: ranges
      .map(([begin, end]): [number, number] => [begin - shift, Math.min(end - shift, line.length)])
      .filter(([begin, end]) => begin < end),
  }
}

function readCursor(cursor: string | undefined): Cursor | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor ?? '')
  return match ? { key: Number(match[1]), line: Number(match[2]) } : undefined
}

/** A search stopped before it looked at this unit; with `lines`, after it had looked at later ones of the same piece. */
function writeCursor({ key, block }: Unit, lines: Lines | undefined): string {
  if (!lines || block === undefined) return `${key}.${ALL_LINES}`
  return `${key}.${lines.firstLine(block + 1)}`
}
