// The log of a session in groups of rows whose text is read as one: a sealed segment, the unsealed tail, or a gap.
import type { Position } from '../../../../protocol/position.ts'
import { comparePositions } from '../../../../protocol/position.ts'
import type { GapReason } from '../../recording/types.ts'
import type { LogRow } from '../../store/log-rows.ts'
import { endOfRow, startOfRow } from '../../store/row-codec.ts'
import type { SessionRow } from '../../store/session-rows.ts'
import type { Store } from '../../store/store.ts'

export interface RowGroup {
  from: Position
  to: Position
  /** One sealed row, or contiguous rows of the tail (none, if all was sealed just now), or none in a gap. */
  rows: LogRow[]
  isSealed: boolean
  /** Nothing follows yet. */
  isLast: boolean
  /** Its log cannot be read. */
  gap?: GapReason
}

export class RowGroups {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  first(session: SessionRow): RowGroup | undefined {
    return this.#following(session, { offset: session.start_offset, n: session.start_n })
  }

  last(session: SessionRow): RowGroup | undefined {
    const last = this.#store.logRows.lastRow(session.session)
    const end = last && endOfRow(last)
    const sessionEnd = { offset: session.end_offset, n: session.end_n }
    const from = end ?? { offset: session.start_offset, n: session.start_n }
    if (comparePositions(from, sessionEnd) < 0) return missingRows(from, sessionEnd)
    return end && session.state === 'running' && last.kind !== 'tail' ? emptyTail(end) : last && this.#groupOf(last)
  }

  /** The group that contains a position; before the first one there is none. */
  at(session: SessionRow, position: Position): RowGroup | undefined {
    const row = this.#store.logRows.rowAt(session.session, position)
    return row && this.#groupOf(row)
  }

  next(session: SessionRow, { to, isLast }: RowGroup): RowGroup | undefined {
    return isLast ? undefined : this.#following(session, to)
  }

  previous(session: SessionRow, { from }: RowGroup): RowGroup | undefined {
    const row = this.#store.logRows.rowAt(session.session, { offset: from.offset, n: from.n - 1 })
    if (!row) return undefined
    const end = endOfRow(row)
    return comparePositions(end, from) < 0 ? missingRows(end, from) : this.#groupOf(row)
  }

  #following(session: SessionRow, from: Position): RowGroup | undefined {
    const row = this.#store.logRows.rowAt(session.session, from)
    if (row && comparePositions(startOfRow(row), from) === 0) return this.#groupOf(row)
    const next = this.#store.logRows.rowAfter(session.session, from)
    if (next) return missingRows(from, startOfRow(next))
    const end = { offset: session.end_offset, n: session.end_n }
    if (comparePositions(from, end) < 0) return missingRows(from, end)
    return session.state === 'running' ? emptyTail(from) : undefined
  }

  #groupOf(row: LogRow): RowGroup {
    const single = { from: startOfRow(row), to: endOfRow(row), rows: [row] }
    if (row.kind === 'unrecorded' || row.kind === 'damaged')
      return { ...single, isSealed: true, isLast: false, gap: row.kind }
    const { end_offset, end_n, state } = this.#store.sessions.byNumber(row.session)!
    const isEnd = ({ to }: Pick<RowGroup, 'to'>) => to.offset === end_offset && to.n === end_n
    if (row.kind === 'sealed') return { ...single, isSealed: true, isLast: state !== 'running' && isEnd(single) }
    // Unsealed rows are rendered together, as far as they are contiguous.
    const runs: LogRow[][] = []
    for (const tailRow of this.#store.logRows.tailRows(row.session, { offset: Number.MAX_SAFE_INTEGER, n: 0 })) {
      const before = runs.at(-1)?.at(-1)
      if (before && comparePositions(endOfRow(before), startOfRow(tailRow)) === 0) runs.at(-1)!.push(tailRow)
      else runs.push([tailRow])
    }
    const rows = runs.find(run => run.some(({ row_id }) => row_id === row.row_id)) ?? [row]
    const group = { from: startOfRow(rows[0]!), to: endOfRow(rows.at(-1)!), rows, isSealed: false }
    return { ...group, isLast: isEnd(group) }
  }
}

/** What follows the last sealed row while nothing has been printed since: what is on the screen. */
function emptyTail(at: Position): RowGroup {
  return { from: at, to: at, rows: [], isSealed: false, isLast: true }
}

/** Rows are missing from the database, and nothing says why. */
function missingRows(from: Position, to: Position): RowGroup {
  return { from, to, rows: [], isSealed: true, isLast: false, gap: 'damaged' }
}
