// Starts a real host for a browser test in a temporary folder, and acts as its desktop: a client over the local socket.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflate } from '../../../main/cli/command/inflate.ts'
import { connectLocal } from '../../../main/host/listen/stream-transport.ts'
import { LocalClient } from '../../../protocol/client/local-client.ts'
import type { PairingRequest } from '../../../protocol/messages.ts'
import { testProgram } from '../built.ts'
import type { Command, HostSetup, Report } from './browser-host-process.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

export class BrowserHost {
  /** The folder in which sessions start. */
  readonly home: string
  readonly #folder: string
  #child: ChildProcess | undefined
  #desktop: LocalClient | undefined
  readonly #address: string | undefined
  readonly #push: HostSetup['push']
  #webRoot = join(ROOT, 'build', 'web-client')
  port = 0
  pid = 0

  private constructor(address: string | undefined, push: HostSetup['push']) {
    this.#address = address
    this.#push = push
    this.#folder = mkdtempSync(join(tmpdir(), 'otg-browser-'))
    this.home = join(this.#folder, 'home')
    mkdirSync(this.home)
  }

  /** `address`: an address of this machine that browsers use instead of loopback. `push`: as in a host's options. */
  static async start(address?: string, push?: HostSetup['push']): Promise<BrowserHost> {
    const host = new BrowserHost(address, push)
    await host.startProcess()
    return host
  }

  /** Creates a file in the folder in which sessions start; many test commands wait for one. */
  writeFile(name: string, content = ''): void {
    writeFileSync(join(this.home, name), content)
  }

  /** Starts the host process; a restart uses the same port. */
  async startProcess(): Promise<void> {
    // The project's own Node, whichever version runs the tests.
    const execPath = join(ROOT, 'node_modules', '.bin', 'node')
    const script = testProgram('support/browser/browser-host-process.ts')
    this.#child = fork(script, [], { execPath, execArgv: ['--disable-warning=ExperimentalWarning'], stdio: 'inherit' })
    const dataDir = join(this.#folder, 'data')
    const [address, push] = [this.#address, this.#push]
    const setup = { dataDir, webRoot: this.#webRoot, home: this.home, port: this.port, address, push }
    const { ready } = await this.#send({ setup })
    this.port = ready!.port
    this.pid = ready!.pid
    this.#desktop = new LocalClient({
      connect: () => connectLocal(join(dataDir, 'otg.sock')),
      client: { kind: 'desktop', name: 'test desktop' },
      inflate,
      reconnect: false,
    })
    await this.#desktop.connect()
  }

  /** The desktop's own client, with the role `local`. */
  get desktop(): LocalClient {
    return this.#desktop!
  }

  /** A fresh pairing address. */
  async address(): Promise<string> {
    return (await this.#send({ address: true })).address!
  }

  /** The page's origin, without a pairing code. */
  get origin(): string {
    return `http://${this.#address ?? '127.0.0.1'}:${this.port}`
  }

  /** Whether phones are approved automatically, or the test answers. */
  async setApproval(approval: 'automatic' | 'manual'): Promise<void> {
    await this.#send({ approval })
  }

  /** Waits for a pairing request. */
  async pairingRequest(): Promise<PairingRequest> {
    for (;;) {
      const [request] = (await this.desktop.devices()).requests
      if (request) return request
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  /** Lets pending pairing requests time out. */
  async expirePairingRequests(): Promise<void> {
    await this.#send({ expire: true })
  }

  /** `down`: cuts all open and new connections. `silent`: open connections no longer carry data. */
  async network(state: 'up' | 'down' | 'silent'): Promise<void> {
    await this.#send({ network: state })
  }

  async stopProcess(): Promise<void> {
    this.#desktop?.close()
    if (this.#child) await this.#send({ stop: true })
    this.#child = undefined
  }

  /** Restarts the host with another build of the page; `change` edits it first. */
  async restartWith(webRoot: string, change: () => void): Promise<void> {
    await this.stopProcess()
    change()
    this.#webRoot = webRoot
    await this.startProcess()
  }

  /** Ends the process without closing connections. */
  async crash(): Promise<void> {
    this.#desktop?.close()
    const child = this.#child!
    this.#child = undefined
    const exited = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
  }

  /** Between two starts: makes the next process a different host at the same address. */
  replaceIdentity(): void {
    for (const file of ['host.key', 'devices.json']) rmSync(join(this.#folder, 'data', file))
  }

  /** Between two starts: deletes all push subscriptions. */
  deletePushData(): void {
    for (const file of ['push.key', 'push.json']) rmSync(join(this.#folder, 'data', file))
  }

  /** Makes saving push subscriptions fail from now on. */
  blockPushSaves(): void {
    mkdirSync(join(this.#folder, 'data', 'push.json.new'))
  }

  get dataDir(): string {
    return join(this.#folder, 'data')
  }

  /** The database file, to damage it while no host runs. */
  get database(): string {
    return join(this.#folder, 'data', 'otg.db')
  }

  async stop(): Promise<void> {
    try {
      await this.stopProcess()
    } finally {
      this.#child?.kill('SIGKILL')
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }

  #send(command: Command): Promise<Report> {
    const child = this.#child!
    return new Promise((resolve, reject) => {
      const exited = () => reject(new Error('the host process ended'))
      child.once('exit', exited)
      child.once('message', (report: Report) => {
        child.off('exit', exited)
        if (report.failed) reject(new Error(report.failed))
        else resolve(report)
      })
      child.send(command)
    })
  }
}
