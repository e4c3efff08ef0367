// Starts real hosts in temporary folders, and connects clients to them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { WebSocket } from 'ws'
import { inflate } from '../../main/cli/command/inflate.ts'
import { createHost, DEFAULT_PORT, type Host, type HostOptions } from '../../main/host/host.ts'
import { connectLocal } from '../../main/host/listen/stream-transport.ts'
import { socketTransport } from '../../main/host/listen/websocket.ts'
import { PROOF_PARAMETER, upgradeProof } from '../../protocol/channel/upgrade-proof.ts'
import type { ClientOptions } from '../../protocol/client/client.ts'
import type { AttachmentEvents, ClientAttachment } from '../../protocol/client/client-attachment.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import type { TerminalSink } from '../../protocol/client/log-applier.ts'
import { CodedError } from '../../protocol/errors.ts'
import { parseSharedMessage } from '../../protocol/messages.ts'
import type { Transport } from '../../protocol/transport.ts'
import {
  answerPairingRequests,
  connectDesktop,
  openReturnChannel,
  type PhoneIdentity,
  pairingUrl,
  pairPhone,
  parsePairingUrl,
} from './pairing.ts'

const cleanups: (() => unknown)[] = []

/** Registers a cleanup that `cleanUp` runs, newest first. */
export function onCleanUp(undo: () => unknown): void {
  cleanups.push(undo)
}

/** For `afterEach`: stops hosts, closes clients, removes folders. */
export async function cleanUp(): Promise<void> {
  for (const undo of cleanups.splice(0).reverse()) await undo()
}

/** For `beforeAll`: takes over the cleanups registered so far, so that `cleanUp` skips them; the returned function runs them. */
export function keepAfterCleanUp(): () => Promise<void> {
  const kept = cleanups.splice(0)
  return async () => {
    for (const undo of kept.reverse()) await undo()
  }
}

/** A host that all tests of a file or a `describe` share: started before the first test, stopped after the last. */
export function sharedHost(options?: () => Partial<HostOptions>): () => Host {
  let host: Host
  let stop: () => Promise<void>
  beforeAll(async () => {
    host = await startHost(options?.())
    stop = keepAfterCleanUp()
  })
  afterAll(() => stop())
  return () => host
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'otg-test-'))
  onCleanUp(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A host on a free port, with a plain shell and an empty page. */
export async function startHost(options: Partial<HostOptions> = {}): Promise<Host> {
  const webRoot = options.webRoot ?? temporaryFolder()
  if (!options.webRoot) writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>On the Go</title>')
  const host = await createHost({
    dataDir: join(temporaryFolder(), 'data'),
    port: 0,
    bind: 'loopback',
    webRoot,
    version: '0.0.0-test',
    shell: ['/bin/sh'],
    home: tmpdir(),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, PS1: '$ ', LANG: 'C.UTF-8' },
    ...options,
  })
  onCleanUp(() => host.stop())
  return host
}

/** A host in this process or another one. */
export type Reachable = Pick<Host, 'port'>

/** Opens a WebSocket like a browser, or with other headers. */
export function openSocket(host: Reachable, headers: Record<string, string> = {}, path = '/ws'): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, { headers, perMessageDeflate: false })
  onCleanUp(() => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('unexpected-response', (_request, response) => reject(new Error(`HTTP ${response.statusCode}`)))
    socket.once('error', reject)
  })
}

/** `hostKey`: with a proof that the client knows it, as phones send. */
export async function connectWebSocket(host: Reachable, hostKey?: Uint8Array): Promise<Transport> {
  try {
    const path = hostKey && `/ws?${PROOF_PARAMETER}=${upgradeProof(hostKey)}`
    return socketTransport(await openSocket(host, {}, path))
  } catch (cause) {
    throw new CodedError('unreachable', 'cannot connect', { cause })
  }
}

const desktops = new WeakMap<Host, Promise<LocalClient>>()
/** Phones pair one after the other, because each code works once. */
const pairings = new WeakMap<Host, Promise<unknown>>()

/** The desktop client of a host, which approves every phone. */
export function approvingDesktop(host: Host): Promise<LocalClient> {
  let connecting = desktops.get(host)
  if (!connecting) {
    connecting = connectDesktop(host).then(desktop => {
      onCleanUp(() => {
        desktops.delete(host)
        desktop.close()
      })
      answerPairingRequests(desktop)
      return desktop
    })
    desktops.set(host, connecting)
  }
  return connecting
}

/** Pairs a new phone with a host. */
export function newPhone(host: Host, name?: string): Promise<PhoneIdentity> {
  const previous = pairings.get(host) ?? Promise.resolve()
  const paired = previous.then(async () => {
    const url = await pairingUrl(await approvingDesktop(host))
    const { hostKey } = parsePairingUrl(url)
    return pairPhone(url, () => connectWebSocket(host, hostKey), name ? { name } : {})
  })
  pairings.set(
    host,
    paired.catch(() => {}),
  )
  return paired
}

