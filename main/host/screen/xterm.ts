// Creates the host's terminals, from @xterm/headless.
import headless, { type Terminal } from '@xterm/headless'
import { CHARACTER_WIDTHS } from '../../../terminal/character-widths.ts'
import { applyPatches } from '../../../terminal/xterm-patches.ts'
import { printPlainly } from './plain-print.ts'
import { assertInternals, type Charset, coreOf } from './xterm-internals.ts'

export type { Terminal } from '@xterm/headless'

/** Colors that the program has set, as 0xRRGGBB, by palette index, or by 256, 257, 258 for text, background, cursor. */
export type Palette = Map<number, number>

const palettes = new WeakMap<Terminal, Palette>()

export function paletteOf(terminal: Terminal): Palette {
  return palettes.get(terminal) ?? new Map()
}

export interface TerminalOptions {
  cols: number
  rows: number
  scrollback: number
}

export function createTerminal({ cols, rows, scrollback }: TerminalOptions): Terminal {
  const terminal = new headless.Terminal({
    cols,
    rows,
    scrollback,
    allowProposedApi: true,
    logLevel: 'off', // xterm.js logs every malformed sequence to the console
  })
  assertInternals(terminal)
  // All terminals that draw a session have to agree on these; the pages use the same.
  terminal.unicode.register(CHARACTER_WIDTHS)
  terminal.unicode.activeVersion = CHARACTER_WIDTHS.version
  applyPatches(terminal)
  printPlainly(coreOf(terminal))
  const palette: Palette = new Map()
  palettes.set(terminal, palette)
  coreOf(terminal)._inputHandler.onColor(events => {
    for (const { type, index, color } of events) {
      if (type === 1 && index !== undefined && color) palette.set(index, (color[0] << 16) | (color[1] << 8) | color[2])
      else if (type === 2 && index !== undefined) palette.delete(index)
      else if (type === 2) for (const key of [...palette.keys()]) if (key < 256) palette.delete(key)
    }
  })
  return terminal
}

/**
 * Parses synchronously. Terminal.write parses from a timer, for a renderer that does not exist here, and an exception would
 * block its queue forever. `bytes` ends at the end of a character and is at most PARSE_BYTES.
 */
export function parse(terminal: Terminal, bytes: Uint8Array): void {
  coreOf(terminal)._inputHandler.parse(bytes)
}

/** xterm.js decodes at most this much at a time, and may split a character in a longer chunk. */
export const PARSE_BYTES = 128 * 1024

let charsets: Map<Charset, string> | undefined

/** The final byte that designates a charset. xterm.js keeps only the charset's table. */
export function charsetFinal(charset: Charset): string {
  if (!charsets) {
    charsets = new Map()
    const scratch = new headless.Terminal({ cols: 2, rows: 1, allowProposedApi: true, logLevel: 'off' })
    for (const final of '0A4C5RQKYE6ZH7=') {
      parse(scratch, new TextEncoder().encode(`\x1b(${final}`))
      const table = coreOf(scratch)._charsetService._charsets[0]
      if (table && !charsets.has(table)) charsets.set(table, final)
    }
    scratch.dispose()
  }
  return (charset && charsets.get(charset)) || 'B'
}
