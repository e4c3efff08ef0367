// The marks table: labels that people put into recordings.
import type Database from 'better-sqlite3'

export interface MarkRow {
  mark_id: number
  offset: number
  /** Milliseconds since the session's birth. */
  at: number
  label: string
}

export class MarkRows {
  readonly #ofSession: Database.Statement<[number], MarkRow>
  readonly #insert: Database.Statement<[Record<string, unknown>]>
  readonly #delete: Database.Statement<[number, number]>

  constructor(db: Database.Database) {
    this.#ofSession = db.prepare(
      'SELECT mark_id, offset, at, label FROM marks WHERE session = ? ORDER BY offset, at, mark_id',
    )
    this.#insert = db.prepare('INSERT INTO marks (session, offset, at, label) VALUES (@session, @offset, @at, @label)')
    this.#delete = db.prepare('DELETE FROM marks WHERE session = ? AND mark_id = ?')
  }

  /** In the order of the log. */
  ofSession(session: number): MarkRow[] {
    return this.#ofSession.all(session)
  }

  add(session: number, mark: Omit<MarkRow, 'mark_id'>): MarkRow {
    const { lastInsertRowid } = this.#insert.run({ session, ...mark })
    return { mark_id: Number(lastInsertRowid), ...mark }
  }

  /** False: there is no such mark. */
  remove(session: number, mark_id: number): boolean {
    return this.#delete.run(session, mark_id).changes > 0
  }
}
