// Which bytes of a session are redacted, and their replacement by blocks.
//
// Positions are offsets in the log. A keyframe that an export needs (its beginning was trimmed, a gap) has positions of its own.
import { partialTail } from '../../../../../terminal/whole-characters.ts'

const BLOCK = '█'

const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])/u
const ZERO_WIDTH = /^[\p{M}\p{Cf}]/u

/** As wide as the character. */
export function maskOf(character: string): string {
  if (character === '\t') return character
  if (ZERO_WIDTH.test(character)) return ''
  return WIDE.test(character) ? BLOCK + BLOCK : BLOCK
}

/** Bits are kept in pages of this many: pages without any take no memory. */
const PAGE_BITS = 32 * 1024

/** Positions of the characters (of their first bytes) that are redacted. */
export class HiddenBytes {
  readonly #pages = new Map<number, Uint32Array>()

  /** Whether it is new. */
  add(position: number): boolean {
    const number = Math.floor(position / PAGE_BITS)
    let page = this.#pages.get(number)
    if (!page) {
      page = new Uint32Array(PAGE_BITS / 32)
      this.#pages.set(number, page)
    }
    const at = position % PAGE_BITS
    const bit = 1 << (at & 31)
    const isNew = (page[at >> 5]! & bit) === 0
    page[at >> 5]! |= bit
    return isNew
  }

  has(position: number): boolean {
    const page = this.#pages.get(Math.floor(position / PAGE_BITS))
    return page !== undefined && (page[(position % PAGE_BITS) >> 5]! & (1 << (position & 31))) !== 0
  }

  hasAny(from: number, to: number): boolean {
    for (let page = Math.floor(from / PAGE_BITS); page * PAGE_BITS < to; page++) if (this.#pages.has(page)) return true
    return false
  }
}

/** Replaces what is hidden in a stream that arrives in chunks. Everything else stays as it is, also what is no UTF-8. */
export class Masker {
  readonly #hidden: HiddenBytes
  /** Beginning of a hidden character that is not complete. */
  #partial: number[] = []

  constructor(hidden: HiddenBytes) {
    this.#hidden = hidden
  }

  /** `position`: of the first byte. */
  mask(position: number, bytes: Uint8Array): Uint8Array {
    if (this.#partial.length === 0 && !this.#hidden.hasAny(position, position + bytes.length)) return bytes
    const parts: Uint8Array[] = []
    let kept = 0
    for (let at = 0; at < bytes.length; ) {
      if (this.#partial.length === 0 && !this.#hidden.has(position + at)) {
        at++
        continue
      }
      if (at > kept) parts.push(bytes.subarray(kept, at))
      do this.#partial.push(bytes[at++]!)
      while (at < bytes.length && partialTail(Uint8Array.from(this.#partial)) > 0 && (bytes[at]! & 0xc0) === 0x80)
      kept = at
      if (at < bytes.length || partialTail(Uint8Array.from(this.#partial)) === 0) parts.push(this.end())
    }
    if (kept < bytes.length) parts.push(bytes.subarray(kept))
    return Buffer.concat(parts)
  }

  /** What is left of a character that will not be completed. */
  end(): Uint8Array {
    if (this.#partial.length === 0) return new Uint8Array()
    const character = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(this.#partial))
    this.#partial = []
    return Buffer.from(maskOf(character))
  }
}
