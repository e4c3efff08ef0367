// The text of output that no terminal has drawn yet, for a search that cannot wait: escape sequences are taken out, and
// wherever the cursor goes elsewhere a line ends. Knows nothing of screens.
import type { TextLine } from './text-blocks.ts'

const TAB = 9
const LF = 10
const CR = 13
const BS = 8
const BEL = 7
const CAN = 0x18
const SUB = 0x1a
const ESC = 0x1b
const SPACE = 0x20

/** A line is cut after this many bytes, so that output without any newline is lines too. */
const LINE_BYTES = 16 * 1024

/** Final bytes of the CSI sequences behind which text stands elsewhere. */
const MOVES = new Set([...'ABEFHdfJLMST'].map(final => final.charCodeAt(0)))
/** And of those that move within the line. */
const SKIPS = new Set([...'CDG`a'].map(final => final.charCodeAt(0)))

type State = 'text' | 'escape' | 'intermediate' | 'csi' | 'string' | 'string_escape'

/** Lines with the offset of the byte behind each; `from` is that of the first byte. */
export function stripEscapes(bytes: Uint8Array, from: number): TextLine[] {
  const lines: TextLine[] = []
  const line = new Uint8Array(LINE_BYTES + 4)
  const decoder = new TextDecoder()
  let length = 0
  let state: State = 'text'
  const end = (at: number) => {
    const t = decoder
      .decode(line.subarray(0, length))
      .replace(/[\x00-\x1f\x7f-\x9f]/g, '')
      .trimEnd()
    if (t !== '') lines.push({ offset: from + at, text: t })
    length = 0
  }
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (state === 'text' && byte >= SPACE) {
      // Between two characters, never in the middle of one.
      if (length >= LINE_BYTES && (byte & 0xc0) !== 0x80) end(at)
      if (length < line.length) line[length++] = byte
      continue
    }
    if (byte === ESC) {
      state = state === 'string' ? 'string_escape' : 'escape'
      continue
    }
    switch (state) {
      case 'string_escape':
        // ESC \ ends the string; ESC and anything else does too, and begins something new.
        state = byte === 0x5c ? 'text' : afterEscape(byte)
        break
      case 'string':
        if (byte === BEL || byte === CAN || byte === SUB) state = 'text'
        break
      case 'escape':
        state = afterEscape(byte)
        if (byte === 0x44 || byte === 0x45 || byte === 0x4d || byte === 0x63 || byte === 0x38) end(at + 1)
        break
      case 'intermediate':
        if (byte >= 0x30) state = 'text'
        break
      case 'csi':
        if (byte < 0x40 || byte > 0x7e) {
          if (byte === CAN || byte === SUB) state = 'text'
          break
        }
        state = 'text'
        if (MOVES.has(byte)) end(at + 1)
        else if (SKIPS.has(byte) && length < line.length) line[length++] = SPACE
        break
      case 'text':
        if (byte === LF || byte === 0x0b || byte === 0x0c || (byte === CR && bytes[at + 1] !== LF)) end(at + 1)
        else if (byte === TAB && length < line.length) line[length++] = SPACE
        else if (byte === BS && length > 0) length--
        break
    }
  }
  end(bytes.length)
  return lines
}

function afterEscape(byte: number): State {
  if (byte === 0x5b) return 'csi'
  // DCS, SOS, OSC, PM and APC.
  if (byte === 0x50 || byte === 0x58 || byte === 0x5d || byte === 0x5e || byte === 0x5f) return 'string'
  return byte >= 0x20 && byte < 0x30 ? 'intermediate' : 'text'
}
