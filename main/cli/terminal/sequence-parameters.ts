// Collects the parameters of a CSI or DCS sequence as xterm.js does, byte by byte.

const SEMICOLON = 0x3b
const COLON = 0x3a
const MAX_PARAMETER = 0x7fffffff

export class SequenceParameters {
  /** Prefix and intermediates in one number (see query-rules.ts), without the final byte. */
  ident = 0
  /** Without subparameters. */
  values: number[] = [0]
  #state: 'entry' | 'params' | 'intermediates' | 'malformed' = 'entry'
  #inSubparameter = false

  get malformed(): boolean {
    return this.#state === 'malformed'
  }

  reset(): void {
    this.ident = 0
    this.values = [0]
    this.#state = 'entry'
    this.#inSubparameter = false
  }

  /** Takes a byte from 20 to 7E (hexadecimal). True if it is the final byte, which is not collected. */
  take(byte: number): boolean {
    if (byte >= 0x40) return true
    if (this.#state === 'malformed') return false
    if (byte < 0x30) {
      this.ident = (this.ident << 8) | byte
      this.#state = 'intermediates'
    } else if (this.#state === 'intermediates') {
      this.#state = 'malformed'
    } else if (byte >= 0x3c) {
      if (this.#state === 'entry') this.ident = byte
      this.#state = this.#state === 'entry' ? 'params' : 'malformed'
    } else {
      this.#state = 'params'
      if (byte === SEMICOLON) {
        this.values.push(0)
        this.#inSubparameter = false
      } else if (byte === COLON) {
        this.#inSubparameter = true
      } else if (!this.#inSubparameter) {
        const last = this.values.length - 1
        this.values[last] = Math.min(this.values[last]! * 10 + byte - 0x30, MAX_PARAMETER)
      }
    }
    return false
  }
}
