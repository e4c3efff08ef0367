// Starts hosts in their own processes and connects clients to them.
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { inflate } from '../../../main/cli/command/inflate.ts'
import { NATIVE_SUITE } from '../../../main/host/access/native-suite.ts'
import { socketTransport } from '../../../main/host/listen/websocket.ts'
import type { Suite } from '../../../protocol/channel/noise.ts'
import type { AttachmentEvents, AttachOptions, ClientAttachment } from '../../../protocol/client/client-attachment.ts'
import { LocalClient } from '../../../protocol/client/local-client.ts'
import type { TerminalSink } from '../../../protocol/client/log-applier.ts'
import { MAX_WINDOW_BYTES } from '../../../protocol/limits.ts'
import type { Transport } from '../../../protocol/transport.ts'
import { openReturnChannel, type PhoneIdentity, pairPhone } from '../../support/pairing.ts'
import { CLEAR_SUITE } from './clear-suite.ts'
import { emptyWebRoot, folder, logFile, MB } from './files.ts'
import type { Replies } from './host-process.ts'

/** Attaches with the whole history, and with the largest window. */
export const EVERYTHING: AttachOptions = {
  history_bytes: Number.MAX_SAFE_INTEGER,
  catch_up_bytes: Number.MAX_SAFE_INTEGER,
  window: MAX_WINDOW_BYTES,
}

let hosts = 0

export class BenchHost {
  readonly #process: ChildProcess
  readonly #clients: BenchClient[] = []
  readonly port: number
  readonly #suite: Suite

  private constructor(process: ChildProcess, port: number, suite: Suite) {
    this.#process = process
    this.port = port
    this.#suite = suite
  }

  /** `clear`: with channels that do not encrypt. */
  static async start(options: { webRoot?: string; data?: string; clear?: boolean } = {}): Promise<BenchHost> {
    const data = join(folder, options.data ?? `data-${++hosts}`)
    // `OTG_BENCH_PROFILE=folder` writes a CPU profile of each thread of each host.
    const profile = process.env.OTG_BENCH_PROFILE
    const child = fork(
      join(import.meta.dirname, 'host-process.ts'),
      [data, options.webRoot ?? emptyWebRoot, ...(options.clear ? ['clear'] : [])],
      {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        execArgv: ['--expose-gc', ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [])],
      },
    )
    const { port } = await message<{ port: number }>(child)
    return new BenchHost(child, port, options.clear ? CLEAR_SUITE : NATIVE_SUITE)
  }

  get pid(): number {
    return this.#process.pid!
  }

  async stop(): Promise<void> {
    for (const { client } of this.#clients) client.close()
    const exited = new Promise(resolve => this.#process.once('exit', resolve))
    this.#process.send('stop')
    await exited
  }

  request<K extends keyof Replies>(name: K): Promise<Replies[K]> {
    const reply = message<Replies[K]>(this.#process)
    this.#process.send(name)
    return reply
  }

  /** A paired client that is not connected yet; `port` is a proxy's, if it connects through one. */
  async newClient(port = this.port): Promise<BenchClient> {
    const { address } = await this.request('address')
    const phone = await pairPhone(address, () => openSocket(this.port, this.port).then(socketTransport), {
      suite: this.#suite,
    })
    const client = new BenchClient(port, this.port, phone, this.#suite)
    this.#clients.push(client)
    return client
  }

  async connect(): Promise<LocalClient> {
    const { client } = await this.newClient()
    await client.connect()
    return client
  }

  /** A session that printed a build log of this size and then waits; its output is on disk. */
  async fill(client: LocalClient, bytes: number): Promise<string> {
    // The log may end in the middle of a sequence. The end marker is printed after the log was sealed: the last segment is
    // not rendered while its session runs.
    const script = `stty -opost -echo; cat ${logFile(bytes, '\r\n')}; sleep 0.2; printf '\\033[m\\r\\n${END_MARKER}'; exec sleep 100000`
    const { session_id } = await client.create({ command: ['sh', '-c', script] })
    const start = performance.now()
    while (!(await client.screen(session_id)).lines.some(line => line.includes(END_MARKER))) {
      if (performance.now() - start > 30_000) throw new Error('a session did not print its end marker')
      await wait(20)
    }
    await this.request('flush')
    return session_id
  }
}

export const END_MARKER = 'the log ends here'

/** A client whose connection can be inspected and cut. */
export class BenchClient {
  readonly client: LocalClient
  openedAt = 0
  /** Payload bytes received from the host since the connection was opened. */
  received = 0
  socket: WebSocket | undefined

  constructor(port: number, hostPort: number, phone: PhoneIdentity, suite: Suite) {
    this.client = new LocalClient({
      connect: async () => openReturnChannel(phone, await this.#open(port, hostPort), suite),
      client: { kind: 'script', name: 'bench' },
      // Reconnects only when told to (`retry`).
      reconnect: { first: 600_000, max: 600_000, give_up: 600_000 },
      inflate,
    })
  }

  async #open(port: number, hostPort: number): Promise<Transport> {
    const socket = await openSocket(port, hostPort)
    this.socket = socket
    this.received = 0
    socket.on('message', (data: Buffer) => {
      this.received += data.length
    })
    this.openedAt = performance.now()
    return socketTransport(socket)
  }
}

async function openSocket(port: number, hostPort: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, {
    perMessageDeflate: false,
    // The host's own name, also through a proxy.
    headers: { host: `127.0.0.1:${hostPort}` },
  })
  await new Promise<void>((resolve, reject) => socket.once('open', () => resolve()).once('error', reject))
  return socket
}

/** Forwards output without parsing it, so that the host is measured and not this process. */
export function sink(onOutput: (bytes: Uint8Array) => void = () => {}): TerminalSink {
  return {
    write: (bytes, done) => {
      onOutput(bytes)
      done()
    },
    resize: () => {},
    reset: () => {},
  }
}

/** Resolves with the next event of this name; rejects when the attachment fails. */
export function nextEvent<K extends keyof AttachmentEvents>(
  attachment: ClientAttachment,
  name: K,
): Promise<AttachmentEvents[K]> {
  return new Promise((resolve, reject) => {
    attachment.on('failed', reject)
    const off = attachment.on(name, value => {
      off()
      resolve(value)
    })
  })
}

/** Attaches a new client without history: milliseconds from the open socket to `caught_up`, MB/s, and bytes received. */
export async function coldAttach(host: BenchHost, session_id: string, options: AttachOptions) {
  const phone = await host.newClient()
  let bytes = 0
  const attachment = phone.client.attach(
    session_id,
    sink(chunk => {
      bytes += chunk.length
    }),
    options,
  )
  const caughtUp = nextEvent(attachment, 'caught_up')
  await phone.client.connect()
  await caughtUp
  const took = performance.now() - phone.openedAt
  phone.client.close()
  return { ms: took, rate: bytes / MB / (took / 1000), bytes, wire: phone.received }
}

export const wait = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds))

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const exited = () => reject(new Error('the host process ended'))
    child.once('exit', exited)
    child.once('message', value => {
      child.off('exit', exited)
      resolve(value as T)
    })
  })
}
