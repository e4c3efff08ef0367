// tmux: its server keeps the shell, a client on a PTY here looks at it, as over ssh. It sends screens, not what was printed.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { spawn } from 'node-pty'
import { folder } from '../support/files.ts'
import { COLS, type Missing, type Peer, program, ROWS, shell } from './peer.ts'

const run = promisify(execFile)

export async function tmux(): Promise<Peer | Missing> {
  const path = program('tmux')
  if (!path) return 'no tmux in PATH'
  const version = (await run(path, ['-V'])).stdout.trim().replace(/^tmux /, '')
  return {
    name: 'tmux',
    version,
    start: async () => {
      // Without the status line, so that the shell has as many rows as with everybody else.
      const settings = join(folder, 'tmux.conf')
      writeFileSync(settings, 'set -g status off\n')
      const to = ['-L', `otg-bench-${process.pid}`, '-f', settings]
      await run(path, [...to, 'new-session', '-d', '-x', String(COLS), '-y', String(ROWS), shell])
      const end = () => run(path, [...to, 'kill-server']).catch(() => {})
      const { stdout } = await run(path, [...to, 'display-message', '-p', '#{pid}'])
      return {
        pid: Number(stdout),
        attach: async heard => {
          const pty = spawn(path, [...to, 'attach'], { encoding: null, cols: COLS, rows: ROWS, name: 'xterm-256color' })
          pty.onData(heard)
          return { type: text => pty.write(text), drop: () => pty.kill() }
        },
        stop: async () => void (await end()),
      }
    },
  }
}
