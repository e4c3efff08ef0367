// A real host in a process of its own, as all targets that need one start it.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { inflate } from '../../main/cli/command/inflate.ts'
import { readHostInfo } from '../../main/host/files/host-info.ts'
import type { GateTiming } from '../../main/host/listen/request-gate.ts'
import { connectLocal } from '../../main/host/listen/stream-transport.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import type { Transport } from '../../protocol/transport.ts'
import { testProgram } from '../support/built.ts'
import type { HostState, Replies } from '../support/fuzz-host-process.ts'
import { connectWebSocket, onCleanUp, temporaryFolder, until } from '../support/host.ts'
import type { Context } from '../support/network/message-samples.ts'
import { type PhoneIdentity, pairPhone } from '../support/pairing.ts'

/** Longer than every bound of the host with these timings, and a second to end, on a busy machine. */
export const GONE_MS = 20_000
const TIMING: Partial<GateTiming> & { handshake_ms: number } = {
  headers_ms: 150,
  keep_alive_ms: 100,
  stalled_ms: 200,
  response_ms: 600,
  handshake_ms: 1_000,
}

/** Noise of the allocator and the garbage collector, and threads that end when nobody asked them anything for a minute. */
const RSS_BYTES = 96 * 1024 * 1024
const HEAP_BYTES = 8 * 1024 * 1024
/** Of the history's files, which are opened when they are needed. */
const DESCRIPTORS = 4

/** Shows what is typed into it, and rings. */
const ECHOES = { command: ['sh', '-c', "stty raw -echo; printf 'ready\\a'; exec cat"] }

export class FuzzHost {
  readonly folder = temporaryFolder()
  readonly dataDir = join(this.folder, 'data')
  port = 0
  /** A client of a person at the desktop. */
  desktop!: LocalClient
  #process!: ChildProcess
  #before!: HostState
  #context: Context | undefined

  /** `prepare`: fills the data folder before the host opens it. */
  async start(prepare?: (dataDir: string) => Promise<void>): Promise<void> {
    const webRoot = join(this.folder, 'web')
    mkdirSync(join(webRoot, 'assets'), { recursive: true })
    writeFileSync(join(webRoot, 'index.html'), '<!doctype html>')
    writeFileSync(join(webRoot, 'assets', 'main.js'), 'x'.repeat(400_000))
    mkdirSync(this.dataDir, { mode: 0o700 })
    await prepare?.(this.dataDir)
    await this.#run()
  }

  /** Kills the host and starts another one on its data folder. */
  async startAgain(): Promise<void> {
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
    await this.#run()
  }

  async #run(): Promise<void> {
    const program = testProgram('support/fuzz-host-process.ts')
    const child = fork(program, [this.dataDir, join(this.folder, 'web'), JSON.stringify(TIMING)], {
      // Otherwise V8 grows its young generation under load and keeps it: a hundred empty megabytes.
      execArgv: ['--expose-gc', '--max-semi-space-size=2'],
    })
    onCleanUp(() => child.kill('SIGKILL'))
    this.#process = child
    this.port = (await this.#next<{ port: number }>('port')).port
    this.desktop = await this.localClient()
  }

  /** From now on no phone is approved, and what the host holds is compared with what it holds now. */
  async settle(): Promise<void> {
    await this.ask('strict')
    this.#before = await this.ask('held')
  }

  get socket(): string {
    return readHostInfo(this.dataDir)!.socket
  }

  async localClient(): Promise<LocalClient> {
    const client = new LocalClient({
      connect: () => connectLocal(this.socket),
      client: { kind: 'desktop', name: 'fuzz' },
      reconnect: false,
      inflate,
    })
    onCleanUp(() => client.close())
    await client.connect()
    return client
  }

  async pair(name: string): Promise<PhoneIdentity> {
    return pairPhone(await this.ask('address'), () => this.webSocket(), { name })
  }

  webSocket(hostKey?: Uint8Array): Promise<Transport> {
    return connectWebSocket(this, hostKey)
  }

