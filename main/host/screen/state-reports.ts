// DECRQSS (VT510; ctlseqs, DCS $ q Pt ST): what a program asks of the terminal's present settings, where xterm.js 6.0 answers a
// constant. Until https://github.com/xtermjs/xterm.js/issues/5806 is in a release.
import { inkOfPen } from './cells.ts'
import { sgrCodes } from './pen.ts'
import type { Core } from './xterm-internals.ts'

const STYLES = { block: 1, underline: 3, bar: 5 } as const

/** The setting with the final characters that ask for it; undefined: xterm.js answers. */
export function settingReport(core: Core, setting: string): string | undefined {
  switch (setting) {
    case 'm':
      return `${graphicRendition(core)}m`
    case ' q':
      return `${cursorStyle(core)} q`
    default:
      return undefined
  }
}

/** Colors as xterm writes them, by ISO 8613-6. */
function graphicRendition(core: Core): string {
  const codes = sgrCodes(inkOfPen(core, core._inputHandler._curAttrData))
    .replace(/\b([345]8);5;(\d+)/g, '$1:5:$2')
    .replace(/\b([345]8);2;(\d+);(\d+);(\d+)/g, '$1:2::$2:$3:$4')
  return codes ? `0;${codes}` : '0'
}

function cursorStyle(core: Core): number {
  const { cursorStyle = 'block', cursorBlink = core.optionsService.rawOptions.cursorBlink } =
    core.coreService.decPrivateModes
  return STYLES[cursorStyle] + (cursorBlink ? 0 : 1)
}
