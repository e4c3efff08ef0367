// Prints how fast the product is and what it costs. Judges nothing: figures are for people.
// `npm run bench -- NAME…` measures only these; OTG_BENCH_MB sets how much `cat` prints. `peers` needs to be named.
import { loadavg } from 'node:os'
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

/** In this order; those that share a filled host are side by side. */
const SUBJECTS = {
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
  return: reconnect,
  slow: slowClient,
  search,
  idle,
  peers,
}

/** What other people's tools are needed for. */
const ONLY_BY_NAME = ['peers']

type Name = keyof typeof SUBJECTS
const isName = (name: string): name is Name => Object.hasOwn(SUBJECTS, name)

const asked = process.argv.slice(2)
const unknown = asked.filter(name => !isName(name))
if (unknown.length > 0) {
  console.error(`no such subject: ${unknown.join(', ')}; there are: ${Object.keys(SUBJECTS).join(', ')}`)
  process.exit(1)
}
const load = () => `load ${loadavg()[0]!.toFixed(2)}`
const begin = performance.now()
console.log(`Node ${process.version}; host, clients and programs share this machine's cores; ${load()}`)
try {
  for (const [name, measure] of Object.entries(SUBJECTS)) {
    if (asked.length === 0 ? !ONLY_BY_NAME.includes(name) : asked.includes(name)) await measure()
  }
} finally {
  await stopFilledHost()
}
console.log(`\n${((performance.now() - begin) / 1000).toFixed(0)} s; ${load()}`)
process.exit(0)
