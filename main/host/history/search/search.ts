// Finds lines in everything that was recorded: blocks that the index names, and whatever it does not cover yet. A step at
// a time.
import type { HistoryFilter, Hit, HostMessageOf, SessionInfo } from '../../../../protocol/messages.ts'
import { storeFault } from '../../store/faults.ts'
import { MAX_BLOCKS, type UnindexedRow } from '../../store/log-rows.ts'
import { storedSession } from '../../store/session-rows.ts'
import type { Store } from '../../store/store.ts'
import { shorten } from '../text/shorten.ts'
import { isUnfiltered, matches, type SessionFilter } from './filter.ts'
import { Query } from './query.ts'
import { renderedLines, type SearchedLines, unrenderedLines } from './searched-lines.ts'

export interface SearchRequest {
  query: string
  filter: SessionFilter
  limit: number
  /** Lines on each side of a hit. */
  context: number
  /** From the page before. */
  cursor: string | undefined
  /** Sessions in memory, in their latest state. */
  live: SessionInfo[]
}

export type SearchReply = Omit<HostMessageOf<'search_results'>, 'type' | 'request_id'>

/** Longer lines are cut around the hit; context lines only have to identify it. */
const HIT_CHARACTERS = 500
const CONTEXT_CHARACTERS = 200

/** A page is full with this many characters, so that it fits a message (MESSAGE_BYTES) in any script. */
const PAGE_CHARACTERS = 200_000

/** Blocks that are asked of the index at first: most pages are full with fewer. */
const FIRST_ROUND = 512

/** More lines than a row has. */
const ALL_LINES = 1e15 - 1

/** What may have a line that matches: one text block of a log row, or the whole row. */
interface Candidate {
  /** The number of its row. */
  row_id: number
  session: number
  /** Undefined: all of it. */
  block: number | undefined
  /** Set if the index does not cover it. */
  unindexed: UnindexedRow | undefined
}

/** Where a search continues: before this line of this row. */
interface Cursor {
  row_id: number
  line: number
}

/**
 * Searches everything, about the newest first, until the page is full or `isOver(hits so far)`. Yields after at most a
 * few milliseconds. With `filter.only`, nothing of other sessions is read, nor is the index, which is about all: neither the reply
 * nor the time that it takes tells anything of them (case 103).
 */
export function* search(
  store: Store,
  request: SearchRequest,
  isOver: (hits: number) => boolean,
): Generator<undefined, SearchReply> {
  const { filter, limit, context } = request
  const query = new Query(request.query)
  const sessions = new FilteredSessions(store, filter, request.live)
  const scope = filter.only && sessionsOf(store, filter.only)
  const unindexed = store.logRows.unindexed().filter(({ session }) => scope?.numbers.includes(session) ?? true)
  const total = scope ? scope.bytes : store.sessions.recordedBytes()
  const found: SearchReply = {
    hits: [],
    sessions: [],
    cursor: null,
    complete: true,
    indexed: { bytes: Math.max(0, total - unindexed.reduce((sum, { bytes }) => sum + bytes, 0)), total },
  }
  if (query.isEmpty || sessions.isNone) return found
  const after = readCursor(request.cursor)
  const listed = new Set<number>()
  let characters = 0
  let hasAdvanced = false
  /** A row that is not searched. */
  let skipped: number | undefined
  let source: { row_id: number; lines: SearchedLines } | undefined
  for (const candidate of candidates(store, query, unindexed, scope?.numbers, after?.row_id)) {
    const { row_id } = candidate
    if (row_id === skipped) continue
    // At least one that was not searched before, or repeated requests would never advance.
    if (hasAdvanced && isOver(found.hits.length)) {
      const lines = source?.row_id === row_id ? source.lines : undefined
      return { ...found, complete: false, cursor: writeCursor(candidate, lines) }
    }
    const session = sessions.get(candidate.session)
    if (session && source?.row_id !== row_id) {
      const lines = linesOf(store, candidate)
      source = lines && { row_id, lines }
    }
    // Without its text, the row is searched as a whole.
    const block = source?.lines.isWhole ? undefined : candidate.block
    if (!session || source?.row_id !== row_id) {
      skipped = row_id
      hasAdvanced = true
      yield
      continue
    }
    const { lines } = source
    const first = lines.firstLine(block)
    if (after?.row_id === row_id && first >= after.line) continue
    hasAdvanced = true
    const end = after?.row_id === row_id ? after.line - first : ALL_LINES
    for (const { number, ranges } of query.linesOf(lines.text(block)).reverse()) {
      if (number >= end) continue
      const line = lines.range(first + number, first + number + 1)[0]
      // A text that is damaged below its checksum may have fewer lines than it says.
      if (!line) continue
      const { offset, text } = line
      const at = lines.timeOf(offset)
      if (!isBetween(session.created_at + at, filter)) continue
      const hit = {
        session_id: session.session_id,
        offset,
        at,
        ...clip(text, ranges),
        ...contextOf(lines, first + number, context),
      }
      found.hits.push(hit)
      if (!listed.has(candidate.session)) found.sessions.push(session)
      listed.add(candidate.session)
      characters += hit.line.length
      for (const line of [...hit.before, ...hit.after]) characters += line.length
      if (found.hits.length >= limit || characters >= PAGE_CHARACTERS)
        return { ...found, cursor: `${row_id}.${first + number}` }
    }
    if (lines.isWhole) skipped = row_id
    yield
  }
  return found
}

