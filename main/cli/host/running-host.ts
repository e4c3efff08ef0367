// A host that runs in the foreground until a signal stops it, and shows the pairing code on its terminal.
import { LocalClient } from '../../../protocol/client/local-client.ts'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { transportPair } from '../../../protocol/transport.ts'
import type { Host } from '../../host/host.ts'
import { killAll } from '../../host/processes/process-group.ts'
import type { Context } from '../command/command.ts'
import { INTERRUPTED } from '../command/exit-codes.ts'
import { pairOnScreen } from '../pairing/pairing-screen.ts'

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** npm forwards a Ctrl-C that the terminal has already delivered: a second one this soon is the same one. */
const SAME_SIGNAL_MS = 500

/** A running host, until a signal stops it or Ctrl-C is typed while it shows the pairing code. */
export class RunningHost {
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
