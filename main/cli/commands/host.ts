// otg host: a host without Electron, in the foreground until a signal ends it. Knows no sessions.
import { closeSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { HostClient } from '../../../protocol/client/client.ts'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { transportPair } from '../../../protocol/transport.ts'
import { createHost, type Host, type HostOptions } from '../../host/host.ts'
import { parseBind } from '../../host/listen/addresses.ts'
import { packageRoot } from '../../host/package-root.ts'
import { killAll } from '../../host/session/process-group.ts'
import { loginShell } from '../../host/session/shell.ts'
import { numberOf, UsageError } from '../command/args.ts'
import type { Command, Context, ParsedArgs } from '../command/command.ts'
import { canPrompt, pairOnScreen } from '../pairing/pairing-screen.ts'
import { inForeground } from '../terminal/terminal.ts'
import { startInBackground } from './detached-host.ts'
import { printHostBanner, type ReadyHost } from './host-banner.ts'

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** npm passes on a Ctrl-C that the terminal has sent already: what comes this soon is the same one. */
const SAME_SIGNAL_MS = 500
const FORCED = 130

export const host: Command = async (context, parsed) => {
  const { output } = context
  const options = hostOptions(context, parsed)
  if (parsed.flags.detach) {
    const ready = await startInBackground(context, hostArguments(context, parsed))
    printHostBanner(context, ready, `kill ${ready.pid}`)
    return 0
  }
  const readyFd = numberOf(parsed, 'ready-fd', 1024)
  const running = readyFd === undefined ? await createHost(options) : await startFor(readyFd, options)
  // Whoever started it may go away; the sessions stay.
  output.outliveReader()
  if (readyFd !== undefined) return new RunningHost(running, context).ended
  printHostBanner(context, describe(running), 'Ctrl-C')
  const foreground = new RunningHost(running, context)
  if (!context.json && canPrompt(context) && inForeground()) foreground.offerPairing()
  return foreground.ended
}

function hostOptions({ env, dataDir }: Context, parsed: ParsedArgs): HostOptions {
  const { version, webRoot } = packageRoot()
  const port = numberOf(parsed, 'port', 65_535)
  return {
    dataDir,
    webRoot,
    version,
    shell: loginShell(env),
    home: homedir(),
    env,
    ...(port === undefined ? {} : { port }),
    ...networkOptions(parsed),
  }
}

/** Where it listens, by which names it may be called, and whether it speaks TLS. Throws UsageError, `bind_refused`. */
function networkOptions(parsed: ParsedArgs): Pick<HostOptions, 'bind' | 'allow_hosts' | 'tls'> {
  const { bind, 'allow-host': names } = parsed.values
  const allow_hosts = names?.split(',').map(name => name.trim())
  if (allow_hosts?.includes('')) throw new UsageError('--allow-host takes names with commas between them', 'host')
  const tls = tlsOf(parsed)
  return {
    ...(bind === undefined ? {} : { bind: parseBind(bind) }),
    ...(allow_hosts === undefined ? {} : { allow_hosts }),
    ...(tls === undefined ? {} : { tls }),
  }
}

function tlsOf({ values }: ParsedArgs): HostOptions['tls'] {
  const { tls, 'tls-cert': cert, 'tls-key': key } = values
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--tls-cert and --tls-key go together', 'host')
  if (tls !== undefined && tls !== 'tailscale') throw new UsageError(`--tls takes tailscale, not ${tls}`, 'host')
  if (tls && cert !== undefined) throw new UsageError('--tls and --tls-cert exclude each other', 'host')
  return cert === undefined ? tls : { cert: resolve(cert), key: resolve(key!) }
}

/** The same command line, for the process in the background, which is in another folder. */
function hostArguments({ dataDir }: Context, parsed: ParsedArgs): string[] {
  const args = ['--data-dir', dataDir]
  for (const option of ['port', 'bind', 'allow-host', 'tls']) {
    const value = parsed.values[option]
    // In one word: a value may begin with a dash.
    if (value !== undefined) args.push(`--${option}=${value}`)
  }
  for (const option of ['tls-cert', 'tls-key']) {
    const file = parsed.values[option]
    if (file !== undefined) args.push(`--${option}=${resolve(file)}`)
  }
  return args
}

function describe({ pid, dataDir, port, otherPort, addresses }: Host): ReadyHost {
  const pages = addresses().map(({ origin, kind }) => ({ url: `${origin}/`, kind }))
  return { pages, pid, data_dir: dataDir, port, other_port: otherPort }
}

/** Starts as the process in the background: says how it went on a descriptor, to who waits for it. */
async function startFor(fd: number, options: HostOptions): Promise<Host> {
  const say = (value: object) => {
    writeSync(fd, `${JSON.stringify(value)}\n`)
    closeSync(fd)
  }
  try {
    const running = await createHost(options)
    say({ ready: describe(running) })
    return running
  } catch (error) {
    const { code, message } = toCoded(error)
    say({ error: { code, message } })
    throw error
  }
}

/** A host until a signal ends it, or Ctrl-C in the terminal where it shows the pairing code. */
class RunningHost {
  /** Resolves with the exit code; rejects with the fault that ended it. */
  readonly ended: Promise<number>
  readonly #host: Host
  readonly #context: Context
  readonly #leaving = new AbortController()
  #screen: Promise<void> = Promise.resolve()
  #since: number | undefined
  #resolve!: (code: number) => void
  #reject!: (error: unknown) => void

  constructor(host: Host, context: Context) {
    this.#host = host
    this.#context = context
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    for (const signal of SIGNALS) process.on(signal, () => this.#stop(signal === 'SIGINT'))
    process.on('uncaughtException', error => {
      const fault = new CodedError('internal', `a fault in the host, which ends: ${error.stack}`, { cause: error })
      this.#leaving.abort()
      this.#screen.then(() => host.stop()).finally(() => this.#reject(fault))
    })
  }

  /** Shows the code here, if no device is paired yet, until the first one is or the person wants to go on without. */
  offerPairing(): void {
    this.#screen = this.#pair().catch(error => this.#context.output.note(`otg: ${toCoded(error).message}`))
  }

  async #pair(): Promise<void> {
    const { output } = this.#context
    const client = localClient(this.#host)
    try {
      if ((await client.devices()).devices.length > 0) return
      const leaving = 'q: later   Ctrl-C: stop the host'
      const signal = this.#leaving.signal
      const end = await pairOnScreen(client, {
        yes: false,
        read_only: false,
        address: undefined,
        leaveHint: leaving,
        signal,
      })
      for (const sentence of end.news) output.line(sentence)
      if (end.why === 'interrupted') this.#stop(true)
      else if (end.why === 'failed' && !signal.aborted) throw end.error
    } finally {
      client.close()
    }
  }

  #stop(hurry: boolean): void {
    if (this.#since !== undefined) {
      if (hurry && performance.now() - this.#since > SAME_SIGNAL_MS)
        killSessions(this.#host).catch(() => this.#resolve(FORCED))
      return
    }
    this.#since = performance.now()
    this.#leaving.abort()
    this.#screen.then(() => this.#end()).then(this.#resolve, this.#reject)
  }

  async #end(): Promise<number> {
    const { json, output } = this.#context
    const sessions = this.#host.running()
    const words = `Ending ${sessions} ${sessions === 1 ? 'session' : 'sessions'} (Ctrl-C again: at once) …`
    // On a row of its own, below the ^C that the terminal has drawn.
    if (!json) output.line(sessions > 0 ? `\n${words}` : '')
    await this.#host.stop()
    return 0
  }
}

/** SIGKILL to what did not heed SIGHUP; the host, which is stopping, then has nothing to wait for. */
async function killSessions(running: Host): Promise<void> {
  const client = localClient(running)
  for (const { pid } of await client.list()) if (pid !== null) killAll(pid)
  client.close()
}

function localClient(running: Host): HostClient {
  return new HostClient({
    connect: async () => {
      const [ours, theirs] = transportPair()
      running.accept(theirs)
      return ours
    },
    client: { kind: 'cli', name: 'otg host' },
    reconnect: false,
  })
}
