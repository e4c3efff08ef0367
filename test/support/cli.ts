// Runs the real otg command, with pipes or inside a real terminal.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import xterm from '@xterm/headless'
import { spawn as spawnPty } from 'node-pty'
import { expect } from 'vitest'
import { inflate } from '../../main/cli/command/inflate.ts'
import { readHostInfo } from '../../main/host/files/host-info.ts'
import { connectLocal } from '../../main/host/listen/stream-transport.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { OTG } from './built.ts'
import { onCleanUp, temporaryFolder, until } from './host.ts'

export { OTG }

let home: string | undefined

/** A home folder for all tests of this process, so that nothing depends on the startup files of this computer. */
function ownHome(): string {
  if (home === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'otg-home-'))
    writeFileSync(join(folder, '.profile'), "export PS1='$ '\n")
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    home = folder
  }
  return home
}

/** An environment independent of the user's: no OTG_ variables, a fixed TERM, and a shell that reads no startup files. */
export function environment(dataDir: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: ownHome(),
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    SHELL: '/bin/sh',
    PS1: '$ ',
    OTG_DATA_DIR: dataDir,
    // Compiling imports takes half the time of a short command; reuse compiled code (vitest.config.ts).
    ...(process.env.NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
  }
}

export interface FinishedCommand {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** Standard output parsed as JSON lines. */
  json: () => Record<string, unknown>[]
  /** The error that `--json` prints to standard error. */
  error: () => { code: string; message: string }
}

export interface RunningCommand {
  child: ChildProcess
  stdout: () => string
  stderr: () => string
  finished: Promise<FinishedCommand>
}

