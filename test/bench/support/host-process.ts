// A host in a process of its own, for benchmarks: reports what its main loop, memory and history went through.
import { tmpdir } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { NATIVE_SUITE } from '../../../main/host/access/native-suite.ts'
import { History } from '../../../main/host/history/write/history.ts'
import { DEFAULT_LIMITS, type HistoryStats } from '../../../main/host/history/write/worker-protocol.ts'
import { createHost } from '../../../main/host/host.ts'
import { answerPairingRequests, connectDesktop, pairingUrl } from '../../support/pairing.ts'
import { CLEAR_SUITE } from './clear-suite.ts'

export interface Stats {
  longest_pause_ms: number
  screen_lag: number
  rss: number
  /** The most since `reset`, looked at every few milliseconds. */
  peak_rss: number
  /** Of all threads, since `reset`. */
  cpu_ms: number
}
export interface Replies {
  address: { address: string; port: number }
  reset: Record<string, never>
  /** As `reset`, but nothing is looked at meanwhile: that would cost CPU itself. */
  rest: Record<string, never>
  stats: Stats
  /** After garbage was collected. */
  settle: Stats
  /** Everything that was printed is in the database. */
  flush: HistoryStats
}

// A host keeps its history to itself; what it takes on disk is asked for here.
let history!: History
const { open } = History
History.open = async (...parameters) => {
  history = await open.apply(History, parameters)
  return history
}

const [dataDir, webRoot, clear] = process.argv.slice(2) as [string, string, string?]
if (clear) Object.assign(NATIVE_SUITE, CLEAR_SUITE)
const host = await createHost({
  dataDir,
  port: 0,
  bind: 'loopback',
  webRoot,
  version: 'bench',
  shell: ['/bin/sh'],
  home: tmpdir(),
  env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8' },
  // More than a session prints here to be replayed whole; less than a flood, so that trimming is part of that.
  limits: { ...DEFAULT_LIMITS, session_bytes: 64_000_000 },
})
const desktop = await connectDesktop(host)
answerPairingRequests(desktop)
// Resolution 1: a timer each millisecond, so that a pause of a few shows.
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
let peak = 0
let sampling: NodeJS.Timeout | undefined
let cpu = process.cpuUsage()

const answers: { [what in keyof Replies]: () => Replies[what] | Promise<Replies[what]> } = {
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
  rest: () => {
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

process.on('message', async (what: keyof Replies | 'stop') => {
  if (what !== 'stop') return void process.send!(await answers[what]())
  await host.stop()
  process.exit(0)
})
// The benchmark is gone: so are we.
process.on('disconnect', () => void host.stop().finally(() => process.exit(0)))
process.send!({ ready: true, port: host.port })
