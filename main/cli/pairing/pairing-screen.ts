// Pairing on the whole of a terminal: draws the code until a phone is let in, and asks about each that wants to be.
// Knows no command line; who calls it says what comes after.
import type { HostClient } from '../../../protocol/client/client.ts'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import type { PairingRequest } from '../../../protocol/messages.ts'
import type { Context } from '../command/command.ts'
import { OuterTerminal } from '../terminal/terminal.ts'
import { chosenAddress, outcomeText } from './pairing-text.ts'
import { drawPairing, type PairingView, type Rows } from './pairing-view.ts'
import { type PairingOutcome, PairingWatch } from './pairing-watch.ts'

export interface ScreenOptions {
  /** The first that asks is let in without a question. */
  yes: boolean
  /** A yes lets a phone look only. */
  read_only: boolean
  /** Which address the code shows first. */
  address: string | undefined
  /** What to press to leave, and what that does. */
  leaveHint: string
  /** Ends it from outside. */
  signal: AbortSignal
}

/** `news`: what happened, in sentences. */
export type PairingEnd = { news: string[] } & (
  | { why: 'allowed' | 'aborted' }
  /** Ctrl-C, or the key that leaves. */
  | { why: 'interrupted' | 'left' }
  /** The host is gone, or refuses. */
  | { why: 'failed'; error: CodedError }
)

/** Who types as a question appears was typing something else: so long after it was drawn, keys begin to count. */
const ARM_MS = 400
/** A countdown moves each second. */
const TICK_MS = 1_000
/** Told when it is over; phones that were refused before that are long gone. */
const MOST_NEWS = 20
/** What a slow terminal has not taken by then it does not get. */
const DRAIN_MS = 300

/** Of a terminal that does not know its own. */
const SIZE = { cols: 80, rows: 24 }

const INTERRUPT = '\x03'

/** Whether there is a person who can be shown a code and asked. */
export function canPrompt({ env, output }: Context): boolean {
  return process.stdin.isTTY === true && output.isTerminal && env.TERM !== 'dumb'
}

/** Resolves when it is over and the terminal is as it was before. Throws UsageError when there is no such address. */
export async function pairOnScreen(client: HostClient, options: ScreenOptions): Promise<PairingEnd> {
  const watch = new PairingWatch(client)
  try {
    const { addresses } = await watch.start()
    const { name } = chosenAddress(addresses, options.address)
    if (options.signal.aborted) return { why: 'aborted', news: [] }
    return await new PairingScreen(watch, options, name).run()
  } catch (error) {
    if (error instanceof CodedError) return { why: 'failed', error, news: [] }
    throw error
  } finally {
    await watch.stop()
  }
}

interface Prompt {
  request: PairingRequest
  armed: boolean
  /** An answer is on its way. */
  answered: boolean
  timer: NodeJS.Timeout | undefined
}

class PairingScreen {
  readonly #watch: PairingWatch
  readonly #options: ScreenOptions
  readonly #terminal: OuterTerminal
  readonly #undo: (() => unknown)[] = []
  #end!: (end: PairingEnd) => void
  /** Name of the address that the code shows. */
  #chosen: string
  #asText = false
  #asking: Prompt | undefined
  #allowed = false
  #over = false
  #news: string[] = []
  /** What the terminal shows. */
  #drawn: Rows = []
  /** The terminal has not taken the last frame yet; another one waits until it has. */
  #drawing = false
  #again = false

  constructor(watch: PairingWatch, options: ScreenOptions, chosen: string) {
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
    // Whatever ends this process from here on, the terminal is restored: `exit` follows exceptions too.
    process.on('exit', restore)
    this.#terminal.enterAlternateScreen()
    this.#listen()
    if (this.#options.yes) for (const request of this.#watch.requests) this.#asked(request)
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
    const typed = (bytes: Buffer) => this.#typed(keysOf(bytes.toString('latin1')))
    const gone = () => this.#finish('aborted')
    const whole = () => {
      this.#drawn = []
      this.#draw()
    }
    const again = () => {
      this.#terminal.resume()
      whole()
    }
    const tick = setInterval(() => this.#draw(), TICK_MS)
    stdin.on('data', typed).on('end', gone).on('error', gone)
    stdout.on('resize', whole)
    process.on('SIGCONT', again)
    signal.addEventListener('abort', gone)
    stdin.resume()
    this.#undo.push(
      () => clearInterval(tick),
      () => clearTimeout(this.#asking?.timer),
      () => stdin.off('data', typed).off('end', gone).off('error', gone),
      () => stdout.off('resize', whole),
      () => process.off('SIGCONT', again),
      () => signal.removeEventListener('abort', gone),
      this.#watch.on('requested', request => this.#asked(request)),
      this.#watch.on('resolved', ending => this.#ended(ending)),
      this.#watch.on('changed', () => this.#draw()),
      this.#watch.on('closed', error => this.#fail(error)),
    )
  }

  #finish(why: 'allowed' | 'aborted' | 'interrupted' | 'left'): void {
    this.#over = true
    this.#end({ why, news: this.#news })
  }

  #fail(error: CodedError): void {
    this.#over = true
    this.#end({ why: 'failed', error, news: this.#news })
  }

  // --- who asks ---

