// How long a search over a gigabyte of recorded output takes, and how much it slows other clients. OTG_BENCH_SEARCH_MB sets how
// much is recorded.
import { randomUUID } from 'node:crypto'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { stripEscapes } from '../../main/host/history/text/strip-escapes.ts'
import { toBlocks, wordsOfBlock } from '../../main/host/history/text/text-blocks.ts'
import { Writer } from '../../main/host/history/write/writer.ts'
import { zstd } from '../../main/host/recording/compression.ts'
import { Store } from '../../main/host/store/store.ts'
import type { HistoryFilter } from '../../protocol/messages.ts'
import { LOG_START, type Position } from '../../protocol/position.ts'
import { folder, MB } from './support/files.ts'
import { BenchHost, nextEvent, sink, wait } from './support/host.ts'
import { mb, ms, percentile, printTable, type Row, ratio, seconds, spread } from './support/table.ts'

const MEGABYTES = Number(process.env.OTG_BENCH_SEARCH_MB ?? 1000)
const SESSION_MEGABYTES = 50
const TIMES = 7

/** Typical queries, and the worst ones for a word index. */
const QUERIES: [what: string, query: string, filter?: HistoryFilter][] = [
  ['a word that occurs once', 'unmistakable'],
  ['a word that does not occur', 'nevermentioned'],
  ['a word in every line', 'building'],
  ['a prefix of many words', 'module*'],
  ['a prefix of hundreds of thousands of words', 'ab*'],
  ['a phrase', '"linker failed"'],
  ['common words that never share a line', 'building warning'],
  ['a common word, in sessions of one folder', 'building', { cwd: '/src/project-3' }],
  ['punctuation, which is not indexed', '=>'],
]

export async function search(): Promise<void> {
  const data = 'search'
  const begin = performance.now()
  const { bytes, file } = build(join(folder, data))
  const built = (performance.now() - begin) / 1000
  const index = new Store(file, Date.now, { readonly: true })
  const indexBytes = index.logRows.indexBytes()
  index.close()
  const size = statSync(file).size
  const host = await BenchHost.start({ data })
  const client = await host.connect()
  const rows: Row[] = [
    [
      'recorded',
      mb(bytes),
      undefined,
      `${Math.ceil(MEGABYTES / SESSION_MEGABYTES)} sessions, built in ${seconds(built)}`,
    ],
    ['database', mb(size), ratio(size, bytes), 'of raw'],
    ['of which the index', mb(indexBytes), ratio(indexBytes, bytes), 'target 0.40 x'],
  ]
  const first = performance.now()
  await client.history.search('warmup')
  rows.push(['first search, which starts the thread', ms(performance.now() - first)])
  for (const [what, query, filter] of QUERIES) {
    const times: number[] = []
    let note = ''
    for (let i = 0; i < TIMES; i++) {
      const start = performance.now()
      const { hits, cursor, complete } = await client.history.search(query, filter ? { filter } : {})
      times.push(performance.now() - start)
      note = `${hits.length} hits${cursor ? ' and more' : ''}${complete ? '' : ', timed out'}`
    }
    rows.push([what, ...spread(times, ms), note])
  }
  rows.push(...(await echoWhileSearching(host)))
  client.close()
  await host.stop()
  printTable(`search over ${mb(bytes)}, over WebSocket, ${TIMES} times (target 200 ms)`, rows)
}

/** Echo times of another client while the worst query runs repeatedly. */
async function echoWhileSearching(host: BenchHost): Promise<Row[]> {
  const [typist, searcher] = [await host.connect(), await host.connect()]
  const { session_id } = await typist.create({ command: ['sh', '-c', 'stty raw -echo; exec cat'] })
  let onEcho = () => {}
  const attachment = typist.attach(
    session_id,
    sink(() => onEcho()),
  )
  await nextEvent(attachment, 'caught_up')
  await wait(300)
  const echo = async () => {
    const times: number[] = []
    for (let i = 0; i < 200; i++) {
      const start = performance.now()
      const back = new Promise<void>(resolve => {
        onEcho = resolve
      })
      attachment.type(Buffer.from('x'))
      await back
      times.push(performance.now() - start)
      await wait(5)
    }
    return times
  }
  const alone = await echo()
  let searching = true
  const searches = (async () => {
    while (searching) await searcher.history.search('building warning')
  })()
  const during = await echo()
  searching = false
  await searches
  typist.close()
  searcher.close()
  const half = (times: number[]) => percentile(times, 0.5)
  return [
    ['keystroke to echo, p50, alone', ms(half(alone))],
    [
      'while another client searches',
      ms(half(during)),
      ratio(half(during), half(alone)),
      `p99 ${ms(percentile(during, 0.99))}`,
    ],
  ]
}

