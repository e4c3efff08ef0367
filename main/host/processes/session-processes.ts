// Remembers the processes of sessions in files, one for each session, until nothing of the session has to be ended any more:
// also if the database is lost, and however often hosts start and crash meanwhile.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { Logger } from '../log/logger.ts'
import type { ProcessIdentity } from '../recording/types.ts'

const Record = z.strictObject({
  session_id: z.uuid(),
  /** The session's leader. */
  pid: z.int().positive(),
  start_time: z.string().max(64),
  boot_id: z.string().max(64),
  /** When it was told to end by a later host, in milliseconds since the system started; absent: it was not. */
  hung_up_at: z.number().optional(),
})
export type ProcessRecord = z.infer<typeof Record>

/** Records of earlier hosts that are read: more than hosts leave behind, less than fills memory. */
const MAX_RECORDS = 4_096

export class SessionProcesses {
  readonly #folder: string
  readonly #log: Pick<Logger, 'error'>

  constructor(folder: string, log: Pick<Logger, 'error'>) {
    this.#folder = folder
    this.#log = log
  }

  /** A session's process runs. Does not throw: the session runs, whether it is remembered or not. */
  add(session_id: string, process: ProcessIdentity | null): void {
    if (process) this.put({ session_id, ...process })
  }

  /** A crash of the host leaves the old record or the new one; the system's crash ends the processes, so nothing is synced. */
  put(record: ProcessRecord): void {
    const file = this.#fileOf(record.session_id)
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      writeFileSync(`${file}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 })
      renameSync(`${file}.new`, file)
    } catch (error) {
      this.#log.error({ err: error, session: record.session_id }, 'the process of a session could not be remembered')
    }
  }

  remove(session_id: string): void {
    try {
      rmSync(this.#fileOf(session_id), { force: true })
    } catch (error) {
      this.#log.error({ err: error, session: session_id }, 'a process that has ended is still remembered')
    }
  }

  /** What earlier hosts left. Files that are not ours are ignored. */
  list(): ProcessRecord[] {
    const records: ProcessRecord[] = []
    for (const name of namesIn(this.#folder).slice(0, MAX_RECORDS)) {
      if (!name.endsWith('.json')) continue
      try {
        const record = Record.parse(JSON.parse(readFileSync(join(this.#folder, name), 'utf8')))
        if (name === `${record.session_id}.json`) records.push(record)
      } catch (error) {
        this.#log.error({ err: error, file: name }, 'the record of a process cannot be read')
      }
    }
    return records
  }

  #fileOf(session_id: string): string {
    return join(this.#folder, `${session_id}.json`)
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // no host had a session yet
  }
}
