// Joins the terminal that otg runs in to a session: keys in, output out, size along, until one of them ends.
// Knows no command line and no messages for people.

import type { HostClient } from '../../../protocol/client/client.ts'
import type { AttachOptions, ClientAttachment, TerminalSink } from '../../../protocol/client/client-attachment.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { MAX_COLS, MAX_ROWS, MAX_WINDOW_BYTES } from '../../../protocol/limits.ts'
import type { SessionInfo, SessionState } from '../../../protocol/messages.ts'
import { BIRTH } from '../../../protocol/position.ts'
import { type DetachKey, DetachKeyDetector } from './detach-key.ts'
import { QueryFilter } from './query-filter.ts'
import { OuterTerminal, type Size } from './terminal.ts'

export interface TerminalAttachOptions {
  read_only: boolean
  detachKey: DetachKey | undefined
  /** The session has just been made: its output is wanted from the first byte, and the end of input is its end of file. */
  fresh: boolean
  /** The session that this very terminal is, if it is one. */
  ownSessionId: string | undefined
}

export type AttachEnd =
  | { why: 'exit'; session_id: string; state: SessionState; exit_code: number | null; signal: string | null }
  | { why: 'key'; session_id: string }
  | { why: 'signal'; session_id: string; signal: NodeJS.Signals }
  /** Nobody reads what is printed, or the terminal is closed. */
  | { why: 'output_gone'; session_id: string }
  | { why: 'failed'; session_id: string; error: CodedError }

/** Unacknowledged output: little, so that Ctrl-C is seen to act at once on a terminal that is slower than the program. */
const TERMINAL_WINDOW_BYTES = 256 * 1024
/** Typed or piped input that the session has not taken yet; past it reading pauses. */
const INPUT_AHEAD_BYTES = 256 * 1024
/** What was typed before detaching still gets this long to arrive. */
const PARTING_MS = 1_000
/** As long as a page waits (ui/kit/presence.ts). */
const AWAY_MS = 3 * 60_000

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']
const END_OF_FILE = 0x04
const INTERRUPT = 0x03

/** Attaches and resolves when it is over, the terminal as it was before. Throws only what is a fault. */
export async function attachTerminal(
  client: HostClient,
  session: string,
  joining: TerminalAttachOptions,
): Promise<AttachEnd> {
  let parted!: (parting: AttachEnd) => void
  const parting = new Promise<AttachEnd>(resolve => (parted = resolve))
  const terminal = new OuterTerminal(process.stdin, process.stdout, () =>
    parted({ why: 'output_gone', session_id: attached.session_id }),
  )
  const screen = new Screen(terminal)
  const attached = client.attach(session, screen, options(terminal, joining))
  const typed = trackInput(attached)
  // A first attach is a reconnect that has nothing; of a new session even nothing is known to be all there is.
  if (joining.fresh) attached.have = { ...BIRTH }
  const undo: (() => unknown)[] = []
  // Before anything can come: what ended at once says so in the same breath as that it is attached.
  listenToSession(attached, screen, parted, undo)
  const restore = () => terminal.restore()
  try {
    await accepted(attached, joining)
    // Whatever ends this process from here on, the terminal is restored: `exit` follows exceptions too.
    process.on('exit', restore)
    undo.push(() => process.off('exit', restore))
    listenToSignals(attached, terminal, parted, undo)
    terminal.enter()
    if (terminal.outputIsTerminal && !joining.read_only) {
      const resized = () => terminal.size && attached.resize(...clampSize(terminal.size))
      process.stdout.on('resize', resized)
      undo.push(() => process.stdout.off('resize', resized))
      const asked = attached.options.size
      if (asked && terminal.size && clampSize(terminal.size).join() !== [asked.cols, asked.rows].join()) resized()
    }
    screen.open()
    readInput(attached, terminal, joining, parted, undo)
    if (terminal.inputIsTerminal) watchPresence(attached, undo)
    const result = await parting
    if (result.why === 'key' || result.why === 'signal') {
      process.stdin.pause()
      terminal.restore()
      await leaveSession(client, attached, typed)
    }
    terminal.restore(result.why !== 'exit' || result.state !== 'exited')
    return result
  } catch (error) {
    if (error instanceof CodedError) return { why: 'failed', session_id: attached.session_id, error }
    throw error
  } finally {
    terminal.restore()
    for (const off of undo.splice(0)) off()
    process.stdin.pause()
  }
}

