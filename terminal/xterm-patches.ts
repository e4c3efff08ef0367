// Patches for xterm.js: hostile or unlucky output must not stop it for good, and a resize must not leave invisible rows that
// no output can bring back.
//
// Every xterm.js that draws a session (host screen, phone, desktop window) needs the same patches, or they differ. The
// internals used here are those of xterm.js 6.0, the same in the browser and headless builds. A patch without a link has no
// upstream issue that we know of.

import { type KeyboardCore, noteKeyboardProtocol } from './keyboard-protocol.ts'
import { applyBounds, type BoundedCore, CLUSTER_CHARACTERS } from './xterm-bounds.ts'
import { applyFixes, type FixedCore } from './xterm-fixes.ts'
import { type ResizedBuffer, resizeNormal } from './xterm-resize.ts'
import { type SavingCore, saveModes } from './xterm-saved-modes.ts'

/** The version whose internals are used, which package.json pins. */
export const XTERM_VERSION = '6.0.0'

interface Params {
  params: Int32Array
}

interface Line {
  isWrapped: boolean
  length: number
  _data: Uint32Array
  _combined: Record<number, string>
  addCodepointToCell(x: number, code: number, width: number): void
  getWidth(x: number): number
  resize(cols: number, fill: undefined): void
}

interface Lines {
  length: number
  maxLength: number
  get(index: number): Line | undefined
  set(index: number, line: Line | undefined): void
}

interface Buffer {
  x: number
  y: number
  lines: Lines
  tabs: Record<number, boolean | undefined>
  scrollTop: number
  scrollBottom: number
  savedX: number
  savedY: number
}

interface Core extends BoundedCore {
  cols: number
  rows: number
  registerCsiHandler(
    id: { prefix?: string; intermediates?: string; final: string },
    handler: (params: Params) => boolean,
  ): unknown
  _bufferService: {
    buffer: Buffer
    buffers: {
      active: object
      normal: Buffer & ResizedBuffer
      alt: Buffer & ResizedBuffer
      resize(cols: number, rows: number): void
      setupTabStops(from: number): void
    }
    isUserScrolling: boolean
    onResize(listener: () => void): unknown
  }
  coreService: { decPrivateModes: { origin: boolean } }
  optionsService: { rawOptions: { windowsMode: boolean } }
  _inputHandler: BoundedCore['_inputHandler'] & {
    print(data: Uint32Array, start: number, end: number): void
    _restrictCursor(maxCol?: number): void
    _eraseInBufferLine(y: number, start: number, end: number, clearWrap: boolean, respectProtect: boolean): void
    screenAlignmentPattern(): boolean
    _resetBufferLine(y: number, respectProtect: boolean): void
    _windowTitleStack: string[]
    _iconNameStack: string[]
  }
}

const COMBINED = 0x200000
const WIDTH_SHIFT = 22

/** The content of an empty cell one column wide. */
const EMPTY = 1 << WIDTH_SHIFT

