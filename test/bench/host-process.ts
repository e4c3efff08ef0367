// A host in a process of its own, for benchmarks: reports what its main loop and memory went through.
import { tmpdir } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createHost } from '../../main/host/host.ts'

const [dataDir, webRoot] = process.argv.slice(2) as [string, string]
const host = await createHost({
  dataDir,
  port: 0,
  webRoot,
  version: 'bench',
  shell: ['/bin/sh'],
  home: tmpdir(),
  env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8' },
})
// Resolution 1: a timer each millisecond, so that a pause of a few shows.
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
process.on('message', async (message: string) => {
  if (message === 'address') process.send!({ address: host.address(), port: host.port })
  if (message === 'reset') {
    delay.reset()
    process.send!({})
  }
  if (message === 'stats')
    process.send!({
      longest_pause_ms: delay.max / 1e6,
      screen_lag: host.largestScreenLag(),
      rss: process.memoryUsage().rss,
    })
  if (message === 'stop') {
    await host.stop()
    process.exit(0)
  }
})
process.send!({ ready: true, port: host.port })
