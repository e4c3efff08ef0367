// A host whose sessions have printed 1, 10 and 50 MB, with all of it stored and its text rendered; shared by what measures
// replay. Knows nothing of what is measured.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { HistoryStats } from '../../../main/host/history/write/worker-protocol.ts'
import { emptyWebRoot, MB } from './files.ts'
import { BenchHost, wait } from './host.ts'

export const webRoot = join(import.meta.dirname, '..', '..', '..', 'build', 'web-client')
export const hasPage = existsSync(join(webRoot, 'index.html'))

interface FilledSession {
  megabytes: number
  session_id: string
}

export interface FilledHost {
  host: BenchHost
  sessions: FilledSession[]
  /** As much as takes 5 MB compressed, as it is stored and sent. */
  compressed: FilledSession
  /** After the 50 MB alone: before and after their text was rendered. */
  before: HistoryStats
  after: HistoryStats
  textSeconds: number
}

export const LARGEST_MB = 50

let filledHostPromise: Promise<FilledHost> | undefined

export function filledHost(): Promise<FilledHost> {
  filledHostPromise ??= fill()
  return filledHostPromise
}

export async function stopFilledHost(): Promise<void> {
  if (filledHostPromise) await (await filledHostPromise).host.stop()
  filledHostPromise = undefined
}

async function fill(): Promise<FilledHost> {
  const host = await BenchHost.start({ webRoot: hasPage ? webRoot : emptyWebRoot })
  const client = await host.connect()
  const largest = await host.fill(client, LARGEST_MB * MB)
  const before = await host.request('flush')
  const start = performance.now()
  const after = await waitUntilRendered(host)
  const textSeconds = (performance.now() - start) / 1000
  const sessions = [{ megabytes: LARGEST_MB, session_id: largest }]
  for (const megabytes of [10, 1]) sessions.unshift({ megabytes, session_id: await host.fill(client, megabytes * MB) })
  const megabytes = Math.round((5 * LARGEST_MB * MB) / before.segment_bytes)
  const compressed = { megabytes, session_id: await host.fill(client, megabytes * MB) }
  await waitUntilRendered(host)
  client.close()
  return { host, sessions, compressed, before, after, textSeconds }
}

/** The text of what is sealed is rendered; until then that goes on beside whatever is measured. */
export async function waitUntilRendered(host: BenchHost): Promise<HistoryStats> {
  for (;;) {
    const stats = await host.request('flush')
    if (stats.text_pending === 0) return stats
    await wait(200)
  }
}
