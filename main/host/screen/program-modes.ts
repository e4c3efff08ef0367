// Which modes were set, and where in the log: so that the host can reset what a program that died has left on, and all of it when a
// person wants that.
import { keyboardOff, otherKeysOff } from '../../../terminal/keyboard-protocol.ts'
import { GROUND } from '../../../terminal/parser-states.ts'
import type { Screen } from './screen.ts'
import type { Extent, ModeReset } from './screen-protocol.ts'
import { type Core, type CoreBuffer, coreOf } from './xterm-internals.ts'

const ALTERNATE = [47, 1047, 1049]
const MOUSE = [9, 1000, 1002, 1003]
const MOUSE_ENCODINGS = [1005, 1006, 1015, 1016]

export class ProgramModes {
  readonly #screen: Screen
  /** By mode (`?25`), the offset of the output that set or reset it last, rounded down to what was written at once. */
  readonly #setAt = new Map<string, number>()

  constructor(screen: Screen) {
    this.#screen = screen
    const { parser } = screen.terminal
    const note = (name: string) => this.#setAt.set(name, screen.position.offset)
    // XTRESTORE sets modes as well.
    for (const final of ['h', 'l', 'r']) {
      parser.registerCsiHandler({ prefix: '?', final }, params => {
        for (const mode of params) note(`?${mode}`)
        return false
      })
      parser.registerCsiHandler({ final }, params => {
        if (final === 'r') note('region')
        else for (const mode of params) note(`${mode}`)
        return false
      })
    }
    for (const [prefix, final] of [
      ['>', 'u'],
      ['<', 'u'],
      ['=', 'u'],
      ['>', 'm'],
    ] as const) {
      parser.registerCsiHandler({ prefix, final }, () => {
        note('keyboard')
        return false
      })
    }
    parser.registerEscHandler({ final: '=' }, () => {
      note('?66')
      return false
    })
    parser.registerCsiHandler({ intermediates: ' ', final: 'q' }, () => {
      note('cursor')
      return false
    })
  }

  /** Resets what is still as output in these extents has set it. */
  leftovers(extents: readonly Extent[]): ModeReset {
    const { offset } = this.#screen.position
    if (this.#screen.parserState !== GROUND || this.#screen.isInCharacter) return { text: '', offset }
    const isTheirs = (name: string) => {
      const at = this.#setAt.get(name)
      return at !== undefined && extents.some(([from, until]) => at >= from && at < until)
    }
    const core = coreOf(this.#screen.terminal)
    const isAny = (modes: readonly number[]) => modes.some(mode => isTheirs(`?${mode}`))
    const { active, alt } = core._bufferService.buffers
    let text = activeModes(core)
      .filter(({ name, modes }) => (modes ? isAny(modes) : isTheirs(name!)))
      .map(({ reset }) => reset)
      .join('')
    // Both move the cursor to the first row.
    const hasOrigin = isTheirs('?6') && core.coreService.decPrivateModes.origin
    const isCut = isTheirs('region') && hasRegion(core, active)
    if (hasOrigin) text += '\x1b[?6l'
    if (isCut) text += '\x1b[r'
    if (hasOrigin || isCut) text += `\x1b[${active.y + 1};${Math.min(active.x, core.cols - 1) + 1}H`
    if (active === alt && isAny(ALTERNATE))
      text += leaveAlternate(core) + (isTheirs('keyboard') ? keyboardOff(core, 'normal') : '')
    return { text, offset }
  }

  /** Resets all that is not as in a new terminal, except what is printed: the text on the screen and in the scrollback stays. */
  reset(): ModeReset {
    const core = coreOf(this.#screen.terminal)
    const { active, alt } = core._bufferService.buffers
    let stops = '\x1b7\r\x1b[3g\x1bH'
    for (let x = 8; x < core.cols; x += 8) stops += '\x1b[8C\x1bH'
    // CAN leaves any sequence, DECSTR resets most modes, the margins, the pen and the character sets (VT510 manual).
    const leave = active === alt ? keyboardOff(core, 'alternate') + leaveAlternate(core) : ''
    let text = `\x18${leave}${keyboardOff(core, 'normal')}${otherKeysOff(core)}\x1b[!p\x1b[m\x0f\x1b(B\x1b)B${stops}\x1b8`
    // Not 6, which would move the cursor; DECSTR has reset it.
    text += `\x1b[?1;5;45;66;${[...MOUSE, ...MOUSE_ENCODINGS].join(';')};1004;2004;2026;2031;2048l\x1b[?7;25h\x1b[4;20l\x1b>`
    text += '\x1b[0 q\x1b]8;;\x1b\\\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\'
    return { text, offset: this.#screen.position.offset }
  }
}

interface ActiveMode {
  /** Names the mode, unless `modes` does. */
  name?: string
  modes?: readonly number[]
  reset: string
}

/** The modes that are not as in a new terminal. */
function activeModes(core: Core): ActiveMode[] {
  const { decPrivateModes: dec, modes, isCursorHidden } = core.coreService
  const { activeProtocol, activeEncoding } = core.coreMouseService
  const found: ActiveMode[] = []
  const off = (isOn: boolean, ...numbers: number[]) => {
    if (isOn) found.push({ modes: numbers, reset: `\x1b[?${numbers.join(';')}l` })
  }
  off(dec.applicationCursorKeys, 1)
  off(dec.reverseWraparound, 45)
  off(dec.applicationKeypad, 66)
  off(activeProtocol !== 'NONE', ...MOUSE)
  off(activeEncoding !== 'DEFAULT', ...MOUSE_ENCODINGS)
  off(dec.sendFocus, 1004)
  off(dec.bracketedPasteMode, 2004)
  if (!dec.wraparound) found.push({ name: '?7', reset: '\x1b[?7h' })
  if (isCursorHidden) found.push({ name: '?25', reset: '\x1b[?25h' })
  if (modes.insertMode) found.push({ name: '4', reset: '\x1b[4l' })
  if (dec.cursorStyle !== undefined || dec.cursorBlink !== undefined) found.push({ name: 'cursor', reset: '\x1b[0 q' })
  const { active, alt } = core._bufferService.buffers
  const keyboard = keyboardOff(core, active === alt ? 'alternate' : 'normal') + otherKeysOff(core)
  if (keyboard) found.push({ name: 'keyboard', reset: keyboard })
  return found
}

function hasRegion(core: Core, { scrollTop, scrollBottom }: CoreBuffer): boolean {
  return scrollTop !== 0 || scrollBottom !== core.rows - 1
}

/** Back to the normal screen; the prompt, which was printed on the alternate one, is printed again there. */
function leaveAlternate(core: Core): string {
  const { normal, alt } = core._bufferService.buffers
  const prompt =
    alt.lines
      .get(alt.ybase + alt.y)
      ?.translateToString(false)
      .slice(0, alt.x) ?? ''
  return `\x1b[?1049l\x1b[m${normal.x > 0 ? '\r\n' : ''}${prompt}`
}