/** The numbers of these sessions, and how much is recorded of them. */
function sessionsOf(store: Store, ids: readonly string[]): { numbers: number[]; bytes: number } {
  const rows = ids.map(id => store.sessions.get(id)).filter(row => row !== undefined)
  const bytes = rows.reduce((sum, row) => sum + Math.max(0, row.end_offset - row.start_offset), 0)
  return { numbers: rows.map(({ session }) => session), bytes }
}

/** The newest row first: indexed blocks, and rows that the index does not cover. */
function* candidates(
  store: Store,
  query: Query,
  unindexed: readonly UnindexedRow[],
  scope: readonly number[] | undefined,
  from = Number.MAX_SAFE_INTEGER / MAX_BLOCKS - 1,
): Generator<Candidate> {
  const rest = unindexed.filter(({ row_id }) => row_id <= from)
  const isUnindexed = new Set(rest.map(({ row_id }) => row_id))
  let next = 0
  const unindexedDownTo = function* (row_id: number): Generator<Candidate> {
    for (let row = rest[next]; row && row.row_id > row_id; row = rest[++next])
      yield { row_id: row.row_id, session: row.session, block: undefined, unindexed: row }
  }
  let latest: { row_id: number; session: number } | undefined
  const rowOf = (row_id: number) => {
    if (latest?.row_id !== row_id) latest = { row_id, session: store.logRows.byId(row_id)?.session ?? 0 }
    return latest
  }
  const textsBelow = function* (below: number): Generator<Candidate> {
    const rows = (before: number, limit: number) =>
      scope ? store.logRows.rowsWithTextOf(scope, before, limit) : store.logRows.rowsWithText(before, limit)
    for (const row_id of inRounds(rows, below)) {
      yield* unindexedDownTo(row_id)
      if (!isUnindexed.has(row_id)) yield { ...rowOf(row_id), block: undefined, unindexed: undefined }
    }
  }
  const { match } = query
  if (match !== undefined && !scope) {
    let last = from + 1
    try {
      const blocks = inRounds((below, limit) => store.logRows.blocksWith(match, below, limit), last * MAX_BLOCKS)
      for (const number of blocks) {
        const row_id = Math.floor(number / MAX_BLOCKS)
        last = row_id
        yield* unindexedDownTo(row_id)
        // Half of a row may be in the index already; it is searched as a whole.
        if (!isUnindexed.has(row_id)) yield { ...rowOf(row_id), block: number % MAX_BLOCKS, unindexed: undefined }
      }
    } catch (error) {
      // A damaged index is done without: every text is searched.
      if (storeFault(error).code !== 'store_damaged') throw error
      yield* textsBelow(last)
    }
  } else yield* textsBelow(from + 1)
  yield* unindexedDownTo(Number.NEGATIVE_INFINITY)
}

