// A host with sessions that printed 1, 10 and 50 MB, all stored and rendered as text; the replay benchmarks share it.
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
  /** Prints as much as compresses to 5 MB in storage and on the wire. */
  compressed: FilledSession
  /** With only the 50 MB session: before and after its text was rendered. */
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

/** Waits until the text of all sealed segments is rendered, so that rendering does not disturb a measurement. */
export async function waitUntilRendered(host: BenchHost): Promise<HistoryStats> {
  for (;;) {
    const stats = await host.request('flush')
    if (stats.text_pending === 0) return stats
    await wait(200)
  }
}
