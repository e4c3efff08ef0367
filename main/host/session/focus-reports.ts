// Tells a program that asked for it (DEC private mode 1004) whether a person is at its session. Clients' terminals each know
// their own focus only; the host knows all of them, and when a connection is lost.
import { type AttachedClient, isAnyFocused } from './attachable.ts'

const FOCUSED = Buffer.from('\x1b[I')
const LEFT = Buffer.from('\x1b[O')

export class FocusReports {
  readonly #clients: Iterable<AttachedClient>
  readonly #write: (report: Uint8Array) => void
  #isWanted = false
  /** What the program was told last; undefined: nothing yet. */
  #told: boolean | undefined

  constructor(clients: Iterable<AttachedClient>, write: (report: Uint8Array) => void) {
    this.#clients = clients
    this.#write = write
  }

  /** Whether reports of clients' own terminals are to be dropped. */
  get isWanted(): boolean {
    return this.#isWanted
  }

  /** The program set or reset the mode. Setting it asks for the present state, as in xterm.js and tmux. */
  modeSet(on: boolean): void {
    this.#isWanted = on
    this.#told = undefined
    this.changed()
  }

  /** A client came, left, or got or lost its focus. */
  changed(): void {
    const isFocused = isAnyFocused(this.#clients)
    if (!this.#isWanted || isFocused === this.#told) return
    this.#told = isFocused
    this.#write(isFocused ? FOCUSED : LEFT)
  }
}
