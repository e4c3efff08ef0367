// Full-screen pairing in a terminal: shows the code until a phone is allowed, and asks about each phone that wants to pair.
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import type { PairingRequest } from '../../../protocol/messages.ts'
import type { Context } from '../command/command.ts'
import { OuterTerminal } from '../terminal/terminal.ts'
import { chosenAddress, outcomeText } from './pairing-text.ts'
import { drawPairing, type PairingView, type Rows } from './pairing-view.ts'
import { type PairingOutcome, PairingWatch } from './pairing-watch.ts'

export interface ScreenOptions {
  /** Allow the first phone that asks without a prompt. */
  yes: boolean
  /** Allow phones to watch only. */
  read_only: boolean
  /** Name of the address to show first, or its beginning. */
  address: string | undefined
  /** Which key leaves, and what that does. */
  leaveHint: string
  /** Ends the screen. */
  signal: AbortSignal
}

/** `messages`: what happened, in sentences. */
export type PairingEnd = { messages: string[] } & (
  | { why: 'allowed' | 'aborted' }
  /** Ctrl-C, or q. */
  | { why: 'interrupted' | 'left' }
  /** The host stopped or refused. */
  | { why: 'failed'; error: CodedError }
)

/** Keys count this long after the prompt is drawn: a key pressed as it appears was meant for something else. */
const ARM_MS = 400
/** The countdown shows seconds. */
const TICK_MS = 1_000
/** Messages to print at the end; older ones are dropped. */
const MAX_MESSAGES = 20
/** How long leaving waits for a slow terminal. */
const DRAIN_MS = 300

/** For a terminal that does not know its size. */
const DEFAULT_SIZE = { cols: 80, rows: 24 }

const INTERRUPT = '\x03'

/** Whether a person can be shown a code and asked. */
export function canPrompt({ env, output }: Context): boolean {
  return process.stdin.isTTY === true && output.isTerminal && env.TERM !== 'dumb'
}

/** Resolves when it is over and the terminal is restored. Throws UsageError if there are addresses, but none with that name. */
export async function pairOnScreen(client: LocalClient, options: ScreenOptions): Promise<PairingEnd> {
  const watch = new PairingWatch(client)
  try {
    const { addresses } = await watch.start()
    const name = chosenAddress(addresses, options.address)?.name
    if (options.signal.aborted) return { why: 'aborted', messages: [] }
    return await new PairingScreen(watch, options, name).run()
  } catch (error) {
    if (error instanceof CodedError) return { why: 'failed', error, messages: [] }
    throw error
  } finally {
    await watch.stop()
  }
}

interface Prompt {
  request: PairingRequest
  armed: boolean
  /** An answer is on its way to the host. */
  answered: boolean
  timer: NodeJS.Timeout | undefined
}

class PairingScreen {
  readonly #watch: PairingWatch
  readonly #options: ScreenOptions
  readonly #terminal: OuterTerminal
  readonly #undo: (() => unknown)[] = []
  #end!: (end: PairingEnd) => void
  /** Name of the address that the code shows; undefined: the host had none, so the first one that it gets. */
  #chosen: string | undefined
  #asText = false
  #prompt: Prompt | undefined
  #allowed = false
  #over = false
  #messages: string[] = []
  /** What the terminal shows. */
  #drawn: Rows = []
  /** The terminal has not taken the last frame yet. */
  #drawing = false
  /** Another frame is due once it has. */
  #redraw = false

  constructor(watch: PairingWatch, options: ScreenOptions, chosen: string | undefined) {
    this.#watch = watch
    this.#options = options
    this.#chosen = chosen
    this.#terminal = new OuterTerminal(process.stdin, process.stdout, () => this.#finish('aborted'))
  }

