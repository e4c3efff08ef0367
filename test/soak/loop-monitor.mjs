// Loaded into a host by `node --import`: appends to OTG_SOAK_MONITOR what its main loop did, every SAMPLE_MS.
import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const SAMPLE_MS = 2_000

/** The monitor's timer fires this often at best; what is later is a pause. */
const RESOLUTION_MS = 2

const file = process.env.OTG_SOAK_MONITOR
if (isMainThread && file) {
  const recent = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  const total = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  recent.enable()
  total.enable()
  let collected = 0
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) collected = Math.max(collected, duration)
  }).observe({ entryTypes: ['gc'] })
  const ms = nanoseconds => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
  setInterval(() => {
    const { heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage()
    const sample = {
      at: Date.now(),
      p99: ms(recent.percentile(99)),
      longest: ms(recent.max),
      total_p999: ms(total.percentile(99.9)),
      total_longest: ms(total.max),
      longest_gc: collected,
      heapUsed,
      heapTotal,
      external,
      arrayBuffers,
    }
    recent.reset()
    collected = 0
    appendFileSync(file, `${JSON.stringify(sample)}\n`)
  }, SAMPLE_MS).unref()
}
