// node-pty alone, in the process that listens: what nobody can beat. Knows nothing of what is measured.
import { createRequire } from 'node:module'
import { spawn } from 'node-pty'
import { COLS, type Peer, ROWS, shell } from './peer.ts'

export function raw(): Peer {
  const { version } = createRequire(import.meta.url)('node-pty/package.json') as { version: string }
  return {
    name: 'raw node-pty',
    version,
    start: async () => ({
      attach: async heard => {
        const pty = spawn(shell, [], { encoding: null, cols: COLS, rows: ROWS, name: 'xterm-256color' })
        pty.onData(heard)
        return { type: text => pty.write(text), drop: () => pty.kill() }
      },
      stop: async () => {},
    }),
  }
}
