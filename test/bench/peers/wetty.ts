// WeTTY: socket.io, a shell for each connection, acknowledged every 256 Ki characters (its client's flowcontrol.ts). Its own
// socket.io-client is used, which begins by polling and goes on with a WebSocket, as in its page.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { COLS, freePort, type Missing, npmPackage, type Peer, ROWS, serve, shell } from './peer.ts'

const COMMIT_CHARACTERS = 262_144

/** What is used of socket.io-client. */
interface Socket {
  on(event: string, listener: (...values: never[]) => void): Socket
  once(event: string, listener: (...values: never[]) => void): Socket
  emit(event: string, value: unknown): Socket
  io: { engine: NodeJS.EventEmitter & { transport: { name: string; ws?: { terminate(): void } } } }
}
type Connect = (url: string, options: { path: string; forceNew: boolean; reconnection: boolean }) => Socket

export function wetty(): Peer | Missing {
  const found = npmPackage('wetty')
  if (!found) return 'OTG_PEERS names no folder with its npm package'
  if (process.getuid?.() !== 0) return 'starts a shell for root only; anybody else needs a running ssh server'
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
        attach: async heard => {
          // A page that is loaded again connects anew; one that is not does so too, and clears its terminal.
          const options = { path: '/socket.io', forceNew: true, reconnection: false }
          const socket = io(`http://127.0.0.1:${port}`, options)
          let uncommitted = 0
          socket.on('data', (data: string) => {
            heard(data)
            uncommitted += data.length
            if (uncommitted < COMMIT_CHARACTERS) return
            uncommitted -= COMMIT_CHARACTERS
            socket.emit('commit', COMMIT_CHARACTERS)
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
