// Keeps the history within its limits, a step at a time: what exceeds them is deleted, the oldest first, and the file
// shrinks to what is left.
import { comparePositions } from '../../../../protocol/position.ts'
import type { LogExtentRow } from '../../store/log-rows.ts'
import { endOfRow } from '../../store/row-codec.ts'
import type { SessionRow } from '../../store/session-rows.ts'
import type { Store } from '../../store/store.ts'
import type { HistoryLimits } from './worker-protocol.ts'

/** Segments that one step deletes: an incompressible one is 256 pages to free, and a step should take a few ms. */
const MAX_STEP_SEGMENTS = 8

/** How much of the file one step gives back. */
const STEP_SHRINK_BYTES = 1024 * 1024

/** Free pages that stay in the file: the next segments take them, so that it does not shrink and grow in turn. */
const FREE_BYTES = 1024 * 1024

/** Trimming begins this much (or an eighth) below the total limit, so that what arrives meanwhile still fits. */
const HEADROOM_BYTES = 8 * 1024 * 1024

export class Trimmer {
  limits: HistoryLimits
  readonly #store: Store

  /** The time by which sessions are deleted for their age, in Unix milliseconds. Until it is known, none is. */
  deletionTime = Number.NEGATIVE_INFINITY

  constructor(store: Store, limits: HistoryLimits) {
    this.#store = store
    this.limits = limits
  }

  get hasTime(): boolean {
    return Number.isFinite(this.deletionTime)
  }

  /** Whether the file is so large that something has to be deleted now. Costs next to nothing. */
  get isOver(): boolean {
    const { bytes, free } = this.#store.size()
    return bytes - free > this.#target
  }

  /** One transaction. False: everything is within its limits. */
  step(): boolean {
    const { session_bytes, total_bytes, retention_ms } = this.limits
    const expired = this.hasTime ? this.#store.sessions.oldestEnded(this.deletionTime - retention_ms) : undefined
    if (expired) return this.#deleteStep(expired)
    const long = this.#store.sessions.largest(session_bytes + 1)
    if (long) return this.#trim(long, long.end_offset - session_bytes)
    const { bytes, free } = this.#store.size()
    if (bytes - free > this.#target) {
      const ended = this.#store.sessions.oldestEnded(Number.MAX_SAFE_INTEGER)
      if (ended) return this.#deleteStep(ended)
      const largest = this.#store.sessions.largest(0)
      if (largest) return this.#trim(largest, largest.start_offset + 1)
    }
    if (free > (bytes > total_bytes ? 0 : FREE_BYTES)) {
      this.#store.transaction(() => this.#store.shrink(Math.min(free, STEP_SHRINK_BYTES)))
      return true
    }
    return false
  }

  /** Deletes one step of a session, so that a long one does not block others. False: it is gone. */
  deleteSome(session: SessionRow): boolean {
    this.#deleteStep(session)
    return this.#store.sessions.get(session.session_id) !== undefined
  }

  get #target(): number {
    const { total_bytes } = this.limits
    return total_bytes - Math.min(HEADROOM_BYTES, total_bytes / 8)
  }

  #deleteStep(session: SessionRow): true {
    const first = this.#store.logRows.firstRows(session.session, MAX_STEP_SEGMENTS + 1)
    this.#store.transaction(() => {
      if (first.length > MAX_STEP_SEGMENTS) this.#remove(session, first.slice(0, MAX_STEP_SEGMENTS))
      else this.#store.sessions.delete(session.session)
    })
    return true
  }

  /** The log then begins at the first boundary at or after `offset` that has a keyframe. */
  #trim(session: SessionRow, offset: number): boolean {
    const first = this.#store.logRows
      .firstRows(session.session, MAX_STEP_SEGMENTS * 2)
      .filter(row => row.kind !== 'tail')
    if (first.length === 0) return false
    let count = first.findIndex(row => row.end_offset >= offset) + 1
    if (count === 0 || count > MAX_STEP_SEGMENTS) count = Math.min(MAX_STEP_SEGMENTS, first.length)
    else {
      const boundary = first.findIndex(
        (row, index) => index + 1 >= count && this.#store.logRows.hasKeyframe(session.session, endOfRow(row)),
      )
      // Without any, history that begins in the middle of a screen is still better than none.
      if (boundary >= 0) count = boundary + 1
    }
    this.#store.transaction(() => this.#remove(session, first.slice(0, count)))
    return true
  }

  #remove(session: SessionRow, rows: LogExtentRow[]): void {
    for (const { row_id } of rows) this.#store.logRows.remove(row_id)
    const start = endOfRow(rows.at(-1)!)
    if (comparePositions(start, { offset: session.start_offset, n: session.start_n }) > 0)
      this.#store.sessions.moveStart(session.session, start)
    this.#store.logRows.dropKeyframes(session.session, start)
  }
}