/** A paired phone's client; a new phone unless `phone` is given. `via` opens the transport below its channel. */
export function webClient(
  host: Host,
  options: Partial<ClientOptions> & { phone?: PhoneIdentity; via?: (hostKey: Uint8Array) => Promise<Transport> } = {},
): LocalClient {
  const { phone: given, via = hostKey => connectWebSocket(host, hostKey), ...rest } = options
  let phone: Promise<PhoneIdentity> | undefined
  const clientOptions: ClientOptions = {
    connect: async () => {
      phone ??= given ? Promise.resolve(given) : newPhone(host)
      const identity = await phone
      return openReturnChannel(identity, await via(identity.hostKey))
    },
    client: { kind: 'phone', name: 'test phone' },
    inflate,
    ...rest,
  }
  return start(clientOptions, PhoneClient)
}

/** An open channel of a new phone, for tests that send what no client would. */
export async function phoneTransport(host: Host): Promise<Transport> {
  return openReturnChannel(await newPhone(host), await connectWebSocket(host))
}

/** A client over the local socket. */
export function localClient(host: Host, options: Partial<ClientOptions> = {}): LocalClient {
  return start({
    connect: () => connectLocal(join(host.dataDir, 'otg.sock')),
    client: { kind: 'cli', name: 'test' },
    inflate,
    reconnect: false,
    ...options,
  })
}

/** May send what only the desktop may, to be refused, but understands only what a phone does. */
class PhoneClient extends LocalClient {
  protected override readonly parse = parseSharedMessage
}

function start(options: ClientOptions, Client = LocalClient): LocalClient {
  const client = new Client(options)
  onCleanUp(() => client.close())
  client.connect().catch(() => {}) // tests check the state
  return client
}

const TAIL_BYTES = 4096

/** A terminal that keeps all output and records resizes and resets. */
export class Recorder implements TerminalSink {
  events: string[] = []
  /** What was written, in the first `#size` bytes; grows by doubling, so that a flood is not copied at every write. */
  #kept = Buffer.alloc(4096)
  #size = 0
  #listeners = new Set<() => void>()

  get bytes(): Buffer {
    return this.#kept.subarray(0, this.#size)
  }
  write(bytes: Uint8Array, done: () => void): void {
    const size = this.#size + bytes.length
    if (size > this.#kept.length) this.#kept = Buffer.concat([this.bytes], size * 2)
    this.#kept.set(bytes, this.#size)
    this.#size = size
    done()
    for (const listener of [...this.#listeners]) listener()
  }
  resize(cols: number, rows: number): void {
    this.events.push(`resize ${cols}x${rows}`)
    for (const listener of [...this.#listeners]) listener()
  }
  reset(cols: number, rows: number): void {
    this.#kept = Buffer.alloc(4096)
    this.#size = 0
    this.events.push(`reset ${cols}x${rows}`)
  }
  get text(): string {
    return this.bytes.toString('utf8')
  }
  /** Waits until the output matches; a match must not be longer than TAIL_BYTES. */
  shows(what: string | RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#listeners.delete(check)
        reject(new Error(`timed out waiting for ${what}; the terminal has: ${JSON.stringify(this.text.slice(-2000))}`))
      }, 15_000)
      let checked = 0
      const check = () => {
        // Only new output is searched: with a flood, searching everything would take minutes.
        const from = checked > this.#size ? 0 : Math.max(0, checked - TAIL_BYTES)
        checked = this.#size
        const text = this.#kept.toString('utf8', from, this.#size)
        if (typeof what === 'string' ? !text.includes(what) : !what.test(text)) return
        clearTimeout(timer)
        this.#listeners.delete(check)
        resolve()
      }
      this.#listeners.add(check)
      check()
    })
  }
}

let lastPort = 10_000 + ((process.pid * 101) % 20_000)

/**
 * A free port below ip_local_port_range, which the system therefore assigns to no other socket: for a test that closes it and
 * listens on it again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = ++lastPort
    if (port === DEFAULT_PORT) continue
    const server = createServer()
    const free = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false)).listen(port, () => resolve(true))
    })
    if (!free) continue
    await new Promise(resolve => server.close(resolve))
    return port
  }
}

/** Waits until `amount` has reached `wanted`, as long as it still grows: for much that has to arrive on a slow computer. */
export async function untilGrown(amount: () => number, wanted: number, what: string): Promise<void> {
  for (let before = amount(); before < wanted; before = amount()) await until(() => amount() > before, what)
}

/** Waits until `test` returns something truthy; checks every few milliseconds. */
export async function until(test: () => unknown, what = 'the condition'): Promise<void> {
  // Not Date.now, which some tests mock.
  const deadline = performance.now() + 15_000
  while (!(await test())) {
    if (performance.now() > deadline) throw new Error(`timed out waiting for ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** The next value of an attachment's event. */
export function nextEvent<K extends keyof AttachmentEvents>(
  attachment: ClientAttachment,
  name: K,
): Promise<AttachmentEvents[K]> {
  return new Promise(resolve => {
    const off = attachment.on(name, value => {
      off()
      resolve(value)
    })
  })
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
