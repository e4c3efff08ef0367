// What sessions cost that do nothing. Knows nothing of clients that watch them.
import { MB } from './support/files.ts'
import { BenchHost, wait } from './support/host.ts'
import { mb, printTable, type Row } from './support/table.ts'

const SESSIONS = 50
const WATCH_MS = 5_000

export async function idle(): Promise<void> {
  const rows: Row[] = []
  rows.push(...(await idleAfter(0, SESSIONS)))
  rows.push(...(await idleAfter(0.2 * MB, SESSIONS)))
  // As much as fills what memory keeps of a log; fewer, since their text takes long to render.
  rows.push(...(await idleAfter(5 * MB, 6)))
  printTable(`${SESSIONS} idle sessions; memory is the host's, without that of their shells`, rows)
}

async function idleAfter(bytes: number, count: number): Promise<Row[]> {
  const host = await BenchHost.start()
  const client = await host.connect()
  const open = async () => {
    if (bytes > 0) await host.fill(client, bytes)
    else await client.create({ command: ['sh', '-c', 'exec sleep 100000'] })
  }
  // The first brings the screens' thread and its code.
  await open()
  await wait(bytes > 0 ? 3_000 : 1_000)
  const { rss } = await host.request('settle')
  for (let i = 0; i < count; i++) await open()
  // Until what was printed is checkpointed and rendered as text, the host is not idle.
  while ((await host.request('flush')).text_pending > 0) await wait(200)
  await wait(2_500)
  const after = await host.request('settle')
  const rows: Row[] = []
  if (bytes === 0) {
    await host.request('rest')
    await wait(WATCH_MS)
    const { cpu_ms } = await host.request('stats')
    rows.push(['CPU of all together', `${((cpu_ms / WATCH_MS) * 100).toFixed(2)} %`, '', `over ${WATCH_MS / 1000} s`])
  }
  await host.stop()
  const what = bytes === 0 ? 'that printed nothing' : `that printed ${mb(bytes)} each`
  return [...rows, [`memory per session ${what}`, mb((after.rss - rss) / count), '', `${mb(rss)} with one`]]
}
