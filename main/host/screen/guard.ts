// Keeps hostile or unlucky output from stopping an xterm.js for good. Knows nothing of host, browser or session.
//
// Every xterm.js that draws a session (host's screen, phone, desktop window) must be guarded in the same way, or
// they drift apart. The internals that it names are those of xterm.js 6.0, the same in browser and headless builds.

interface Params {
  params: Int32Array
}

interface Line {
  isWrapped: boolean
}

interface Core {
  cols: number
  rows: number
  registerCsiHandler(
    id: { prefix?: string; intermediates?: string; final: string },
    handler: (params: Params) => boolean,
  ): unknown
  _bufferService: { buffer: { x: number; y: number; lines: { get(index: number): Line | undefined } } }
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
    if (params.params[0] !== 1 || buffer.x + 1 < core.cols || buffer.lines.get(buffer.y + 1)) return false
    core._inputHandler._restrictCursor(core.cols)
    core._inputHandler._eraseInBufferLine(buffer.y, 0, buffer.x + 1, true, respectProtect)
    for (let y = buffer.y - 1; y >= 0; y--) core._inputHandler._resetBufferLine(y, respectProtect)
    return true
  }
  core.registerCsiHandler({ final: 'J' }, eraseAbove(false))
  core.registerCsiHandler({ prefix: '?', final: 'J' }, eraseAbove(true))
}
