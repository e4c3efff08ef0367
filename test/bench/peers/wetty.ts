// WeTTY: socket.io with one shell per connection, acknowledged every 256 Ki characters (its client's flowcontrol.ts). Uses its
// own socket.io-client, which starts with polling and upgrades to a WebSocket, as in its page.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { COLS, freePort, type Missing, npmPackage, type Peer, ROWS, serve, shell } from './peer.ts'

const ACK_CHARACTERS = 262_144

/** The part of socket.io-client that is used. */
interface Socket {
  on(event: string, listener: (...values: never[]) => void): Socket
  once(event: string, listener: (...values: never[]) => void): Socket
  emit(event: string, value: unknown): Socket
  io: { engine: NodeJS.EventEmitter & { transport: { name: string; ws?: { terminate(): void } } } }
}
type Connect = (url: string, options: { path: string; forceNew: boolean; reconnection: boolean }) => Socket

export function wetty(): Peer | Missing {
  const found = npmPackage('wetty')
  if (!found) return 'OTG_PEERS has no wetty package'
  if (process.getuid?.() !== 0) return 'starts a shell only for root; other users need an ssh server'
  const manifest = join(found, 'package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  const { io } = createRequire(manifest)('socket.io-client') as { io: Connect }
  return {
    name: 'WeTTY',
    version,
    start: async () => {
      const port = await freePort()
      const args = ['--host', '127.0.0.1', '--port', String(port), '--base', '/', '--command', shell]
      const { pid, stop } = await serve(port, process.execPath, [join(found, 'build', 'main.js'), ...args])
      return {
        pid,
        stop,
        attach: async onOutput => {
          // A new connection for each page: also a page that reconnects by itself gets a new shell and clears its terminal.
          const options = { path: '/socket.io', forceNew: true, reconnection: false }
          const socket = io(`http://127.0.0.1:${port}`, options)
          let unacknowledged = 0
          socket.on('data', (data: string) => {
            onOutput(data)
            unacknowledged += data.length
            if (unacknowledged < ACK_CHARACTERS) return
            unacknowledged -= ACK_CHARACTERS
            socket.emit('commit', ACK_CHARACTERS)
          })
          await new Promise<void>((resolve, reject) => {
            socket.once('login', resolve)
            socket.once('connect_error', reject)
          })
          socket.emit('resize', { cols: COLS, rows: ROWS })
          const { engine } = socket.io
          if (engine.transport.name !== 'websocket') await once(engine, 'upgrade')
          return {
            type: text => socket.emit('input', text),
            drop: () => engine.transport.ws!.terminate(),
          }
        },
      }
    },
  }
}
