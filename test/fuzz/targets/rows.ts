// Case 143: rows of the database, changed in any column: of sessions, logs, keyframes, rendered text and marks, with checksums that no longer
// match and with checksums made for the change. A host that has the database open is asked everything that reads them, and deletes
// them. It must answer with what is left, with a gap or with a code of its own; one row's damage stays that row's.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import zlib from 'node:zlib'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { History } from '../../../main/host/history/write/history.ts'
import { DEFAULT_LIMITS } from '../../../main/host/history/write/worker-protocol.ts'
import {
  keyframeChecksum,
  logRowChecksum,
  markChecksum,
  sessionChecksum,
  textChecksum,
  UNCHECKED,
} from '../../../main/host/store/checksums.ts'
import type { ClientAttachment } from '../../../protocol/client/client-attachment.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { ExportFormat } from '../../../protocol/messages.ts'
import { LOG_START } from '../../../protocol/position.ts'
import { buildLog, Recording, recordReports, sessionInfo, until } from '../../support/history.ts'
import { onCleanUp, Recorder } from '../../support/host.ts'
import { FuzzHost, inTime } from '../fuzz-host.ts'
import { type Edit, edited, editsWith } from '../mutate.ts'
import type { FuzzTarget } from '../target.ts'

const TABLES = ['sessions', 'pieces', 'keyframes', 'text', 'marks'] as const
type Table = (typeof TABLES)[number]

/**
 * A change of one row. `inside`: bytes are changed before they are compressed. `checksums`: as they were, made for the change, or
 * none, as in rows of earlier versions. Numbers replace the column, or are added to it.
 */
type Change = { table: Table; row: number; column: number; checksums: 'old' | 'made' | 'none' } & (
  | { put: number | string | null }
  | { plus: number }
  | { edits: Edit[]; inside: boolean }
  | { drop: true }
)

interface Damage {
  changes: Change[]
  /** Of what is exported; an export takes longer than everything else. */
  format: ExportFormat | null
  redact: boolean
}

const change: fc.Arbitrary<Change> = fc
  .tuple(
    fc.record({
      table: fc.constantFrom<Table>(
        'sessions',
        'pieces',
        'pieces',
        'pieces',
        'keyframes',
        'keyframes',
        'text',
        'text',
        'marks',
      ),
      row: fc.nat(20),
      column: fc.nat(20),
      checksums: fc.constantFrom('old', 'made', 'none'),
    }),
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          put: fc.constantFrom(
            ...[
              0,
              1,
              -1,
              2,
              80,
              1001,
              65_536,
              2 ** 31,
              2 ** 32,
              2 ** 40,
              2 ** 53 - 1,
              -(2 ** 53),
              1e18,
              null,
              '',
              'sealed',
              'tail',
            ],
            ...[
              'damaged',
              'unrecorded',
              'running',
              'exited',
              'x',
              '[]',
              '{}',
              'null',
              '[1]',
              '[[0,1,2,3,4]]',
              '[[-5,0,0,0,-1]]',
            ],
            ...['[[1e9,9,1e9,1e9,1e9]]', '[["a",{},null]]', '{"length":3}', '\0', '\u202e', 'x'.repeat(100_000)],
          ),
        }),
      },
      { weight: 2, arbitrary: fc.record({ plus: fc.constantFrom(1, -1, 7, -300, 5_000, -100_000, 10_000_000) }) },
      {
        weight: 4,
        arbitrary: fc.record({
          edits: editsWith(
            '\x1b[9999999b',
            '\x1b]8;;',
            '\x1bP',
            '[[',
            '\n',
            '\0\0\0\0',
            '\xff\xff\xff\xff',
            '\x28\xb5\x2f\xfd',
          ),
          inside: fc.boolean(),
        }),
      },
      { weight: 1, arbitrary: fc.record({ drop: fc.constant(true as const) }) },
    ),
  )
  .map(([where, what]) => ({ ...where, ...what }))

const damage: fc.Arbitrary<Damage> = fc.record({
  changes: fc.array(change, { minLength: 1, maxLength: 4 }),
  format: fc.option(fc.constantFrom(...ExportFormat.options), { nil: null, freq: 1 }),
  redact: fc.boolean(),
})

type Row = Record<string, number | string | Buffer | null>

