// Attaches the terminal that otg runs in to a session: input, output, size and presence, until one of them ends.

import type { AttachOptions, ClientAttachment } from '../../../protocol/client/client-attachment.ts'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { TerminalSink } from '../../../protocol/client/log-applier.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { MAX_COLS, MAX_ROWS, MAX_WINDOW_BYTES } from '../../../protocol/limits.ts'
import type { SessionInfo, SessionState } from '../../../protocol/messages.ts'
import { LOG_START } from '../../../protocol/position.ts'
import { type DetachKey, DetachKeyDetector } from './detach-key.ts'
import { QueryFilter } from './query-filter.ts'
import { OuterTerminal, type Size } from './terminal.ts'

export interface TerminalAttachOptions {
  read_only: boolean
  detachKey: DetachKey | undefined
  /** The session was just created: show its output from the first byte, and pass the end of input on as an end of file. */
  fresh: boolean
  /** The session that this terminal itself belongs to, if any. */
  ownSessionId: string | undefined
}

export type AttachEnd =
  | { why: 'exit'; session_id: string; state: SessionState; exit_code: number | null; signal: string | null }
  | { why: 'key'; session_id: string }
  | { why: 'signal'; session_id: string; signal: NodeJS.Signals }
  /** The reader of the output is gone, or the terminal was closed. */
  | { why: 'output_gone'; session_id: string }
  | { why: 'failed'; session_id: string; error: CodedError }

