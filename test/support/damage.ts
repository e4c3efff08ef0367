// Recorded sessions on disk, ways to damage what is stored, and everything that a client can ask of a history.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Screen } from '../../main/host/screen/screen.ts'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { toCoded } from '../../protocol/errors.ts'
import type { ExportFormat } from '../../protocol/messages.ts'
import { LOG_START } from '../../protocol/position.ts'
import { buildLog, keyframeOf, openHistory, Recording, sessionInfo, until } from './history.ts'
import { temporaryFolder } from './host.ts'

/** Small ones, so that there is little to ask for. */
export const SEGMENT_BYTES = 64 * 1024

/** A word in the middle of the session with segments. */
export const NEEDLE = 'needle4711'

/**
 * A data folder with a session of three segments, keyframes, rendered text and a mark, and one whose tail is not sealed. Resolves
 * with its path and the sessions' IDs.
 */
export async function recordedFolder(): Promise<{ folder: string; long: string; short: string }> {
  const folder = join(temporaryFolder(), 'data')
  mkdirSync(folder, { mode: 0o700 })
  const history = await openHistory(join(folder, 'otg.db'))
  const long = new Recording(history, sessionInfo({ title: 'long', command: ['make', 'all'] }))
  const screen = new Screen({ cols: 80, rows: 24, scrollback: 100 })
  const print = (output: Uint8Array) => {
    long.print(output)
    screen.write(output)
  }
  for (let segment = 0; segment < 3; segment++) {
    const log = buildLog(SEGMENT_BYTES - 200, segment * 10_000)
    for (let at = 0; at < log.length; at += 10_000) {
      long.at += 50
      print(log.subarray(at, at + 10_000))
    }
    print(Buffer.from(`\r\n${NEEDLE} ${segment}\r\n`))
    if (segment === 1) {
      long.resize(100, 30)
      screen.resize(100, 30)
    }
    long.seal()
    const { vt, pending, cols, rows } = screen.keyframe()
    const state = Buffer.concat([vt, pending])
    history.keyframe(long.session_id, { ...keyframeOf(state, long.end), cols, rows })
  }
  long.print('the last words\r\n')
  long.finish()
  // A host that crashed has left a tail; it is `running` until the next one opens the history.
  const short = new Recording(history, sessionInfo({ title: 'short', command: ['sh'] }))
  short.print('one line of the tail\r\n')
  await history.mark(long.session_id, { offset: SEGMENT_BYTES, at: 500 }, 'a mark')
  await history.flush()
  await until(async () => (await history.stats()).text_pending === 0)
  await history.close()
  return { folder, long: long.session_id, short: short.session_id }
}

/** Changes one byte in the middle of a column's value, or makes a number another one, in the rows that `where` selects. */
export function damage(folder: string, table: string, column: string, where = '1'): number {
  const database = new Database(join(folder, 'otg.db'))
  try {
    const key = { sessions: 'session', pieces: 'piece', keyframes: 'keyframe', text: 'piece', marks: 'mark_id' }[table]!
    const rows = database
      .prepare<[], { key: number; value: unknown }>(
        `SELECT ${key} AS key, ${column} AS value FROM ${table} WHERE ${column} IS NOT NULL AND (${where})`,
      )
      .all()
    database.pragma('foreign_keys = OFF')
    const write = database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`)
    for (const { key, value } of rows) write.run(changed(value), key)
    return rows.length
  } finally {
    database.close()
  }
}

function changed(value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value) ^ 4n
  const bytes = Buffer.from(value as string | Uint8Array)
  const at = bytes.length >> 1
  if (bytes.length === 0) return Buffer.from([7])
  bytes[at] = bytes[at]! ^ 4
  return typeof value === 'string' ? bytes.toString('latin1') : bytes
}

/** What each question about a history is answered with: a value, or the code of an error. */
export interface Answers {
  list: unknown
  timeline: unknown
  read: unknown
  forward: unknown
  search: unknown
  seek: unknown
  playback: unknown
  exports: Record<ExportFormat, unknown>
}

const FORMATS: readonly ExportFormat[] = ['txt', 'html', 'raw', 'cast']

/** Asks everything about one session. */
export async function askEverything(client: LocalClient, session_id: string): Promise<Answers> {
  const { history } = client
  const exports = {} as Record<ExportFormat, unknown>
  for (const format of FORMATS)
    exports[format] = await answerOf(async () => {
      const parts: Uint8Array[] = []
      await history.export(session_id, { format }, bytes => parts.push(bytes))
      return Buffer.concat(parts).toString('latin1')
    })
  return {
    list: await answerOf(async () => (await history.sessions()).sessions.map(({ title, state }) => [title, state])),
    timeline: await answerOf(async () => {
      const { from, to, gaps, marks, start, end } = await history.timeline(session_id, 10)
      return { from, to, gaps, marks, start, end }
    }),
    read: await answerOf(() => readBackward(client, session_id)),
    forward: await answerOf(async () => (await history.read(session_id, { after: 0, limit: 500 })).lines),
    search: await answerOf(async () => {
      const found: string[] = []
      for (let cursor: string | undefined; ; ) {
        const page = await history.search(NEEDLE, { filter: { session_id }, cursor })
        found.push(...page.hits.map(({ line }) => line.trim()))
        if (page.cursor === null) return found
        cursor = page.cursor
      }
    }),
    seek: await answerOf(async () => (await history.seek(session_id, { offset: 2 * SEGMENT_BYTES })).position),
    playback: await answerOf(() => playBack(client, session_id)),
    exports,
  }
}

async function answerOf<T>(ask: () => Promise<T>): Promise<T | { error: string; message: string }> {
  try {
    return await ask()
  } catch (error) {
    const { code, message } = toCoded(error)
    return { error: code, message }
  }
}

/** Codes of all errors among the answers. */
export function errorsIn(answers: Answers): string[] {
  const { exports, ...rest } = answers
  return [...Object.entries(rest), ...Object.entries(exports)].flatMap(([name, answer]) => {
    const { error, message } = (answer ?? {}) as { error?: string; message?: string }
    return error ? [`${name}: ${error} (${message})`] : []
  })
}

async function readBackward(client: LocalClient, session_id: string): Promise<string[]> {
  const lines: string[] = []
  let before: number | undefined
  for (let pages = 0; pages < 200; pages++) {
    const page = await client.history.read(session_id, { ...(before !== undefined && { before }), limit: 1_000 })
    lines.unshift(...page.gaps.map(gap => `[${gap.reason}]`), ...page.lines.map(({ text }) => text))
    if (page.before === null) return lines
    before = page.before
  }
  throw new Error('reading does not end')
}

/** Output and gaps, in order, as `from-to` and `reason from-to`. */
async function playBack(client: LocalClient, session_id: string): Promise<string[]> {
  const parts: string[] = []
  for (let at = LOG_START, count = 0; count < 500; count++) {
    const chunk = await client.history.readChunk(session_id, at)
    if (chunk.kind === 'end') return parts
    if (chunk.kind === 'gap') {
      parts.push(`${chunk.reason} ${chunk.from.offset}-${chunk.to.offset}`)
      at = chunk.to
    } else {
      parts.push(`${chunk.position.offset}-${chunk.end.offset}`)
      at = chunk.end
    }
  }
  throw new Error('the playback does not end')
}