/** More pages, chunks and rows than an undamaged session has. */
const MAX_STEPS = 400

/** Damaged sessions with which the host starts again at the end. */
const LEFT = 30

class Rows {
  readonly #host = new FuzzHost()
  #db!: Database.Database
  #template!: Record<Table, Row[]>
  #number = 0
  /** Changes that are made again at the end. */
  #latest: (readonly Change[])[] = []
  #asked = 0
  #logRead = 0
  /** Bytes are other ones than were written, though their checksums match: a client may notice. */
  #mayMismatch = false
  #failed: Record<string, number> = {}

  async start(): Promise<void> {
    await this.#host.start(dataDir => recordTemplate(join(dataDir, 'otg.db')))
    this.#db = new Database(join(this.#host.dataDir, 'otg.db'), { timeout: 5_000 })
    onCleanUp(() => this.#db.close())
    const all = (table: Table) => this.#db.prepare(`SELECT * FROM ${table}`).all() as Row[]
    this.#template = Object.fromEntries(TABLES.map(table => [table, all(table)])) as Record<Table, Row[]>
    await this.run({ changes: [], format: 'html', redact: true })
    await this.#host.settle()
  }

  async run({ changes, format, redact }: Damage): Promise<void> {
    this.#latest = [...this.#latest, changes].slice(-LEFT)
    const session_id = this.#insert(changes)
    this.#mayMismatch = changes.some(one => one.checksums !== 'old')
    await this.#readAll(session_id, format, redact)
    await this.#host.check()
    await this.#attempt('delete', () => this.#host.desktop.history.delete(session_id))
    this.#db.prepare('DELETE FROM sessions WHERE session > 1').run()
    this.#checkLog()
  }

  #checkLog(): void {
    const log = readFileSync(join(this.#host.dataDir, 'host.log'))
    const lines = log.toString('utf8', this.#logRead).split('\n')
    this.#logRead = log.length
    // That a part is damaged is what a person is to be told.
    const line = lines.find(one => /"level":[56]0/.test(one) && !one.includes('"history_damaged"'))
    if (line) throw new Error(`the log says ${line}`)
  }

  async finish(): Promise<string> {
    const figures = await this.#host.finish()
    // A host that was killed seals the ends of logs, and renders text, when it starts again.
    for (const changes of this.#latest) this.#insert(changes)
    await this.#host.startAgain()
    await this.#attempt('history', () => this.#list())
    await this.#attempt('search', () => this.#search('"building cxx"'))
    await this.#host.check()
    this.#checkLog()
    return `${this.#asked} requests, refused: ${JSON.stringify(this.#failed)}; ${figures}`
  }

  /** A copy of the recorded session, with these changes. Returns its id. */
  #insert(changes: readonly Change[]): string {
    const session = 1_000 + ++this.#number
    const session_id = `00000000-0000-4000-8000-${String(this.#number).padStart(12, '0')}`
    const copy = structuredClone(this.#template) as Record<Table, Row[]>
    for (const rows of Object.values(copy))
      for (const row of rows)
        for (const [name, value] of Object.entries(row)) if (value instanceof Uint8Array) row[name] = Buffer.from(value)
    for (const row of copy.sessions) Object.assign(row, { session, session_id })
    const offset = session * 100
    for (const row of copy.pieces) Object.assign(row, { session, piece: offset + Number(row.piece) })
    for (const row of copy.text) row.piece = offset + Number(row.piece)
    for (const row of copy.keyframes) Object.assign(row, { session, keyframe: offset + Number(row.keyframe) })
    for (const row of copy.marks) Object.assign(row, { session, mark_id: offset + Number(row.mark_id) })
    for (const table of TABLES) for (const row of copy[table]) sign(table, row)
    for (const one of changes) apply(copy, one)
    this.#db.transaction(() => {
      this.#db.pragma('foreign_keys = OFF')
      for (const table of TABLES) for (const row of copy[table]) this.#put(table, row)
      // The index names the blocks that have a word; where it is, only the text says.
      for (const { piece, blocks } of copy.text) {
        const words = this.#db.prepare('INSERT OR REPLACE INTO words (rowid, word) VALUES (?, ?)')
        for (let at = 0; at < Math.min(Number(blocks), 4); at++)
          words.run(Number(piece) * 1024 + at, 'building cxx object')
      }
    })()
    return session_id
  }

  /** What the tables' constraints do not let in cannot be in the database. */
  #put(table: Table, row: Row): void {
    const names = Object.keys(row)
    try {
      const values = names.map(name => (Number.isSafeInteger(row[name]) ? BigInt(row[name] as number) : row[name]))
      this.#db.prepare(`INSERT INTO ${table} (${names}) VALUES (${names.map(() => '?')})`).run(...values)
    } catch (error) {
      if (!/CONSTRAINT|DATATYPE|MISMATCH/.test(String((error as { code?: unknown }).code))) throw error
    }
  }

  async #readAll(session_id: string, format: ExportFormat | null, redact: boolean): Promise<void> {
    const { history } = this.#host.desktop
    await Promise.all([
      this.#attempt('history', () => this.#list()),
      this.#attempt('timeline', () => history.timeline(session_id, 50)),
      ...[{ at: 0 }, { at: 900 }, { offset: 50_000 }, { offset: 2 ** 40 }].map(target =>
        this.#attempt('seek', () => history.seek(session_id, target)),
      ),
      this.#attempt('playback', () => this.#play(session_id)),
      this.#attempt('search', () => this.#search('"building cxx"')),
      this.#attempt('search', () => this.#search('/hash=[0-9a-f]+1/')),
      this.#attempt('read backward', () => this.#read(session_id, 'before')),
      this.#attempt('read forward', () => this.#read(session_id, 'after')),
      this.#attempt('screen', () => this.#host.desktop.screen(session_id)),
      this.#attempt('mark', async () => {
        const { mark_id } = await history.mark(session_id, { at: 500 }, 'x')
        await history.unmark(session_id, mark_id)
      }),
      this.#attempt('attach', () => this.#attach(session_id)),
      format !== null &&
        this.#attempt('export', () =>
          history.export(session_id, { format, ...(redact && { redact: { secrets: true } }) }, () => {}),
        ),
    ])
  }

  /** The undamaged session is there, whatever is beside it. */
  async #list(): Promise<void> {
    const { sessions } = await this.#host.desktop.history.sessions({ limit: 100 })
    const isWhole = sessions.some(one => one.session_id === this.#template.sessions[0]!.session_id)
    if (!isWhole) throw new Error('a damaged session hides another one')
  }

  async #play(session_id: string): Promise<void> {
    let at = LOG_START
    for (let step = 0; step < MAX_STEPS; step++) {
      const chunk = await this.#host.desktop.history.readChunk(session_id, at)
      if (chunk.kind === 'end') return
      const next = chunk.kind === 'gap' ? chunk.to : chunk.end
      if (next.offset < at.offset || (next.offset === at.offset && next.n <= at.n))
        throw new Error(`playback does not advance at ${JSON.stringify([at, chunk.kind, next])}`)
      at = next
    }
    throw new Error('playback has no end')
  }

  async #read(session_id: string, direction: 'before' | 'after'): Promise<void> {
    let at: number | null | undefined = direction === 'after' ? 0 : undefined
    for (let step = 0; step < MAX_STEPS; step++) {
      const page = await this.#host.desktop.history.read(session_id, {
        limit: 500,
        ...(at != null && { [direction]: at }),
      })
      if (page.lines.length === 0) return
      const next = page[direction]
      if (next === null) return
      if (at != null && (direction === 'after' ? next <= at : next >= at))
        throw new Error(`reading ${direction} ${at} does not advance`)
      at = next
    }
    throw new Error(`reading ${direction} has no end`)
  }

  async #search(query: string): Promise<void> {
    let cursor: string | undefined
    for (let step = 0; step < MAX_STEPS; step++) {
      const page = await this.#host.desktop.history.search(query, { cursor, limit: 200, context: 2 })
      if (page.cursor === null) return
      cursor = page.cursor
    }
    throw new Error('the search has no end')
  }

  async #attach(session_id: string): Promise<void> {
    const { desktop } = this.#host
    const attached: ClientAttachment = desktop.attach(session_id, new Recorder(), {
      read_only: true,
      history_bytes: 2 ** 30,
    })
    try {
      await new Promise<void>((resolve, reject) => {
        attached.on('caught_up', () => resolve())
        attached.on('exit', () => resolve())
        attached.on('failed', reject)
      })
    } finally {
      desktop.detach(attached)
    }
  }

  async #attempt(what: string, work: () => Promise<unknown>): Promise<void> {
    this.#asked++
    try {
      await inTime(work(), what)
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      const { code, message } = error
      const isFault = ['internal', 'request_timeout', 'connection_lost', 'client_closed'].includes(code)
      if (isFault || (code === 'bad_frame' && !this.#mayMismatch)) throw new Error(`${what}: ${code}: ${message}`)
      this.#failed[code] = (this.#failed[code] ?? 0) + 1
    }
  }
}

