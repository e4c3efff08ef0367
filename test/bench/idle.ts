// What idle sessions cost in memory and CPU.
import { MB } from './support/files.ts'
import { BenchHost, wait } from './support/host.ts'
import { mb, printTable, type Row } from './support/table.ts'

const SESSIONS = 50
const OBSERVE_MS = 5_000

export async function idle(): Promise<void> {
  const rows: Row[] = []
  rows.push(...(await idleAfter(0, SESSIONS)))
  rows.push(...(await idleAfter(0.2 * MB, SESSIONS)))
  // Enough to fill the part of a log that is kept in memory; fewer sessions, since rendering their text takes long.
  rows.push(...(await idleAfter(5 * MB, 6)))
  printTable(`${SESSIONS} idle sessions; memory of the host without the shells`, rows)
}

async function idleAfter(bytes: number, count: number): Promise<Row[]> {
  const host = await BenchHost.start()
  const client = await host.connect()
  const open = async () => {
    if (bytes > 0) await host.fill(client, bytes)
    else await client.create({ command: ['sh', '-c', 'exec sleep 100000'] })
  }
  // The first session starts the screen thread and loads its code.
  await open()
  await wait(bytes > 0 ? 3_000 : 1_000)
  const { rss } = await host.request('settle')
  for (let i = 0; i < count; i++) await open()
  // The host is idle only once all output is checkpointed and rendered as text.
  while ((await host.request('flush')).text_pending > 0) await wait(200)
  await wait(2_500)
  const after = await host.request('settle')
  const rows: Row[] = []
  if (bytes === 0) {
    await host.request('reset_cpu')
    await wait(OBSERVE_MS)
    const { cpu_ms } = await host.request('stats')
    rows.push([
      'CPU of all sessions together',
      `${((cpu_ms / OBSERVE_MS) * 100).toFixed(2)} %`,
      '',
      `over ${OBSERVE_MS / 1000} s`,
    ])
  }
  await host.stop()
  const what = bytes === 0 ? 'that printed nothing' : `that printed ${mb(bytes)} each`
  return [...rows, [`memory per session ${what}`, mb((after.rss - rss) / count), '', `${mb(rss)} with one session`]]
}
