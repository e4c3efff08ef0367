// tty-share: one shell in a Go server; JSON with nested Base64 over a WebSocket, without acknowledgments (its page's
// tty-receiver.ts). Debian's version has no end-to-end encryption yet.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'
import { COLS, freePort, type Missing, type Peer, program, ROWS, serve, shell } from './peer.ts'

const run = promisify(execFile)

const base64 = (text: string) => Buffer.from(text).toString('base64')

export async function ttyShare(): Promise<Peer | Missing> {
  const path = program('tty-share')
  if (!path) return "no tty-share in PATH (Debian's package)"
  const { stdout, stderr } = await run(path, ['-version'])
  return {
    name: 'tty-share',
    version: /\d[\w.+-]*/.exec(stdout + stderr)?.[0] ?? 'of unknown version',
    start: async () => {
      const port = await freePort()
      const size = ['--headless', '--headless-cols', String(COLS), '--headless-rows', String(ROWS)]
      const args = [...size, '--no-wait', '--listen', `127.0.0.1:${port}`, '--command', shell]
      const { pid, stop } = await serve(port, path, args)
      const page = await (await fetch(`http://127.0.0.1:${port}/s/local/`)).text()
      const wsPath = /wsPath: "([^"]+)"/.exec(page)?.[1]
      if (!wsPath) throw new Error('the page of tty-share names no WebSocket')
      return {
        pid,
        stop,
        attach: async onOutput => {
          const socket = new WebSocket(`ws://127.0.0.1:${port}${wsPath}`)
          socket.on('message', data => {
            const { Type, Data } = JSON.parse(String(data)) as { Type: string; Data: string }
            if (Type !== 'Write') return
            const written = JSON.parse(Buffer.from(Data, 'base64').toString()) as { Data: string }
            onOutput(Buffer.from(written.Data, 'base64'))
          })
          await once(socket, 'open')
          return {
            type: text => {
              const written = JSON.stringify({ Size: text.length, Data: base64(text) })
              socket.send(JSON.stringify({ Type: 'Write', Data: base64(written) }))
            },
            drop: () => socket.terminate(),
          }
        },
      }
    },
  }
}
