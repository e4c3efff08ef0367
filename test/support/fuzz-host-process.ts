// A real host in a process of its own, which reports its resources. Run by
// test/slow/fuzz-entrance.test.ts.
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { createHost } from '../../main/host/host.ts'
import { answerPairingRequests, connectDesktop, pairingUrl } from './pairing.ts'

export interface HostState {
  rss: number
  heap: number
  /** Open files and sockets. */
  descriptors: number
  /** The resources that keep the event loop alive, by kind. */
  resources: Record<string, number>
  sessions: string[]
  devices: string[]
  requests: number
}
export interface Replies {
  /** The address with its secret; a phone that pairs with it is admitted until `strict`. */
  address: string
  /** From now on no phone is approved. */
  strict: true
  /** After a garbage collection. */
  held: HostState
}

const [dataDir, webRoot] = process.argv.slice(2) as [string, string]
const most = { per_second: 1e6, burst: 1e6 }
const host = await createHost({
  dataDir,
  webRoot,
  port: 0,
  version: 'fuzz',
  shell: ['/bin/sh'],
  home: tmpdir(),
  env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8' },
  // The test is about what gets past the limit.
  handshakes: { all: most, address: most },
})
const desktop = await connectDesktop(host)
const stop = answerPairingRequests(desktop)

const answers: { [what in keyof Replies]: () => Promise<Replies[what]> } = {
  address: () => pairingUrl(desktop),
  strict: async () => {
    stop()
    return true
  },
  held: async () => {
    for (let i = 0; i < 4; i++) {
      globalThis.gc?.()
      await wait(100)
    }
    const resources: Record<string, number> = {}
    for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
    const { rss, heapUsed } = process.memoryUsage()
    const { devices, requests } = await desktop.devices()
    return {
      rss,
      heap: heapUsed,
      descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
      resources,
      sessions: (await desktop.list()).map(({ session_id }) => session_id),
      devices: devices.map(({ device_id, name }) => `${device_id} ${name}`),
      requests: requests.length,
    }
  },
}

process.on('message', async (what: keyof Replies | 'stop') => {
  if (what !== 'stop') return void process.send!({ [what]: await answers[what]() })
  await host.stop()
  process.exit(0)
})
process.on('disconnect', () => void host.stop().finally(() => process.exit(0)))
process.send!({ port: host.port })
