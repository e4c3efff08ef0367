// Finds the key that detaches in what is typed. Knows no terminal and no session.

/** Ctrl-\ : free inside tmux (Ctrl-B), screen (Ctrl-A), ssh (~) and vim; only SIGQUIT uses it, which is rare and stays within reach. */
const DEFAULT_KEY = 0x1c
const D = 0x64

export interface DetachKey {
  /** How it is called in messages. */
  name: string
  /** What a terminal may send for it: the control character, and what the two newer keyboard protocols make of it. */
  forms: Uint8Array[]
}

/** Reads `^A`, `ctrl-a` or `C-a`; undefined for `none`. Throws RangeError for anything else. */
export function readDetachKey(text: string | undefined): DetachKey | undefined {
  if (text === undefined || text === '') return keyOf(DEFAULT_KEY)
  if (text.toLowerCase() === 'none') return undefined
  const letter = /^(?:\^|ctrl-|c-)([@-_a-z])$/i.exec(text)?.[1]
  if (letter === undefined) throw new RangeError(`${text} is no key that can be held with Ctrl; write it as ^A`)
  return keyOf(letter.toUpperCase().charCodeAt(0) & 0x1f)
}

function keyOf(control: number): DetachKey {
  const character = String.fromCharCode(control + 0x40)
  const code = character.toLowerCase().charCodeAt(0)
  const forms = [String.fromCharCode(control), `\x1b[${code};5u`, `\x1b[27;5;${code}~`]
  return { name: `Ctrl-${character}`, forms: forms.map(form => Buffer.from(form, 'latin1')) }
}

export interface DetectedInput {
  /** What goes to the session, in order. */
  bytes: Uint8Array
  detach: boolean
}

/** The key and then `d` detaches; the key twice types it once; the key and anything else types both. */
export class DetachKeyDetector {
  readonly #key: DetachKey | undefined
  /** The key was typed, in this form, and what it means hangs on the next one. */
  #held: Uint8Array | undefined

  constructor(key: DetachKey | undefined) {
    this.#key = key
  }

  take(bytes: Uint8Array): DetectedInput {
    const passed: Uint8Array[] = []
    let from = 0
    let at = 0
    while (at < bytes.length) {
      const form = this.#key?.forms.find(one => startsWith(bytes, at, one))
      if (this.#held) {
        const held = this.#held
        this.#held = undefined
        if (bytes[at] === D) return { bytes: joined(passed), detach: true }
        passed.push(held)
        if (form) from = at += form.length
        continue
      }
      if (form) {
        passed.push(bytes.subarray(from, at))
        this.#held = form
        from = at += form.length
      } else at++
    }
    passed.push(bytes.subarray(from))
    return { bytes: joined(passed), detach: false }
  }
}

function startsWith(bytes: Uint8Array, at: number, form: Uint8Array): boolean {
  return form.every((byte, index) => bytes[at + index] === byte)
}

function joined(parts: Uint8Array[]): Uint8Array {
  const filled = parts.filter(part => part.length > 0)
  return filled.length === 1 ? filled[0]! : Buffer.concat(filled)
}
