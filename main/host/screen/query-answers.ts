// The host's answers to terminal queries that @xterm/headless does not answer.
import { keyboardProtocol } from '../../../terminal/keyboard-protocol.ts'
import {
  type ColorField,
  colorFields,
  isQueryField,
  mainParams,
  type QueryParser,
  type Registration,
} from '../../../terminal/queries.ts'
import { watchOscEnd } from './osc-end.ts'
import { settingReport } from './state-reports.ts'
import { coreOf } from './xterm-internals.ts'

export interface Size {
  cols: number
  rows: number
}

export interface Pixels {
  width: number
  height: number
}

/** Colors as `#rrggbb`. `ansi` holds at least the first 16; the rest up to 255 are xterm's cube and grays. */
export interface AnswerTheme {
  foreground: string
  background: string
  cursor: string
  ansi: readonly string[]
}

/** Read at each query, because all of it may change. */
export interface AnswerSource {
  theme(): AnswerTheme
  size(): Size
  /** One cell of the client that owns the size, in CSS pixels; `DEFAULT_CELL` while there is none. */
  cellPixels(): Pixels
  /** Writes `text` (ASCII) to the PTY. Called while the terminal parses, so in order with xterm.js's own `onData`. */
  reply(text: string): void
  /** For XTVERSION: `On the Go <version>`. */
  version?: string
  /** The TERM that sessions get, for XTGETTCAP. */
  termName?: string
}

export interface Answers extends Registration {
  /**
   * The OSC sequences that give a fresh terminal the colors that programs have set in this one. Keyframes take them from
   * here, because xterm.js's public API does not have them. Empty if all colors are the theme's.
   */
  colors(): string
}

/** The used part of @xterm/headless's `Terminal`. */
export interface AnsweringTerminal {
  readonly parser: QueryParser
  options: { windowOptions?: WindowReports }
}

/** xterm.js passes a CSI t to handlers only if its `windowOptions` allow that report. */
interface WindowReports {
  getWinState?: boolean
  getWinPosition?: boolean
  getWinSizePixels?: boolean
  getScreenSizePixels?: boolean
  getCellSizePixels?: boolean
  getWinSizeChars?: boolean
  getScreenSizeChars?: boolean
  getIconTitle?: boolean
  getWinTitle?: boolean
}

const WINDOW_REPORTS: WindowReports = {
  getWinState: true,
  getWinPosition: true,
  getWinSizePixels: true,
  getScreenSizePixels: true,
  getCellSizePixels: true,
  getWinSizeChars: true,
  getScreenSizeChars: true,
  getIconTitle: true,
  getWinTitle: true,
}

/** The VT340's cell size: the screen has no pixels of its own. */
export const DEFAULT_CELL: Pixels = { width: 10, height: 20 }

type Rgb = readonly [number, number, number]

const ESC = '\x1b'
const CSI = `${ESC}[`
const ST = `${ESC}\\`
const PALETTE = 256

// CSI ? Ps n, as xterm answers without printer, locator, user keys and macros (ctlseqs). 996 and 63 are computed below.
const DEC_STATUS: ReadonlyMap<number, string> = new Map([
  [15, `${CSI}?13n`], // no printer
  [25, `${CSI}?21n`], // user-defined keys locked
  [26, `${CSI}?27;1;0;0n`], // North American keyboard, ready
  [53, `${CSI}?50n`], // no locator
  [55, `${CSI}?50n`],
  [56, `${CSI}?57;0n`], // of no kind
  [62, `${CSI}0*{`], // no space for macros
  [75, `${CSI}?70n`], // no errors
  [85, `${CSI}?83n`], // not configured for several sessions
])

/**
 * Answers on `source.reply` what `terminal/query-notes.ts` marks with `host`, exactly once per question. What it marks with
 * `screen` is xterm.js's: send the terminal's `onData` to the same place. For the host's screen only, and while that screen
 * is fed from history (a worker's restart), its replies and its `onData` must go nowhere.
 */
