// A network namespace for a test, with arbitrary interfaces and addresses and real sockets.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onCleanUp, temporaryFolder, until } from '../host.ts'

export interface Namespace {
  /** Runs a command inside; resolves with its output, rejects if it fails. */
  run(command: string, ...args: string[]): Promise<string>
  /** Starts a Node program inside that prints JSON lines. */
  start(file: string, options: object, env?: NodeJS.ProcessEnv): Program
  /** Connects from inside and sends text; resolves with the reply until the connection ends, or with the error's code. */
  exchange(address: string, port: number, text: string): Promise<string>
}

export interface Program {
  // biome-ignore lint/suspicious/noExplicitAny: the program's output, of any shape
  lines: any[]
  process: ChildProcess
}

/**
 ** A new network with loopback only; `setup` is a shell script that runs in it. `files` replace files of the system.
 ** Undefined where that is not permitted; on CI that is a failure, so that untested does not look like tested.
 */
export async function openNamespace(setup: string, files: Record<string, string> = {}): Promise<Namespace | undefined> {
  const folder = temporaryFolder()
  const mounts = Object.entries(files).map(([file, text], index) => {
    const own = join(folder, String(index))
    writeFileSync(own, text)
    return `mount --bind ${own} ${file}`
  })
  const script = ['set -e', 'ip link set lo up', ...mounts, setup, 'echo ready', 'exec cat'].join('\n')
  const holder = spawn('unshare', ['-rnm', 'sh', '-c', script], { stdio: 'pipe' })
  let output = ''
  let ended = false
  for (const stream of [holder.stdout, holder.stderr])
    stream.on('data', data => {
      output += data
    })
  holder.on('error', error => {
    output += error
    ended = true
  })
  holder.on('exit', () => {
    ended = true
  })
  onCleanUp(() => holder.kill('SIGKILL'))
  await until(() => ended || output.includes('ready'), 'the namespace')
  if (ended) {
    if (process.env.CI) throw new Error(`cannot create a network namespace: ${output}`)
    console.warn(`skipped, cannot create a network namespace: ${output}`)
    return undefined
  }
  let exchanger: Exchange | undefined
  const enter = ['-t', String(holder.pid), '-U', '-n', '-m', '--preserve-credentials']
  const run = (command: string, ...args: string[]) =>
    new Promise<string>((resolve, reject) => {
      execFile('nsenter', [...enter, command, ...args], { timeout: 20_000 }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      )
    })
  return {
    run,
    start: (file, options, env = {}) => {
      const child = spawn('nsenter', [...enter, process.execPath, file, JSON.stringify(options)], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, ...env },
      })
      onCleanUp(() => child.kill('SIGKILL'))
      const program: Program = { lines: [], process: child }
      createInterface({ input: child.stdout }).on('line', line => program.lines.push(JSON.parse(line)))
      return program
    },
    exchange: async (address, port, text) => {
      exchanger ??= startExchanger(enter)
      return exchanger(address, port, text)
    },
  }
}

type Exchange = Namespace['exchange']

/** Starts one process inside for all exchanges of a test, since starting a process takes longer than an exchange. */
function startExchanger(enter: string[]): Exchange {
  const child = spawn('nsenter', [...enter, process.execPath, '-e', EXCHANGER], { stdio: ['pipe', 'pipe', 'inherit'] })
  onCleanUp(() => child.kill('SIGKILL'))
  const pending = new Map<number, (reply: string) => void>()
  createInterface({ input: child.stdout }).on('line', line => {
    const { id, reply } = JSON.parse(line) as { id: number; reply: string }
    pending.get(id)?.(reply)
    pending.delete(id)
  })
  let next = 0
  return (address, port, text) =>
    new Promise(resolve => {
      const id = next++
      pending.set(id, resolve)
      child.stdin.write(`${JSON.stringify({ id, address, port, text })}\n`)
    })
}

const EXCHANGER = `
require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
  const { id, address, port, text } = JSON.parse(line)
  let reply = ''
  const socket = require('node:net').connect({ host: address, port, timeout: 8000 })
  socket.setEncoding('utf8')
  socket.on('data', data => { reply += data })
  socket.on('timeout', () => socket.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })))
  socket.on('error', error => { reply += error.code })
  socket.on('close', () => console.log(JSON.stringify({ id, reply })))
  socket.write(text)
})
`