/** Of small segments, so that a copy is quick, with everything that a log has. */
async function recordTemplate(file: string): Promise<void> {
  mkdirSync(join(file, '..'), { recursive: true })
  const history = await History.open(file, DEFAULT_LIMITS, recordReports())
  const recording = new Recording(history, sessionInfo({ session_id: '00000000-0000-4000-8000-000000000000' }))
  const output = buildLog(140_000)
  for (let at = 0; at < 8; at++) {
    recording.at = at * 200
    if (at % 3 === 1) recording.resize(100 + at, 30)
    recording.print(output.subarray(at * 17_500, (at + 1) * 17_500))
    if (at === 6) recording.print('\x1b[?1049h\x1b[2Jfull screen\x1b[?1049l\r\n')
    await history.flush()
    if (at % 2 === 1 && at < 6) {
      recording.seal()
      recording.keyframe(`\x1b[1;31m${'state '.repeat(50)}\r\n`)
    }
  }
  recording.finish()
  await history.flush()
  await until(async () => (await history.stats()).text_pending === 0)
  await history.mark(recording.session_id, { offset: 20_000, at: 400 }, 'mark')
  await history.close()
}

/** What the other rows refer to. */
const IDENTITY = ['session', 'session_id', 'piece', 'keyframe', 'mark_id']