  async run(): Promise<PairingEnd> {
    const ended = new Promise<PairingEnd>(resolve => {
      this.#end = resolve
    })
    const restore = () => this.#terminal.restore(false)
    // Restores the terminal however this process ends: `exit` also follows exceptions.
    process.on('exit', restore)
    this.#terminal.enterAlternateScreen()
    this.#listen()
    if (this.#options.yes) for (const request of this.#watch.requests) this.#onRequest(request)
    this.#draw()
    const end = await ended
    for (const off of this.#undo.splice(0)) off()
    process.stdin.pause()
    await Promise.race([this.#terminal.drained(), pause(DRAIN_MS)])
    restore()
    process.off('exit', restore)
    return end
  }

  #listen(): void {
    const { stdin, stdout } = process
    const { signal } = this.#options
    const typed = (bytes: Buffer) => this.#onKeys(keysOf(bytes.toString('latin1')))
    const abort = () => this.#finish('aborted')
    const drawAll = () => {
      this.#drawn = []
      this.#draw()
    }
    const resume = () => {
      this.#terminal.resume()
      drawAll()
    }
    const tick = setInterval(() => this.#draw(), TICK_MS)
    stdin.on('data', typed).on('end', abort).on('error', abort)
    stdout.on('resize', drawAll)
    process.on('SIGCONT', resume)
    signal.addEventListener('abort', abort)
    stdin.resume()
    this.#undo.push(
      () => clearInterval(tick),
      () => clearTimeout(this.#prompt?.timer),
      () => stdin.off('data', typed).off('end', abort).off('error', abort),
      () => stdout.off('resize', drawAll),
      () => process.off('SIGCONT', resume),
      () => signal.removeEventListener('abort', abort),
      this.#watch.on('requested', request => this.#onRequest(request)),
      this.#watch.on('resolved', outcome => this.#onOutcome(outcome)),
      this.#watch.on('changed', () => this.#draw()),
      this.#watch.on('closed', error => this.#fail(error)),
    )
  }

  #finish(why: 'allowed' | 'aborted' | 'interrupted' | 'left'): void {
    this.#over = true
    this.#end({ why, messages: this.#messages })
  }

  #fail(error: CodedError): void {
    this.#over = true
    this.#end({ why: 'failed', error, messages: this.#messages })
  }

  #report(message: string): void {
    this.#messages = [...this.#messages, message].slice(-MAX_MESSAGES)
  }

  // --- requests ---

  #onRequest(request: PairingRequest): void {
    // A phone that was waiting before has not seen this code.
    if (!this.#options.yes || this.#allowed || this.#watch.isEarly(request)) return
    this.#watch
      .answer(request, { allow: true, read_only: this.#options.read_only })
      .catch(error => this.#fail(toCoded(error)))
  }

  #onOutcome(outcome: PairingOutcome): void {
    this.#report(outcomeText(outcome))
    if (outcome.how === 'allowed') {
      this.#allowed = true
      void this.#watch.hide()
    }
    // Phones that are already waiting are still asked about.
    if (this.#allowed && (this.#options.yes || this.#watch.requests.length === 0)) this.#finish('allowed')
    else this.#draw()
  }

  /** The prompt for the first waiting request. */
  #nextPrompt(): Prompt | undefined {
    const request = this.#options.yes ? undefined : this.#watch.requests[0]
    if (request?.pairing_id === this.#prompt?.request.pairing_id) return this.#prompt
    clearTimeout(this.#prompt?.timer)
    this.#prompt = request && { request, armed: false, answered: false, timer: undefined }
    return this.#prompt
  }

  /** Called when the prompt is on the screen. */
  #arm(prompt: Prompt): void {
    if (prompt.armed || prompt.timer) return
    prompt.timer = setTimeout(() => {
      prompt.armed = true
      this.#draw()
    }, ARM_MS)
  }

  // --- keys ---

  #onKeys(keys: string[]): void {
    if (keys.includes(INTERRUPT)) return this.#finish('interrupted')
    const prompt = this.#prompt
    if (prompt) {
      // Only a single key is an answer; a paste is not.
      const [key, ...more] = keys
      if (prompt.armed && !prompt.answered && more.every(isEnter)) this.#answer(prompt, key!)
      return
    }
    for (const key of keys) this.#press(key)
    this.#draw()
  }

  #answer(prompt: Prompt, key: string): void {
    const { read_only } = this.#options
    const answer = isEnter(key) ? 'n' : key.toLowerCase()
    if (answer !== 'y' && answer !== 'n' && (answer !== 'r' || read_only)) return
    prompt.answered = true
    this.#watch
      .answer(prompt.request, { allow: answer !== 'n', read_only: answer === 'r' || read_only })
      .catch(error => {
        // The phone is still waiting, so the prompt can be answered again, for instance after a device was revoked.
        this.#report(`The phone could not be paired: ${toCoded(error).message}.`)
        prompt.answered = false
        this.#draw()
      })
  }

  #press(key: string): void {
    const addresses = this.#watch.pairing!.addresses
    const at = addresses.findIndex(({ name }) => name === this.#chosen)
    if (key === '\t') this.#chosen = addresses[(at + 1) % addresses.length]?.name ?? this.#chosen
    else if (/^[1-9]$/.test(key)) this.#chosen = addresses[Number(key) - 1]?.name ?? this.#chosen
    else if (key === 'u') this.#asText = !this.#asText
    else if (key === 'n' && this.#watch.pairing!.exhausted)
      this.#watch.renew().catch(error => this.#fail(toCoded(error)))
    else if (key === 'q') this.#finish('left')
  }

  // --- drawing ---

  #draw(): void {
    if (this.#over) return
    const size = this.#terminal.size ?? DEFAULT_SIZE
    const prompt = this.#nextPrompt()
    if (this.#drawing) {
      this.#redraw = true
      return
    }
    const rows = drawPairing(this.#view(prompt), size)
    const bytes = Buffer.from(changes(this.#drawn, rows))
    this.#drawn = rows
    this.#drawing = true
    this.#terminal.write(bytes, () => {
      this.#drawing = false
      if (prompt && prompt === this.#prompt) this.#arm(prompt)
      if (!this.#redraw) return
      this.#redraw = false
      this.#draw()
    })
  }

  #view(prompt: Prompt | undefined): PairingView {
    const { addresses, expires_at, reached, exhausted } = this.#watch.pairing!
    const { read_only, leaveHint } = this.#options
    return {
      addresses,
      // The chosen address can disappear with its network.
      chosen: addresses.find(({ name }) => name === this.#chosen) ?? addresses[0],
      now: Date.now(),
      expires_at,
      reached: reached?.address,
      exhausted,
      message: this.#messages.at(-1),
      asText: this.#asText,
      prompt: prompt && {
        request: prompt.request,
        armed: prompt.armed && !prompt.answered,
        read_only,
        more: this.#watch.requests.length - 1,
      },
      leaveHint,
    }
  }
}

/** The bytes that turn a screen showing `before` into `rows`; all of it if `before` has another height. Never scrolls. */
function changes(before: Rows, rows: Rows): string {
  let out = before.length === rows.length ? '' : '\x1b[H\x1b[2J'
  for (let at = 0; at < rows.length; ) {
    let end = at + 1
    while (rows[end] === null) end++
    const group = rows.slice(at, end)
    if (before.length !== rows.length || group.some((row, n) => row !== before[at + n])) {
      // Cleared before writing: after a full row, some terminals are still in its last column.
      for (let row = at; row < end; row++) out += `\x1b[${row + 1};1H\x1b[2K`
      out += `\x1b[${at + 1};1H${rows[at]}`
    }
    at = end
  }
  return out
}

/** Splits what a terminal sent at once into keys: characters, and whole sequences that begin with ESC. */
function keysOf(text: string): string[] {
  return text.match(/\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|\x1b.|[\s\S]/g) ?? []
}

function isEnter(key: string): boolean {
  return key === '\r' || key === '\n'
}

function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds).unref())
}
