// A host in its own process, for benchmarks: reports the pauses of its main loop, its memory, CPU and history.
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { NATIVE_SUITE } from '../../../main/host/access/native-suite.ts'
import type { Keystore } from '../../../main/host/at-rest/keystore.ts'
import { History } from '../../../main/host/history/write/history.ts'
import { DEFAULT_LIMITS, type HistoryStats } from '../../../main/host/history/write/worker-protocol.ts'
import { createHost } from '../../../main/host/host.ts'
import { answerPairingRequests, connectDesktop, pairingUrl } from '../../support/pairing.ts'
import { CLEAR_SUITE } from './clear-suite.ts'

export interface Stats {
  longest_pause_ms: number
  screen_lag: number
  rss: number
  /** The maximum since `reset`, sampled every few milliseconds. */
  peak_rss: number
  /** CPU time of all threads since `reset`. */
  cpu_ms: number
}
export interface Replies {
  address: { address: string; port: number }
  reset: Record<string, never>
  /** Like `reset`, without sampling, which would itself use CPU. */
  reset_cpu: Record<string, never>
  stats: Stats
  /** After garbage collection. */
  settle: Stats
  /** After all output was written to the database. */
  flush: HistoryStats
}

// The host does not expose its history; this keeps a reference to it.
let history!: History
const { open } = History
History.open = async (...parameters) => {
  history = await open.apply(History, parameters)
  return history
}

/** `OTG_BENCH_ENCRYPTED=1`: with an encrypted history, whose key is in memory. */
const secrets = new Map<string, string>()
const keystore: Keystore = {
  get: async account => secrets.get(account),
  set: async (account, secret) => void secrets.set(account, secret),
  remove: async account => void secrets.delete(account),
}

const [dataDir, webRoot, clear] = process.argv.slice(2) as [string, string, string?]
if (clear) Object.assign(NATIVE_SUITE, CLEAR_SUITE)
if (process.env.OTG_BENCH_ENCRYPTED) {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  writeFileSync(join(dataDir, 'settings.json'), '{"keystore": "all"}')
}
const host = await createHost({
  dataDir,
  port: 0,
  bind: 'loopback',
  webRoot,
  version: 'bench',
  shell: ['/bin/sh'],
  keystore,
  home: tmpdir(),
  env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8' },
  // More than what the full replays print, less than a flood, so that a flood includes trimming.
  limits: { ...DEFAULT_LIMITS, session_bytes: 64_000_000 },
})
const desktop = await connectDesktop(host)
answerPairingRequests(desktop)
// Resolution 1: a timer every millisecond, so that pauses of a few milliseconds are visible.
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
let peak = 0
let sampling: NodeJS.Timeout | undefined
let cpu = process.cpuUsage()

const handlers: { [name in keyof Replies]: () => Replies[name] | Promise<Replies[name]> } = {
  address: async () => ({ address: await pairingUrl(desktop), port: host.port }),
  reset: () => {
    delay.reset()
    peak = process.memoryUsage.rss()
    sampling ??= setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss())
    }, 5)
    cpu = process.cpuUsage()
    return {}
  },
  reset_cpu: () => {
    delay.disable()
    cpu = process.cpuUsage()
    return {}
  },
  stats,
  settle: async () => {
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.()
      await new Promise(resolve => setTimeout(resolve, 150))
    }
    return stats()
  },
  flush: async () => {
    await history.flush()
    return history.stats()
  },
}

function stats(): Stats {
  clearInterval(sampling)
  sampling = undefined
  const rss = process.memoryUsage.rss()
  const { user, system } = process.cpuUsage(cpu)
  return {
    longest_pause_ms: delay.max / 1e6,
    screen_lag: host.largestScreenLag(),
    rss,
    peak_rss: Math.max(peak, rss),
    cpu_ms: (user + system) / 1000,
  }
}

process.on('message', async (request: keyof Replies | 'stop') => {
  if (request !== 'stop') return void process.send!(await handlers[request]())
  await host.stop()
  process.exit(0)
})
// The benchmark process ended: end too.
process.on('disconnect', () => void host.stop().finally(() => process.exit(0)))
process.send!({ ready: true, port: host.port })