  #asked(request: PairingRequest): void {
    // Who waited before has not seen this code.
    if (!this.#options.yes || this.#allowed || this.#watch.isEarly(request)) return
    this.#watch
      .answer(request, { allow: true, read_only: this.#options.read_only })
      .catch(error => this.#end({ why: 'failed', error: toCoded(error), news: this.#news }))
  }

  #ended(ending: PairingOutcome): void {
    this.#news = [...this.#news, outcomeText(ending)].slice(-MOST_NEWS)
    if (ending.how === 'allowed') {
      this.#allowed = true
      void this.#watch.hide()
    }
    // Who waits already is asked about before it is over.
    if (this.#allowed && (this.#options.yes || this.#watch.requests.length === 0)) this.#finish('allowed')
    else this.#draw()
  }

  /** Whom the question is about: the first that waits. */
  #ask(): Prompt | undefined {
    const request = this.#options.yes ? undefined : this.#watch.requests[0]
    if (request?.pairing_id === this.#asking?.request.pairing_id) return this.#asking
    clearTimeout(this.#asking?.timer)
    this.#asking = request && { request, armed: false, answered: false, timer: undefined }
    return this.#asking
  }

  /** The question is on the screen. */
  #asks(asking: Prompt): void {
    if (asking.armed || asking.timer) return
    asking.timer = setTimeout(() => {
      asking.armed = true
      this.#draw()
    }, ARM_MS)
  }

  // --- keys ---

  #typed(keys: string[]): void {
    if (keys.includes(INTERRUPT)) return this.#finish('interrupted')
    const asking = this.#asking
    if (asking) {
      // A single key: what was pasted, or typed for something else, is no answer.
      const [key, ...more] = keys
      if (asking.armed && !asking.answered && more.every(isEnter)) this.#decide(asking, key!)
      return
    }
    for (const key of keys) this.#press(key)
    this.#draw()
  }

  #decide(asking: Prompt, key: string): void {
    const { read_only } = this.#options
    const answer = isEnter(key) ? 'n' : key.toLowerCase()
    if (answer !== 'y' && answer !== 'n' && (answer !== 'r' || read_only)) return
    asking.answered = true
    this.#watch
      .answer(asking.request, { allow: answer !== 'n', read_only: answer === 'r' || read_only })
      .catch(error => {
        // It still waits: somebody may make room for it, and answer once more.
        this.#news = [...this.#news, `It could not be let in: ${toCoded(error).message}.`].slice(-MOST_NEWS)
        asking.answered = false
        this.#draw()
      })
  }

  #press(key: string): void {
    const addresses = this.#watch.pairing!.addresses
    const at = addresses.findIndex(({ name }) => name === this.#chosen)
    if (key === '\t') this.#chosen = addresses[(at + 1) % addresses.length]!.name
    else if (/^[1-9]$/.test(key)) this.#chosen = addresses[Number(key) - 1]?.name ?? this.#chosen
    else if (key === 'u') this.#asText = !this.#asText
    else if (key === 'q') this.#finish('left')
  }

  // --- the screen ---

  #draw(): void {
    if (this.#over) return
    const size = this.#terminal.size ?? SIZE
    const asking = this.#ask()
    if (this.#drawing) {
      this.#again = true
      return
    }
    const rows = drawPairing(this.#view(asking), size)
    const bytes = Buffer.from(changes(this.#drawn, rows))
    this.#drawn = rows
    this.#drawing = true
    this.#terminal.write(bytes, () => {
      this.#drawing = false
      if (asking && asking === this.#asking) this.#asks(asking)
      if (!this.#again) return
      this.#again = false
      this.#draw()
    })
  }

  #view(asking: Prompt | undefined): PairingView {
    const { addresses, expires_at, reached } = this.#watch.pairing!
    const { read_only, leaveHint: leaving } = this.#options
    return {
      addresses,
      // An address may go while it is shown, with its network.
      chosen: addresses.find(({ name }) => name === this.#chosen) ?? addresses[0]!,
      now: Date.now(),
      expires_at,
      reached: reached?.address,
      news: this.#news.at(-1),
      asText: this.#asText,
      prompt: asking && {
        request: asking.request,
        armed: asking.armed && !asking.answered,
        read_only,
        more: this.#watch.requests.length - 1,
      },
      leaveHint: leaving,
    }
  }
}

/** What brings a screen from `before` to `rows`; nothing before: all of it. Nothing is ever scrolled. */
function changes(before: Rows, rows: Rows): string {
  let out = before.length === rows.length ? '' : '\x1b[H\x1b[2J'
  for (let at = 0; at < rows.length; ) {
    let end = at + 1
    while (rows[end] === null) end++
    const group = rows.slice(at, end)
    if (before.length !== rows.length || group.some((row, n) => row !== before[at + n])) {
      // Cleared before it is written: behind a full row some terminals are still on its last column.
      for (let row = at; row < end; row++) out += `\x1b[${row + 1};1H\x1b[2K`
      out += `\x1b[${at + 1};1H${rows[at]}`
    }
    at = end
  }
  return out
}

/** Keys in what a terminal sent at once: characters, and sequences that begin with ESC as a whole. */
function keysOf(text: string): string[] {
  return text.match(/\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|\x1b.|[\s\S]/g) ?? []
}

function isEnter(key: string): boolean {
  return key === '\r' || key === '\n'
}

function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds).unref())
}
