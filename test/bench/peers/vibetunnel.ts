// VibeTunnel: sessions in a Node server that records output to an asciicast file. Output is sent from that file as server-sent
// events, starting at the last screen clear; keys go over a WebSocket (its page's cast-converter and websocket-input-client).
// Nothing is acknowledged.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { COLS, freePort, type Missing, npmPackage, type OnOutput, type Peer, ROWS, serve, shell } from './peer.ts'

export function vibetunnel(): Peer | Missing {
  const found = npmPackage('vibetunnel')
  if (!found) return 'OTG_PEERS has no vibetunnel package'
  const { version } = JSON.parse(readFileSync(join(found, 'package.json'), 'utf8')) as { version: string }
  // The module that the `vibetunnel` command loads; in this version, that command does not start it.
  const program = join(found, 'dist', 'vibetunnel-cli')
  return {
    name: 'VibeTunnel',
    version,
    start: async () => {
      const port = await freePort()
      const args = ['--no-auth', '--bind', '127.0.0.1', '--port', String(port), '--no-mdns', '--push-disabled']
      const { pid, stop } = await serve(port, process.execPath, [program, ...args])
      const created = await fetch(`http://127.0.0.1:${port}/api/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        // The title mode that its page requests.
        body: JSON.stringify({ command: [shell], workingDir: '/', cols: COLS, rows: ROWS, titleMode: 'dynamic' }),
      })
      if (!created.ok) throw new Error(`VibeTunnel did not start a session: ${await created.text()}`)
      const { sessionId } = (await created.json()) as { sessionId: string }
      return {
        pid,
        stop,
        attach: async onOutput => {
          const events = get(`http://127.0.0.1:${port}/api/sessions/${sessionId}/stream`)
          const [response] = (await once(events, 'response')) as [IncomingMessage]
          if (response.statusCode !== 200) throw new Error(`VibeTunnel replied with status ${response.statusCode}`)
          forwardEvents(response, onOutput)
          const keys = new WebSocket(`ws://127.0.0.1:${port}/ws/input?sessionId=${sessionId}&token=none`)
          await once(keys, 'open')
          return {
            type: text => keys.send(text),
            drop: () => {
              events.destroy()
              keys.terminate()
            },
          }
        },
      }
    },
  }
}

/** Forwards the output in events of the form `data: [seconds, "o", text]`. */
function forwardEvents(stream: IncomingMessage, onOutput: OnOutput): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('error', () => {}) // dropped by the benchmark
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      if (!line.startsWith('data: [')) continue
      const [, kind, data] = JSON.parse(line.slice('data: '.length)) as [number, string, string]
      if (kind === 'o') onOutput(data)
    }
  })
}
