// What a full replay costs the host in memory. Knows nothing of time.
import { MB } from './support/files.ts'
import { waitUntilRendered } from './support/filled-host.ts'
import { BenchHost, coldAttach, EVERYTHING } from './support/host.ts'
import { mb, printTable, type Row } from './support/table.ts'

const BYTES = 10 * MB

export async function memory(): Promise<void> {
  const first = await BenchHost.start({ data: 'memory' })
  const client = await first.connect()
  const session_id = await first.fill(client, BYTES)
  await waitUntilRendered(first)
  const running = await growth(first, session_id)
  await first.stop()
  // The session has ended with its host; this one has done nothing yet, so that whatever it takes is seen.
  const second = await BenchHost.start({ data: 'memory' })
  await second.connect()
  await waitUntilRendered(second)
  const fresh = await growth(second, session_id)
  await second.stop()
  printTable(`host memory during full replay of ${BYTES / MB} MB`, [
    ...running('running session'),
    ...fresh('ended session, host just started'),
  ])
}

async function growth(host: BenchHost, session_id: string): Promise<(what: string) => Row[]> {
  const { rss } = await host.request('settle')
  await host.request('reset')
  await coldAttach(host, session_id, { ...EVERYTHING, read_only: true })
  const { peak_rss } = await host.request('stats')
  const again = await host.request('settle')
  const signed = (bytes: number) => `${bytes < 0 ? '' : '+'}${mb(bytes)}`
  return what => [
    [`${what}: at its peak`, signed(peak_rss - rss), '', `from ${mb(rss)}`],
    ['  settled afterwards', signed(again.rss - rss)],
  ]
}
