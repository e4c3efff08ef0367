// The answers that the host gives to terminal queries where @xterm/headless has none, and what it keeps silent about.
// Knows nothing of sessions, PTYs or xterm's package: it is given a parser to listen to and a way to reply.

import {
  type ColorField,
  colorFields,
  isQueryField,
  mainParams,
  type QueryParser,
  type Registration,
} from '../../../terminal/queries.ts'

export interface Size {
  cols: number
  rows: number
}

export interface Pixels {
  width: number
  height: number
}

/** Colours as `#rrggbb`. `ansi` holds the first 16; 16 to 255 are xterm's cube and greys unless it goes on. */
export interface AnswerTheme {
  foreground: string
  background: string
  cursor: string
  ansi: readonly string[]
}

/** Everything is asked for at the moment of the question, since all of it changes. */
export interface AnswerSource {
  theme(): AnswerTheme
  size(): Size
  /** One cell of the client that owns the size, in CSS pixels; `DEFAULT_CELL` while there is none. */
  cellPixels(): Pixels
  /** Types `text` (ASCII) into the PTY. Called while the terminal parses, so in order with xterm.js's own `onData`. */
  reply(text: string): void
  /** For XTVERSION: `On the Go <version>`. */
  version?: string
  /** The TERM that sessions get, for XTGETTCAP. */
  termName?: string
}

export interface Answers extends Registration {
  /**
   * The OSC sequences that give a fresh terminal the colours which programs have set in this one: xterm.js's public API
   * does not have them, so a snapshot takes them from here. Empty when all is as in the theme.
   */
  colors(): string
}

/** What this needs of a terminal; the `Terminal` of @xterm/headless is one. */
export interface AnsweringTerminal {
  readonly parser: QueryParser
  options: { windowOptions?: WindowReports }
}

/** xterm.js lets a handler see a CSI t only if its `windowOptions` allow that report. */
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

/** The VT340's cell; nobody can see a pixel while nobody is attached. */
export const DEFAULT_CELL: Pixels = { width: 10, height: 20 }

type Rgb = readonly [number, number, number]

const ESC = '\x1b'
const CSI = `${ESC}[`
const ST = `${ESC}\\`
const PALETTE = 256