/**
 * Numbers from the largest down. No statement stays open between steps: an open one keeps the write-ahead log from being
 * reused. Few rounds, because each starts again with merging what a query needs.
 */
function* inRounds(query: (below: number, limit: number) => number[], below: number): Generator<number> {
  for (let limit = FIRST_ROUND; ; limit *= 4) {
    const numbers = query(below, limit)
    yield* numbers
    if (numbers.length < limit) return
    below = numbers.at(-1)!
  }
}

/** Undefined: the row was deleted during the search, or is damaged. */
function linesOf(store: Store, { row_id, session, unindexed }: Candidate): SearchedLines | undefined {
  try {
    if (unindexed) return unrenderedLines(store, unindexed)
    return renderedLines(store, row_id) ?? unrenderedLines(store, { row_id, session, bytes: 0, tail: 0 })
  } catch {
    return undefined
  }
}

/** Sessions by their row, as far as the filter lets them through. */
class FilteredSessions {
  readonly #store: Store
  readonly #filter: SessionFilter
  readonly #live: Map<string, SessionInfo>
  readonly #known = new Map<number, SessionInfo | undefined>()
  readonly #isUnfiltered: boolean

  constructor(store: Store, filter: SessionFilter, live: readonly SessionInfo[]) {
    this.#store = store
    this.#filter = filter
    this.#live = new Map(live.map(session => [session.session_id, session]))
    this.#isUnfiltered = isUnfiltered(filter)
  }

  /** The filter is for one session, which does not exist or does not match. */
  get isNone(): boolean {
    const { session_id } = this.#filter
    if (session_id === undefined) return false
    const row = this.#store.sessions.get(session_id)
    return !row || !this.get(row.session)
  }

  get(number: number): SessionInfo | undefined {
    if (this.#known.has(number)) return this.#known.get(number)
    const row = this.#store.sessions.byNumber(number)
    const stored = row && storedSession(row).session
    const session = stored && (this.#live.get(stored.session_id) ?? stored)
    const matching = session && (this.#isUnfiltered || matches(session, this.#filter)) ? session : undefined
    this.#known.set(number, matching)
    return matching
  }
}

function isBetween(time: number, { after, before }: HistoryFilter): boolean {
  return (after === undefined || time >= after) && (before === undefined || time < before)
}

function contextOf(lines: SearchedLines, line: number, context: number): Pick<Hit, 'before' | 'after'> {
  const texts = (from: number, to: number) =>
    lines.range(Math.max(0, from), to).map(({ text }) => shorten(text, CONTEXT_CHARACTERS))
  return context === 0
    ? { before: [], after: [] }
    : { before: texts(line - context, line), after: texts(line + 1, line + 1 + context) }
}

/** A long line around its first match. */
function clip(text: string, ranges: [number, number][]): Pick<Hit, 'line' | 'ranges'> {
  if (text.length <= HIT_CHARACTERS) return { line: text, ranges }
  let from = Math.max(0, Math.min(ranges[0]![0] - HIT_CHARACTERS / 4, text.length - HIT_CHARACTERS))
  if (from > 0 && /[\udc00-\udfff]/.test(text[from]!)) from++
  const line = (from > 0 ? '…' : '') + shorten(text.slice(from), HIT_CHARACTERS)
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
  return match ? { row_id: Number(match[1]), line: Number(match[2]) } : undefined
}

/** The search stopped before this candidate; with `lines`, after it had searched later blocks of the same row. */
function writeCursor({ row_id, block }: Candidate, lines: SearchedLines | undefined): string {
  if (!lines || block === undefined) return `${row_id}.${ALL_LINES}`
  return `${row_id}.${lines.firstLine(block + 1)}`
}
