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
  coreOf,
  type Extended,
  type Line,
} from '../../../main/host/screen/xterm-internals.ts'

interface Insides {
  _oscLinkService: {
    _dataByLinkId: Map<number, { data: { id?: string; uri: string } }>
    _entriesWithId: Map<string, unknown>
  }
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
  forgetLinks(core)
  core.coreService.decPrivateModes.synchronizedOutput = false
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

/** Drops links that are nowhere to be seen. */
function forgetLinks(core: Core): void {
  const { normal, alt } = core._bufferService.buffers
  const seen = new Set([inkOfPen(core, core._inputHandler._curAttrData).link])
  for (const buffer of [normal, alt])
    for (let y = 0; y < buffer.lines.length; y++) {
      const line = buffer.lines.get(y)!
      for (let x = 0; x < line.length; x++) seen.add(inkOfCell(core, line, x).link)
    }
  const { _dataByLinkId, _entriesWithId } = (core as unknown as Insides)._oscLinkService
  for (const [id, { data }] of _dataByLinkId) {
    if (seen.has(id)) continue
    _dataByLinkId.delete(id)
    _entriesWithId.delete(`${data.id};;${data.uri}`)
  }
}
