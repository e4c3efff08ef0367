// What xterm.js 6.0 does otherwise than xterm, and programs meet. A fix without a link has no upstream issue that we know of.

interface Params {
  length: number
  params: Int32Array
  hasSubParams(index: number): boolean
  toArray(): (number | number[])[]
}

interface ParamsClass {
  fromArray(values: (number | number[])[]): Params
}

interface Extended {
  underlineColor: number
  clone(): Extended
}

interface Pen {
  extended: Extended
  updateExtended(): void
  clone(): Pen
}

export interface FixedCore {
  registerCsiHandler(id: { final: string }, handler: (params: Params) => boolean): unknown
  registerOscHandler(code: number, handler: (data: string) => boolean): unknown
  _bufferService: {
    buffer: {
      scrollTop: number
      scrollBottom: number
      ybase: number
      lines: { get(y: number): { getTrimmedLength(): number } | undefined }
    }
    buffers: { active: object; normal: object }
    isUserScrolling: boolean
    scroll(eraseAttributes: Pen): void
  }
  _charsetService: { _charsets: (Record<string, string> | undefined)[] }
  _inputHandler: {
    _curAttrData: Pen
    _dirtyRowTracker: { markRangeDirty(from: number, to: number): void }
    charAttributes(params: Params): boolean
    selectCharset(collectAndFlag: string): boolean
    setHyperlink(data: string): boolean
  }
}

const COLORS = [38, 48, 58]
const RGB = 2
const INDEXED = 5
const DEFAULT_UNDERLINE_COLOR = 59

export function applyFixes(core: FixedCore): void {
  const { _inputHandler: handler } = core

  core.registerCsiHandler({ final: 'm' }, params => {
    if (!mayNeedFix(params)) return false
    const { fromArray } = params.constructor as unknown as ParamsClass
    let some: (number | number[])[] = []
    const apply = () => {
      if (some.length > 0) handler.charAttributes(fromArray(some))
      some = []
    }
    const all = params.toArray()
    for (let index = 0; index < all.length; index++) {
      const param = all[index]!
      const next = all[index + 1]
      if (param === DEFAULT_UNDERLINE_COLOR) {
        apply()
        const { _curAttrData: pen } = handler
        pen.extended = pen.extended.clone()
        pen.extended.underlineColor = 0
        pen.updateExtended()
      } else if (Array.isArray(param) && lacksColorSpace(all[index - 1], param)) some.push([RGB, 0, ...param.slice(1)])
      else {
        // What follows a color is no attribute of its own: 38;2;r;g;b and 38;5;n.
        const values = isColor(param) ? (next === RGB ? 4 : next === INDEXED ? 2 : 0) : 0
        some.push(...all.slice(index, index + 1 + values))
        index += values
      }
    }
    apply()
    return true
  })

  // What SU moves out at the top of the screen is in the scrollback, as what a line feed moves out there: also in a region that begins
  // in the first row, as Codex scrolls its answers out. https://github.com/xtermjs/xterm.js/issues/6010
  const blank = handler._curAttrData.clone()
  core.registerCsiHandler({ final: 'S' }, params => {
    const service = core._bufferService
    const { scrollTop, scrollBottom } = service.buffer
    if (service.buffers.active !== service.buffers.normal || scrollTop !== 0) return false
    const count = Math.min(params.params[0] || 1, scrollBottom + 1)
    // Blank rows below all text are moved as in xterm.js: a few bytes must not fill the scrollback with nothing.
    let texts = Math.min(count, scrollBottom + 1)
    const { lines, ybase } = service.buffer
    while (texts > 0 && lines.get(ybase + texts - 1)?.getTrimmedLength() === 0) texts--
    for (let row = 0; row < texts; row++) service.scroll(blank)
    handler._dirtyRowTracker.markRangeDirty(scrollTop, scrollBottom)
    params.params[0] = count - texts
    return texts === count
  })

  // Who has scrolled back stays at the top for good. https://github.com/xtermjs/xterm.js/issues/6046
  core.registerCsiHandler({ final: 'J' }, params => {
    if (params.params[0] === 3) core._bufferService.isUserScrolling = false
    return false
  })

  // OSC 8 without an address ends a link, also with an id.
  core.registerOscHandler(8, data => /^[^;]+;$/.test(data) && handler.setHyperlink(';'))

  // The VT100's special graphics have a blank at 0x5f. The table is that of all terminals.
  handler.selectCharset('(0')
  const graphics = core._charsetService._charsets[0]
  if (graphics) graphics._ = ' '
  handler.selectCharset('(B')
}

function mayNeedFix(params: Params): boolean {
  for (let index = 0; index < params.length; index++) {
    const param = params.params[index]!
    if (param === DEFAULT_UNDERLINE_COLOR || (isColor(param) && params.hasSubParams(index))) return true
  }
  return false
}

const isColor = (param: number | number[] | undefined) => typeof param === 'number' && COLORS.includes(param)

/** `38:2:r:g:b` as many programs write it, for `38:2::r:g:b` (ISO 8613-6); xterm takes both. */
function lacksColorSpace(color: number | number[] | undefined, values: number[]): boolean {
  return isColor(color) && values.length === 4 && values[0] === RGB
}
