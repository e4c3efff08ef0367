// A real host in its own process that reports the resources it uses. Started by test/slow/fuzz-entrance.test.ts and
// test/fuzz/fuzz-host.ts.
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
  /** The pairing address with its secret; phones are approved until `strict`. */
  address: string
  /** From now on no phone is approved. */
  strict: true
  /** After a garbage collection. */
  held: HostState
}

const [dataDir, webRoot, timing = '{}'] = process.argv.slice(2) as [string, string, string?]
const unlimited = { per_second: 1e6, burst: 1e6 }
const host = await createHost({
  dataDir,
  webRoot,
  port: 0,
  version: 'fuzz',
  // Nothing that is typed at random runs.
  shell: ['/bin/cat'],
  home: tmpdir(),
  env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8' },
  // Without rate limits: the code behind them is tested.
  handshakes: { all: unlimited, address: unlimited },
  timing: JSON.parse(timing),
})
const desktop = await connectDesktop(host)
const stop = answerPairingRequests(desktop)

const handlers: { [name in keyof Replies]: () => Promise<Replies[name]> } = {
  address: async () => {
    // Like a person who asks for another code: peers have spent too many.
    await desktop.renewPairing()
    return pairingUrl(desktop)
  },
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

process.on('message', async (request: keyof Replies | 'stop') => {
  if (request !== 'stop') return void process.send!({ [request]: await handlers[request]() })
  await host.stop()
  process.exit(0)
})
process.on('disconnect', () => void host.stop().finally(() => process.exit(0)))
process.send!({ port: host.port })
