// The interface of a tool to the benchmark, and functions that start and stop its process.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { folder } from '../support/files.ts'
import { wait } from '../support/host.ts'

export const [COLS, ROWS] = [80, 24]

/** Receives terminal output in the form in which the tool's own page gets it. */
export type OnOutput = (data: Uint8Array | string) => void

export interface Peer {
  name: string
  version: string
  start(): Promise<Server>
}

export interface Server {
  /** The tool's process, not the shell's; undefined if the client itself holds the PTY. */
  pid?: number
  /** Opens a page on the running shell, or on a new one if the tool cannot share a shell. */
  attach(onOutput: OnOutput): Promise<Terminal>
  /** Like `attach`, with the whole history, if the tool supports it. */
  attachAll?(onOutput: OnOutput): Promise<Terminal>
  stop(): Promise<void>
}

export interface Terminal {
  type(text: string): void
  /** Cuts the connection without closing it properly. */
  drop(): void
}

/** The reason why a tool cannot be measured here. */
export type Missing = string

/** The shell for all tools: without user settings, and with the TERM that the tool sets. */
export const shell = join(folder, 'shell')
writeFileSync(
  shell,
  `#!/bin/sh
exec env -i PATH="$PATH" HOME="${folder}" TERM="\${TERM:-xterm-256color}" LANG=C.UTF-8 HISTFILE= PS1='$ ' bash --norc --noprofile
`,
  { mode: 0o755 },
)

/** The folder of the other tools: `npm install wetty vibetunnel`, or unpacked Debian packages. */
const PEERS = process.env.OTG_PEERS

export function program(name: string): string | undefined {
  const folders = [...(PEERS ? [join(PEERS, 'usr', 'bin')] : []), ...(process.env.PATH ?? '').split(':')]
  return folders.map(one => join(one, name)).find(existsSync)
}

export function npmPackage(name: string): string | undefined {
  const found = PEERS && join(PEERS, 'node_modules', name)
  return found && existsSync(found) ? found : undefined
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** How long a tool may take to listen. */
const TIMEOUT_MS = 20_000

/** Starts a tool with its own home folder; resolves when it listens. */
export async function serve(
  port: number,
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ pid: number; stop(): Promise<void> }> {
  const home = join(folder, `home-${port}`)
  mkdirSync(home)
  const child = spawn(command, args, {
    cwd: home,
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: home, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', data => {
      output = (output + data).slice(-1000)
    })
  const failed = once(child, 'error')
  const exited = once(child, 'exit').catch(() => {})
  const start = performance.now()
  while (!(await listens(port))) {
    if (child.exitCode !== null || performance.now() - start > TIMEOUT_MS) {
      kill()
      throw new Error(`${command} does not listen: ${output}`)
    }
    await Promise.race([wait(50), failed.then(([error]) => Promise.reject(error))])
  }
  return {
    pid: child.pid!,
    stop: async () => {
      child.kill('SIGTERM')
      const timer = setTimeout(kill, 3000) // some tools wait for open pages
      await exited
      clearTimeout(timer)
      process.off('exit', kill)
    },
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
