import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Host } from '../../../main/host/host.ts'
import { socketTransport } from '../../../main/host/listen/websocket.ts'
import { SMALL_MESSAGE_BYTES } from '../../../protocol/channel/padding.ts'
import type { Transport } from '../../../protocol/transport.ts'
import {
  bytesOf,
  cleanUp,
  newPhone,
  onCleanUp,
  Recorder,
  startHost,
  untilGrown,
  webClient,
} from '../../support/host.ts'
import { type FaultProxy, seededRandom, startFaultProxy } from '../../support/network/fault-proxy.ts'

afterEach(cleanUp)

/** Each key is a message of its own, and all small messages have one length: more bytes between two faults than for output. */
const KEYS_BETWEEN_FAULTS = 400

/** A phone behind the proxy. Its Host header names the host, as behind any NAT. */
async function throughFaults(seed: number, mean_bytes?: number) {
  const host = await startHost()
  const proxy = await startFaultProxy(host.port, seededRandom(seed), mean_bytes)
  onCleanUp(() => proxy.close())
  // Paired without faults, which begin afterwards.
  const client = webClient(host, {
    phone: await newPhone(host),
    via: () => open(host, proxy),
    reconnect: { first: 1, max: 20, give_up: 120_000 },
  })
  return { host, proxy, client }
}

function open(host: Host, proxy: FaultProxy): Promise<Transport> {
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/ws`, {
    headers: { host: `127.0.0.1:${host.port}` },
    perMessageDeflate: false,
    handshakeTimeout: 1_000,
  })
  onCleanUp(() => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socketTransport(socket)))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed while opening')))
  })
}

describe.each([1, 2026])('a network that drops, delays and cuts connections (seed %i)', seed => {
  it('delivers 100,000 numbered lines completely, in order, once', async () => {
    const { client, proxy } = await throughFaults(seed)
    const { session_id } = await client.create({
      command: ['sh', '-c', 'stty -echo; echo ready; read go; seq 1 100000; echo end; exec cat'],
    })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal, {
      history_bytes: 1e12,
      catch_up_bytes: 1e12,
      window: 128 * 1024,
    })
    await terminal.shows('ready')
    attached.type(bytesOf('\n'))
    await terminal.shows(/end\r\n$/)
    expect(proxy.faults.dropped + proxy.faults.cut).toBeGreaterThan(3)
    const expected = `ready\r\n${Array.from({ length: 100_000 }, (_, i) => `${i + 1}\r\n`).join('')}end\r\n`
    expect(terminal.text === expected).toBe(true)
  })

  it('delivers 10,000 keys completely, in order, once', { timeout: 90_000 }, async () => {
    const { client, proxy } = await throughFaults(seed, KEYS_BETWEEN_FAULTS * SMALL_MESSAGE_BYTES)
    const { session_id } = await client.create({ command: ['sh', '-c', 'stty raw -echo; echo ready; exec cat'] })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal, { history_bytes: 1e12, catch_up_bytes: 1e12 })
    await terminal.shows('ready')
    let expected = ''
    for (let i = 0; i < 10_000; i++) {
      const key = String.fromCharCode(33 + (i % 90))
      attached.type(bytesOf(key))
      expected += key
      if (i % 25 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    await untilGrown(() => terminal.bytes.length, expected.length + 6, 'all keys to come back')
    expect(proxy.faults.dropped + proxy.faults.cut).toBeGreaterThan(3)
    expect(terminal.text.slice(terminal.text.indexOf('ready') + 6).trimStart() === expected).toBe(true)
  })
})
