// Describes everything about a terminal that later output could depend on, so that two terminals can be compared.

import {
  BG_EXTENDED,
  type Ink,
  inkOf,
  inkOfCell,
  inkOfPen,
  joinClass,
  textOf,
  widthOf,
} from '../../../main/host/screen/cells.ts'
import { charsetFinal, paletteOf, type Terminal } from '../../../main/host/screen/xterm.ts'
import { type CoreBuffer, coreOf } from '../../../main/host/screen/xterm-internals.ts'
import { keyboardSequences } from '../../../terminal/keyboard-protocol.ts'
import { savedModes } from '../../../terminal/xterm-saved-modes.ts'

type Described = Record<string, string | number | boolean>

export function describeTerminal(terminal: Terminal): Described {
  const core = coreOf(terminal)
  const { normal, alt, active } = core._bufferService.buffers
  const state: Described = {}
  /** Links are numbered in order of appearance: only which cells share one and its target matter. */
  const links = new Map<number, string>()
  const link = (id: number): string => {
    if (id === 0) return ''
    const data = core._oscLinkService._dataByLinkId.get(id)?.data
    if (!data) return 'forgotten'
    if (!links.has(id)) links.set(id, `${links.size}:${data.uri}`)
    return links.get(id)!
  }
  const ink = (i: Ink, always: boolean): string =>
    `${i.fg.toString(16)}/${i.bg.toString(16)}${always || i.bg & BG_EXTENDED ? `/${i.style}/${i.color.toString(16)}/${link(i.link)}` : ''}`

  for (const [name, buffer] of [
    ['normal', normal],
    ['alt', alt],
  ] as [string, CoreBuffer][]) {
    const count = buffer.lines.length
    state[`${name}.lines`] = count
    state[`${name}.ybase`] = buffer.ybase
    for (let y = 0; y < count; y++) {
      const line = buffer.lines.get(y)!
      let row = `${line.isWrapped ? 'wrapped ' : ''}${line.length}`
      for (let x = 0; x < line.length; x++) {
        row += ` ${textOf(line, x) || '_'}${widthOf(line, x)}`
        const i = inkOfCell(core, line, x)
        if (i.fg !== 0 || i.bg !== 0) row += `(${ink(i, false)})`
      }
      state[`${name}[${y}]`] = row
    }
    state[`${name}.region`] = `${buffer.scrollTop}-${buffer.scrollBottom}`
    let tabs = ''
    for (let x = 0; x < core.cols; x++) if (buffer.tabs[x]) tabs += `${x} `
    state[`${name}.tabs`] = tabs
    const { savedX, savedY, savedCurAttrData: saved, savedCharset } = buffer
    state[`${name}.saved`] =
      `${savedX},${savedY} ${ink(inkOf(core, saved.fg, saved.bg, undefined), false)} ${charsetFinal(savedCharset)}`
  }
  state.active = active === alt ? 'alt' : 'normal'
  state.cursor = `${active.x},${active.y}`
  // The row affects how the normal screen is resized while the alternate one is active; the column has no effect.
  if (active === alt) state['normal.y'] = normal.y
  state.pen = ink(inkOfPen(core, core._inputHandler._curAttrData), true)
  const { charset, glevel, _charsets } = core._charsetService
  state.charsets = `${charsetFinal(charset)} G${glevel} ${[0, 1, 2, 3].map(g => charsetFinal(_charsets[g])).join('')}`
  state.modes = JSON.stringify({ ...core.coreService.decPrivateModes, ...core.coreService.modes })
  state.style = `${core.coreService.decPrivateModes.cursorStyle} ${core.coreService.decPrivateModes.cursorBlink}`
  state.savedModes = savedModes(core)
  state.keyboard = keyboardSequences(core, 'alt ', ' normal')
  state.hidden = core.coreService.isCursorHidden
  state.mouse = `${core.coreMouseService.activeProtocol} ${core.coreMouseService.activeEncoding}`
  state.options = `${core.optionsService.rawOptions.convertEol} ${core.optionsService.rawOptions.cursorBlink}`
  state.join = joinClass(core._inputHandler._parser.precedingJoinState)
  state.parser = core._inputHandler._parser.currentState
  const { _windowTitle, _iconName, _windowTitleStack, _iconNameStack } = core._inputHandler
  state.titles = `${_windowTitle} ${_windowTitleStack} / ${_iconName} ${_iconNameStack}`
  state.palette = [...paletteOf(terminal)]
    .map(([index, color]) => `${index}=${color.toString(16)}`)
    .sort()
    .join(' ')
  return state
}

/** The differences, one line each; empty if the terminals are the same in everything that matters. */
export function differences(wanted: Terminal, got: Terminal): string[] {
  const a = describeTerminal(wanted)
  const b = describeTerminal(got)
  const found: string[] = []
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
    if (a[key] !== b[key]) found.push(`${key}\n  wanted ${a[key]}\n  got    ${b[key]}`)
  return found
}