export function registerAnswers(term: AnsweringTerminal, source: AnswerSource): Answers {
  const { parser } = term
  const registrations: Registration[] = []
  const oscEnd = watchOscEnd(coreOf(term))
  const set = new Map<string, Rgb>() // '4;7' or '10' → the color that a program has set

  const before = term.options.windowOptions ?? {}
  term.options.windowOptions = { ...before, ...WINDOW_REPORTS }
  registrations.push({
    dispose() {
      term.options.windowOptions = before
    },
  })

  const csi = (id: { prefix?: string; intermediates?: string; final: string }, answer: (params: number[]) => boolean) =>
    registrations.push(parser.registerCsiHandler(id, params => answer(mainParams(params))))
  const osc = (id: number, answer: (payload: string) => void) =>
    registrations.push(
      parser.registerOscHandler(id, payload => {
        answer(payload)
        return false // xterm.js keeps its own colors, but answers only if it has a theme: not here
      }),
    )
  const reply = (text: string): true => {
    source.reply(text)
    return true
  }

  registrations.push(parser.registerEscHandler({ final: 'Z' }, () => reply(`${CSI}?1;2c`))) // as xterm.js answers DA1
  csi({ prefix: '=', final: 'c' }, ([ps = 0]) => ps === 0 && reply(`${ESC}P!|00000000${ST}`))
  csi({ prefix: '>', final: 'q' }, ([ps = 0]) => ps === 0 && reply(`${ESC}P>|${productName(source.version)}${ST}`))
  csi({ final: 'x' }, ([ps = 0]) => ps < 2 && reply(`${CSI}${ps + 2};1;1;128;128;1;0x`)) // 8 bits, no parity, 38400
  csi({ intermediates: "'", final: '|' }, () => reply(`${CSI}0&w`))
  csi({ intermediates: '"', final: 'v' }, () => {
    const { cols, rows } = source.size()
    return reply(`${CSI}${rows};${cols};1;1;1"w`)
  })
  csi({ prefix: '?', final: 'S' }, ([item = 0]) => reply(`${CSI}?${item};1;0S`)) // 1: error in Pi
  csi({ prefix: '?', final: 'u' }, () => reply(`${CSI}?${keyboardProtocol(term).flags}u`))
  csi({ prefix: '?', final: 'm' }, ([resource = 0]) => {
    return resource === 4 && reply(`${CSI}>4;${keyboardProtocol(term).modifyOtherKeys}m`)
  })
  csi({ prefix: '?', final: 'n' }, ([ps = 0, id = 0]) => {
    if (ps === 996) return reply(`${CSI}?997;${isDark(colorOf('11')) ? 1 : 2}n`)
    if (ps === 63) return reply(`${ESC}P${id}!~0000${ST}`) // checksum of no macros
    const status = DEC_STATUS.get(ps)
    return status !== undefined && reply(status)
  })
  csi({ final: 't' }, ([ps = 0]) => {
    const { cols, rows } = source.size()
    const cell = source.cellPixels()
    const width = Math.max(1, Math.round(cell.width))
    const height = Math.max(1, Math.round(cell.height))
    switch (ps) {
      case 11:
        return reply(`${CSI}1t`) // not iconified
      case 13:
        return reply(`${CSI}3;0;0t`)
      case 14:
        return reply(`${CSI}4;${rows * height};${cols * width}t`)
      case 15:
        return reply(`${CSI}5;${rows * height};${cols * width}t`)
      case 16:
        return reply(`${CSI}6;${height};${width}t`)
      case 18:
        return reply(`${CSI}8;${rows};${cols}t`)
      case 19:
        return reply(`${CSI}9;${rows};${cols}t`)
      case 20:
        return reply(`${ESC}]L${ST}`) // empty, see the table
      case 21:
        return reply(`${ESC}]l${ST}`)
      default:
        return false // pushing and popping titles is xterm.js's
    }
  })
  // xterm.js 6.0 reports rows of the screen in origin mode, and a column behind the last one.
  const position = () => {
    const { cols, coreService, _bufferService } = coreOf(term)
    const { x, y, scrollTop } = _bufferService.buffers.active
    return `${y - (coreService.decPrivateModes.origin ? scrollTop : 0) + 1};${Math.min(x, cols - 1) + 1}R`
  }
  csi({ final: 'n' }, ([ps = 0]) => ps === 6 && reply(`${CSI}${position()}`))
  csi({ prefix: '?', final: 'n' }, ([ps = 0]) => ps === 6 && reply(`${CSI}?${position()}`))
  // Clusters are always joined, and a program cannot change that (contour, mode 2027: permanently set).
  csi({ prefix: '?', intermediates: '$', final: 'p' }, ([mode]) => mode === 2027 && reply(`${CSI}?2027;3$y`))
  registrations.push(
    parser.registerDcsHandler({ intermediates: '$', final: 'q' }, payload => {
      const report = settingReport(coreOf(term), payload)
      return report !== undefined && reply(`${ESC}P1$r${report}${ST}`)
    }),
    parser.registerDcsHandler({ intermediates: '+', final: 'q' }, payload =>
      reply(termcapAnswer(payload, source.termName ?? 'xterm-256color')),
    ),
  )

  osc(4, payload => colors(4, payload))
  for (const id of [10, 11, 12]) osc(id, payload => colors(id, payload))
  osc(104, payload => {
    const indexes = payload ? payload.split(';').map(Number) : Array.from({ length: PALETTE }, (_, i) => i)
    for (const index of indexes) set.delete(`4;${index}`)
  })
  for (const id of [110, 111, 112]) osc(id, () => set.delete(`${id - 100}`))

  /** Applies the colors that an OSC 4, 10, 11 or 12 sets, and answers its queries in one reply. */
  function colors(id: number, payload: string): void {
    let answer = ''
    for (const field of colorFields(id, payload)) {
      const key = colorKey(field)
      if (key === undefined) continue
      if (isQueryField(field.spec)) {
        answer += `${ESC}]${key};${xColor(colorOf(key))}${oscEnd()}`
      } else {
        const color = parseColor(field.spec)
        if (color) set.set(key, color)
      }
    }
    if (answer) source.reply(answer)
  }

  function colorOf(key: string): Rgb {
    const changed = set.get(key)
    if (changed) return changed
    const theme = source.theme()
    if (key === '10') return themeColor(theme.foreground)
    if (key === '11') return themeColor(theme.background)
    if (key === '12') return themeColor(theme.cursor)
    const index = Number(key.slice(2))
    const color = theme.ansi[index]
    return color === undefined ? paletteColor(index) : themeColor(color)
  }

  return {
    colors() {
      return [...set].map(([key, color]) => `${ESC}]${key};${xColor(color)}${ST}`).join('')
    },
    dispose() {
      for (const registration of registrations.splice(0)) registration.dispose()
    },
  }
}

