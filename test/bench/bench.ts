// Prints how fast the product is and what it costs; no figure makes it fail.
// `npm run bench -- NAME…` runs only these benchmarks. OTG_BENCH_ENCRYPTED=1 encrypts the history. OTG_BENCH_MB sets the size of the `cat` output. `peers` runs only by name.
import { loadavg } from 'node:os'
import { activity } from './activity.ts'
import { cat } from './cat.ts'
import { channel } from './channel.ts'
import { chromium } from './chromium.ts'
import { disk } from './disk.ts'
import { idle } from './idle.ts'
import { memory } from './memory.ts'
import { page } from './page.ts'
import { peers } from './peers.ts'
import { reconnect } from './reconnect.ts'
import { cold, replay } from './replay.ts'
import { search } from './search.ts'
import { seek } from './seek.ts'
import { slowClient } from './slow-client.ts'
import { stopFilledHost } from './support/filled-host.ts'
import { typing } from './typing.ts'

/** In run order; benchmarks that share the filled host are next to each other. */
const BENCHMARKS = {
  typing,
  cat,
  channel,
  disk,
  replay,
  cold,
  seek,
  chromium,
  page,
  memory,
  reconnect,
  'slow-client': slowClient,
  search,
  idle,
  activity,
  peers,
}

/** These need other tools installed. */
const ONLY_BY_NAME = ['peers']

type Name = keyof typeof BENCHMARKS
const isName = (name: string): name is Name => Object.hasOwn(BENCHMARKS, name)

const selected = process.argv.slice(2)
const unknown = selected.filter(name => !isName(name))
if (unknown.length > 0) {
  console.error(`Unknown benchmark: ${unknown.join(', ')}. Choose from: ${Object.keys(BENCHMARKS).join(', ')}.`)
  process.exit(1)
}
const load = () => `load ${loadavg()[0]!.toFixed(2)}`
const begin = performance.now()
console.log(`Node ${process.version}; host, clients and programs share the cores of this machine; ${load()}`)
try {
  for (const [name, measure] of Object.entries(BENCHMARKS)) {
    if (selected.length === 0 ? !ONLY_BY_NAME.includes(name) : selected.includes(name)) await measure()
  }
} finally {
  await stopFilledHost()
}
console.log(`\n${((performance.now() - begin) / 1000).toFixed(0)} s; ${load()}`)
process.exit(0)
