// otg host: runs a host without Electron until a signal stops it.
import { closeSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { LocalClient } from '../../../protocol/client/local-client.ts'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { transportPair } from '../../../protocol/transport.ts'
import { createHost, type Host, type HostOptions } from '../../host/host.ts'
import { parseBind } from '../../host/listen/addresses.ts'
import { LOG_LEVELS, type LogLevel, parseLogLevel } from '../../host/log/logger.ts'
import { packageRoot } from '../../host/package-root.ts'
import { killAll } from '../../host/session/process-group.ts'
import { loginShell } from '../../host/session/shell.ts'
import { numberOf, UsageError } from '../command/args.ts'
import type { Command, Context, ParsedArgs } from '../command/command.ts'
import { INTERRUPTED } from '../command/exit-codes.ts'
import { canPrompt, pairOnScreen } from '../pairing/pairing-screen.ts'
import { inForeground } from '../terminal/job-control.ts'
import { startInBackground } from './detached-host.ts'
import { printHostBanner, type ReadyHost } from './host-banner.ts'

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** npm forwards a Ctrl-C that the terminal has already delivered: a second one this soon is the same one. */
const SAME_SIGNAL_MS = 500

export const host: Command = async (context, parsed) => {
  const { output } = context
  const options = hostOptions(context, parsed)
  if (parsed.flags.detach) {
    const ready = await startInBackground(context, hostArguments(context, parsed))
    printHostBanner(context, ready, `kill ${ready.pid}`)
    return 0
  }
  const readyFd = numberOf(parsed, 'ready-fd', 1024)
  const running = readyFd === undefined ? await createHost(options) : await startAndReport(readyFd, options)
  // The sessions outlive the terminal or script that started the host.
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
  const logLevel = readLogLevel(env)
  const { trace } = parsed.values
  return {
    dataDir,
    webRoot,
    version,
    shell: loginShell(env),
    home: homedir(),
    env,
    ...(logLevel === undefined ? {} : { logLevel }),
    ...(trace === undefined ? {} : { trace: resolve(trace) }),
    ...(port === undefined ? {} : { port }),
    ...networkOptions(parsed),
  }
}

/** The level of `host.log`. Throws UsageError. */
function readLogLevel({ OTG_LOG }: NodeJS.ProcessEnv): LogLevel | undefined {
  if (!OTG_LOG) return undefined
  const level = parseLogLevel(OTG_LOG)
  if (!level) throw new UsageError(`OTG_LOG takes ${LOG_LEVELS.join(', ')}, not ${OTG_LOG}`, 'host')
  return level
}

/** The addresses to listen on, the names to accept, and TLS. Throws UsageError, `bind_refused`. */
function networkOptions(parsed: ParsedArgs): Pick<HostOptions, 'bind' | 'allow_hosts' | 'tls'> {
  const { bind, 'allow-host': names } = parsed.values
  const allow_hosts = names?.split(',').map(name => name.trim())
  if (allow_hosts?.includes('')) throw new UsageError('--allow-host takes names separated by commas', 'host')
  const tls = readTls(parsed)
  return {
    ...(bind === undefined ? {} : { bind: parseBind(bind) }),
    ...(allow_hosts === undefined ? {} : { allow_hosts }),
    ...(tls === undefined ? {} : { tls }),
  }
}

function readTls({ values }: ParsedArgs): HostOptions['tls'] {
  const { tls, 'tls-cert': cert, 'tls-key': key } = values
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('--tls-cert needs --tls-key and vice versa', 'host')
  if (tls !== undefined && tls !== 'tailscale') throw new UsageError(`--tls takes tailscale, not ${tls}`, 'host')
  if (tls && cert !== undefined) throw new UsageError('--tls and --tls-cert cannot be combined', 'host')
  return cert === undefined ? tls : { cert: resolve(cert), key: resolve(key!) }
}

/** The same options for the background process, which runs in another folder. */
function hostArguments({ dataDir }: Context, parsed: ParsedArgs): string[] {
  const args = ['--data-dir', dataDir]
  for (const option of ['port', 'bind', 'allow-host', 'tls']) {
    const value = parsed.values[option]
    // As one argument, because a value may begin with a dash.
    if (value !== undefined) args.push(`--${option}=${value}`)
  }
  for (const option of ['tls-cert', 'tls-key', 'trace']) {
    const file = parsed.values[option]
    if (file !== undefined) args.push(`--${option}=${resolve(file)}`)
  }
  return args
}

function describe({ pid, dataDir, port, otherPort, addresses }: Host): ReadyHost {
  const pages = addresses().map(({ origin, kind }) => ({ url: `${origin}/`, kind }))
  return { pages, pid, data_dir: dataDir, port, other_port: otherPort }
}

/** Starts the background process's host and reports the result on a file descriptor, for startInBackground. */
async function startAndReport(fd: number, options: HostOptions): Promise<Host> {
  const report = (value: object) => {
    writeSync(fd, `${JSON.stringify(value)}\n`)
    closeSync(fd)
  }
  try {
    const running = await createHost(options)
    report({ ready: describe(running) })
    return running
  } catch (error) {
    const { code, message } = toCoded(error)
    report({ error: { code, message } })
    throw error
  }
}

/** A running host, until a signal stops it or Ctrl-C is typed while it shows the pairing code. */
class RunningHost {
  /** Resolves with the exit code; rejects with an uncaught error. */
  readonly ended: Promise<number>
  readonly #host: Host
  readonly #context: Context
  readonly #leave = new AbortController()
  #screen: Promise<void> = Promise.resolve()
  #stoppingSince: number | undefined
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
      const fault = new CodedError('internal', `the host stops after an internal error: ${error.stack}`, {
        cause: error,
      })
      this.#leave.abort()
      this.#screen.then(() => host.stop()).finally(() => this.#reject(fault))
    })
  }

  /** If no device is paired yet, shows the pairing code until the first one is or the user skips it. */
  offerPairing(): void {
    this.#screen = this.#pair().catch(error => this.#context.output.note(`otg: ${toCoded(error).message}`))
  }

  async #pair(): Promise<void> {
    const { output } = this.#context
    const client = localClient(this.#host)
    try {
      if ((await client.devices()).devices.length > 0) return
      const leaveHint = 'q: skip   Ctrl-C: stop the host'
      const signal = this.#leave.signal
      const end = await pairOnScreen(client, {
        yes: false,
        read_only: false,
        address: undefined,
        leaveHint,
        signal,
      })
      for (const sentence of end.messages) output.line(sentence)
      if (end.why === 'interrupted') this.#stop(true)
      else if (end.why === 'failed' && !signal.aborted) throw end.error
    } finally {
      client.close()
    }
  }

  #stop(hurry: boolean): void {
    if (this.#stoppingSince !== undefined) {
      if (hurry && performance.now() - this.#stoppingSince > SAME_SIGNAL_MS)
        killSessions(this.#host).catch(() => this.#resolve(INTERRUPTED))
      return
    }
    this.#stoppingSince = performance.now()
    this.#leave.abort()
    this.#screen.then(() => this.#end()).then(this.#resolve, this.#reject)
  }

  async #end(): Promise<number> {
    const { json, output } = this.#context
    const sessions = this.#host.running()
    const text = `Ending ${sessions} ${sessions === 1 ? 'session' : 'sessions'} (press Ctrl-C again to force) …`
    // On its own row, below the ^C that the terminal has drawn.
    if (!json) output.line(sessions > 0 ? `\n${text}` : '')
    await this.#host.stop()
    return 0
  }
}

/** Sends SIGKILL to sessions that ignored SIGHUP, so that the stopping host has nothing left to wait for. */
async function killSessions(running: Host): Promise<void> {
  const client = localClient(running)
  for (const { pid } of await client.list()) if (pid !== null) killAll(pid)
  client.close()
}

function localClient(running: Host): LocalClient {
  return new LocalClient({
    connect: async () => {
      const [ours, theirs] = transportPair()
      running.accept(theirs)
      return ours
    },
    client: { kind: 'cli', name: 'otg host' },
    reconnect: false,
  })
}