/** Writes the same rows that a host does, without rendering every line in a terminal, which would take a minute. */
function build(path: string): { bytes: number; file: string } {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const file = join(path, 'otg.db')
  const store = new Store(file, Date.now)
  const writer = new Writer(store)
  let line = 0
  let total = 0
  const now = Date.now()
  for (let session = 0; total < MEGABYTES * MB; session++) {
    const session_id = randomUUID()
    const created_at = now - (100 - session) * 3_600_000
    store.transaction(() =>
      writer.write({
        do: 'insert',
        session: {
          session_id,
          title: `build ${session}`,
          command: ['make', 'all'],
          cwd: `/src/project-${session % 10}`,
          state: 'running',
          exit_code: null,
          signal: null,
          pid: null,
          created_at,
          ended_at: null,
          last_activity: created_at,
          cols: 200,
          rows: 50,
          bytes: 0,
          clients: 0,
          idle: false,
          last_line: '',
          branch: '',
          activity: null,
          attention: null,
          viewers: [],
        },
        process: null,
      }),
    )
    let at: Position = LOG_START
    for (let part = 0; part < SESSION_MEGABYTES && total < MEGABYTES * MB; part++) {
      let text = ''
      while (text.length < MB) text += lineOf(line++)
      const bytes = Buffer.from(text)
      store.transaction(() => {
        writer.write({
          do: 'append',
          batch: 0,
          bytes: bytes.length,
          sessions: [
            { session_id, from: at, bytes: new Uint8Array(bytes), runs: [part * 1000, bytes.length], resizes: [] },
          ],
        })
        writer.write({ do: 'seal', session_id, position: { offset: at.offset + bytes.length, n: 0 } })
        const { row_id } = store.logRows.lastRow(store.sessions.get(session_id)!.session)!
        const lines = stripEscapes(bytes, at.offset)
        const { text, blocks } = toBlocks(lines)
        store.logRows.expectBlocks(row_id, blocks.length)
        for (const [block, each] of blocks.entries()) store.logRows.putWords(row_id, block, wordsOfBlock(each))
        store.logRows.putText(row_id, lines.length, text.length, zstd(text))
      })
      at = { offset: at.offset + bytes.length, n: 0 }
      total += bytes.length
      if (part % 8 === 0) store.checkpoint()
    }
    store.transaction(() =>
      store.sessions.update({ ...sessionEnd(store, session_id), state: 'exited', ended_at: created_at + 60_000 }),
    )
  }
  store.close()
  return { bytes: total, file }
}

function sessionEnd(store: Store, session_id: string) {
  const row = store.sessions.get(session_id)!
  return {
    ...row,
    command: JSON.parse(row.command) as string[],
    state: 'exited' as const,
    bytes: 0,
    clients: 0,
    idle: false,
    last_line: '',
    branch: '',
    activity: null,
    attention: null,
    viewers: [],
  }
}

function lineOf(line: number): string {
  if (line === 1_234_567) return 'an unmistakable line\r\n'
  if (line % 50_000 === 7) return `ld: linker failed => module_${line}\r\n`
  if (line % 40 === 3) return `warning: unused variable in file_${line % 5003}.c\r\n`
  const hash = ((line * 2654435761) >>> 0).toString(16)
  return `\x1b[32m[${String(line % 997).padStart(3)}/997]\x1b[m Building CXX object src/core/CMakeFiles/core.dir/module_${(line * 7919) % 10007}.cpp.o -O2 -Wall hash=${hash}\r\n`
}
