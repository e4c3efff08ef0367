// Puts a log into the store: appends to its tail, seals segments, keeps keyframes. Knows nothing of threads, queues or
// limits.

import { encodeRuns } from '../../../../protocol/output-timing.ts'
import type { Position } from '../../../../protocol/position.ts'
import { crc32, pack } from '../../recording/compression.ts'
import {
  comparePositions,
  encodeResizes,
  endOfSlice,
  firstTimeOf,
  joinSlices,
  lastTimeOf,
  SEGMENT_BYTES,
  splitSlice,
} from '../../recording/log-slice.ts'
import type { LogSlice, StoredKeyframe } from '../../recording/types.ts'
import type { LogRow, LogRowKind, NewLogRow } from '../../store/log-rows.ts'
import { endOfRow, readSlice, startOfRow } from '../../store/row-codec.ts'
import type { Store } from '../../store/store.ts'
import type { Write } from './queue.ts'
import type { AppendedSlice } from './worker-protocol.ts'

/**
 * The last row of a tail grows until it has this many bytes, instead of a row for every second of typing. It is rewritten
 * then, uncompressed, so it is smaller than what has to be compressed (10 KB).
 */
const GROW_BYTES = 8 * 1024

/** A row that grows holds at most this many resizes: they cost more than bytes do. */
const GROW_RESIZES = 64

/** A segment may be this much, so that a little more than SEGMENT_BYTES is not two. */
const MOST_SEGMENT_BYTES = SEGMENT_BYTES * 1.5

/**
 * What was appended last stays in memory, to be sealed without being read and inflated again: a few sessions that flood.
 * What is not there any more is read from its rows.
 */
const RECENT_BYTES = 8 * 1024 * 1024

/** Sessions whose end is remembered: all that can run at once. */
const REMEMBERED = 256

interface Tail {
  session: number
  end: Position
  /** The last row while it may still grow. */
  growing: { piece: number; stretch: LogSlice } | undefined
}

export class Writer {
  readonly #store: Store
  readonly #tails = new Map<string, Tail>()
  /** By row of the tail. */
  readonly #recent = new Map<number, LogSlice>()
  #recentBytes = 0
  /** Segments are put together here: a megabyte of garbage for each would double what a flood costs in memory. */
  readonly #scratch = new Uint8Array(MOST_SEGMENT_BYTES)

  constructor(store: Store) {
    this.#store = store
  }

  /** What is remembered may be wrong: a transaction was rolled back, or somebody else wrote. */
  forget(): void {
    this.#tails.clear()
    this.#recent.clear()
    this.#recentBytes = 0
  }

  /** Within a transaction. What belongs to a session that is not there (any more) is nothing. */
  write(write: Write): void {
    switch (write.do) {
      case 'insert':
        return this.#store.insertSession(write.session, write.process)
      case 'update':
        return this.#store.updateSession(write.session)
      case 'append':
        for (const part of write.sessions) this.#append(part)
        return
      case 'gap': {
        const tail = this.#tailOf(write.session_id)
        if (tail) this.#skip(tail, write.to, 'unrecorded', write.at, write.size)
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
    const rows = this.#store.logRows.tailRows(tail.session, position)
    if (rows.length === 0) return
    tail.growing = undefined
    let run: LogSlice[] = []
    let size = 0
    const finish = () => {
      if (run.length > 0) this.#insert(tail.session, 'sealed', joinSlices(run, this.#scratch))
      run = []
      size = 0
    }
    for (const row of rows) {
      let stretch: LogSlice
      try {
        stretch = this.#recent.get(row.piece) ?? readSlice(row, this.#store.logRows.blob(row.piece))
      } catch {
        this.#store.logRows.remove(row.piece)
        finish()
        this.#lose(tail.session, startOfRow(row), endOfRow(row), 'damaged', row.at)
        continue
      }
      this.#store.logRows.remove(row.piece)
      this.#drop(row.piece)
      const [before, after] = splitSlice(stretch, position)
      for (const part of pieces(before)) {
        const previous = run.at(-1)
        const follows = previous && comparePositions(endOfSlice(previous), part.from) === 0
        if (!follows || size + part.bytes.length > MOST_SEGMENT_BYTES) finish()
        run.push(part)
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

  #append({ session_id, ...stretch }: AppendedSlice): void {
    const tail = this.#tailOf(session_id)
    if (!tail) return
    let added: LogSlice = stretch
    // What is here already came twice; what should be between and is not was lost on the way (the worker died).
    if (comparePositions(added.from, tail.end) < 0) added = splitSlice(added, tail.end)[1]
    else if (comparePositions(added.from, tail.end) > 0)
      this.#skip(tail, added.from, 'unrecorded', firstTimeOf(added), undefined)
    if (isEmpty(added)) return
    const growing = tail.growing
    if (growing && fits(growing.stretch, added)) {
      growing.stretch = joinSlices([growing.stretch, added])
      this.#store.logRows.update(growing.piece, rowOf(tail.session, 'tail', growing.stretch))
      this.#keep(growing.piece, growing.stretch)
    } else {
      const piece = this.#insert(tail.session, 'tail', added)
      this.#keep(piece, added)
      tail.growing = added.bytes.length < GROW_BYTES ? { piece, stretch: added } : undefined
    }
    tail.end = endOfSlice(added)
    this.#store.extendSession(tail.session, tail.end, lastTimeOf(added), added.resizes.at(-1))
  }

  /** The log goes on at `to`; what was before that and is not here is lost. */
  #skip(
    tail: Tail,
    to: Position,
    kind: LogRowKind,
    at: number,
    size: { cols: number; rows: number } | undefined,
  ): void {
    if (comparePositions(to, tail.end) <= 0) return
    this.#lose(tail.session, tail.end, to, kind, at)
    tail.end = to
    tail.growing = undefined
    this.#store.extendSession(tail.session, to, at, size)
  }

  #lose(session: number, from: Position, to: Position, kind: LogRowKind, at: number): void {
    this.#store.logRows.insert({
      ...rowOf(session, kind, { from, bytes: NOTHING, runs: [], resizes: [] }),
      end_offset: to.offset,
      end_n: to.n,
      at,
    })
  }

