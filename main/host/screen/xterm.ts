// The only file that knows @xterm/headless: creates the host's terminals and names the internals that the public API
// does not reach. Knows nothing of sessions, snapshots or bytes on a wire.

import { createRequire } from 'node:module'
import type { Terminal } from '@xterm/headless'
import { CHARACTER_WIDTHS } from '../../../protocol/character-widths.ts'
import { guard } from '../../../protocol/xterm-guard.ts'
import { printPlainly } from './plain-print.ts'

const require = createRequire(import.meta.url)
const headless = require('@xterm/headless') as typeof import('@xterm/headless')

export type { Terminal } from '@xterm/headless'

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

/** Colours that the program has set: a palette index, or 256, 257, 258 for text, background, cursor; as 0xRRGGBB. */
export type Palette = Map<number, number>

const palettes = new WeakMap<Terminal, Palette>()

export function paletteOf(terminal: Terminal): Palette {
  return palettes.get(terminal) ?? new Map()
}

export function coreOf(terminal: Terminal): Core {
  return (terminal as unknown as { _core: Core })._core
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
    logLevel: 'off', // it reports every malformed sequence on the console
  })
  assertInternals(terminal)
  // What every terminal that draws a session must agree on; the pages use the same.
  terminal.unicode.register(CHARACTER_WIDTHS)
  terminal.unicode.activeVersion = CHARACTER_WIDTHS.version
  guard(terminal)
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
 * Parses at once, before it returns. Terminal.write would do it from a timer, for a renderer that is not there, and an
 * exception in there would leave its queue stuck for good. `bytes` ends where a character ends and is at most 128 KiB.
 */
export function parse(terminal: Terminal, bytes: Uint8Array): void {
  coreOf(terminal)._inputHandler.parse(bytes)
}

/** xterm.js decodes at most this much at a time, and would cut a longer chunk within a character. */
export const PARSE_BYTES = 128 * 1024

let charsets: Map<Charset, string> | undefined

/** The final byte that designates a charset, of which xterm.js keeps only the table. */
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

/** Fails clearly, and at once, when an update of xterm.js has changed what this project reads of its insides. */
export function assertInternals(terminal: Terminal): void {
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
    throw new Error(`This version of @xterm/headless is not the one this code was written for: ${missing.join(', ')}`)
}
