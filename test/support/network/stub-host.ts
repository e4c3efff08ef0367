// A stub host whose pairing messages a test chooses: other addresses, other times, names that no real host would send.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listenLocal } from '../../../main/host/listen/local-socket.ts'
import { toCoded } from '../../../protocol/errors.ts'
import { FrameReader, jsonFrames } from '../../../protocol/frames.ts'
import {
  ClientMessage,
  type ClientMessageOf,
  type HostMessage,
  type HostMessageOf,
} from '../../../protocol/messages.ts'
import type { Transport } from '../../../protocol/transport.ts'
import { onCleanUp, temporaryFolder } from '../host.ts'

export interface StubHost {
  dataDir: string
  /** The requests that it received, in order. */
  requests: ClientMessage[]
  /** Changes the data and sends it to all connected clients. */
  publish(message: Partial<HostMessageOf<'pairing'>> | Partial<HostMessageOf<'devices'>>): void
}

/** Called for an `answer_pairing` message; an error that it throws becomes the host's reply. */
export type AnswerHandler = (message: ClientMessageOf<'answer_pairing'>, host: StubHost) => void

export async function startStubHost(pairing: Partial<HostMessageOf<'pairing'>> = {}, answer: AnswerHandler = () => {}) {
  const dataDir = join(temporaryFolder(), 'data')
  mkdirSync(dataDir)
  const state: { pairing: HostMessageOf<'pairing'>; devices: HostMessageOf<'devices'> } = {
    pairing: {
      type: 'pairing',
      addresses: [],
      expires_at: Date.now() + 120_000,
      reached: null,
      spent: 0,
      exhausted: false,
      ...pairing,
    },
    devices: { type: 'devices', devices: [], requests: [] },
  }
  const clients = new Set<Transport>()
  const send = (to: Transport, message: HostMessage) => {
    for (const frame of jsonFrames(message)) to.send(frame)
  }
  const host: StubHost = {
    dataDir,
    requests: [],
    publish: message => {
      const type = 'devices' in message || 'requests' in message ? 'devices' : 'pairing'
      Object.assign(state[type], message)
      for (const client of clients) send(client, state[type])
    },
  }
  const reply = (to: Transport, message: ClientMessage) => {
    const request_id = 'request_id' in message ? message.request_id : 0
    switch (message.type) {
      case 'hello':
        return send(to, WELCOME)
      case 'show_pairing':
        return send(to, message.show ? { ...state.pairing, request_id } : { type: 'ok', request_id })
      case 'devices':
        return send(to, { ...state.devices, request_id })
      case 'answer_pairing':
        answer(message, host)
    }
    send(to, { type: 'ok', request_id })
  }
  const listener = await listenLocal(join(dataDir, 'otg.sock'), transport => {
    const reader = new FrameReader()
    clients.add(transport)
    transport.start({
      frame: bytes => {
        const frame = reader.read(bytes)
        if (frame?.kind !== 'json') return
        const message = ClientMessage.parse(frame.value)
        host.requests.push(message)
        try {
          reply(transport, message)
        } catch (error) {
          const { code, message: why } = toCoded(error)
          const request_id = (message as { request_id: number }).request_id
          send(transport, { type: 'error', request_id, code, message: why })
        }
      },
      close: () => clients.delete(transport),
    })
  })
  onCleanUp(() => listener.close())
  writeFileSync(join(dataDir, 'host.json'), JSON.stringify({ pid: process.pid, socket: join(dataDir, 'otg.sock') }))
  return host
}

const WELCOME: HostMessage = {
  type: 'welcome',
  version: 1,
  role: 'local',
  host: { name: 'stub', pid: 1, version: '0.0.0', platform: 'linux', shell: '/bin/sh' },
  read_only: false,
  pace_ms: null,
}
