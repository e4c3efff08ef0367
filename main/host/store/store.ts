// The database of a host. The only file that knows better-sqlite3; knows nothing of PTYs or clients.
import Database from 'better-sqlite3'
import { CodedError } from '../../../protocol/errors.ts'
import type { SessionInfo, SessionState } from '../../../protocol/messages.ts'
import { MIGRATIONS } from './migrations.ts'

/** A backup or a viewer may hold the database for a moment; longer than this is a fault worth telling. */
const BUSY_MS = 2_000

interface Row extends Omit<SessionInfo, 'command' | 'clients'> {
  command: string
}

export class Store {
  readonly #database: Database.Database
  readonly #insert: Database.Statement<[Row]>
  readonly #update: Database.Statement<[Row]>
  readonly #select: Database.Statement<[number], Row>

  /**
   * Opens the database at `file` and brings it to the newest version. Sessions that were left `running` become
   * `host_crashed`: their PTY is gone with the host that had it.
   * Throws `store_newer`, `store_damaged`, `data_dir_unusable`.
   */
  constructor(file: string, now: () => number) {
    try {
      this.#database = new Database(file, { timeout: BUSY_MS })
    } catch (cause) {
      throw new CodedError('data_dir_unusable', `the database ${file} cannot be opened: ${text(cause)}`, { cause })
    }
    try {
      this.#prepareFile(file)
    } catch (error) {
      this.#database.close()
      if (error instanceof CodedError) throw error
      const damaged = /NOTADB|CORRUPT/.test((error as { code?: string }).code ?? '')
      throw damaged
        ? new CodedError('store_damaged', `${file} is damaged; move it away to start with a new one`, { cause: error })
        : new CodedError('data_dir_unusable', `the database ${file} cannot be used: ${text(error)}`, { cause: error })
    }
    const columns = 'title, command, cwd, state, exit_code, signal, pid, ended_at, last_activity, cols, rows, bytes'
    const names = columns.split(', ')
    this.#insert = this.#database.prepare(
      `INSERT INTO sessions (session_id, created_at, ${columns})
       VALUES (@session_id, @created_at, ${names.map(name => `@${name}`).join(', ')})`,
    )
    this.#update = this.#database.prepare(
      `UPDATE sessions SET ${names.map(name => `${name} = @${name}`).join(', ')} WHERE session_id = @session_id`,
    )
    this.#select = this.#database.prepare('SELECT * FROM sessions ORDER BY created_at DESC LIMIT ?')
    this.#database
      .prepare("UPDATE sessions SET state = 'host_crashed', pid = NULL, ended_at = ? WHERE state = 'running'")
      .run(now())
  }

  insertSession(session: SessionInfo): void {
    this.#insert.run(toRow(session))
  }

  updateSession(session: SessionInfo): void {
    this.#update.run(toRow(session))
  }

  /** The newest sessions first, ended ones too. */
  sessions(most: number): SessionInfo[] {
    return this.#select.all(most).map(fromRow)
  }

  /** Puts the write-ahead log into the database and closes it. Twice is fine. */
  close(): void {
    if (!this.#database.open) return
    this.#database.pragma('wal_checkpoint(TRUNCATE)')
    this.#database.close()
  }

  #prepareFile(file: string): void {
    const database = this.#database
    // Only an empty database takes auto_vacuum, so it comes first.
    database.pragma('auto_vacuum = INCREMENTAL')
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = NORMAL')
    database.pragma('foreign_keys = ON')
    const version = database.pragma('user_version', { simple: true }) as number
    if (version > MIGRATIONS.length)
      throw new CodedError(
        'store_newer',
        `${file} was written by a newer version (${version}, this one knows ${MIGRATIONS.length}); update On the Go`,
      )
    database.transaction(() => {
      for (let from = version; from < MIGRATIONS.length; from++) {
        database.exec(MIGRATIONS[from]!)
        database.pragma(`user_version = ${from + 1}`)
      }
    })()
  }
}

/**
 * Holds `file` as a lock until the process ends, however it ends: the system frees it. Returns what releases it, or
 * undefined when another process holds it.
 */
export function holdLock(file: string): (() => void) | undefined {
  const database = new Database(file, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
  return () => database.close()
}

function toRow(session: SessionInfo): Row {
  const { clients: _, ...row } = session
  return { ...row, command: JSON.stringify(session.command) }
}

function fromRow(row: Row): SessionInfo {
  return { ...row, state: row.state as SessionState, command: JSON.parse(row.command) as string[], clients: 0 }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
