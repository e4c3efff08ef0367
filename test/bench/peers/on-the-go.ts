// On the Go, measured like the other tools: a host in its own process, with phones as clients.
import { createRequire } from 'node:module'
import type { AttachOptions } from '../../../protocol/client/client-attachment.ts'
import { type BenchClient, BenchHost, EVERYTHING, nextEvent } from '../support/host.ts'
import { COLS, type OnOutput, type Peer, ROWS, shell, type Terminal } from './peer.ts'

/** As many as one round attaches; paired in advance, since a phone is paired once. */
const CLIENTS = 6

export function onTheGo(): Peer {
  const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string }
  return {
    name: 'On the Go',
    version,
    start: async () => {
      const host = await BenchHost.start()
      // Without the event loop monitor, which the other tools do not run.
      await host.request('reset_cpu')
      const creator = await host.connect()
      const { session_id } = await creator.create({ command: [shell], size: { cols: COLS, rows: ROWS } })
      const phones: BenchClient[] = []
      for (let i = 0; i < CLIENTS; i++) phones.push(await host.newClient())
      const attach = async (onOutput: OnOutput, options: AttachOptions): Promise<Terminal> => {
        const phone = phones.pop()
        if (!phone) throw new Error('no paired phone left')
        const reset = () => onOutput('\x1bc')
        const write = (bytes: Uint8Array, done: () => void) => {
          onOutput(bytes)
          done()
        }
        const attachment = phone.client.attach(session_id, { write, reset, resize: () => {} }, options)
        const caughtUp = nextEvent(attachment, 'caught_up')
        await phone.client.connect()
        await caughtUp
        return { type: text => attachment.type(Buffer.from(text)), drop: () => phone.socket!.terminate() }
      }
      return {
        pid: host.pid,
        attach: onOutput => attach(onOutput, {}),
        attachAll: onOutput => attach(onOutput, EVERYTHING),
        stop: () => host.stop(),
      }
    },
  }
}
