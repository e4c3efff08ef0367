// otg host: runs a host without Electron until a signal stops it.
import { closeSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { toCoded } from '../../../protocol/errors.ts'
import { createHost, type Host, type HostOptions } from '../../host/host.ts'
import { parseBind } from '../../host/listen/addresses.ts'
import { LOG_LEVELS, type LogLevel, parseLogLevel } from '../../host/log/logger.ts'
import { packageRoot } from '../../host/package-root.ts'
import { loginShell } from '../../host/session/shell.ts'
import { boundNewObjects, collectWhenQuiet } from '../../host/threads/memory.ts'
import { numberOf, UsageError } from '../command/args.ts'
import type { Command, Context, ParsedArgs } from '../command/command.ts'
import { jsonLine } from '../command/json-line.ts'
import { startInBackground } from '../host/detached-host.ts'
import { printHostBanner, type ReadyHost } from '../host/host-banner.ts'
import { RunningHost } from '../host/running-host.ts'
import { canPrompt } from '../pairing/pairing-screen.ts'
import { inForeground } from '../terminal/job-control.ts'

export const host: Command = async (context, parsed) => {
  const { output } = context
  const options = hostOptions(context, parsed)
  if (parsed.flags.detach) {
    const ready = await startInBackground(context, hostArguments(context, parsed))
    printHostBanner(context, ready, `kill ${ready.pid}`)
    return 0
  }
  const readyFd = numberOf(parsed, 'ready-fd', 1024)
  boundNewObjects()
  collectWhenQuiet()
  if (readyFd !== undefined) return (await startAndReport(readyFd, options, context)).ended
  const running = await createHost(options)
  // The sessions outlive the terminal or script that started the host.
  output.outliveReader()
  // A script that reads that it is ready may stop it at once.
  const foreground = new RunningHost(running, context)
  printHostBanner(context, describe(running), 'Ctrl-C')
  if (!context.json && canPrompt(context) && inForeground()) foreground.offerPairing()
  return foreground.ended
}

function hostOptions({ env, dataDir }: Context, parsed: ParsedArgs): HostOptions {
  const { version, webRoot } = packageRoot()
  const port = numberOf(parsed, 'port', 65_535)
  const log_level = readLogLevel(env, parsed)
  const { trace } = parsed.values
  return {
    dataDir,
    webRoot,
    version,
    shell: loginShell(env),
    home: homedir(),
    env,
    login_environment: true,
    ...(log_level === undefined ? {} : { log_level }),
    ...(trace === undefined ? {} : { trace: resolve(trace) }),
    ...(port === undefined ? {} : { port }),
    ...networkOptions(parsed),
  }
}

/** The level of `host.log`; the option counts more than the variable. Throws UsageError. */
function readLogLevel({ OTG_LOG }: NodeJS.ProcessEnv, { values }: ParsedArgs): LogLevel | undefined {
  const option = values['log-level']
  const text = option ?? OTG_LOG
  if (!text && option === undefined) return undefined
  const level = parseLogLevel(text ?? '')
  const name = option === undefined ? 'OTG_LOG' : '--log-level'
  if (!level) throw new UsageError(`${name} takes ${LOG_LEVELS.join(', ')}, not ${text}`, 'host')
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
  for (const option of ['port', 'bind', 'allow-host', 'tls', 'log-level']) {
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
async function startAndReport(fd: number, options: HostOptions, context: Context): Promise<RunningHost> {
  const report = (value: object) => {
    writeSync(fd, `${jsonLine(value)}\n`)
    closeSync(fd)
  }
  try {
    const host = await createHost(options)
    context.output.outliveReader()
    const running = new RunningHost(host, context)
    report({ ready: describe(host) })
    return running
  } catch (error) {
    const { code, message } = toCoded(error)
    report({ error: { code, message } })
    throw error
  }
}
