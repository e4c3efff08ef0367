// Puts a log into the store: appends to its tail, seals segments, keeps keyframes.
import { encodeRuns } from '../../../../protocol/output-timing.ts'
import type { Position } from '../../../../protocol/position.ts'
import { comparePositions } from '../../../../protocol/position.ts'
import { crc32, pack } from '../../recording/compression.ts'
import {
  encodeResizes,
  endOfSlice,
  firstTimeOf,
  joinSlices,
  lastTimeOf,
  SEGMENT_BYTES,
  splitSlice,
} from '../../recording/log-slice.ts'
import type { LogSlice, Size, StoredKeyframe } from '../../recording/types.ts'
import type { LogRow, LogRowKind, NewLogRow } from '../../store/log-rows.ts'
import { endOfRow, packTiming, readSlice, startOfRow } from '../../store/row-codec.ts'
import type { Store } from '../../store/store.ts'
import type { Write } from './queue.ts'
import type { AppendedSlice } from './worker-protocol.ts'

/**
 * The last row of a tail grows until it has this many bytes, instead of a row for every second of typing. Growing
 * rewrites it, uncompressed, so this is below what has to be compressed (10 KB).
 */
const GROW_BYTES = 8 * 1024

/** A row that grows holds at most this many resizes: they cost more than bytes do. */
const GROW_RESIZES = 64

/** A segment may be this long, so that a little more than SEGMENT_BYTES does not become two. */
const MAX_SEGMENT_BYTES = SEGMENT_BYTES * 1.5

/**
 * What was appended last stays in memory, to be sealed without being read and inflated again: a few sessions that flood.
 * What has been evicted is read from its rows.
 */
const RECENT_BYTES = 8 * 1024 * 1024

/** Sessions whose end is remembered: as many as can run at once. */
const MAX_TAILS = 256

/** Rows of tails that stay in memory. */
const MAX_RECENT_ROWS = MAX_TAILS * 4

interface Tail {
  session: number
  end: Position
  /** The last row while it may still grow. */
  growing: { row_id: number; slice: LogSlice } | undefined
}

export class Writer {
  readonly #store: Store
  readonly #tails = new Map<string, Tail>()
  /** By the number of the tail's row. */
  readonly #recent = new Map<number, LogSlice>()
  #recentBytes = 0
  /** Segments are put together here: a megabyte of garbage for each would double the memory that a flood costs. */
  readonly #scratch = new Uint8Array(MAX_SEGMENT_BYTES)

  constructor(store: Store) {
    this.#store = store
  }

  /** Call it when what is remembered may be wrong: a transaction was rolled back, or something else wrote. */
  forget(): void {
    this.#tails.clear()
    this.#recent.clear()
    this.#recentBytes = 0
  }

  /** Within a transaction. Writes to a session that does not exist (or no longer does) are ignored. */
  write(write: Write): void {
    switch (write.do) {
      case 'insert':
        return this.#store.sessions.insert(write.session, write.process)
      case 'update':
        return this.#store.sessions.update(write.session)
      case 'append':
        for (const slice of write.sessions) this.#append(slice)
        return
      case 'gap': {
        const tail = this.#tailOf(write.session_id)
        if (tail) this.#skip(tail, write.to, write.at, write.size)
        return
      }
      case 'seal':
        return this.seal(write.session_id, write.position)
      case 'keyframe':
        return this.#keyframe(write.session_id, write.keyframe)
    }
  }

  /** Seals what was appended up to `position`, or all of it. */
  seal(session_id: string, position?: Position): void {
    const tail = this.#tailOf(session_id)
    if (!tail) return
    if (!position || comparePositions(position, tail.end) > 0) position = tail.end
    this.#store.logRows.setDamagedTailAside(tail.session)
    const rows = this.#store.logRows.tailRows(tail.session, position)
    if (rows.length === 0) return
    tail.growing = undefined
    let segment: LogSlice[] = []
    let size = 0
    const finish = () => {
      if (segment.length > 0) this.#insert(tail.session, 'sealed', joinSlices(segment, this.#scratch))
      segment = []
      size = 0
    }
    for (const row of rows) {
      let slice: LogSlice
      try {
        slice = this.#recent.get(row.row_id) ?? readSlice(row, this.#store.logRows.blob(row.row_id))
      } catch {
        this.#store.logRows.remove(row.row_id)
        finish()
        this.#insertGap(tail.session, startOfRow(row), endOfRow(row), 'damaged', row.at)
        continue
      }
      this.#store.logRows.remove(row.row_id)
      this.#forgetRecent(row.row_id)
      const [before, after] = splitSlice(slice, position)
      for (const part of splitLong(before)) {
        const previous = segment.at(-1)
        const follows = previous && comparePositions(endOfSlice(previous), part.from) === 0
        if (!follows || size + part.bytes.length > MAX_SEGMENT_BYTES) finish()
        segment.push(part)
        size += part.bytes.length
        if (size >= SEGMENT_BYTES) finish()
      }
      if (!isEmpty(after)) {
        finish()
        this.#insert(tail.session, 'tail', after)
      }
    }
    finish()
  }