  #keep(piece: number, stretch: LogSlice): void {
    this.#drop(piece)
    this.#recent.set(piece, stretch)
    this.#recentBytes += stretch.bytes.length
    for (const oldest of this.#recent.keys()) {
      if (this.#recentBytes <= RECENT_BYTES && this.#recent.size <= REMEMBERED * 4) break
      this.#drop(oldest)
    }
  }

  #drop(piece: number): void {
    const stretch = this.#recent.get(piece)
    if (!stretch) return
    this.#recent.delete(piece)
    this.#recentBytes -= stretch.bytes.length
  }

  #insert(session: number, kind: LogRowKind, stretch: LogSlice): number {
    return this.#store.logRows.insert(rowOf(session, kind, stretch))
  }

  #keyframe(session_id: string, keyframe: StoredKeyframe): void {
    const row = this.#store.session(session_id)
    // One that comes late, for what is trimmed already, would only take room.
    if (!row || comparePositions(keyframe.position, { offset: row.start_offset, n: row.start_n }) < 0) return
    this.#store.logRows.putKeyframe(row.session, keyframe, crc32(keyframe.blob))
  }

  #tailOf(session_id: string): Tail | undefined {
    const known = this.#tails.get(session_id)
    if (known) return known
    const row = this.#store.session(session_id)
    if (!row) return undefined
    const last = this.#store.logRows.lastRow(row.session)
    const tail: Tail = {
      session: row.session,
      end: { offset: row.end_offset, n: row.end_n },
      growing: last && this.#growing(last),
    }
    if (this.#tails.size >= REMEMBERED) this.#tails.delete(this.#tails.keys().next().value!)
    this.#tails.set(session_id, tail)
    return tail
  }

  #growing(row: LogRow): Tail['growing'] {
    if (row.kind !== 'tail' || row.end_offset - row.offset >= GROW_BYTES) return undefined
    try {
      return { piece: row.piece, stretch: readSlice(row, this.#store.logRows.blob(row.piece)) }
    } catch {
      return undefined
    }
  }
}

const NOTHING = new Uint8Array()

function rowOf(session: number, kind: LogRowKind, stretch: LogSlice): NewLogRow {
  const { bytes } = stretch
  // A row that may grow is rewritten, so compressing it would be in vain; the others are at least as large.
  const small = kind === 'tail' && bytes.length < GROW_BYTES
  const { blob, compressed } = small ? { blob: bytes, compressed: false } : pack(bytes)
  const checksum = crc32(bytes)
  const end = endOfSlice(stretch)
  return {
    session,
    kind,
    ...stretch.from,
    end_offset: end.offset,
    end_n: end.n,
    at: firstTimeOf(stretch),
    checksum,
    blob_checksum: compressed ? crc32(blob) : checksum,
    compressed: compressed ? 1 : 0,
    resizes: encodeResizes(stretch),
    timing: packTiming(encodeRuns(stretch.runs)),
    blob,
  }
}

/** The first byte says whether the rest is a zstd frame; its length is not stored, so it is bounded here. */
function packTiming(timing: Uint8Array): Uint8Array {
  const { blob, compressed } = pack(timing)
  const packed = new Uint8Array(blob.length + 5)
  new DataView(packed.buffer).setUint32(1, timing.length)
  packed[0] = compressed ? 1 : 0
  packed.set(blob, 5)
  return packed
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

/** One row may hold more than a segment should: after a long fault a whole queue comes as one. */
function pieces(stretch: LogSlice): LogSlice[] {
  const parts: LogSlice[] = []
  let rest = stretch
  while (rest.bytes.length > SEGMENT_BYTES) {
    const at = { offset: rest.from.offset + SEGMENT_BYTES, n: rest.from.n }
    const [head, tail] = splitSlice(rest, at)
    parts.push(head)
    rest = tail
  }
  if (!isEmpty(rest)) parts.push(rest)
  return parts
}
