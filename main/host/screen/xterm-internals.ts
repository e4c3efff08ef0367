// Types of the xterm.js internals that this project reads or writes, because its public API does not reach them.
export interface Extended {
  _ext: number
  _urlId: number
}

export interface Line {
  length: number
  isWrapped: boolean
  _data: Uint32Array
  _combined: Record<number, string>
  _extendedAttrs: Record<number, Extended | undefined>
  translateToString(trimRight?: boolean): string
}

export interface Attributes {
  fg: number
  bg: number
  extended: Extended
}

export type Charset = Record<string, string> | undefined

export interface CoreBuffer {
  lines: { length: number; maxLength: number; get(index: number): Line | undefined }
  x: number
  y: number
  ybase: number
  scrollTop: number
  scrollBottom: number
  tabs: Record<number, boolean | undefined>
  savedX: number
  savedY: number
  savedCurAttrData: Attributes
  savedCharset: Charset
  /** Row `y` counts from the top of the scrollback. `registerMarker` marks rows of the buffer that is shown only. */
  addMarker(y: number): { readonly line: number; dispose(): void }
}

export interface ColorEvent {
  /** 0 reports, 1 sets, 2 restores. */
  type: number
  index?: number
  color?: [number, number, number]
}

export interface Core {
  cols: number
  rows: number
  _bufferService: { buffers: { active: CoreBuffer; normal: CoreBuffer; alt: CoreBuffer } }
  _charsetService: { charset: Charset; glevel: number; _charsets: Charset[] }
  _oscLinkService: { _dataByLinkId: Map<number, { data: { id?: string; uri: string } }> }
  _inputHandler: {
    _activeBuffer: CoreBuffer
    _curAttrData: Attributes
    _dirtyRowTracker: { markDirty(y: number): void }
    _windowTitle: string
    _iconName: string
    /** What CSI 22 t pushed; at most ten. */
    _windowTitleStack: string[]
    _iconNameStack: string[]
    _parser: { currentState: number; precedingJoinState: number; reset(): void }
    parse(bytes: Uint8Array): unknown
    print(data: Uint32Array, start: number, end: number): void
    onColor(listener: (event: ColorEvent[]) => void): unknown
  }
  coreService: {
    isCursorHidden: boolean
    modes: { insertMode: boolean }
    decPrivateModes: {
      applicationCursorKeys: boolean
      applicationKeypad: boolean
      bracketedPasteMode: boolean
      cursorBlink: boolean | undefined
      cursorStyle: 'block' | 'underline' | 'bar' | undefined
      origin: boolean
      reverseWraparound: boolean
      sendFocus: boolean
      synchronizedOutput: boolean
      wraparound: boolean
    }
  }
  coreMouseService: { activeProtocol: string; activeEncoding: string }
  optionsService: {
    rawOptions: { convertEol: boolean; cursorBlink: boolean; screenReaderMode: boolean; scrollback: number }
  }
  unicodeService: { charProperties(code: number, preceding: number): number }
}

/** `terminal`: one of @xterm/headless. */
export function coreOf(terminal: object): Core {
  return (terminal as { _core: Core })._core
}

/** Throws if an update of xterm.js has changed the internals that this project uses. */
export function assertInternals(terminal: object): void {
  const missing: string[] = []
  const expect = (name: string, type: string, value: unknown) => {
    if ((value === null ? 'null' : typeof value) !== type) missing.push(name)
  }
  const core = coreOf(terminal) as Core | undefined
  const buffer = core?._bufferService?.buffers?.normal
  const line = buffer?.lines?.get?.(0)
  const handler = core?._inputHandler
  expect('buffer.lines.get(0)._data', 'object', line?._data)
  expect('line._combined', 'object', line?._combined)
  expect('line._extendedAttrs', 'object', line?._extendedAttrs)
  expect('line.isWrapped', 'boolean', line?.isWrapped)
  expect('buffers.alt', 'object', core?._bufferService?.buffers?.alt)
  for (const key of ['x', 'y', 'ybase', 'scrollTop', 'scrollBottom', 'savedX', 'savedY'] as const)
    expect(`buffer.${key}`, 'number', buffer?.[key])
  expect('buffer.addMarker', 'function', buffer?.addMarker)
  expect('buffer.tabs', 'object', buffer?.tabs)
  expect('buffer.savedCurAttrData.extended._ext', 'number', buffer?.savedCurAttrData?.extended?._ext)
  expect('inputHandler._curAttrData.extended._urlId', 'number', handler?._curAttrData?.extended?._urlId)
  expect('inputHandler._windowTitle', 'string', handler?._windowTitle)
  expect('inputHandler._iconName', 'string', handler?._iconName)
  expect('inputHandler.parse', 'function', handler?.parse)
  expect('inputHandler.print', 'function', handler?.print)
  expect('inputHandler._activeBuffer', 'object', handler?._activeBuffer)
  expect('inputHandler._dirtyRowTracker.markDirty', 'function', handler?._dirtyRowTracker?.markDirty)
  expect('inputHandler.onColor', 'function', handler?.onColor)
  expect('parser.precedingJoinState', 'number', handler?._parser?.precedingJoinState)
  expect('parser.currentState', 'number', handler?._parser?.currentState)
  expect('charsetService.glevel', 'number', core?._charsetService?.glevel)
  expect('charsetService._charsets', 'object', core?._charsetService?._charsets)
  expect('oscLinkService._dataByLinkId', 'object', core?._oscLinkService?._dataByLinkId)
  expect('coreService.isCursorHidden', 'boolean', core?.coreService?.isCursorHidden)
  expect('coreService.modes.insertMode', 'boolean', core?.coreService?.modes?.insertMode)
  expect('decPrivateModes.synchronizedOutput', 'boolean', core?.coreService?.decPrivateModes?.synchronizedOutput)
  expect('coreMouseService.activeProtocol', 'string', core?.coreMouseService?.activeProtocol)
  expect('coreMouseService.activeEncoding', 'string', core?.coreMouseService?.activeEncoding)
  expect('rawOptions.convertEol', 'boolean', core?.optionsService?.rawOptions?.convertEol)
  expect('rawOptions.screenReaderMode', 'boolean', core?.optionsService?.rawOptions?.screenReaderMode)
  expect('unicodeService.charProperties', 'function', core?.unicodeService?.charProperties)
  if (missing.length > 0)
    throw new Error(`this version of @xterm/headless lacks internals that are used here: ${missing.join(', ')}`)
}