  #append({ session_id, ...slice }: AppendedSlice): void {
    const tail = this.#tailOf(session_id)
    if (!tail) return
    let added: LogSlice = slice
    // What is stored already was sent twice; what is missing in between was lost on the way (the worker died).
    if (comparePositions(added.from, tail.end) < 0) added = splitSlice(added, tail.end)[1]
    else if (comparePositions(added.from, tail.end) > 0) this.#skip(tail, added.from, firstTimeOf(added), undefined)
    if (isEmpty(added)) return
    const growing = tail.growing
    if (growing && fits(growing.slice, added)) {
      growing.slice = joinSlices([growing.slice, added])
      this.#store.logRows.update(growing.row_id, rowOf(tail.session, 'tail', growing.slice))
      this.#remember(growing.row_id, growing.slice)
    } else {
      const row_id = this.#insert(tail.session, 'tail', added)
      this.#remember(row_id, added)
      tail.growing = added.bytes.length < GROW_BYTES ? { row_id, slice: added } : undefined
    }
    tail.end = endOfSlice(added)
    this.#store.sessions.extend(tail.session, tail.end, lastTimeOf(added), added.resizes.at(-1))
  }

  /** The log continues at `to`; what is missing before it was never recorded. */
  #skip(tail: Tail, to: Position, at: number, size: Size | undefined): void {
    if (comparePositions(to, tail.end) <= 0) return
    this.#insertGap(tail.session, tail.end, to, 'unrecorded', at)
    tail.end = to
    tail.growing = undefined
    this.#store.sessions.extend(tail.session, to, at, size)
  }

  #insertGap(session: number, from: Position, to: Position, kind: 'unrecorded' | 'damaged', at: number): void {
    this.#store.logRows.insert({
      ...rowOf(session, kind, { from, bytes: NO_BYTES, runs: [], resizes: [] }),
      end_offset: to.offset,
      end_n: to.n,
      at,
    })
  }

  #remember(row_id: number, slice: LogSlice): void {
    this.#forgetRecent(row_id)
    this.#recent.set(row_id, slice)
    this.#recentBytes += slice.bytes.length
    for (const oldest of this.#recent.keys()) {
      if (this.#recentBytes <= RECENT_BYTES && this.#recent.size <= MAX_RECENT_ROWS) break
      this.#forgetRecent(oldest)
    }
  }

  #forgetRecent(row_id: number): void {
    const slice = this.#recent.get(row_id)
    if (!slice) return
    this.#recent.delete(row_id)
    this.#recentBytes -= slice.bytes.length
  }

  #insert(session: number, kind: LogRowKind, slice: LogSlice): number {
    return this.#store.logRows.insert(rowOf(session, kind, slice))
  }

  #keyframe(session_id: string, keyframe: StoredKeyframe): void {
    const row = this.#store.sessions.get(session_id)
    // One that arrives late, for a position that is trimmed already, would only take space.
    if (!row || comparePositions(keyframe.position, { offset: row.start_offset, n: row.start_n }) < 0) return
    this.#store.logRows.putKeyframe(row.session, keyframe, crc32(keyframe.blob))
  }

  #tailOf(session_id: string): Tail | undefined {
    const known = this.#tails.get(session_id)
    if (known) return known
    const row = this.#store.sessions.get(session_id)
    if (!row) return undefined
    const last = this.#store.logRows.lastRow(row.session)
    const tail: Tail = {
      session: row.session,
      end: { offset: row.end_offset, n: row.end_n },
      // A damaged row after it is left out, and the log does not go on there.
      growing: last && last.end_offset === row.end_offset && last.end_n === row.end_n ? this.#growing(last) : undefined,
    }
    if (this.#tails.size >= MAX_TAILS) this.#tails.delete(this.#tails.keys().next().value!)
    this.#tails.set(session_id, tail)
    return tail
  }

  #growing(row: LogRow): Tail['growing'] {
    if (row.kind !== 'tail' || row.end_offset - row.offset >= GROW_BYTES) return undefined
    try {
      return { row_id: row.row_id, slice: readSlice(row, this.#store.logRows.blob(row.row_id)) }
    } catch {
      return undefined
    }
  }
}

const NO_BYTES = new Uint8Array()

function rowOf(session: number, kind: LogRowKind, slice: LogSlice): NewLogRow {
  const { bytes } = slice
  // A row that may grow is rewritten, so compressing it would be wasted; the others are at least as large.
  const mayGrow = kind === 'tail' && bytes.length < GROW_BYTES
  const { blob, compressed } = mayGrow ? { blob: bytes, compressed: false } : pack(bytes)
  const checksum = crc32(bytes)
  const end = endOfSlice(slice)
  return {
    session,
    kind,
    ...slice.from,
    end_offset: end.offset,
    end_n: end.n,
    at: firstTimeOf(slice),
    checksum,
    blob_checksum: compressed ? crc32(blob) : checksum,
    compressed: compressed ? 1 : 0,
    resizes: encodeResizes(slice),
    timing: packTiming(encodeRuns(slice.runs)),
    blob,
  }
}

function isEmpty({ bytes, resizes }: LogSlice): boolean {
  return bytes.length === 0 && resizes.length === 0
}

function fits(growing: LogSlice, added: LogSlice): boolean {
  return (
    growing.bytes.length + added.bytes.length < GROW_BYTES &&
    growing.resizes.length + added.resizes.length <= GROW_RESIZES
  )
}

/** One row may hold more than a segment should: after a long fault a whole queue arrives as one. */
function splitLong(slice: LogSlice): LogSlice[] {
  const parts: LogSlice[] = []
  let rest = slice
  while (rest.bytes.length > SEGMENT_BYTES) {
    const at = { offset: rest.from.offset + SEGMENT_BYTES, n: rest.from.n }
    const [head, tail] = splitSlice(rest, at)
    parts.push(head)
    rest = tail
  }
  if (!isEmpty(rest)) parts.push(rest)
  return parts
}
