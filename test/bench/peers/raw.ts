// node-pty alone, in the benchmark's process: the lower bound for the tools.
import { createRequire } from 'node:module'
import { spawn } from 'node-pty'
import { COLS, type Peer, ROWS, shell } from './peer.ts'

export function raw(): Peer {
  const { version } = createRequire(import.meta.url)('node-pty/package.json') as { version: string }
  return {
    name: 'raw node-pty',
    version,
    start: async () => ({
      attach: async onOutput => {
        const pty = spawn(shell, [], { encoding: null, cols: COLS, rows: ROWS, name: 'xterm-256color' })
        pty.onData(onOutput)
        return { type: text => pty.write(text), drop: () => pty.kill() }
      },
      stop: async () => {},
    }),
  }
}