function options(terminal: OuterTerminal, { read_only, fresh }: TerminalAttachOptions): AttachOptions {
  const size = terminal.size
  const [cols, rows] = size ? clampSize(size) : []
  return {
    read_only,
    window: terminal.outputIsTerminal ? TERMINAL_WINDOW_BYTES : MAX_WINDOW_BYTES,
    // A person gets the screen as it is, at once; a pipe of a new session gets every byte.
    history_bytes: 0,
    ...(fresh && !terminal.outputIsTerminal ? { catch_up_bytes: Number.MAX_SAFE_INTEGER } : {}),
    ...(cols && rows && !read_only ? { size: { cols, rows } } : {}),
  }
}

/** A terminal may be larger than a session can be. */
export function clampSize(size: Size): [cols: number, rows: number] {
  return [Math.min(size.cols, MAX_COLS), Math.min(size.rows, MAX_ROWS)]
}

/** Waits for the host's yes, so that a no is told by a terminal that was not touched. */
function accepted(attached: ClientAttachment, joining: TerminalAttachOptions): Promise<SessionInfo> {
  return new Promise((resolve, reject) => {
    attached.on('failed', reject)
    attached.on('session', ({ session }) => {
      // Its output would be its output.
      if (session.session_id === joining.ownSessionId)
        reject(new CodedError('forbidden', 'this terminal is that session; it cannot be attached inside itself'))
      else resolve(session)
    })
  })
}

function listenToSignals(
  attached: ClientAttachment,
  terminal: OuterTerminal,
  parted: (parting: AttachEnd) => void,
  undo: (() => unknown)[],
): void {
  for (const signal of SIGNALS) {
    const listener = () => parted({ why: 'signal', session_id: attached.session_id, signal })
    process.on(signal, listener)
    undo.push(() => process.off(signal, listener))
  }
  const again = () => terminal.resume()
  process.on('SIGCONT', again)
  undo.push(() => process.off('SIGCONT', again))
}

function listenToSession(
  attached: ClientAttachment,
  screen: Screen,
  parted: (parting: AttachEnd) => void,
  undo: (() => unknown)[],
): void {
  undo.push(
    attached.on('exit', ({ state, exit_code, signal }) => {
      screen.end()
      parted({ why: 'exit', session_id: attached.session_id, state, exit_code, signal })
    }),
    attached.on('failed', error => parted({ why: 'failed', session_id: attached.session_id, error })),
  )
}

function readInput(
  attached: ClientAttachment,
  terminal: OuterTerminal,
  joining: TerminalAttachOptions,
  parted: (parting: AttachEnd) => void,
  undo: (() => unknown)[],
): void {
  const { stdin } = process
  const watch = new DetachKeyDetector(terminal.inputIsTerminal ? joining.detachKey : undefined)
  let last = 0x0a
  const type = (bytes: Uint8Array) => {
    // It may have ended before it was attached: then it is only looked at, and its exit is on the way.
    if (bytes.length === 0 || attached.readOnly || attached.ended) return
    last = bytes.at(-1)!
    attached.type(bytes)
  }
  const data = (chunk: Buffer) => {
    const { bytes, detach } = watch.take(chunk)
    type(bytes)
    const interrupted = joining.read_only && terminal.inputIsTerminal && chunk.includes(INTERRUPT)
    if (detach || interrupted) parted({ why: 'key', session_id: attached.session_id })
  }
  const end = () => {
    if (terminal.inputIsTerminal) return parted({ why: 'output_gone', session_id: attached.session_id })
    // What the session runs reads a terminal, whose end of file is a key, twice in the middle of a line. A session
    // that was there before has not been given this input to end with.
    if (joining.fresh) type(Uint8Array.of(END_OF_FILE, ...(last === 0x0a || last === 0x0d ? [] : [END_OF_FILE])))
  }
  const error = () => end()
  stdin.on('data', data)
  stdin.on('end', end)
  stdin.on('error', error)
  undo.push(
    () => stdin.off('data', data).off('end', end),
    attached.on('pending_input', bytes => {
      if (bytes > INPUT_AHEAD_BYTES) stdin.pause()
      else if (stdin.isPaused()) stdin.resume()
    }),
  )
}

