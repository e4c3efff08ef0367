// Keeps the history within its limits, a step at a time: what is over, the oldest first, and the file cut to what is
// left. Knows nothing of threads, or of what is in a segment.
import type { Position } from '../../../../protocol/position.ts'
import { comparePositions } from '../../recording/log-slice.ts'
import type { LogExtentRow } from '../../store/log-rows.ts'
import { endOfRow } from '../../store/row-codec.ts'
import type { SessionRow, Store } from '../../store/store.ts'
import type { HistoryLimits } from './worker-protocol.ts'

/** Segments that one step deletes at most: an incompressible one is 256 pages to free, and a step should take a few ms. */
const STEP_SEGMENTS = 8

/** How much of the file one step gives back. */
const STEP_SHRINK_BYTES = 1024 * 1024

/** Free pages that stay in the file: the next segments take them, instead of shrinking and growing by turns. */
const FREE_BYTES = 1024 * 1024

/** Trimming begins this much below the total limit, so that what comes before it is done still fits; or an eighth. */
const HEADROOM_BYTES = 8 * 1024 * 1024

export class Trimmer {
  limits: HistoryLimits
  readonly #store: Store
  readonly #now: () => number

  constructor(store: Store, limits: HistoryLimits, now: () => number) {
    this.#store = store
    this.limits = limits
    this.#now = now
  }

  /** Whether the file is so large that something has to go now. Costs next to nothing. */
  get over(): boolean {
    const { bytes, free } = this.#store.size()
    return bytes - free > this.#target
  }

  /** One transaction's worth. False: all is within its limits. */
  step(): boolean {
    const { session_bytes, total_bytes, retention_ms } = this.limits
    const expired = this.#store.oldestEnded(this.#now() - retention_ms)
    if (expired) return this.#drop(expired)
    const long = this.#store.largest(session_bytes + 1)
    if (long) return this.#trim(long, long.end_offset - session_bytes)
    const { bytes, free } = this.#store.size()
    if (bytes - free > this.#target) {
      const ended = this.#store.oldestEnded(Number.MAX_SAFE_INTEGER)
      if (ended) return this.#drop(ended)
      const largest = this.#store.largest(0)
      if (largest) return this.#trim(largest, largest.start_offset + 1)
    }
    if (free > (bytes > total_bytes ? 0 : FREE_BYTES)) {
      this.#store.transaction(() => this.#store.shrink(Math.min(free, STEP_SHRINK_BYTES)))
      return true
    }
    return false
  }

  /** Forgets a session, a step at a time; a long one does not keep others waiting. False: it is gone. */
  forget(session: SessionRow): boolean {
    this.#drop(session)
    return this.#store.session(session.session_id) !== undefined
  }

  get #target(): number {
    const { total_bytes } = this.limits
    return total_bytes - Math.min(HEADROOM_BYTES, total_bytes / 8)
  }

  /** A session that goes as a whole, a long one in steps. */
  #drop(session: SessionRow): boolean {
    const leading = this.#store.logRows.firstRows(session.session, STEP_SEGMENTS + 1)
    this.#store.transaction(() => {
      if (leading.length > STEP_SEGMENTS) this.#remove(session, leading.slice(0, STEP_SEGMENTS))
      else this.#store.deleteSession(session.session)
    })
    return true
  }

  /** The log then begins at the first boundary at or after `offset` that has a keyframe. */
  #trim(session: SessionRow, offset: number): boolean {
    const leading = this.#store.logRows.firstRows(session.session, STEP_SEGMENTS * 2).filter(row => row.kind !== 'tail')
    if (leading.length === 0) return false
    let count = leading.findIndex(row => row.end_offset >= offset) + 1
    if (count === 0 || count > STEP_SEGMENTS) count = Math.min(STEP_SEGMENTS, leading.length)
    else {
      const whole = leading.findIndex(
        (row, index) => index + 1 >= count && this.#store.logRows.hasKeyframe(session.session, endOfRow(row)),
      )
      // Without any, history that begins in the middle of a screen is still better than none.
      if (whole >= 0) count = whole + 1
    }
    this.#store.transaction(() => this.#remove(session, leading.slice(0, count)))
    return true
  }

  #remove(session: SessionRow, rows: LogExtentRow[]): void {
    for (const { piece } of rows) this.#store.logRows.remove(piece)
    const start: Position = endOfRow(rows.at(-1)!)
    if (comparePositions(start, { offset: session.start_offset, n: session.start_n }) > 0)
      this.#store.moveStart(session.session, start)
    this.#store.logRows.dropKeyframes(session.session, start)
  }
}