  /** Rejects when the host is gone, or serves nobody. */
  async check(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) throw new Error('the host died')
    if (this.desktop.state.name !== 'ready') throw new Error('the desktop lost its connection')
    await Promise.all([this.#health(), inTime(this.desktop.list(), 'the list of sessions')])
  }

  /** Rejects when the host keeps something of what it was sent. */
  async finish(kept: readonly string[] = []): Promise<string> {
    const before = this.#before
    // Ends what was started.
    if (this.#context) await this.context(kept)
    let after = await this.ask('held')
    await until(async () => {
      after = await this.ask('held')
      return after.descriptors <= before.descriptors + DESCRIPTORS && after.requests === 0
    }, `the host to close all connections: ${before.descriptors} descriptors before, and now ${after.descriptors}`)
    const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
    const { rss, heap, devices } = before
    if (String(after.devices) !== String(devices)) throw new Error('a device was paired')
    if (after.rss > rss + RSS_BYTES) throw new Error(`the memory grew from ${mb(rss)} to ${mb(after.rss)}`)
    if (after.heap > heap + HEAP_BYTES) throw new Error(`the heap grew from ${mb(heap)} to ${mb(after.heap)}`)
    return (
      `RSS ${mb(rss)}, after ${mb(after.rss)}; heap ${mb(heap)}, after ${mb(after.heap)}; ` +
      `descriptors ${before.descriptors}, after ${after.descriptors}`
    )
  }

  /** What messages can be about: made again as far as it is gone. Everything else ends but `kept`. */
  async context(kept: readonly string[] = []): Promise<Context> {
    const { desktop } = this
    const sessions = await desktop.list()
    const { sessions: stored } = await desktop.history.sessions({ limit: 500 })
    const isRunning = (id: string) => sessions.some(({ session_id, state }) => session_id === id && state === 'running')
    const known = this.#context
    const session_id =
      known && isRunning(known.session_id) ? known.session_id : (await desktop.create(ECHOES)).session_id
    const hasEnded = stored.some(one => one.session_id === known?.ended && one.state !== 'running')
    const ended = known && hasEnded ? known.ended : (await desktop.create({ command: ['true'] })).session_id
    await Promise.all(
      [...new Set([...sessions, ...stored].map(one => one.session_id))]
        .filter(id => id !== session_id && id !== ended && !kept.includes(id))
        .map(async id => {
          // It may end by itself meanwhile.
          await desktop.kill(id).catch(() => {})
          await desktop.history.delete(id).catch(() => {})
        }),
    )
    const marks = session_id === known?.session_id ? (await desktop.history.timeline(session_id, 1)).marks : []
    const mark = marks[0] ?? (await desktop.history.mark(session_id, { at: 0 }, 'first'))
    for (const { mark_id } of marks.slice(1)) await desktop.history.unmark(session_id, mark_id)
    this.#context = { session_id, handle: 1, ended, device_id: 'none', mark_id: mark.mark_id }
    return this.#context
  }

  #health(): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, path: '/health', agent: false, timeout: GONE_MS }
      get(options, response => {
        response.resume()
        if (response.statusCode === 200) resolve()
        else reject(new Error(`/health answers ${response.statusCode}`))
      })
        .on('timeout', () => reject(new Error('the host hangs')))
        .on('error', reject)
    })
  }

  async ask<K extends keyof Replies>(what: K): Promise<Replies[K]> {
    const answer = this.#next<Pick<Replies, K>>(what)
    this.#process.send(what)
    return (await answer)[what]
  }

  #next<T extends object>(what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error('the host died'))
      this.#process.once('exit', gone)
      const listen = (message: T) => {
        if (!(what in message)) return
        this.#process.off('message', listen)
        this.#process.off('exit', gone)
        resolve(message)
      }
      this.#process.on('message', listen)
    })
  }
}

/** Rejects when it takes longer than every bound of the host. */
export async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${GONE_MS} ms`)), GONE_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
