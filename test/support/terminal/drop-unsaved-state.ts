// Removes exactly the state from a terminal that a snapshot does not contain (LOST in snapshot.ts), so that property tests
// exclude that and nothing else.

import { BG_EXTENDED, COMBINED, type Ink, inkOfCell, inkOfPen } from '../../../main/host/screen/cells.ts'
import { cellAt, inkedTail } from '../../../main/host/screen/painter.ts'
import {
  behindLastColumn,
  lastCluster,
  penOf,
  savedCursorFor,
  strays,
  usesSavedCursor,
} from '../../../main/host/screen/snapshot.ts'
import type { Terminal } from '../../../main/host/screen/xterm.ts'
import {
  type Attributes,
  type Core,
  type CoreBuffer,
  coreOf,
  type Extended,
  type Line,
} from '../../../main/host/screen/xterm-internals.ts'

interface Marker {
  line: number
  dispose(): void
}

interface Insides {
  _oscLinkService: {
    _dataByLinkId: Map<number, { data: { id?: string; uri: string }; id: number; lines: Marker[] }>
    addLineToLink(link: number, y: number): void
  }
  _bufferService: { buffers: { active: CoreBuffer } }
}

export function dropUnsavedState(terminal: Terminal): void {
  const core = coreOf(terminal)
  const { normal, alt, active } = core._bufferService.buffers
  for (const buffer of [normal, alt]) {
    for (const x of Object.keys(buffer.tabs)) if (Number(x) >= core.cols) delete buffer.tabs[Number(x)]
    for (let y = 0; y < buffer.lines.length; y++) {
      const line = buffer.lines.get(y)!
      settleCells(core, line)
      const wrapsOn = y + 1 < buffer.lines.length && buffer.lines.get(y + 1)!.isWrapped
      if (!wrapsOn && inkedTail(core, line) === 0) line._data[0] = 0x20 | (1 << 22)
    }
  }
  if (active === alt) {
    const ink = penOf(core)
    if (usesSavedCursor(core, alt)) alt.savedX = Math.min(alt.savedX, core.cols - 1)
    if (alt.x >= core.cols && !lastCluster(core, alt, ink)) {
      const behind = behindLastColumn(core, ink)
      const line = alt.lines.get(alt.y)!
      if (!behind) alt.x = core.cols - 1
      else if (cellAt(core, line, behind.x).text === '') line._data[behind.x * 3] = 0x20 | (1 << 22)
    }
  }
  const ink = penOf(core)
  setInk(core._inputHandler._curAttrData, ink)
  if (!lastCluster(core, active, ink)) core._inputHandler._parser.precedingJoinState = 0
  const { glevel, _charsets } = core._charsetService
  if (strays(core).charset && !savedCursorFor(core, ink)) core._charsetService.charset = _charsets[glevel]
  forgetLinkLines(core)
}

/** Normalizes halves of wide characters, garbled clusters, removed links, and leftovers of overwritten clusters. */
function settleCells(core: Core, line: Line): void {
  for (let x = 0; x < line.length; ) {
    const cell = cellAt(core, line, x)
    setCell(core._inputHandler._curAttrData, line, x, cell.text, cell.text === '' ? 1 : cell.width, cell.ink)
    if (cell.width === 2) setCell(core._inputHandler._curAttrData, line, x + 1, '', 0, cell.ink)
    x += cell.width
  }
  for (const key of Object.keys(line._combined))
    if (!(line._data[Number(key) * 3]! & COMBINED)) delete line._combined[Number(key)]
}

function setCell(pen: Attributes, line: Line, x: number, text: string, width: number, ink: Ink): void {
  const points = [...text]
  if (points.length > 1) line._combined[x] = text
  line._data[x * 3] = (width << 22) | (points.length > 1 ? COMBINED : (text.codePointAt(0) ?? 0))
  line._data[x * 3 + 1] = ink.fg
  line._data[x * 3 + 2] = ink.bg
  if (ink.bg & BG_EXTENDED) line._extendedAttrs[x] = extendedOf(pen.extended, ink)
}

function setInk(pen: Attributes, ink: Ink): void {
  pen.fg = ink.fg
  pen.bg = ink.bg
  pen.extended = extendedOf(pen.extended, ink)
}

function extendedOf(old: Extended, ink: Ink): Extended {
  const extended = (old as Extended & { clone(): Extended }).clone()
  extended._ext = (ink.style << 26) | ink.color
  extended._urlId = ink.link
  return extended
}

/** xterm.js keeps the lines on which a link was printed. Drops all but those where it is visible, and the cursor's line. */
function forgetLinkLines(core: Core): void {
  const { normal, alt, active } = core._bufferService.buffers
  const insides = core as unknown as Insides
  const service = insides._oscLinkService
  const buffers = insides._bufferService.buffers as unknown as { _activeBuffer: CoreBuffer }
  const entries = [...service._dataByLinkId.values()]
  const old = entries.map(entry => entry.lines)
  const seen = entries.map((): Marker[] => [])
  for (const buffer of [normal, alt]) {
    buffers._activeBuffer = buffer // the buffer in which markers are created
    for (const entry of entries) entry.lines = []
    for (let y = 0; y < buffer.lines.length; y++) {
      const line = buffer.lines.get(y)!
      for (let x = 0; x < line.length; x++) {
        const { link } = inkOfCell(core, line, x)
        if (link) service.addLineToLink(link, y)
      }
    }
    const { link } = inkOfPen(core, core._inputHandler._curAttrData)
    if (buffer === active && link) service.addLineToLink(link, buffer.ybase + buffer.y)
    for (const [i, entry] of entries.entries()) seen[i]!.push(...entry.lines)
  }
  buffers._activeBuffer = active
  for (const [i, entry] of entries.entries()) {
    entry.lines = [...old[i]!, ...seen[i]!]
    for (const marker of old[i]!) marker.dispose() // An entry is removed with its last marker.
  }
}
