// The marks table: labels that people put into recordings.
import type Database from 'better-sqlite3'
import { markChecksum, UNCHECKED } from './checksums.ts'
import { isPlausibleMark } from './plausible.ts'

export interface MarkRow {
  mark_id: number
  offset: number
  /** Milliseconds since the session's birth. */
  at: number
  label: string
}

export class MarkRows {
  readonly #ofSession: Database.Statement<[number], MarkRow & { row_checksum: number }>
  readonly #insert: Database.Statement<[Record<string, unknown>]>
  readonly #delete: Database.Statement<[number, number]>

  constructor(db: Database.Database) {
    this.#ofSession = db.prepare(
      'SELECT mark_id, offset, at, label, row_checksum FROM marks WHERE session = ? ORDER BY offset, at, mark_id',
    )
    this.#insert = db.prepare(
      `INSERT INTO marks (session, offset, at, label, row_checksum)
       VALUES (@session, @offset, @at, @label, @row_checksum)`,
    )
    this.#delete = db.prepare('DELETE FROM marks WHERE session = ? AND mark_id = ?')
  }

  /** In the order of the log, without those that are damaged. */
  ofSession(session: number): MarkRow[] {
    return this.#ofSession.all(session).flatMap(({ row_checksum, ...mark }) => {
      const isIntact = row_checksum === UNCHECKED || row_checksum === markChecksum(session, mark)
      return isIntact && isPlausibleMark(mark) ? [mark] : []
    })
  }

  /** The numbers of those that are damaged. */
  damaged(session: number): number[] {
    const intact = new Set(this.ofSession(session).map(({ mark_id }) => mark_id))
    return this.#ofSession.all(session).flatMap(({ mark_id }) => (intact.has(mark_id) ? [] : [mark_id]))
  }

  add(session: number, mark: Omit<MarkRow, 'mark_id'>): MarkRow {
    const { lastInsertRowid } = this.#insert.run({ session, ...mark, row_checksum: markChecksum(session, mark) })
    return { mark_id: Number(lastInsertRowid), ...mark }
  }

  /** False: there is no such mark. */
  remove(session: number, mark_id: number): boolean {
    return this.#delete.run(session, mark_id).changes > 0
  }
}
