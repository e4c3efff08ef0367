// A terminal's input on its way to the program: whose it is, what the kernel has not taken, and what the program has not read.
import { KERNEL_BYTES, lineKiller, takeBack } from './terminal-input.ts'

/** Input that may wait for the program: one that never reads must not make the host grow. */
export const INPUT_QUEUE_BYTES = 4 * 1024 * 1024

/** Delays between writes while the program does not read: short enough for typing, long enough to cost nothing. */
const RETRY_MS = [1, 2, 4, 8, 16, 32, 64]

/** Short pieces of one owner are kept as one, up to this. */
const PIECE_BYTES = 1024

/** Two who type at the same time, for longer than a program leaves keys unread. */
const MAX_PIECES = 2048

const PASTE_START = '\x1b[200~'
const PASTE_END = '\x1b[201~'

export interface InputQueueOptions {
  /** Writes the beginning of `bytes`, and returns how many. Throws EAGAIN while the kernel takes none; other errors mean its end. */
  write(bytes: Uint8Array): number
  /** The terminal's file, like `/dev/pts/3`; '' on Windows. */
  terminal: string
}

interface Unit {
  bytes: Uint8Array
  /** Who typed it: a device's ID, `local`, or '' for the host itself. */
  owner: string
  /** How much of it is written. */
  at: number
  written: () => void
}

interface Piece {
  bytes: Uint8Array
  owner: string
}

export class InputQueue {
  readonly #options: InputQueueOptions
  #units: Unit[] = []
  #bytes = 0
  #retry = 0
  #retryTimer: NodeJS.Timeout | undefined
  /** What was written last, KERNEL_BYTES at least if there was as much: the end of it may still be unread. */
  #recent: Piece[] = []
  #recentBytes = 0
  /** Taking back runs one at a time, and nothing is written meanwhile. */
  #dropping: Promise<void> = Promise.resolve()
  #drops = 0
  #ended = false

  constructor(options: InputQueueOptions) {
    this.#options = options
  }