const isCompressed = (row: Row) =>
  row.compressed === undefined ? row.blob instanceof Buffer : Number(row.compressed) === 1

function apply(rows: Record<Table, Row[]>, change: Change): void {
  const all = rows[change.table]
  const row = all[change.row % Math.max(1, all.length)]
  if (!row) return
  if ('drop' in change) return void all.splice(all.indexOf(row), 1)
  const names = Object.keys(row).filter(name => !IDENTITY.includes(name))
  const name = names[change.column % names.length]!
  const before = row[name]!
  if ('put' in change) row[name] = change.put
  else if ('plus' in change && typeof before === 'number') row[name] = before + change.plus
  else if ('edits' in change && before instanceof Buffer) {
    if (change.inside && name === 'blob' && isCompressed(row)) {
      const raw = edited(zlib.zstdDecompressSync(before), change.edits)
      row.blob = zlib.zstdCompressSync(raw)
      if (change.checksums !== 'old' && typeof row.checksum === 'number') row.checksum = zlib.crc32(raw)
      if (change.checksums !== 'old' && typeof row.size === 'number') row.size = raw.length
    } else row[name] = edited(before, change.edits)
  } else if ('edits' in change && typeof before === 'string')
    row[name] = edited(Buffer.from(before), change.edits).toString('utf8')
  if (change.checksums === 'old') return
  if (row.blob instanceof Buffer && 'blob_checksum' in row) row.blob_checksum = zlib.crc32(row.blob)
  if (change.checksums === 'made') return sign(change.table, row)
  row[change.table === 'text' ? 'checksum' : 'row_checksum'] = UNCHECKED
}

/** Makes the checksum of a row; the blob's was made before. */
function sign(table: Table, row: Row): void {
  const any = row as never
  if (table === 'sessions') row.row_checksum = sessionChecksum(any)
  if (table === 'pieces') row.row_checksum = logRowChecksum(any)
  if (table === 'keyframes') row.row_checksum = keyframeChecksum(Number(row.session), any)
  if (table === 'marks') row.row_checksum = markChecksum(Number(row.session), any)
  if (table === 'text' && row.blob instanceof Buffer)
    row.checksum = textChecksum(Number(row.piece), Number(row.lines), Number(row.size), row.blob)
}

const target: FuzzTarget<Damage> = {
  inputs: damage,
  start: async () => {
    const rows = new Rows()
    await rows.start()
    return { run: input => rows.run(input), finish: () => rows.finish() }
  },
}
export default target
