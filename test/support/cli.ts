// Runs the real otg command, with pipes or inside a real terminal. Knows nothing of what is tested.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import xterm from '@xterm/headless'
import { spawn as spawnPty } from 'node-pty'
import { expect } from 'vitest'
import { readHostInfo } from '../../main/host/files/data-dir.ts'
import { connectLocal } from '../../main/host/listen/stream-transport.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { onCleanUp, temporaryFolder, until } from './host.ts'

const root = join(import.meta.dirname, '..', '..')
const built = join(root, 'build', 'main', 'cli', 'otg.js')
/** What `npm test` has built; in a watch without a build, the sources. */
export const OTG = existsSync(built) ? built : join(root, 'main', 'cli', 'otg.ts')

/** No OTG_ variable, no terminal of whoever runs the tests, and a shell that reads no start files. */
export function environment(dataDir: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: process.env.HOME ?? '/',
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    SHELL: '/bin/sh',
    PS1: '$ ',
    OTG_DATA_DIR: dataDir,
    // Half of what a short command takes is compiling what it imports (vitest.config.ts).
    ...(process.env.NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
  }
}

export interface FinishedCommand {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** The lines of standard output as JSON. */
  json: () => Record<string, unknown>[]
  /** The error that --json prints. */
  error: () => { code: string; message: string }
}

export interface RunningCommand {
  child: ChildProcess
  stdout: () => string
  stderr: () => string
  finished: Promise<FinishedCommand>
}

/** Starts otg with pipes. */
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

/** Runs otg to its end. */
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

/** `otg host` on a free port of loopback, ready. */
export async function startCliHost(dataDir = join(temporaryFolder(), 'data'), args: string[] = []): Promise<CliHost> {
  const running = start(dataDir, ['host', '--json', '--port', '0', '--bind', 'loopback', ...args])
  // Before the SIGKILL of `start`, so that it ends what it runs.
  onCleanUp(async () => {
    running.child.kill('SIGTERM')
    await running.finished
  })
  await until(() => running.stdout().includes('\n') || running.child.exitCode !== null, 'the host to be ready')
  const [ready] = objects(running.stdout())
  if (!ready) throw new Error(`the host did not start: ${running.stderr()}`)
  return { ...running, dataDir, pid: ready.pid, url: ready.url, port: ready.port }
}

/** A session that runs `command` and is not attached; resolves with its id. */
export function startSession(dataDir: string, command: string[]): Promise<string> {
  return ask(dataDir, async client => (await client.create({ command })).session_id)
}

/** What the host of a folder says, without the cost of a process. */
async function ask<T>(dataDir: string, question: (client: LocalClient) => Promise<T>): Promise<T> {
  const client = new LocalClient({
    connect: () => connectLocal(readHostInfo(dataDir)!.socket),
    client: { kind: 'script', name: 'test' },
    reconnect: false,
  })
  try {
    return await question(client)
  } finally {
    client.close()
  }
}

/** All sessions, also ended ones. */
export function sessions(dataDir: string): Promise<SessionInfo[]> {
  return ask(dataDir, client => client.list())
}

export function screenOf(dataDir: string, id: string): Promise<string> {
  return ask(dataDir, async client => (await client.screen(id)).lines.join('\n').trimEnd())
}

export function endSession(dataDir: string, id: string): Promise<void> {
  return ask(dataDir, client => client.kill(id))
}

/** A terminal as a person has one: a PTY with a program in it, and an emulator that shows what it prints. */
export class OuterTerminal {
  readonly terminal: InstanceType<typeof xterm.Terminal>
  /** All that came out, as it came. */
  raw = ''
  code: number | undefined
  readonly pid: number
  readonly #pty: ReturnType<typeof spawnPty>

  /** Runs `script` with sh; `otg` is on its PATH in the form "$otg". */
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

  /** Rows from the top until an empty one, as one: what a person would select of a long address. */
  get firstParagraph(): string {
    return this.screen.split('\n\n')[0]!.replaceAll('\n', '')
  }

  resize(cols: number, rows: number): void {
    this.terminal.resize(cols, rows)
    this.#pty.resize(cols, rows)
  }

  /** A terminal that takes nothing for a while. */
  pause(): void {
    this.#pty.pause()
  }

  resume(): void {
    this.#pty.resume()
  }

  /** The window is closed: the kernel hangs up on everything in it. */
  hangUp(): void {
    ;(this.#pty as unknown as { destroy(): void }).destroy()
  }

  /** What is on the screen now. */
  get screen(): string {
    const { active } = this.terminal.buffer
    const rows = Array.from({ length: this.terminal.rows }, (_, y) =>
      active.getLine(active.baseY + y)?.translateToString(true),
    )
    return rows.join('\n').trimEnd()
  }

  /** What is on the screen and above it. */
  get textWithScrollback(): string {
    const { active } = this.terminal.buffer
    const rows = Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true))
    return rows.join('\n').trimEnd()
  }

  async shows(what: string | RegExp): Promise<void> {
    await this.until(
      () => (typeof what === 'string' ? this.textWithScrollback.includes(what) : what.test(this.textWithScrollback)),
      `${what}`,
    )
  }

  async ends(): Promise<number> {
    await this.until(() => this.code !== undefined, 'the end')
    // The emulator takes what was written in its own time.
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

/** The settings of the terminal around what `script` does, and what it prints at its end. */
export const printingSettings = (script: string) => `stty -g; ${script}; echo "code $?"; stty -g; echo over`
const settings = (outer: OuterTerminal) => outer.raw.match(/^[0-9a-f]+(:[0-9a-f]+)+/gm)!

/** Of a script that was `framed`: the terminal is as it was before. */
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
  // The cursor is shown: what hid it was undone later.
  expect(outer.raw.lastIndexOf('\x1b[?25l')).toBeLessThanOrEqual(outer.raw.lastIndexOf('\x1b[?25h'))
}

/** True while a process with this id is there and not a zombie. */
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
