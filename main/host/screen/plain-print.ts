// Prints plain text to a terminal's cells several times as fast as xterm.js, with the same result to the last bit.
// Everything but printable ASCII within a row is left to xterm.js.
import { BG_EXTENDED, WIDTH_SHIFT } from './cells.ts'
import type { Core } from './xterm-internals.ts'

const NARROW = 1 << WIDTH_SHIFT

/**
 * Most of the cost of a flood is this loop: for every character xterm.js determines the width, whether it joins or wraps,
 * and the link. Text for which all that is known is written directly into its row's cells.
 */
export function printPlainly(core: Core): void {
  const handler = core._inputHandler
  const print = handler.print.bind(handler)
  const parser = handler._parser
  /** xterm.js's join state after a printable ASCII character. */
  const plain = core.unicodeService.charProperties(0x61, 0)
  handler.print = (data, start, end) => {
    const { fg, bg, extended } = handler._curAttrData
    const { modes, decPrivateModes } = core.coreService
    // Without autowrap half of a wide character may stay, depending on the other text of the call.
    if (core._charsetService.charset || bg & BG_EXTENDED || extended._urlId || modes.insertMode)
      return print(data, start, end)
    if (!decPrivateModes.wraparound || core.optionsService.rawOptions.screenReaderMode) return print(data, start, end)
    const { cols } = core
    const buffer = handler._activeBuffer
    let at = start
    while (at < end) {
      let next = at
      // The last character may join the next one (a prepending mark, half a flag).
      if (parser.precedingJoinState >> 3 === 0) {
        const row = buffer.lines.get(buffer.ybase + buffer.y)!
        const cells = row._data
        const limit = Math.min(end, at + cols - buffer.x)
        let cell = buffer.x * 3
        for (; next < limit && data[next]! < 0x7f; next++) {
          cells[cell] = data[next]! | NARROW
          cells[cell + 1] = fg
          cells[cell + 2] = bg
          cell += 3
        }
        if (next > at) {
          // Overwriting half of a wide character removes all of it.
          if (buffer.x > 0) blankIf(cells, buffer.x - 1, 2, fg, bg)
          buffer.x += next - at
          if (buffer.x < cols) blankIf(cells, buffer.x, 0, fg, bg)
          parser.precedingJoinState = plain
          handler._dirtyRowTracker.markDirty(buffer.y)
          if (next === end) return
        }
      }
      at = next++
      while (next < end && data[next]! >= 0x7f) next++
      print(data, at, next)
      at = next
    }
  }
}

/** Empties the cell if it is one half (2: the first, 0: the second) of a wide character. */
function blankIf(cells: Uint32Array, x: number, width: number, fg: number, bg: number): void {
  const content = cells[x * 3]!
  if (content >> WIDTH_SHIFT !== width || (width === 0 && content !== 0)) return
  cells[x * 3] = NARROW
  cells[x * 3 + 1] = fg
  cells[x * 3 + 2] = bg
}
