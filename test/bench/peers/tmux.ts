// tmux: a server owns the shell, and a client on a PTY attaches, as over ssh. It sends screens, not the shell's output.
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
      // Without the status line, so that the shell has as many rows as in the other tools.
      const settings = join(folder, 'tmux.conf')
      writeFileSync(settings, 'set -g status off\n')
      const server = ['-L', `otg-bench-${process.pid}`, '-f', settings]
      await run(path, [...server, 'new-session', '-d', '-x', String(COLS), '-y', String(ROWS), shell])
      const kill = () => run(path, [...server, 'kill-server']).catch(() => {})
      const { stdout } = await run(path, [...server, 'display-message', '-p', '#{pid}'])
      return {
        pid: Number(stdout),
        attach: async onOutput => {
          const pty = spawn(path, [...server, 'attach'], {
            encoding: null,
            cols: COLS,
            rows: ROWS,
            name: 'xterm-256color',
          })
          pty.onData(onOutput)
          return { type: text => pty.write(text), drop: () => pty.kill() }
        },
        stop: async () => void (await kill()),
      }
    },
  }
}
