// How long a search takes over a gigabyte of recorded output, and what it costs whoever else uses the host. Knows nothing
// of playback. OTG_BENCH_SEARCH_MB sets how much is recorded.
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

/** What a person would look for, and what is worst for an index of words. */
const QUERIES: [what: string, query: string, filter?: HistoryFilter][] = [
  ['a word that is there once', 'unmistakable'],
  ['a word that is nowhere', 'nevermentioned'],
  ['a word that is in every line', 'building'],
  ['a beginning that many words have', 'module*'],
  ['a beginning of hundreds of thousands of words', 'ab*'],
  ['words in a row', '"linker failed"'],
  ['common words that are in no line together', 'building warning'],
  ['a common word, in sessions of one folder', 'building', { cwd: '/src/project-3' }],
  ['punctuation that the index does not know', '=>'],
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
    ['of this the index', mb(indexBytes), ratio(indexBytes, bytes), 'target 0.40 x'],
  ]
  const first = performance.now()
  await client.history.search('warmup')
  rows.push(['the first search, which starts the thread', ms(performance.now() - first)])
  for (const [what, query, filter] of QUERIES) {
    const times: number[] = []
    let words = ''
    for (let i = 0; i < TIMES; i++) {
      const start = performance.now()
      const { hits, cursor, complete } = await client.history.search(query, filter ? { filter } : {})
      times.push(performance.now() - start)
      words = `${hits.length} hits${cursor ? ' and more' : ''}${complete ? '' : ', time was up'}`
    }
    rows.push([what, ...spread(times, ms), words])
  }
  rows.push(...(await beside(host)))
  client.close()
  await host.stop()
  printTable(`search over ${mb(bytes)}, over WebSocket, ${TIMES} times (target 200 ms)`, rows)
}

/** Keystrokes of another client while the worst queries run one after the other. */
async function beside(host: BenchHost): Promise<Row[]> {
  const [typist, searcher] = [await host.connect(), await host.connect()]
  const { session_id } = await typist.create({ command: ['sh', '-c', 'stty raw -echo; exec cat'] })
  let heard = () => {}
  const attached = typist.attach(
    session_id,
    sink(() => heard()),
  )
  await nextEvent(attached, 'caught_up')
  await wait(300)
  const echo = async () => {
    const times: number[] = []
    for (let i = 0; i < 200; i++) {
      const start = performance.now()
      const back = new Promise<void>(resolve => {
        heard = resolve
      })
      attached.type(Buffer.from('x'))
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
      'and while somebody searches',
      ms(half(during)),
      ratio(half(during), half(alone)),
      `p99 ${ms(percentile(during, 0.99))}`,
    ],
  ]
}

/** The same rows that a host writes, without a terminal that draws every line first: that takes a minute. */
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
        const { piece } = store.logRows.lastRow(store.sessions.get(session_id)!.session)!
        const lines = stripEscapes(bytes, at.offset)
        const { text, blocks } = toBlocks(lines)
        store.logRows.expectBlocks(piece, blocks.length)
        for (const [block, each] of blocks.entries()) store.logRows.putWords(piece, block, wordsOfBlock(each))
        store.logRows.putText(piece, lines.length, text.length, zstd(text))
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