// CSI ? Ps n, as xterm answers without printer, locator, user keys and macros (ctlseqs). 996 and 63 are worked out below.
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
  const set = new Map<string, Rgb>() // '4;7' or '10' → what a program has made of it

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
        return false // xterm.js keeps account of its own, and answers only where it has a theme: not here
      }),
    )
  const say = (text: string): true => {
    source.reply(text)
    return true
  }

  registrations.push(parser.registerEscHandler({ final: 'Z' }, () => say(`${CSI}?1;2c`))) // what xterm.js says to DA1
  csi({ prefix: '=', final: 'c' }, ([ps = 0]) => ps === 0 && say(`${ESC}P!|00000000${ST}`))
  csi({ prefix: '>', final: 'q' }, ([ps = 0]) => ps === 0 && say(`${ESC}P>|${productName(source.version)}${ST}`))
  csi({ final: 'x' }, ([ps = 0]) => ps < 2 && say(`${CSI}${ps + 2};1;1;128;128;1;0x`)) // 8 bits, no parity, 38400
  csi({ intermediates: "'", final: '|' }, () => say(`${CSI}0&w`))
  csi({ intermediates: '"', final: 'v' }, () => {
    const { cols, rows } = source.size()
    return say(`${CSI}${rows};${cols};1;1;1"w`)
  })
  csi({ prefix: '?', final: 'S' }, ([item = 0]) => say(`${CSI}?${item};1;0S`)) // 1: error in Pi
  csi({ prefix: '?', final: 'n' }, ([ps = 0, id = 0]) => {
    if (ps === 996) return say(`${CSI}?997;${isDark(colorOf('11')) ? 1 : 2}n`)
    if (ps === 63) return say(`${ESC}P${id}!~0000${ST}`) // checksum of no macros
    const status = DEC_STATUS.get(ps)
    return status !== undefined && say(status)
  })
  csi({ final: 't' }, ([ps = 0]) => {
    const { cols, rows } = source.size()
    const cell = source.cellPixels()
    const width = Math.max(1, Math.round(cell.width))
    const height = Math.max(1, Math.round(cell.height))
    switch (ps) {
      case 11:
        return say(`${CSI}1t`) // not iconified
      case 13:
        return say(`${CSI}3;0;0t`)
      case 14:
        return say(`${CSI}4;${rows * height};${cols * width}t`)
      case 15:
        return say(`${CSI}5;${rows * height};${cols * width}t`)
      case 16:
        return say(`${CSI}6;${height};${width}t`)
      case 18:
        return say(`${CSI}8;${rows};${cols}t`)
      case 19:
        return say(`${CSI}9;${rows};${cols}t`)
      case 20:
        return say(`${ESC}]L${ST}`) // empty, see the table
      case 21:
        return say(`${ESC}]l${ST}`)
      default:
        return false // pushing and popping titles is xterm.js's
    }
  })
  registrations.push(
    parser.registerDcsHandler({ intermediates: '+', final: 'q' }, payload =>
      say(termcapAnswer(payload, source.termName ?? 'xterm-256color')),
    ),
  )

  osc(4, payload => colors(4, payload))
  for (const id of [10, 11, 12]) osc(id, payload => colors(id, payload))
  osc(104, payload => {
    const indexes = payload ? payload.split(';').map(Number) : Array.from({ length: PALETTE }, (_, i) => i)
    for (const index of indexes) set.delete(`4;${index}`)
  })
  for (const id of [110, 111, 112]) osc(id, () => set.delete(`${id - 100}`))

  /** Applies what an OSC 4, 10, 11 or 12 sets and answers what it asks, in one reply. */
  function colors(id: number, payload: string): void {
    let answer = ''
    for (const field of colorFields(id, payload)) {
      const key = colorKey(field)
      if (key === undefined) continue
      if (isQueryField(field.spec)) {
        answer += `${ESC}]${key};${xColor(colorOf(key))}${ST}`
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
    const given = theme.ansi[index]
    return given === undefined ? paletteColor(index) : themeColor(given)
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

/** Our name for a colour that we keep: `4;index`, `10`, `11` or `12`; undefined for any other. */
function colorKey({ osc, index }: ColorField): string | undefined {
  if (osc === 4) return /^\d{1,3}$/.test(index ?? '') && Number(index) < PALETTE ? `4;${Number(index)}` : undefined
  return osc <= 12 ? `${osc}` : undefined
}

// Our own name: programs that look for xterm, kitty or others in it must not find them, since this is none of them.
function productName(version: string | undefined): string {
  return `On the Go ${version ?? ''}`.replace(/[^\x20-\x7e]/g, '').trimEnd()
}

/**
 * XTGETTCAP: names and values in hexadecimal. As xterm, stop at the first name that is not known and say no if it is the
 * first of all. Names are echoed only when they are known ones, so no text of the asker's choice comes back.
 */
function termcapAnswer(payload: string, termName: string): string {
  const values: Record<string, string> = { TN: termName, name: termName, Co: '256', colors: '256', RGB: '8' }
  const known: string[] = []
  for (const hex of payload.split(';')) {
    const name = /^(?:[0-9a-f]{2})+$/i.test(hex) ? Buffer.from(hex, 'hex').toString('latin1') : ''
    if (!Object.hasOwn(values, name)) break
    known.push(`${hex}=${Buffer.from(values[name]!, 'latin1').toString('hex').toUpperCase()}`)
  }
  return known.length ? `${ESC}P1+r${known.join(';')}${ST}` : `${ESC}P0+r${ST}`
}

function themeColor(text: string): Rgb {
  return parseColor(text) ?? [0, 0, 0]
}

/**
 * XParseColor's `rgb:r/g/b` (1 to 4 digits each) and `#rgb` (1 to 4 digits each), which is what xterm.js takes: the same
 * colours are set on every screen. Names of X11 are not known to it.
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

/** xterm's 256 colours: a cube of 6 × 6 × 6 from 16, greys from 232 (ctlseqs, SGR 38;5). */
function paletteColor(index: number): Rgb {
  if (index < 16) return [0, 0, 0] // a theme that names fewer than 16
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10
    return [grey, grey, grey]
  }
  const level = (n: number) => (n === 0 ? 0 : 55 + n * 40)
  const cube = index - 16
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)]
}

function xColor(color: Rgb): string {
  return `rgb:${color.map(c => c.toString(16).padStart(2, '0').repeat(2)).join('/')}`
}

// Luma of Rec. 601, as the terminals that report 997 reckon it.
function isDark([r, g, b]: Rgb): boolean {
  return 0.299 * r + 0.587 * g + 0.114 * b < 128
}
