// A host in a process of its own that records one session, whose program prints lines with the time; and what is left of
// these lines in a copy of its database.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { inflate } from '../../../main/cli/command/inflate.ts'
import { readHostInfo } from '../../../main/host/files/host-info.ts'
import { LogReader } from '../../../main/host/history/playback/reader.ts'
import { connectLocal } from '../../../main/host/listen/stream-transport.ts'
import { Store } from '../../../main/host/store/store.ts'
import { LocalClient } from '../../../protocol/client/local-client.ts'
import { LOG_START, type Position } from '../../../protocol/position.ts'
import { OTG } from '../built.ts'
import { inflate as inflateSegment } from '../history.ts'
import { onCleanUp, until } from '../host.ts'
import type { Pattern } from './printing-process.ts'

export interface PrintingHost {
  process: ChildProcess
  client: LocalClient
  session_id: string
  /** When its first line was printed, by `monotonicNow`. */
  began: number
  /** Everything that was printed by now. */
  printed(): string
  /** Stops it and then its program, or lets both go on: what is printed while the host stands still would be late for it. */
  stop(): void
  goOn(): void
  /** Kills it. */
  kill(): Promise<void>
}

/** `truth`: a file outside of the data folder. */
export async function startPrintingHost(
  dataDir: string,
  pattern: Pattern,
  truth: string,
  env: NodeJS.ProcessEnv = {},
): Promise<PrintingHost> {
  const { process: host, client } = await startHostProcess(dataDir, env)
  const program = join(import.meta.dirname, 'printing-process.ts')
  const { session_id, pid } = await client.create({ command: [process.execPath, program, pattern, truth] })
  const signal = (name: NodeJS.Signals) => {
    host.kill(name)
    process.kill(pid!, name)
  }
  const printed = () => {
    try {
      return readFileSync(truth, 'latin1')
    } catch {
      return ''
    }
  }
  await until(() => printed().includes('\n'), 'the program to print')
  const kill = async () => {
    client.close()
    await endProcess(host)
  }
  const began = printedAt(printed())
  return {
    process: host,
    client,
    session_id,
    began,
    printed,
    stop: () => signal('SIGSTOP'),
    goOn: () => signal('SIGCONT'),
    kill,
  }
}

export async function startHostProcess(
  dataDir: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ process: ChildProcess; client: LocalClient }> {
  const host = spawn(process.execPath, [OTG, 'host', '--json', '--port', '0', '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  onCleanUp(() => endProcess(host))
  await Promise.race([once(host.stdout, 'data'), once(host, 'exit')])
  if (host.exitCode !== null) throw new Error(`the host ended with ${host.exitCode}`)
  const { socket } = readHostInfo(dataDir)!
  const client = new LocalClient({
    connect: () => connectLocal(socket),
    client: { kind: 'script', name: 'test' },
    reconnect: false,
    inflate,
  })
  onCleanUp(() => client.close())
  await client.connect()
  return { process: host, client }
}

export async function endProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
}

/** When the first of these lines was printed, by `monotonicNow`. */
export function printedAt(lines: string): number {
  return Number(/^\d+ (\d+)/.exec(lines)?.[1])
}

/** Milliseconds of the clock of process.hrtime(), which journals and printed lines use. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/**
 * How long before `cutAt` the first line was printed that is missing; 0: none is. Throws if what the database at `file` has is
 * not what was printed, or if the database is damaged.
 */
export function lostBefore(cutAt: number, file: string, printed: string): number {
  const lines = recordedLines(file)
  const begin = printed.indexOf(lines)
  if (begin < 0) throw new Error('what is left is not what was printed')
  const missing = printedAt(printed.slice(begin + lines.lastIndexOf('\n') + 1))
  return Math.max(0, cutAt - (Number.isNaN(missing) ? cutAt : missing))
}

function recordedLines(file: string): string {
  const store = new Store(file, Date.now)
  try {
    const reader = new LogReader(store)
    const [stored] = reader.sessions(1)
    let text = ''
    for (let position: Position = LOG_START; stored; ) {
      const result = reader.read(stored.session.session_id, position)
      if (result.kind === 'end') break
      if (result.kind === 'gap') {
        if (result.reason !== 'trimmed') throw new Error(`gap (${result.reason}) from ${result.from.offset}`)
        position = result.to
        continue
      }
      text += inflateSegment(result).toString('latin1', position.offset - result.position.offset)
      position = result.end
    }
    store.close()
    const database = new Database(file)
    const check = database.pragma('integrity_check', { simple: true })
    database.close()
    if (check !== 'ok') throw new Error(`integrity_check: ${check}`)
    return text.replaceAll('\r\n', '\n').replace(/\r$/, '')
  } finally {
    store.close()
  }
}

/** Returns the longest time that an idle thread could not run so far: what a busy machine adds to every bound. */
export function watchStalls(): () => number {
  const worst = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT))
  const worker = new Worker(
    `const { workerData: worst } = require('node:worker_threads')
     let last = performance.now()
     setInterval(() => {
       worst[0] = Math.max(worst[0], performance.now() - last - 10)
       last = performance.now()
     }, 10)`,
    { eval: true, workerData: worst },
  )
  onCleanUp(() => worker.terminate())
  return () => worst[0]!
}
