// Finds the detach key in typed input.
import { concatBytes } from './bytes.ts'

/** Ctrl-\ : unused by tmux (Ctrl-B), screen (Ctrl-A), ssh (~) and vim. SIGQUIT, its usual meaning, is rare and needs it twice. */
const DEFAULT_KEY = 0x1c
const D = 0x64

export interface DetachKey {
  /** For messages, such as `Ctrl-A`. */
  name: string
  /** What terminals send for it: the control character, or CSI u, or xterm's modifyOtherKeys. */
  forms: Uint8Array[]
}

/** Parses `^A`, `ctrl-a` or `C-a`; undefined for `none`. Throws RangeError for anything else. */
export function readDetachKey(text: string | undefined): DetachKey | undefined {
  if (text === undefined || text === '') return keyOf(DEFAULT_KEY)
  if (text.toLowerCase() === 'none') return undefined
  const letter = /^(?:\^|ctrl-|c-)([@-_a-z])$/i.exec(text)?.[1]
  if (letter === undefined) throw new RangeError(`${text} is not a Ctrl key; write it like ^A`)
  return keyOf(letter.toUpperCase().charCodeAt(0) & 0x1f)
}

function keyOf(control: number): DetachKey {
  const character = String.fromCharCode(control + 0x40)
  const code = character.toLowerCase().charCodeAt(0)
  const forms = [String.fromCharCode(control), `\x1b[${code};5u`, `\x1b[27;5;${code}~`]
  return { name: `Ctrl-${character}`, forms: forms.map(form => Buffer.from(form, 'latin1')) }
}

export interface DetectedInput {
  /** For the session, in order. */
  bytes: Uint8Array
  detach: boolean
}

/** The key and `d` detaches. The key twice types it once. The key and anything else types both. */
export class DetachKeyDetector {
  readonly #key: DetachKey | undefined
  /** The key was typed, in this form; the next one decides what it means. */
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
        if (bytes[at] === D) return { bytes: concatBytes(passed), detach: true }
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
    return { bytes: concatBytes(passed), detach: false }
  }
}

function startsWith(bytes: Uint8Array, at: number, form: Uint8Array): boolean {
  return form.every((byte, index) => bytes[at + index] === byte)
}