/** Unacknowledged output. Small, so that Ctrl-C visibly acts at once when the program is faster than the terminal. */
const TERMINAL_WINDOW_BYTES = 256 * 1024
/** Input that the session has not taken yet; above this, reading pauses. */
const MAX_PENDING_INPUT_BYTES = 256 * 1024
/** How long detaching waits for input typed before it to arrive. */
const DETACH_MS = 1_000
/** Same as on the pages (ui/kit/presence.ts). */
const AWAY_MS = 3 * 60_000

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']
const END_OF_FILE = 0x04
const INTERRUPT = 0x03
/** What the outer terminal reports of its focus (DEC private mode 1004), once the program in the session has asked for it. */
const FOCUS_REPORT = /\x1b\[([IO])/g

/** Attaches and resolves when it is over and the terminal is restored. Failures resolve too; only bugs throw. */
export async function attachTerminal(
  client: LocalClient,
  session: string,
  options: TerminalAttachOptions,
): Promise<AttachEnd> {
  let finish!: (end: AttachEnd) => void
  const ended = new Promise<AttachEnd>(resolve => (finish = resolve))
  const terminal = new OuterTerminal(process.stdin, process.stdout, () =>
    finish({ why: 'output_gone', session_id: attached.session_id }),
  )
  const screen = new Screen(terminal)
  const attached = client.attach(session, screen, attachOptions(terminal, options))
  const typed = trackInput(attached)
  const undo: (() => unknown)[] = []
  // Listen first: a session that ended at once reports its exit together with the attach.
  listenToSession(attached, screen, finish, undo)
  const restore = () => terminal.restore()
  try {
    await untilAccepted(attached, options)
    // Restores the terminal however this process ends: `exit` also follows exceptions.
    process.on('exit', restore)
    undo.push(() => process.off('exit', restore))
    listenToSignals(attached, terminal, finish, undo)
    terminal.enter()
    if (terminal.outputIsTerminal && !options.read_only) {
      const resized = () => terminal.size && attached.resize(...clampSize(terminal.size))
      process.stdout.on('resize', resized)
      undo.push(() => process.stdout.off('resize', resized))
      const requested = attached.options.size
      if (requested && terminal.size && clampSize(terminal.size).join() !== [requested.cols, requested.rows].join())
        resized()
    }
    screen.open()
    readInput(attached, terminal, options, finish, undo)
    if (terminal.inputIsTerminal) watchPresence(attached, undo)
    const result = await ended
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

function attachOptions(terminal: OuterTerminal, { read_only, fresh }: TerminalAttachOptions): AttachOptions {
  const size = terminal.size
  const [cols, rows] = size ? clampSize(size) : []
  return {
    read_only,
    // A first attach is a reconnect without any history. For a new session, that is the complete history.
    ...(fresh && { have: LOG_START }),
    window: terminal.outputIsTerminal ? TERMINAL_WINDOW_BYTES : MAX_WINDOW_BYTES,
    // A terminal shows the current screen at once; a pipe from a new session gets every byte.
    history_bytes: 0,
    ...(fresh && !terminal.outputIsTerminal ? { catch_up_bytes: Number.MAX_SAFE_INTEGER } : {}),
    ...(cols && rows && !read_only ? { size: { cols, rows } } : {}),
  }
}

/** A terminal can be larger than the limits of a session. */
export function clampSize(size: Size): [cols: number, rows: number] {
  return [Math.min(size.cols, MAX_COLS), Math.min(size.rows, MAX_ROWS)]
}

/** Waits until the host has accepted the attach, so that a refusal leaves the terminal untouched. */
function untilAccepted(attached: ClientAttachment, options: TerminalAttachOptions): Promise<SessionInfo> {
  return new Promise((resolve, reject) => {
    attached.on('failed', reject)
    attached.on('session', ({ session }) => {
      // The session would print its own output, forever.
      if (session.session_id === options.ownSessionId)
        reject(new CodedError('forbidden', 'this terminal is inside that session; attach from another terminal'))
      else resolve(session)
    })
  })
}

function listenToSignals(
  attached: ClientAttachment,
  terminal: OuterTerminal,
  finish: (end: AttachEnd) => void,
  undo: (() => unknown)[],
): void {
  for (const signal of SIGNALS) {
    const listener = () => finish({ why: 'signal', session_id: attached.session_id, signal })
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
  finish: (end: AttachEnd) => void,
  undo: (() => unknown)[],
): void {
  undo.push(
    attached.on('exit', ({ state, exit_code, signal }) => {
      screen.end()
      finish({ why: 'exit', session_id: attached.session_id, state, exit_code, signal })
    }),
    attached.on('failed', error => finish({ why: 'failed', session_id: attached.session_id, error })),
  )
}

function readInput(
  attached: ClientAttachment,
  terminal: OuterTerminal,
  options: TerminalAttachOptions,
  finish: (end: AttachEnd) => void,
  undo: (() => unknown)[],
): void {
  const { stdin } = process
  const watch = new DetachKeyDetector(terminal.inputIsTerminal ? options.detachKey : undefined)
  let last = 0x0a
  const type = (bytes: Uint8Array) => {
    // A session that ended before the attach is read-only, and its exit is on its way.
    if (bytes.length === 0 || attached.readOnly || attached.ended) return
    last = bytes.at(-1)!
    attached.type(bytes)
  }
  const data = (chunk: Buffer) => {
    const { bytes, detach } = watch.take(terminal.inputIsTerminal ? withoutFocus(chunk) : chunk)
    type(bytes)
    const interrupted = options.read_only && terminal.inputIsTerminal && chunk.includes(INTERRUPT)
    if (detach || interrupted) finish({ why: 'key', session_id: attached.session_id })
  }
  const end = () => {
    if (terminal.inputIsTerminal) return finish({ why: 'output_gone', session_id: attached.session_id })
    // In a terminal, end of file is a key, pressed twice in the middle of a line. A session that existed before must not
    // end just because this input does.
    if (options.fresh) type(Uint8Array.of(END_OF_FILE, ...(last === 0x0a || last === 0x0d ? [] : [END_OF_FILE])))
  }
  const error = () => end()
  stdin.on('data', data)
  stdin.on('end', end)
  stdin.on('error', error)
  undo.push(
    () => stdin.off('data', data).off('end', end),
    attached.on('pending_input', bytes => {
      if (bytes > MAX_PENDING_INPUT_BYTES) stdin.pause()
      else if (stdin.isPaused()) stdin.resume()
    }),
  )
}

/** The user counts as away after not typing for a while, or when the terminal says that it lost its focus. */
function watchPresence(attached: ClientAttachment, undo: (() => unknown)[]): void {
  let timer: NodeJS.Timeout | undefined
  const typed = (chunk?: Buffer) => {
    clearTimeout(timer)
    if (focusIn(chunk) === false) return attached.setPresent(false)
    timer = setTimeout(() => attached.setPresent(false, true), AWAY_MS)
    attached.setPresent(true)
  }
  process.stdin.on('data', typed)
  undo.push(
    () => clearTimeout(timer),
    () => process.stdin.off('data', typed),
  )
  typed()
}

/** The last focus that the outer terminal reports in this input; undefined: none. */
function focusIn(chunk: Buffer | undefined): boolean | undefined {
  const [, last] = [...(chunk?.toString('latin1').matchAll(FOCUS_REPORT) ?? [])].at(-1) ?? []
  return last === undefined ? undefined : last === 'I'
}

/** The host tells the program of the focus, because it knows all clients'. */
function withoutFocus(chunk: Buffer): Buffer {
  return focusIn(chunk) === undefined
    ? chunk
    : Buffer.from(chunk.toString('latin1').replace(FOCUS_REPORT, ''), 'latin1')
}

/** Detaches and waits until the host has received that and everything typed before. */
async function leaveSession(client: LocalClient, attached: ClientAttachment, typed: InputTracker): Promise<void> {
  const detached = async () => {
    await typed.delivered()
    client.detach(attached)
    await client.list() // replied to after the detach
  }
  const late = new Promise<void>(resolve => setTimeout(resolve, DETACH_MS).unref())
  await Promise.race([detached().catch(() => {}), late])
}

export interface InputTracker {
  /** Resolves when the session has taken all input; rejects if it never will. */
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
        attached.on('exit', () =>
          reject(new CodedError('session_ended', 'the session ended before it took all of the input')),
        )
      }),
  }
}

/** A keyframe begins with a full reset, which would also erase the outer terminal's scrollback. */
const FULL_RESET = Buffer.from('\x18\x1bc')

/** Writes a session's log to the outer terminal; held back until that is in raw mode. */
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

  /** Nothing to do: the session follows the size of the outer terminal. */
  resize(): void {}

  reset(): void {
    this.#resetting = true
    if (!this.#isOpen) return void (this.#early = []) // open() starts with a clear screen
    this.end()
    this.#filter = new QueryFilter()
    this.#terminal.clear()
  }

  /** Ends a control string that the session has begun and will not end. */
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
