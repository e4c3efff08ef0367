// What a tool is to the benchmark, and how its process is started and ended. Knows no tool and measures nothing.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { folder } from '../support/files.ts'
import { wait } from '../support/host.ts'

export const [COLS, ROWS] = [80, 24]

/** What came for the terminal, as the tool's own page hands it over. */
export type OnOutput = (data: Uint8Array | string) => void

export interface Peer {
  name: string
  version: string
  start(): Promise<Server>
}

export interface Server {
  /** The process that is the tool and not the shell; none where the client holds the PTY itself. */
  pid?: number
  /** A page is opened: on the shell that there is, or on a new one where the tool knows no other way. */
  attach(heard: OnOutput): Promise<Terminal>
  /** As `attach`, with all that was ever printed, where a client may ask for that. */
  attachAll?(heard: OnOutput): Promise<Terminal>
  stop(): Promise<void>
}

export interface Terminal {
  type(text: string): void
  /** The connection is cut: nobody says goodbye. */
  drop(): void
}

/** Why a tool cannot be measured here. */
export type Missing = string

/** The same for everybody: a shell without anybody's settings, with the terminal's name that the tool gives it. */
export const shell = join(folder, 'shell')
writeFileSync(
  shell,
  `#!/bin/sh
exec env -i PATH="$PATH" HOME="${folder}" TERM="\${TERM:-xterm-256color}" LANG=C.UTF-8 HISTFILE= PS1='$ ' bash --norc --noprofile
`,
  { mode: 0o755 },
)

/** Where people put what is not part of this project: `npm install wetty vibetunnel`, or Debian's packages unpacked. */
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

/** What a tool may take to listen, or to end. */
const TIMEOUT_MS = 20_000

/** Starts a tool with a home folder of its own; resolves when it listens. */
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
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', data => {
      said = (said + data).slice(-1000)
    })
  const failed = once(child, 'error')
  const gone = once(child, 'exit').catch(() => {})
  const start = performance.now()
  while (!(await listens(port))) {
    if (child.exitCode !== null || performance.now() - start > TIMEOUT_MS) {
      end()
      throw new Error(`${command} does not listen: ${said}`)
    }
    await Promise.race([wait(50), failed.then(([error]) => Promise.reject(error))])
  }
  return {
    pid: child.pid!,
    stop: async () => {
      child.kill('SIGTERM')
      const late = setTimeout(end, 3000) // some wait for pages that are open
      await gone
      clearTimeout(late)
      process.off('exit', end)
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
