// Keeps hostile or unlucky output from stopping an xterm.js for good, and resizes from leaving in it what nobody can see
// and no output can bring back. Knows nothing of host, browser or session.
//
// Every xterm.js that draws a session (host's screen, phone, desktop window) must be guarded in the same way, or
// they drift apart. The internals that it names are those of xterm.js 6.0, the same in browser and headless builds.

interface Params {
  params: Int32Array
}

interface Line {
  isWrapped: boolean
  length: number
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
  savedX: number
  savedY: number
}

interface Core {
  cols: number
  rows: number
  registerCsiHandler(
    id: { prefix?: string; intermediates?: string; final: string },
    handler: (params: Params) => boolean,
  ): unknown
  _bufferService: {
    buffer: Buffer
    buffers: { normal: Buffer; alt: Buffer }
    onResize(listener: () => void): unknown
  }
  _inputHandler: {
    _restrictCursor(maxCol?: number): void
    _eraseInBufferLine(y: number, start: number, end: number, clearWrap: boolean, respectProtect: boolean): void
    _resetBufferLine(y: number, respectProtect: boolean): void
  }
}

/** The most that REP repeats: a screenful of the largest terminal; xterm.js would allocate 8 GB when asked to. */
const REPEAT_MAX = 0xffff

export function guard(terminal: object): void {
  const core = (terminal as { _core: Core })._core

  // xterm.js runs the count as a loop: CSI 2147483647 S would take minutes. After a screenful all is blank anyway.
  const atMost = (final: string, limit: () => number) =>
    core.registerCsiHandler({ final }, params => {
      params.params[0] = Math.min(params.params[0]!, limit())
      return false
    })
  for (const final of ['L', 'M', 'S', 'T']) atMost(final, () => core.rows)
  for (const final of ['I', 'Z']) atMost(final, () => core.cols)
  atMost('b', () => REPEAT_MAX)

  // ED 1 in the last column of the last row looks at a line below the buffer and throws (6.0.0): CSI 24;80H CSI 1J.
  const eraseAbove = (respectProtect: boolean) => (params: Params) => {
    const { buffer } = core._bufferService
    if (params.params[0] !== 1) return false
    core._inputHandler._restrictCursor(core.cols)
    if (buffer.x + 1 < core.cols || buffer.lines.get(buffer.y + 1)) return false
    core._inputHandler._eraseInBufferLine(buffer.y, 0, buffer.x + 1, true, respectProtect)
    for (let y = buffer.y - 1; y >= 0; y--) core._inputHandler._resetBufferLine(y, respectProtect)
    return true
  }
  core.registerCsiHandler({ final: 'J' }, eraseAbove(false))
  core.registerCsiHandler({ prefix: '?', final: 'J' }, eraseAbove(true))

  ignoreNegativeIndices(core._bufferService.buffers.normal.lines)
  core._bufferService.onResize(() => {
    const { normal, alt } = core._bufferService.buffers
    // While it is not shown, the alternate screen's room is only ever enlarged: shown later, it had a scrollback.
    if (alt.lines.length === 0) alt.lines.maxLength = core.rows
    // What a narrower window cuts off the alternate screen came back with DCH, or with a wider one.
    for (let y = 0; y < alt.lines.length; y++) {
      const line = alt.lines.get(y)!
      if (line.length > core.cols) line.resize(core.cols, undefined)
    }
    // The saved cursor is kept where it can have been.
    alt.savedX = Math.min(alt.savedX, core.cols - 1)
    alt.savedY = Math.min(alt.savedY, core.rows - 1)
    normal.savedY = Math.min(normal.savedY, normal.lines.maxLength - 1)
    for (const { tabs } of [normal, alt])
      for (const x of Object.keys(tabs)) if (Number(x) >= core.cols) delete tabs[Number(x)]
  })
}

const repaired = new WeakSet<object>()

/**
 * Making a window narrower while the scrollback is full, xterm.js writes the lines that have no room any more to indices
 * below 0, which its circular list takes for the last lines: they came out on the screen, or not, depending on where
 * in the list the first line happened to be.
 */
function ignoreNegativeIndices(lines: Lines): void {
  const list = Object.getPrototypeOf(lines) as Lines
  if (repaired.has(list)) return
  repaired.add(list)
  const { set } = list
  list.set = function (index, line) {
    if (index >= 0) set.call(this, index, line)
  }
}