/** The key of a color that is kept: `4;index`, `10`, `11` or `12`; undefined for any other. */
function colorKey({ osc, index }: ColorField): string | undefined {
  if (osc === 4) return /^\d{1,3}$/.test(index ?? '') && Number(index) < PALETTE ? `4;${Number(index)}` : undefined
  return osc <= 12 ? `${osc}` : undefined
}

// Programs search this for xterm, kitty and others, and must not find them.
function productName(version: string | undefined): string {
  return `On the Go ${version ?? ''}`.replace(/[^\x20-\x7e]/g, '').trimEnd()
}

/** Beyond xterm-256color's: colors, and what its entry lacks (user_caps(5), and tmux for Ms). Empty: a capability without a value. */
const CAPABILITIES = {
  Co: '256',
  colors: '256',
  RGB: '8',
  Ms: `${ESC}]52;%p1%s;%p2%s\x07`,
  Su: '',
  Smulx: `${CSI}4:%p1%dm`,
  Setulc: `${CSI}58:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%d%;m`,
}

/**
 * XTGETTCAP: names and values in hexadecimal. As in xterm, stops at the first unknown name, and answers "invalid" if that is
 * the very first. Only known names are echoed, so that the answer contains no text of the program's choice.
 */
function termcapAnswer(payload: string, termName: string): string {
  const values: Record<string, string> = { ...CAPABILITIES, TN: termName, name: termName }
  const known: string[] = []
  for (const hex of payload.split(';')) {
    const name = /^(?:[0-9a-f]{2})+$/i.test(hex) ? Buffer.from(hex, 'hex').toString('latin1') : ''
    if (!Object.hasOwn(values, name)) break
    const value = Buffer.from(values[name]!, 'latin1').toString('hex').toUpperCase()
    known.push(value ? `${hex}=${value}` : hex)
  }
  return known.length ? `${ESC}P1+r${known.join(';')}${ST}` : `${ESC}P0+r${ST}`
}

function themeColor(text: string): Rgb {
  return parseColor(text) ?? [0, 0, 0]
}

/**
 * XParseColor's `rgb:r/g/b` (1 to 4 digits each) and `#rgb` (1 to 4 digits each), as in xterm.js, so that every screen has
 * the same colors. xterm.js does not know the X11 color names.
 */
function parseColor(text: string): Rgb | undefined {
  const device = /^rgb:([0-9a-f]{1,4})\/([0-9a-f]{1,4})\/([0-9a-f]{1,4})$/i.exec(text)
  if (device) {
    if (device[1]!.length !== device[2]!.length || device[1]!.length !== device[3]!.length) return undefined
    const scaled = (hex: string) => Math.round((Number.parseInt(hex, 16) / (16 ** hex.length - 1)) * 255)
    return [scaled(device[1]!), scaled(device[2]!), scaled(device[3]!)]
  }
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{9}|[0-9a-f]{12})$/i.exec(text)?.[1]
  if (hex === undefined) return undefined
  const digits = hex.length / 3
  const high = (i: number) =>
    Number.parseInt(
      hex
        .slice(i * digits, i * digits + 2)
        .slice(0, digits)
        .padEnd(2, '0'),
      16,
    )
  return [high(0), high(1), high(2)]
}

/** xterm's 256 colors: a cube of 6 × 6 × 6 from 16, grays from 232 (ctlseqs, SGR 38;5). */
function paletteColor(index: number): Rgb {
  if (index < 16) return [0, 0, 0] // a theme that names fewer than 16
  if (index >= 232) {
    const gray = 8 + (index - 232) * 10
    return [gray, gray, gray]
  }
  const level = (n: number) => (n === 0 ? 0 : 55 + n * 40)
  const cube = index - 16
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)]
}

function xColor(color: Rgb): string {
  return `rgb:${color.map(c => c.toString(16).padStart(2, '0').repeat(2)).join('/')}`
}

// Luma of Rec. 601, as in other terminals that report 997.
function isDark([r, g, b]: Rgb): boolean {
  return 0.299 * r + 0.587 * g + 0.114 * b < 128
}
