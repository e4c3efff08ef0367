// A tmux with one pane and one attached client, whose screen is read from a headless terminal.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type IPty, spawn } from 'node-pty'
import { createTerminal, type Terminal } from '../../../main/host/screen/xterm.ts'
import { readScreen, type ScreenState } from './cells.ts'

const run = promisify(execFile)

/** One pane and no status line; the outer terminal has the capabilities of xterm.js (in an override, `::` is a colon). */
const CONFIG = `
set -g status off
set -g default-terminal tmux-256color
set -g escape-time 0
set -g history-limit 10000
set -as terminal-features ',xterm-256color:RGB:usstyle:overline:strikethrough'
set -as terminal-overrides ',xterm-256color:Setulc=\\E[58::2::::%p1%{65536}%/%d::%p1%{256}%/%{255}%&%d::%p1%{255}%&%dm'
`

/** Maps key names of the key bar to tmux's. */
const KEYS: Record<string, string> = {
  Escape: 'Escape',
  Tab: 'Tab',
  'Shift Tab': 'BTab',
  Up: 'Up',
  Down: 'Down',
  Left: 'Left',
  Right: 'Right',
  Home: 'Home',
  End: 'End',
  'Page up': 'PPage',
  'Page down': 'NPage',
  'Control C': 'C-c',
  Enter: 'Enter',
  Backspace: 'BSpace',
}

export class Tmux {
  readonly #folder = mkdtempSync(join(tmpdir(), 'otg-tmux-'))
  readonly #socket = join(this.#folder, 'socket')
  readonly #client: IPty
  readonly #term: Terminal

  /** Starts a shell as the test host does (browser-host-process.ts), in `home`. */
  constructor({ cols, rows, home }: { cols: number; rows: number; home: string }) {
    const config = join(this.#folder, 'tmux.conf')
    writeFileSync(config, CONFIG)
    const env = { PATH: process.env.PATH!, HOME: home, PS1: '$ ', LANG: 'C.UTF-8', COLORTERM: 'truecolor' }
    const shell = ['/bin/bash', '--norc', '--noprofile']
    const size = ['-x', `${cols}`, '-y', `${rows}`]
    const args = ['-S', this.#socket, '-f', config, 'new-session', '-d', ...size, '-c', home, ...shell]
    execFileSync('tmux', args, { env, cwd: home })
    this.#term = createTerminal({ cols, rows, scrollback: 0 })
    this.#client = spawn('tmux', ['-S', this.#socket, 'attach'], {
      name: 'xterm-256color',
      cols,
      rows,
      cwd: home,
      env: { ...env, TERM: 'xterm-256color' },
    })
    this.#client.onData(text => this.#term.write(text))
    this.#term.onData(text => this.#client.write(text))
  }

  async #run(...args: string[]): Promise<string> {
    return (await run('tmux', ['-S', this.#socket, ...args])).stdout
  }

  async type(text: string): Promise<void> {
    await this.#run('send-keys', '-l', '--', text)
  }

  async keys(...names: string[]): Promise<void> {
    for (const name of names) await this.#run('send-keys', KEYS[name] ?? name)
  }

  async paste(text: string): Promise<void> {
    await this.#run('set-buffer', '--', text)
    await this.#run('paste-buffer', '-p', '-r')
  }

  resize(cols: number, rows: number): void {
    this.#term.resize(cols, rows)
    this.#client.resize(cols, rows)
  }

  async size(): Promise<string> {
    return (await this.#run('display-message', '-p', '#{pane_width}x#{pane_height}')).trim()
  }

  async readScreen(): Promise<ScreenState> {
    const format = '#{alternate_on} #{keypad_cursor_flag} #{mouse_any_flag}'
    const [alternate, applicationCursor, mouse] = (await this.#run('display-message', '-p', format)).trim().split(' ')
    const history = (await this.#run('capture-pane', '-p', '-S', '-', '-E', '-1')).split('\n').slice(0, -1)
    return {
      ...readScreen(this.#term),
      // The pane's modes, not the outer terminal's, which tmux sets itself.
      alternate: alternate === '1',
      applicationCursor: applicationCursor === '1',
      mouse: mouse === '1',
      scrollback: history.map(line => line.trimEnd()),
    }
  }

  /** Can be called twice. */
  stop(): void {
    try {
      execFileSync('tmux', ['-S', this.#socket, 'kill-server'], { stdio: 'ignore' })
    } catch {
      // It ended with its shell.
    }
    this.#client.kill()
    this.#term.dispose()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