export function applyPatches(terminal: object): void {
  const core = (terminal as { _core: Core })._core
  const { options } = terminal as { options: { windowOptions?: object } }
  // CSI 22 t and CSI 23 t: vim brings the title back that was there before it.
  options.windowOptions = { ...options.windowOptions, pushTitle: true, popTitle: true }

  // xterm.js loops over the count: CSI 2147483647 S would take minutes, CSI 2147483647 b would allocate 8 GB. After a
  // screenful nothing changes. REP fills a line at most (VTE: the rest of one), or four bytes would print 500,000 cells.
  const limitCount = (final: string, limit: () => number) =>
    core.registerCsiHandler({ final }, params => {
      params.params[0] = Math.min(params.params[0]!, limit())
      return false
    })
  for (const final of ['L', 'M', 'S', 'T']) limitCount(final, () => core.rows)
  for (const final of ['I', 'Z', 'b']) limitCount(final, () => core.cols)

  // ED 1 in the last column of the last row reads a line below the buffer and throws (6.0.0): CSI 24;80H CSI 1J.
  // Until https://github.com/xtermjs/xterm.js/pull/5785 is released.
  const eraseAbove = (respectProtect: boolean) => (params: Params) => {
    const { buffer } = core._bufferService
    if (params.params[0] !== 1) return false
    core._inputHandler._restrictCursor(core.cols)
    if (buffer.x + 1 < core.cols || buffer.y + 1 < buffer.lines.length) return false
    core._inputHandler._eraseInBufferLine(buffer.y, 0, buffer.x + 1, true, respectProtect)
    for (let y = buffer.y - 1; y >= 0; y--) core._inputHandler._resetBufferLine(y, respectProtect)
    return true
  }
  core.registerCsiHandler({ final: 'J' }, eraseAbove(false))
  core.registerCsiHandler({ prefix: '?', final: 'J' }, eraseAbove(true))

  // DECALN resets the margins (VT510). In origin mode, xterm.js fills a whole screen of lines from the region's top, so also lines
  // below the buffer.
  core.registerEscHandler({ intermediates: '#', final: '8' }, () => {
    const { buffer } = core._bufferService
    const { decPrivateModes } = core.coreService
    const { origin } = decPrivateModes
    buffer.scrollTop = 0
    buffer.scrollBottom = core.rows - 1
    decPrivateModes.origin = false
    core._inputHandler.screenAlignmentPattern()
    decPrivateModes.origin = origin
    return true
  })

  applyFixes(core as unknown as FixedCore)
  // A keyframe begins with a full reset, and must find no titles that were pushed before it.
  core.registerEscHandler({ final: 'c' }, () => {
    const { _windowTitleStack, _iconNameStack } = core._inputHandler
    _windowTitleStack.length = 0
    _iconNameStack.length = 0
    return false
  })
  applyBounds(core)
  saveModes(core as unknown as SavingCore)
  noteKeyboardProtocol(core as unknown as KeyboardCore)
  showReordering(core)
  boundClusters(core._bufferService.buffer.lines.get(0)!)

  // Some contents make xterm.js throw while it reflows wrapped lines, half resized: then resize without reflow.
  const { buffers } = core._bufferService
  const { rawOptions } = core.optionsService
  const withFallback = (resize: () => void) => {
    try {
      resize()
    } catch {
      rawOptions.windowsMode = true
      try {
        resize()
      } finally {
        rawOptions.windowsMode = false
      }
    }
  }
  buffers.resize = (cols, rows) => {
    const { normal, alt } = buffers
    resizeNormal(normal, cols, rows, withFallback)
    alt.resize(cols, rows)
    buffers.setupTabStops(cols)
    // A viewport that has come to the end by itself follows the output again.
    if (buffers.active === normal && normal.ydisp === normal.ybase) core._bufferService.isUserScrolling = false
  }
  ignoreNegativeIndices(core._bufferService.buffers.normal.lines)
  core._bufferService.onResize(() => {
    const { normal, alt } = core._bufferService.buffers
    // While it is hidden, the alternate screen's maxLength only grows: shown later, it would have a scrollback.
    if (alt.lines.length === 0) alt.lines.maxLength = core.rows
    for (const { lines } of [normal, alt]) {
      for (let y = 0; y < lines.length; y++) {
        const line = lines.get(y)!
        // What a narrower window cuts off the alternate screen would come back with DCH, or with a wider window.
        if (line.length > core.cols) line.resize(core.cols, undefined)
        // Half of a wide character cannot be shown, and the next resize would throw because of it.
        const last = core.cols - 1
        if (line.getWidth(last) === 2) line._data[last * 3] = EMPTY
      }
    }
    // Keeps the saved cursor inside the screen.
    alt.savedX = Math.min(alt.savedX, core.cols - 1)
    alt.savedY = Math.min(alt.savedY, core.rows - 1)
    normal.savedY = Math.max(0, Math.min(normal.savedY, normal.lines.maxLength - 1))
    for (const { tabs } of [normal, alt])
      for (const x of Object.keys(tabs)) if (Number(x) >= core.cols) delete tabs[Number(x)]
  })
}

/**
 * Embeddings, overrides and isolates (UAX 9) are drawn as U+FFFD, one column wide like them: a terminal does not reorder, but whatever
 * shows, copies or exports its text would, from there to the end of the line.
 */
function showReordering({ _inputHandler: handler }: Core): void {
  const print = handler.print
  handler.print = (data, start, end) => {
    for (let at = start; at < end; at++) if (isReordering(data[at]!)) data[at] = REPLACEMENT
    print.call(handler, data, start, end)
  }
}

const REPLACEMENT = 0xfffd

function isReordering(code: number): boolean {
  return code >= 0x202a && code <= 0x2069 && (code <= 0x202e || code >= 0x2066)
}

/** Prototypes that are patched, for all terminals in this process. */
const patched = new WeakSet<object>()

/**
 * When a window becomes narrower while the scrollback is full, xterm.js writes lines that no longer fit to indices below
 * 0. Its circular list takes them for the last lines: they appear on the screen or not, depending on where in the list the
 * first line is.
 */
function ignoreNegativeIndices(lines: Lines): void {
  const list = Object.getPrototypeOf(lines) as Lines
  if (patched.has(list)) return
  patched.add(list)
  const { set } = list
  list.set = function (index, line) {
    if (index >= 0) set.call(this, index, line)
  }
}

/** A cluster of CLUSTER_CHARACTERS takes no more characters; its width still follows them. */
function boundClusters(line: Line): void {
  const cells = Object.getPrototypeOf(line) as Line
  if (patched.has(cells)) return
  patched.add(cells)
  const add = cells.addCodepointToCell
  cells.addCodepointToCell = function (x, code, width) {
    const content = this._data[x * 3]!
    if (content & COMBINED && (this._combined[x]?.length ?? 0) >= CLUSTER_CHARACTERS)
      this._data[x * 3] = (content & ~(3 << WIDTH_SHIFT)) | (width << WIDTH_SHIFT)
    else {
      add.call(this, x, code, width)
      flatten(this._combined[x])
    }
  }
}

/** V8 keeps strings that were put together from this length on as trees, at 32 bytes a character, until one of them is read. */
const TREE_CHARACTERS = 13
/** So that reading has an effect, and is not left out. */
const read = { last: 0 }

function flatten(text: string | undefined): void {
  if (text !== undefined && text.length >= TREE_CHARACTERS) read.last = text.charCodeAt(text.length - 1)
}