  /** `written` is called when the kernel has all of it, or it was dropped. False: the queue is full and nothing was queued. */
  add(bytes: Uint8Array, owner: string, written: () => void): boolean {
    if (this.#ended) return true
    if (this.#bytes > 0 && this.#bytes + bytes.length > INPUT_QUEUE_BYTES) return false
    this.#units.push({ bytes, owner, at: 0, written })
    this.#bytes += bytes.length
    if (this.#units.length === 1) this.#flush()
    return true
  }

  /**
   * Drops what `owner` typed and the program has not read. What others typed stays, unless the kernel has it together with
   * that and has changed it (a line that was edited with Backspace), or it is part of the line without Enter. Nothing is
   * written meanwhile. Rejects if the kernel's part could not be taken back.
   */
  drop(owner: string): Promise<void> {
    if (this.#ended) return Promise.resolve()
    this.#drops++
    const dropped = this.#dropping.then(() => this.#drop(owner))
    this.#dropping = dropped
      .catch(() => {})
      .finally(() => {
        this.#drops--
        this.#flush()
      })
    return dropped
  }

  /** Drops everything: the program has ended. */
  end(): void {
    this.#ended = true
    clearTimeout(this.#retryTimer)
    this.#clear()
  }

  async #drop(owner: string): Promise<void> {
    if (this.#ended) return
    const units = this.#units.filter(unit => unit.owner === owner)
    this.#units = this.#units.filter(unit => unit.owner !== owner)
    for (const { bytes, written } of units) {
      this.#bytes -= bytes.length
      written()
    }
    const recent = this.#recent
    const isWritten = recent.some(piece => piece.owner === owner)
    const unread = isWritten ? await this.#takeUnread(recent, owner) : { pieces: [], killer: undefined }
    if (this.#ended) return
    const begun = units.find(({ at }) => at > 0)
    const dropped = textOf([...unread.pieces.filter(piece => piece.owner === owner), ...(begun ? [restOf(begun)] : [])])
    // The program has read the beginning of a paste: without its end it would take all later keys for text.
    const end = dropped.indexOf(PASTE_END)
    const start = dropped.indexOf(PASTE_START)
    const isCut = end >= 0 && (start < 0 || start > end)
    const nobodys = `${unread.killer ?? ''}${isCut ? PASTE_END : ''}`
    this.#putBack([{ bytes: Buffer.from(nobodys), owner: '' }, ...unread.pieces.filter(piece => piece.owner !== owner)])
  }

  /** Takes what is unread out of the kernel. `killer`: what erases the line that it keeps. */
  async #takeUnread(recent: Piece[], owner: string): Promise<{ pieces: Piece[]; killer: string | undefined }> {
    this.#recent = []
    this.#recentBytes = 0
    const { terminal } = this.#options
    if (terminal === '') return { pieces: [], killer: undefined }
    const all = asRead(textOf(recent))
    const line = all.slice(all.lastIndexOf('\n') + 1)
    const isAll = (taken: string) => all.endsWith(taken) || all.endsWith(taken + line)
    const taken = asRead(latin1(await takeBack(terminal, bytes => isAll(asRead(latin1(bytes))))))
    if (taken !== '' && all.endsWith(taken)) return { pieces: endOf(recent, taken.length), killer: undefined }
    // In line mode a line without Enter cannot be read, only erased.
    const isOwnLine = endOf(recent, line.length).some(piece => piece.owner === owner)
    const killer = isOwnLine ? await lineKiller(terminal) : undefined
    const isKnown = taken !== '' && all.endsWith(taken + line)
    if (!isKnown) return { pieces: [{ bytes: Buffer.from(taken, 'latin1'), owner }], killer }
    return { pieces: endOf(recent, taken.length + line.length, killer ? 0 : line.length), killer }
  }

  /** In front of everything else. */
  #putBack(pieces: Piece[]): void {
    const units = pieces.filter(({ bytes }) => bytes.length > 0).map(piece => ({ ...piece, at: 0, written: () => {} }))
    for (const { bytes } of units) this.#bytes += bytes.length
    this.#units.unshift(...units)
  }

  #flush(): void {
    clearTimeout(this.#retryTimer)
    for (let head = this.#units[0]; head && this.#drops === 0; head = this.#units[0]) {
      if (this.#ended) return
      try {
        const rest = head.bytes.subarray(head.at)
        const size = this.#options.write(rest)
        head.at += size
        this.#remember(rest.subarray(0, size), head.owner)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') {
          this.#retryTimer = setTimeout(() => this.#flush(), RETRY_MS[Math.min(this.#retry++, RETRY_MS.length - 1)])
          return
        }
        // EIO and EBADF: the process is gone, and its exit will be reported.
        this.#clear()
        return
      }
      this.#retry = 0
      if (head.at < head.bytes.length) continue
      this.#units.shift()
      this.#bytes -= head.bytes.length
      head.written()
    }
  }

  #remember(bytes: Uint8Array, owner: string): void {
    if (bytes.length === 0 || this.#options.terminal === '') return
    const kept = bytes.slice(-KERNEL_BYTES)
    const last = this.#recent.at(-1)
    // Keys come one by one.
    if (last?.owner === owner && last.bytes.length + kept.length <= PIECE_BYTES)
      last.bytes = Buffer.concat([last.bytes, kept])
    else this.#recent.push({ bytes: kept, owner })
    this.#recentBytes += kept.length
    const isEnough = () => this.#recentBytes - this.#recent[0]!.bytes.length >= KERNEL_BYTES
    while (isEnough() || this.#recent.length > MAX_PIECES) this.#recentBytes -= this.#recent.shift()!.bytes.length
  }

  #clear(): void {
    this.#units = []
    this.#bytes = 0
    this.#recent = []
    this.#recentBytes = 0
  }
}

function restOf({ bytes, owner, at }: Unit): Piece {
  return { bytes: bytes.subarray(at), owner }
}

/** The last `size` bytes of the pieces, without the last `without` of these. */
function endOf(pieces: Piece[], size: number, without = 0): Piece[] {
  const total = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const found: Piece[] = []
  let at = 0
  for (const { bytes, owner } of pieces) {
    const part = bytes.subarray(Math.max(0, total - size - at), Math.max(0, total - without - at))
    if (part.length > 0) found.push({ bytes: part, owner })
    at += bytes.length
  }
  return found
}

/** One character per byte. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function textOf(pieces: Piece[]): string {
  return pieces.map(({ bytes }) => latin1(bytes)).join('')
}

/** Terminals turn Enter (CR) into LF where programs want lines (ICRNL). */
function asRead(text: string): string {
  return text.replaceAll('\r', '\n')
}
