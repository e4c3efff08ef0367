// Stands between the app and a host that it joins, and changes what the host says. Knows no window.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listenLocal } from '../../../main/host/listen/local-socket.ts'
import { connectLocal } from '../../../main/host/listen/stream-transport.ts'
import { FrameReader, jsonFrames, KIND } from '../../../protocol/frames.ts'
import type { ClientMessage, HostMessage } from '../../../protocol/messages.ts'
import type { Transport } from '../../../protocol/transport.ts'

export interface Relay {
  /** What the host says goes through this; undefined swallows it. */
  change: (message: HostMessage) => HostMessage | undefined
  /** Nobody is let through. */
  away: boolean
  /** What the app has asked, all its clients together. */
  readonly asked: ClientMessage[]
  /** Resolves when the host has said an error with this code and the app was told. */
  heard(code: string): Promise<void>
  /** Says something to all clients of the app, as if the host had. */
  say(message: HostMessage): void
  /** Closes every connection of the app. */
  drop(): void
  stop(): Promise<void>
}

/** The app finds it on the folder `data` in `dataDir`; the host is the one on `data` in `behind`. */
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
