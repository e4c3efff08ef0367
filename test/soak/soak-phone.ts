// A phone of the soak: types numbered lines into sessions of its own, looks at others, and loses its connection, sleeps and is
// reloaded as phones do.
import { inflate } from '../../main/cli/command/inflate.ts'
import { socketTransport } from '../../main/host/listen/websocket.ts'
import { Screen } from '../../main/host/screen/screen.ts'
import { PROOF_PARAMETER, upgradeProof } from '../../protocol/channel/upgrade-proof.ts'
import { HostClient } from '../../protocol/client/client.ts'
import type { ClientAttachment } from '../../protocol/client/client-attachment.ts'
import type { TerminalSink } from '../../protocol/client/log-applier.ts'
import type { UnsentInput } from '../../protocol/client/typed-input.ts'
import type { Transport } from '../../protocol/transport.ts'
import { openSocket } from '../support/host.ts'
import { openReturnChannel, type PhoneIdentity } from '../support/pairing.ts'

/** In milliseconds; each time another value between the two. */
type Span = readonly [from: number, to: number]

const BETWEEN_LINES: Span = [300, 3_000]
const LOOK: Span = [5_000, 40_000]
const BEFORE_SLEEP: Span = [30_000, 180_000]
const SLEEP: Span = [2_000, 40_000]
const BEFORE_RELOAD: Span = [60_000, 300_000]

/** How many sessions it looks at besides its own. */
const LOOKS_AT = 2

/** A terminal that draws what an attachment receives. */
export class DrawnSession implements TerminalSink {
  screen = new Screen({ cols: 80, rows: 24 })
  write(bytes: Uint8Array, done: () => void): void {
    this.screen.write(bytes, done)
  }
  resize(cols: number, rows: number): void {
    this.screen.resize(cols, rows)
  }
  reset(cols: number, rows: number): void {
    this.screen.dispose()
    this.screen = new Screen({ cols, rows })
  }
}

export interface Viewed {
  attached: ClientAttachment
  drawn: DrawnSession
}

export interface SoakPhoneOptions {
  name: string
  /** Of the host, and of the proxy that it is reached through, if any. */
  port: number
  via: number
  identity: PhoneIdentity
  /** Types into these; no other phone does. */
  own: readonly string[]
  /** Looks at these in turn. */
  others: readonly string[]
  random(): number
}

export class SoakPhone {
  readonly #options: SoakPhoneOptions
  #client: HostClient
  #transport: Transport | undefined
  readonly #own = new Map<string, Viewed>()
  #looking: Viewed[] = []
  /** Lines typed into each of its own sessions. */
  readonly typed = new Map<string, number>()
  #awake = Promise.resolve()
  #wake = () => {}
  #isStopped = false
  readonly #timers = new Set<NodeJS.Timeout>()
  connections = 0

  constructor(options: SoakPhoneOptions) {
    this.#options = options
    this.#client = this.#connect()
    for (const session_id of options.own) {
      this.typed.set(session_id, 0)
      this.#own.set(session_id, this.#attach(session_id))
    }
    this.#again(BETWEEN_LINES, () => this.#typeLine())
    this.#again(LOOK, () => this.#lookElsewhere())
    this.#again(BEFORE_SLEEP, () => this.#sleep())
    this.#again(BEFORE_RELOAD, () => this.#reload())
  }

  /** What it has on its screens now. */
  get viewed(): Viewed[] {
    return [...this.#own.values(), ...this.#looking]
  }

  /** Bytes that it typed and the host has not acknowledged. */
  get unsent(): number {
    let bytes = 0
    for (const { attached } of this.#own.values()) for (const one of attached.unsent().input) bytes += one.bytes.length
    return bytes
  }

  /** For messages about problems. */
  describe(): string {
    return `${this.#options.name}: ${JSON.stringify(this.#client.state)}, ${this.unsent} bytes not sent`
  }

  /** From now on it only stays connected, and does not sleep. */
  stopActing(): void {
    this.#isStopped = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#wake()
    this.#client.retry()
  }

  close(): void {
    this.stopActing()
    this.#client.close()
  }

  #connect(): HostClient {
    const { port, via, identity, name } = this.#options
    const client = new HostClient({
      connect: async () => {
        await this.#awake
        const proof = upgradeProof(identity.hostKey)
        // As behind any NAT, the address is another one than the host knows.
        const headers = { host: `127.0.0.1:${port}` }
        this.#transport = socketTransport(await openSocket({ port: via }, headers, `/ws?${PROOF_PARAMETER}=${proof}`))
        this.connections++
        return openReturnChannel(identity, this.#transport)
      },
      client: { kind: 'phone', name },
      inflate,
    })
    client.connect().catch(() => {}) // the attachments wait
    return client
  }

  #attach(session_id: string, resume?: UnsentInput): Viewed {
    const drawn = new DrawnSession()
    const attached = this.#client.attach(session_id, drawn, { ...(resume && { resume }) })
    return { attached, drawn }
  }

  #typeLine(): void {
    const sessions = [...this.#own.keys()]
    const session_id = sessions[Math.floor(this.#options.random() * sessions.length)]
    if (session_id === undefined) return
    const number = this.typed.get(session_id)! + 1
    this.typed.set(session_id, number)
    this.#own.get(session_id)!.attached.type(Buffer.from(`${this.#options.name} ${number} naïve 漢字\r`))
  }

  #lookElsewhere(): void {
    const { others, random } = this.#options
    if (others.length === 0) return
    if (this.#looking.length >= LOOKS_AT) {
      const { attached, drawn } = this.#looking.shift()!
      this.#client.detach(attached)
      drawn.screen.dispose()
    }
    this.#looking.push(this.#attach(others[Math.floor(random() * others.length)]!))
  }

  /** Its connection breaks, and it does not try again before it wakes up. */
  #sleep(): void {
    this.#awake = new Promise(resolve => {
      this.#wake = resolve
    })
    this.#transport?.close({ code: 'connection_lost', reason: 'the phone sleeps' })
    this.#after(this.#pick(SLEEP), () => {
      this.#wake()
      this.#client.retry()
    })
  }

  /** The page is loaded again: another client with the stored input. */
  #reload(): void {
    const stored = [...this.#own].map(([session_id, { attached }]) => ({ session_id, unsent: attached.unsent() }))
    for (const { drawn } of this.viewed) drawn.screen.dispose()
    this.#client.close()
    this.#looking = []
    this.#client = this.#connect()
    for (const { session_id, unsent } of stored) this.#own.set(session_id, this.#attach(session_id, unsent))
  }

  #again(span: Span, act: () => void): void {
    this.#after(this.#pick(span), () => {
      act()
      this.#again(span, act)
    })
  }

  #after(milliseconds: number, act: () => void): void {
    if (this.#isStopped) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, milliseconds)
    this.#timers.add(timer)
  }

  #pick([from, to]: Span): number {
    return from + this.#options.random() * (to - from)
  }
}
