// otg host: a host without Electron, in the foreground until a signal ends it. Knows no sessions.
import { closeSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { HostClient } from '../../../protocol/client.ts'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { transportPair } from '../../../protocol/transport.ts'
import { createHost, type Host, type HostOptions } from '../../host/host.ts'
import { parseBind } from '../../host/net/addresses.ts'
import { packageRoot } from '../../host/package-root.ts'
import { killAll } from '../../host/session/process-group.ts'
import { loginShell } from '../../host/session/shell.ts'
import { type Given, numberOf } from '../args.ts'
import type { Command, Context } from '../command.ts'
import { startInBackground } from '../detached-host.ts'
import { type ReadyHost, tellHost } from '../host-text.ts'

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** npm passes on a Ctrl-C that the terminal has sent already: what comes this soon is the same one. */
const SAME_SIGNAL_MS = 500
const FORCED = 130

export const host: Command = async (context, given) => {
  const { output } = context
  if (given.flags.detach) {
    const ready = await startInBackground(context, hostArguments(context, given))
    tellHost(context, ready, `kill ${ready.pid}`)
    return 0
  }
  const options = hostOptions(context, given)
  const readyFd = numberOf(given, 'ready-fd', 1024)
  const running = readyFd === undefined ? await createHost(options) : await startFor(readyFd, options)
  // Whoever started it may go away; the sessions stay.
  output.outliveReader()
  if (readyFd === undefined) {
    tellHost(context, describe(running), 'Ctrl-C')
  }
  return runUntilSignal(running, context)
}

function hostOptions({ env, dataDir }: Context, given: Given): HostOptions {
  const { version, webRoot } = packageRoot()
  const port = numberOf(given, 'port', 65_535)
  const { bind } = given.values
  return {
    dataDir,
    webRoot,
    version,
    shell: loginShell(env),
    home: homedir(),
    env,
    ...(port === undefined ? {} : { port }),
    ...(bind === undefined ? {} : { bind: parseBind(bind) }),
  }
}

/** The same command line, for the process in the background. */
function hostArguments({ dataDir }: Context, given: Given): string[] {
  numberOf(given, 'port', 65_535) // told here rather than by the process in the background
  const { port, bind } = given.values
  return [
    '--data-dir',
    dataDir,
    ...(port === undefined ? [] : ['--port', port]),
    ...(bind === undefined ? [] : ['--bind', bind]),
  ]
}

function describe({ pid, dataDir, port, otherPort, addresses }: Host): ReadyHost {
  return { url: `${addresses()[0]!.origin}/`, pid, data_dir: dataDir, port, other_port: otherPort }
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

function runUntilSignal(running: Host, { output, json }: Context): Promise<number> {
  return new Promise((resolve, reject) => {
    let since: number | undefined
    const stop = (hurry: boolean) => {
      if (since !== undefined) {
        if (hurry && performance.now() - since > SAME_SIGNAL_MS) killSessions(running).catch(() => resolve(FORCED))
        return
      }
      since = performance.now()
      const sessions = running.running()
      const words = `Ending ${sessions} ${sessions === 1 ? 'session' : 'sessions'} (Ctrl-C again: at once) …`
      // On a row of its own, below the ^C that the terminal has drawn.
      if (!json) output.line(sessions > 0 ? `\n${words}` : '')
      running.stop().then(() => resolve(0), reject)
    }
    for (const signal of SIGNALS) process.on(signal, () => stop(signal === 'SIGINT'))
    process.on('uncaughtException', error => {
      const fault = new CodedError('internal', `a fault in the host, which ends: ${error.stack}`, { cause: error })
      running.stop().finally(() => reject(fault))
    })
  })
}

/** SIGKILL to what did not heed SIGHUP; the host, which is stopping, then has nothing to wait for. */
async function killSessions(running: Host): Promise<void> {
  const [ours, theirs] = transportPair()
  running.accept(theirs)
  const client = new HostClient({
    connect: async () => ours,
    client: { kind: 'cli', name: 'otg host' },
    reconnect: false,
  })
  for (const { pid } of await client.list()) if (pid !== null) killAll(pid)
  client.close()
}