/** A terminal that nobody has typed into for a while is taken for one that nobody sits before. */
function watchPresence(attached: ClientAttachment, undo: (() => unknown)[]): void {
  let timer: NodeJS.Timeout | undefined
  const typed = () => {
    clearTimeout(timer)
    timer = setTimeout(() => attached.setPresent(false), AWAY_MS)
    attached.setPresent(true)
  }
  process.stdin.on('data', typed)
  undo.push(
    () => clearTimeout(timer),
    () => process.stdin.off('data', typed),
  )
  typed()
}

/** Says goodbye and waits until the host has heard it, with everything that was typed before. */
async function leaveSession(client: HostClient, attached: ClientAttachment, typed: InputTracker): Promise<void> {
  const gone = async () => {
    await typed.delivered()
    client.detach(attached)
    await client.list() // answered after the detach was
  }
  const late = new Promise<void>(resolve => setTimeout(resolve, PARTING_MS).unref())
  await Promise.race([gone().catch(() => {}), late])
}

export interface InputTracker {
  /** Resolves when the session has taken all that was typed; rejects when it never will. */
  delivered(): Promise<void>
}

export function trackInput(attached: ClientAttachment): InputTracker {
  let pending = 0
  attached.on('pending_input', bytes => {
    pending = bytes
  })
  return {
    delivered: () =>
      new Promise((resolve, reject) => {
        if (pending === 0) return resolve()
        attached.on('pending_input', bytes => bytes === 0 && resolve())
        attached.on('failed', reject)
        attached.on('exit', () => reject(new CodedError('session_ended', 'the session ended before it took all input')))
      }),
  }
}

/** A state begins by resetting the whole terminal, which here would also empty the scrollback of its owner. */
const FULL_RESET = Buffer.from('\x18\x1bc')

/** Applies a session's log to the outer terminal. Held back until that is in raw mode. */
class Screen implements TerminalSink {
  readonly #terminal: OuterTerminal
  #filter = new QueryFilter()
  #resetting = false
  #isOpen = false
  #early: { bytes: Uint8Array; done: () => void }[] = []

  constructor(terminal: OuterTerminal) {
    this.#terminal = terminal
  }

  open(): void {
    this.#isOpen = true
    for (const { bytes, done } of this.#early.splice(0)) this.write(bytes, done)
  }

  write(bytes: Uint8Array, done: () => void): void {
    if (!this.#isOpen) {
      this.#early.push({ bytes, done })
      return
    }
    const state = this.#resetting ? withoutReset(bytes) : bytes
    this.#resetting = false
    this.#terminal.write(this.#filter.filter(state), done)
  }

  /** The outer terminal has the size that it has; the session follows it. */
  resize(): void {}

  reset(): void {
    this.#resetting = true
    if (!this.#isOpen) return void (this.#early = []) // opening clears
    this.end()
    this.#filter = new QueryFilter()
    this.#terminal.clear()
  }

  /** Ends a string that the session has begun and will not end. */
  end(): void {
    const rest = this.#filter.end()
    if (rest.length > 0) this.#terminal.write(rest, () => {})
  }
}

function withoutReset(state: Uint8Array): Uint8Array {
  const at = Buffer.from(state.buffer, state.byteOffset, state.length).indexOf(FULL_RESET)
  if (at < 0) return state
  return Buffer.concat([state.subarray(0, at), state.subarray(at + FULL_RESET.length)] as [Uint8Array, Uint8Array])
}