/** Starts otg with pipes for its standard streams. */
export function start(
  dataDir: string,
  args: string[],
  options: SpawnOptions & { input?: string } = {},
): RunningCommand {
  const { input, ...rest } = options
  const child = spawn(process.execPath, [OTG, ...args], {
    env: environment(dataDir),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...rest,
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin?.on('error', () => {})
  if (input !== undefined) child.stdin?.end(input)
  const finished = new Promise<FinishedCommand>(resolve => {
    child.on('close', (code, signal) =>
      resolve({ code, signal, stdout, stderr, json: () => objects(stdout), error: () => objects(stderr)[0]!.error }),
    )
  })
  onCleanUp(async () => {
    child.kill('SIGKILL')
    await finished
  })
  return { child, stdout: () => stdout, stderr: () => stderr, finished }
}

/** Runs otg and waits until it exits. */
export function otg(
  dataDir: string,
  args: string[],
  options: SpawnOptions & { input?: string } = {},
): Promise<FinishedCommand> {
  return start(dataDir, args, options).finished
}

export interface CliHost extends RunningCommand {
  dataDir: string
  pid: number
  url: string
  port: number
}

/** Starts `otg host` on a free loopback port; resolves when it is ready. */
export async function startCliHost(
  dataDir = join(temporaryFolder(), 'data'),
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<CliHost> {
  const all = ['host', '--json', '--port', '0', '--bind', 'loopback', ...args]
  const running = start(dataDir, all, { env: { ...environment(dataDir), ...env } })
  // Runs before the SIGKILL of `start`, so that the host ends its sessions.
  onCleanUp(async () => {
    running.child.kill('SIGTERM')
    await running.finished
  })
  await until(() => running.stdout().includes('\n') || running.child.exitCode !== null, 'the host to be ready')
  const [ready] = objects(running.stdout())
  if (!ready) throw new Error(`the host did not start: ${running.stderr()}`)
  return { ...running, dataDir, pid: ready.pid, url: ready.url, port: ready.port }
}

/** Starts a session without attaching to it; resolves with its id. */
export function startSession(dataDir: string, command: string[]): Promise<string> {
  return withClient(dataDir, async client => (await client.create({ command })).session_id)
}

/** Calls `use` with a client of the host of `dataDir`, without the cost of an otg process. */
export async function withClient<T>(dataDir: string, use: (client: LocalClient) => Promise<T>): Promise<T> {
  const client = new LocalClient({
    connect: () => connectLocal(readHostInfo(dataDir)!.socket),
    client: { kind: 'script', name: 'test' },
    inflate,
    reconnect: false,
  })
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

/** All sessions of the host, including ended ones. */
export function sessions(dataDir: string): Promise<SessionInfo[]> {
  return withClient(dataDir, client => client.list())
}

export function screenOf(dataDir: string, id: string): Promise<string> {
  return withClient(dataDir, async client => (await client.screen(id)).lines.join('\n').trimEnd())
}

export function changeSettings(dataDir: string, change: Record<string, unknown>): Promise<void> {
  return withClient(dataDir, client => client.changeSettings(change))
}

export function endSession(dataDir: string, id: string): Promise<void> {
  return withClient(dataDir, client => client.kill(id))
}

/** A user's terminal: a PTY that runs a program, and an emulator that shows its output. */
export class OuterTerminal {
  readonly terminal: InstanceType<typeof xterm.Terminal>
  /** All output, unprocessed. */
  raw = ''
  code: number | undefined
  readonly pid: number
  readonly #pty: ReturnType<typeof spawnPty>

  /** Runs `script` with sh; it starts otg as `$otg`. */
  constructor(dataDir: string, script: string, size = { cols: 80, rows: 24 }) {
    const env = { ...environment(dataDir), otg: `${process.execPath} ${OTG}` }
    this.terminal = new xterm.Terminal({ ...size, allowProposedApi: true })
    this.#pty = spawnPty('/bin/sh', ['-c', script], { name: 'xterm-256color', ...size, env, cwd: '/tmp' })
    this.pid = this.#pty.pid
    this.#pty.onData(data => {
      this.raw += data
      this.terminal.write(data)
    })
    this.#pty.onExit(({ exitCode, signal }) => {
      this.code = signal ? 128 + signal : exitCode
    })
    onCleanUp(() => {
      if (this.code === undefined) this.#pty.kill('SIGKILL')
      this.terminal.dispose()
    })
  }

  type(text: string): void {
    this.#pty.write(text)
  }

  /** The rows above the first empty one, joined: a long address that wraps. */
  get firstParagraph(): string {
    return this.screen.split('\n\n')[0]!.replaceAll('\n', '')
  }

  resize(cols: number, rows: number): void {
    this.terminal.resize(cols, rows)
    this.#pty.resize(cols, rows)
  }

  /** Stops reading output, like a terminal that is held up. */
  pause(): void {
    this.#pty.pause()
  }

  resume(): void {
    this.#pty.resume()
  }

  /** Closes the PTY like closing the window: the kernel sends SIGHUP to the programs in it. */
  hangUp(): void {
    ;(this.#pty as unknown as { destroy(): void }).destroy()
  }

  /** The visible rows as text. */
  get screen(): string {
    const { active } = this.terminal.buffer
    const rows = Array.from({ length: this.terminal.rows }, (_, y) =>
      active.getLine(active.baseY + y)?.translateToString(true),
    )
    return rows.join('\n').trimEnd()
  }

  /** The scrollback and the visible rows as text. */
  get textWithScrollback(): string {
    const { active } = this.terminal.buffer
    const rows = Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true))
    return rows.join('\n').trimEnd()
  }

  /** Waits until the text is on the screen or in the scrollback. */
  async shows(what: string | RegExp): Promise<void> {
    await this.until(
      () => (typeof what === 'string' ? this.textWithScrollback.includes(what) : what.test(this.textWithScrollback)),
      `${what}`,
    )
  }

  /** Waits until the program ended; resolves with its exit code. */
  async ends(): Promise<number> {
    await this.until(() => this.code !== undefined, 'the program to end')
    // The emulator parses asynchronously.
    await new Promise<void>(resolve => this.terminal.write('', resolve))
    return this.code!
  }

  async until(test: () => unknown, what: string): Promise<void> {
    try {
      await until(test, what)
    } catch (error) {
      throw new Error(`${(error as Error).message}; the terminal shows:\n${this.textWithScrollback}`)
    }
  }
}

/** Prints the terminal's settings before and after `script`, and its exit code. */
export const printingSettings = (script: string) => `stty -g; ${script}; echo "code $?"; stty -g; echo over`
const settings = (outer: OuterTerminal) => outer.raw.match(/^[0-9a-f]+(:[0-9a-f]+)+/gm)!

/** Expects that a script run with `printingSettings` left the terminal as it was. */
export function expectRestored(outer: OuterTerminal): void {
  const [before, after] = settings(outer)
  expect(after).toBe(before)
  const { modes, buffer } = outer.terminal
  expect(buffer.active.type).toBe('normal')
  expect(modes).toMatchObject({
    applicationCursorKeysMode: false,
    applicationKeypadMode: false,
    bracketedPasteMode: false,
    insertMode: false,
    mouseTrackingMode: 'none',
    originMode: false,
    sendFocusMode: false,
    wraparoundMode: true,
  })
  // The cursor is visible: it was last shown after it was last hidden.
  expect(outer.raw.lastIndexOf('\x1b[?25l')).toBeLessThanOrEqual(outer.raw.lastIndexOf('\x1b[?25h'))
}

/** Whether a process with this id exists; also true for a zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

// biome-ignore lint/suspicious/noExplicitAny: lines of JSON, whose shapes are what is tested
function objects(text: string): any[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}
