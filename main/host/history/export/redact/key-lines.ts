// Private keys, which span lines: recognized by their first or their last line, whichever is there, and by what lies between.
//
// The first line may have been trimmed or have scrolled past before the export begins; the last may never have been printed.

const BEGIN =
  /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|\bPuTTY-User-Key-File-\d|\bb3BlbnNzaC1rZXktdjE/
const END = /-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|\bPrivate-MAC:/

/** Another PEM block: what follows is no private key. */
const OTHER_BLOCK = /-----(?:BEGIN|END) (?![A-Z0-9 ]{0,40}PRIVATE KEY)[A-Z0-9 ]{1,64}-----/

/** The end of a line that is full: base64, and what a program may put around it (quotes, a margin, `\n`). */
const FULL = /[A-Za-z0-9+/]{32,}={0,2}(?:\\[nr]|[\s"',;|│\\]){0,8}$/

/** A shorter line of base64: the last one, or any in a narrow window. */
const SHORT = /^(?:\d{1,6}[\s:|│]{1,4}|[\s"',;|│>+-]){0,8}[A-Za-z0-9+/]+={0,2}(?:\\[nr]|[\s"',;|│\\]){0,8}$/
const HEADER =
  /^[\s"'|│>+-]{0,8}(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID|Subject|Encryption|Public-Lines|Private-Lines|Key-Derivation|Argon2-[A-Za-z]+)\s?:/

/** A pager's prompt or a log's line between two lines of a key does not end it; this many do. */
const MAX_OTHER_LINES = 20

/** Lines that may turn out to belong to a key: more than any key has (RSA with 16,384 bits: 200; PGP with photos: thousands). */
const MAX_CANDIDATES = 16_384

/** `T` identifies a line. */
export class KeyLines<T> {
  #isOpen = false
  /** What was before the first line on the same line, such as the name of a log's source. */
  #prefix = 0
  #others = 0
  #candidates: T[] = []

  /** The lines that belong to a key, as far as this line shows it: this one, or earlier ones, too. */
  next(line: string, id: T): T[] {
    const begin = BEGIN.exec(line)
    const isEnd = END.test(line)
    if (begin || isEnd) {
      const found = this.#isOpen || begin ? [id] : [...this.#candidates, id]
      this.#reset()
      this.#isOpen = begin !== null && (!isEnd || END.exec(line)!.index < begin.index)
      this.#prefix = begin?.index ?? 0
      return found
    }
    if (OTHER_BLOCK.test(line)) {
      this.#reset()
      return []
    }
    if (line.trim() === '') return []
    if (
      FULL.test(line) ||
      SHORT.test(line) ||
      HEADER.test(line) ||
      (this.#isOpen && SHORT.test(line.slice(this.#prefix)))
    ) {
      this.#others = 0
      if (this.#isOpen) return [id]
      this.#candidates.push(id)
      if (this.#candidates.length > MAX_CANDIDATES) this.#candidates.splice(0, MAX_CANDIDATES / 2)
      return []
    }
    if (++this.#others > MAX_OTHER_LINES) this.#reset()
    return []
  }

  #reset(): void {
    this.#isOpen = false
    this.#others = 0
    this.#candidates = []
  }
}
