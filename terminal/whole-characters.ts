// Cuts a byte stream so that no chunk ends inside a UTF-8 character.
//
// xterm.js 6.0 loses characters that are split after a 0x80 byte ("…" is E2 80 A6; fixed after 6.0 by
// https://github.com/xtermjs/xterm.js/issues/6003). Whatever writes to an xterm.js, host or client, has to write whole
// characters, or two terminals differ depending on how bytes were batched.

/** How many bytes at the end of `bytes` begin an incomplete character: 0 to 3. */
export function partialTail(bytes: Uint8Array): number {
  const length = bytes.length
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back]!
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const needed = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf8 ? 4 : 1
    return back < needed ? back : 0
  }
  return 0
}

export class WholeCharacters {
  /** The bytes held back: the beginning of a character, at most 3. */
  partial: Uint8Array = new Uint8Array(0)

  /** Passes what was held back and `bytes` to `sink`, in chunks that end where a character ends. */
  push(bytes: Uint8Array, sink: (whole: Uint8Array) => void): void {
    let rest = bytes
    while (this.partial.length > 0 && rest.length > 0) {
      // Grow the held-back beginning byte by byte: within 3 it is complete, or turns out to be invalid.
      const grown = new Uint8Array(this.partial.length + 1)
      grown.set(this.partial)
      grown[this.partial.length] = rest[0]!
      rest = rest.subarray(1)
      const tail = partialTail(grown)
      this.partial = grown.slice(grown.length - tail)
      // If a new character began, what was held back is invalid: no terminal shows it.
      if (tail === 0) sink(grown)
    }
    if (rest.length === 0) return
    const tail = partialTail(rest)
    if (tail > 0) this.partial = rest.slice(rest.length - tail)
    if (tail < rest.length) sink(rest.subarray(0, rest.length - tail))
  }

  reset(): void {
    this.partial = new Uint8Array(0)
  }
}
