// A relay between the app and a host that it joins, which can change the host's messages.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listenLocal } from '../../../main/host/listen/local-socket.ts'
import { connectLocal } from '../../../main/host/listen/stream-transport.ts'
import { FrameReader, jsonFrames, KIND } from '../../../protocol/frames.ts'
import type { ClientMessage, HostMessage } from '../../../protocol/messages.ts'
import type { Transport } from '../../../protocol/transport.ts'

export interface Relay {
  /** Changes a message from the host; undefined drops it. */
  change: (message: HostMessage) => HostMessage | undefined
  /** Refuses all connections. */
  away: boolean
  /** Messages from all clients of the app. */
  readonly asked: ClientMessage[]
  /** Resolves when an error with this code was relayed to the app. */
  heard(code: string): Promise<void>
  /** Sends a message to all clients of the app, as if from the host. */
  say(message: HostMessage): void
  /** Closes every connection of the app. */
  drop(): void
  stop(): Promise<void>
}

/** Listens on the folder `data` in `dataDir`, for the app; the host is on `data` in `behind`. */
export async function startRelay(
  dataDir: string,
  behind: string,
  change: Relay['change'] = message => message,
): Promise<Relay> {
  const folder = join(dataDir, 'data')
  const socket = join(folder, 'otg.sock')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const clients = new Set<Transport>()
  const listeners = new Set<(code: string) => void>()
  const listener = await listenLocal(socket, async app => {
    if (relay.away) return app.close({ code: 'host_stopping', reason: 'away' })
    clients.add(app)
    const host = await connectLocal(join(behind, 'data', 'otg.sock'))
    const fromHost = new FrameReader()
    const fromApp = new FrameReader()
    host.start({
      frame: bytes => {
        if (bytes[0] !== KIND.json) return app.send(bytes)
        const frame = fromHost.read(bytes)
        const message = frame?.kind === 'json' && relay.change(frame.value as HostMessage)
        if (message) for (const part of jsonFrames(message)) app.send(part)
        if (message && message.type === 'error') for (const listener of listeners) listener(message.code)
      },
      close: reason => app.close(reason),
    })
    app.start({
      frame: bytes => {
        if (bytes[0] === KIND.json) {
          const frame = fromApp.read(bytes)
          if (frame?.kind === 'json') relay.asked.push(frame.value as ClientMessage)
        }
        host.send(bytes)
      },
      close: reason => {
        clients.delete(app)
        host.close(reason)
      },
    })
  })
  const relay: Relay = {
    change,
    away: false,
    asked: [],
    heard: code =>
      new Promise(resolve => {
        listeners.add(said => said === code && resolve())
      }),
    say: message => {
      for (const client of clients) for (const frame of jsonFrames(message)) client.send(frame)
    },
    drop: () => {
      for (const client of clients) client.close({ code: 'connection_lost', reason: 'dropped' })
    },
    stop: () => listener.close(),
  }
  const announced = { pid: process.pid, socket, version: 'relay', started_at: Date.now() }
  writeFileSync(join(folder, 'host.json'), JSON.stringify(announced), { mode: 0o600 })
  return relay
}
