// Prints the contents of a host's database (docs/debugging.md), which it opens read-only.
//   node test/manual/inspect.ts [DATA_DIR]                      sessions
//   node test/manual/inspect.ts DATA_DIR SESSION                its log rows and keyframes
//   node test/manual/inspect.ts DATA_DIR SESSION keyframe N     keyframe number N, control characters made visible
//   node test/manual/inspect.ts DATA_DIR SESSION output N       the output of log row N
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { defaultDataDir } from '../../main/host/files/host-info.ts'
import { unpack, unzstd } from '../../main/host/recording/compression.ts'

interface Row {
  [column: string]: number | string | Uint8Array | null
}

const [dataDir = defaultDataDir(process.env), session, what, number] = process.argv.slice(2)
const file = join(dataDir, 'otg.db')
if (!existsSync(file)) throw new Error(`no database at ${file}`)
const database = new Database(file, { readonly: true })
const all = (sql: string, ...values: unknown[]) => database.prepare<unknown[], Row>(sql).all(...values)

/** Shows control characters like `cat -v`; keeps line feeds. */
const visible = (bytes: Uint8Array) =>
  new TextDecoder()
    .decode(bytes)
    .replace(/[\0-\x08\x0b-\x1f\x7f]/g, char =>
      char === '\x7f' ? '^?' : `^${String.fromCharCode(char.charCodeAt(0) + 64)}`,
    )

if (session === undefined)
  console.table(
    all(`SELECT session_id, title, state, end_offset AS bytes, cols, rows,
    datetime(created_at / 1000, 'unixepoch') AS created FROM sessions ORDER BY created_at`),
  )
else {
  const [row] = all('SELECT session FROM sessions WHERE session_id LIKE ?', `${session}%`)
  if (!row) throw new Error(`no session id begins with ${session}`)
  if (what === undefined) {
    console.log('log rows')
    console.table(
      all(
        `SELECT piece AS row, kind, offset, n, end_offset, end_n, at AS ms, length(blob) AS stored, resizes
      FROM pieces WHERE session = ? ORDER BY offset, n`,
        row.session,
      ),
    )
    console.log('keyframes')
    console.table(
      all(
        `SELECT keyframe, offset, n, cols, rows, size, length(blob) AS stored
      FROM keyframes WHERE session = ? ORDER BY offset, n`,
        row.session,
      ),
    )
  } else if (what === 'keyframe') {
    const [found] = all('SELECT size, blob FROM keyframes WHERE session = ? AND keyframe = ?', row.session, number)
    if (found) console.log(visible(unzstd(found.blob as Uint8Array, found.size as number)))
  } else {
    const [found] = all(
      `SELECT compressed, end_offset - offset AS size, blob
      FROM pieces WHERE session = ? AND piece = ?`,
      row.session,
      number,
    )
    const packed = { blob: found?.blob as Uint8Array, compressed: found?.compressed === 1 }
    if (found) console.log(visible(unpack(packed, found.size as number)))
  }
}
