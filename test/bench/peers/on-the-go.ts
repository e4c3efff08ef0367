// On the Go as a peer among others: a host in a process of its own, clients as phones are. Knows nothing of the others.
import { createRequire } from 'node:module'
import type { AttachOptions } from '../../../protocol/client/client-attachment.ts'
import { type BenchClient, BenchHost, EVERYTHING, nextEvent } from '../support/host.ts'
import { COLS, type OnOutput, type Peer, ROWS, shell, type Terminal } from './peer.ts'

/** As many as one host is asked for; paired beforehand, since a phone is paired once. */
const CLIENTS = 6

export function onTheGo(): Peer {
  const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string }
  return {
    name: 'On the Go',
    version,
    start: async () => {
      const host = await BenchHost.start()
      // No stopwatch beside its main loop, which others do not have.
      await host.request('rest')
      const creator = await host.connect()
      const { session_id } = await creator.create({ command: [shell], size: { cols: COLS, rows: ROWS } })
      const phones: BenchClient[] = []
      for (let i = 0; i < CLIENTS; i++) phones.push(await host.newClient())
      const attach = async (heard: OnOutput, options: AttachOptions): Promise<Terminal> => {
        const phone = phones.pop()
        if (!phone) throw new Error('no paired phone is left')
        const reset = () => heard('\x1bc')
        const write = (bytes: Uint8Array, done: () => void) => {
          heard(bytes)
          done()
        }
        const attached = phone.client.attach(session_id, { write, reset, resize: () => {} }, options)
        const caughtUp = nextEvent(attached, 'caught_up')
        await phone.client.connect()
        await caughtUp
        return { type: text => attached.type(Buffer.from(text)), drop: () => phone.socket!.terminate() }
      }
      return {
        pid: host.pid,
        attach: heard => attach(heard, {}),
        attachAll: heard => attach(heard, EVERYTHING),
        stop: () => host.stop(),
      }
    },
  }
}
