// The host memory that a full replay takes.
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
  // The session ended with its host. The new host has allocated nothing for it yet, so all of the growth is visible.
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
  const settled = await host.request('settle')
  const signed = (bytes: number) => `${bytes < 0 ? '' : '+'}${mb(bytes)}`
  return what => [
    [`${what}: peak`, signed(peak_rss - rss), '', `from ${mb(rss)}`],
    ['  settled afterwards', signed(settled.rss - rss)],
  ]
}
