// How a pairing looks on a terminal of some size: code, addresses, countdown, question. Knows no terminal and no host.
import type { PairingAddress, PairingRequest } from '../../../protocol/messages.ts'
import { cut, widthOf, wrap } from '../command/output.ts'
import type { Size } from '../terminal/terminal.ts'
import { addressKindText, addressText, formatCode, plainHttpWarning, quotedName } from './pairing-text.ts'
import { type QrCode, qrCode } from './qr.ts'

export interface PairingView {
  addresses: readonly PairingAddress[]
  /** Which of them the code shows. */
  chosen: PairingAddress
  now: number
  /** When the code dies; before that another one comes. */
  expires_at: number
  /** Whose browser has opened the page. */
  reached: string | undefined
  /** What happened last. */
  news: string | undefined
  /** The address in letters instead of as a code. */
  asText: boolean
  prompt: PairingPrompt | undefined
  /** What to press to leave, and what that does. */
  leaveHint: string
}

export interface PairingPrompt {
  request: PairingRequest
  /** Keys count now. */
  armed: boolean
  /** A yes lets it look only. */
  read_only: boolean
  /** How many wait after it. */
  more: number
}

/** One per row of the terminal; null: the row before goes on here. */
export type Rows = (string | null)[]

/** Between the code and what stands beside it. */
const GAP = 2
/** What stands beside the code needs as many columns, or it stands below. */
const BESIDE_COLUMNS = 28
/** And below it as many rows. */
const BELOW_ROWS = 8
/** More addresses than this are listed when that leaves room for blank rows. */
const LISTED = 5
const SPACED = 6
/** Of an address's kind as much stays to be read. */
const KIND_COLUMNS = 6

const BOLD = '\x1b[1m'
const PLAIN = '\x1b[m'

export function drawPairing(view: PairingView, size: Size): Rows {
  const rows = view.prompt ? drawPrompt(view.prompt, view, size) : drawCode(view, size)
  return Array.from({ length: size.rows }, (_, at) => (rows[at] === undefined ? '' : rows[at]))
}

function drawPrompt(
  { request, armed, read_only, more }: PairingPrompt,
  { now, news }: PairingView,
  { cols }: Size,
): Rows {
  const code = formatCode(request.code)
  const keys = read_only ? '[y/N]' : '[y/N/r = look only]'
  const ask = (name: string) =>
    `Allow ${name} (${addressText(request.address)})${read_only ? ' to look' : ''}? Code ${code} ${keys}`
  const room = cols - widthOf(ask('""'))
  const question = ask(quotedName(request.name, Math.max(room, 12)))
  const seconds = Math.max(0, Math.ceil((request.expires_at - now) / 1000))
  const answers: [string, string][] = [
    [
      'y',
      read_only ? 'it may look at every session, and do nothing' : 'it may type into every session of this computer',
    ],
    ...(read_only ? [] : ([['r', 'it may look at every session, and do nothing']] as [string, string][])),
    ['n', 'it is refused (also Enter)'],
  ]
  return [
    ...(news ? [...wrap(news, cols), ''] : []),
    // Until keys count, none are named.
    ...wrap(armed ? question : question.slice(0, -keys.length).trimEnd(), cols).map(bold),
    '',
    ...wrap('Say yes only if the phone in your hand shows the same code:', cols),
    '',
    bold(`    ${code}`),
    '',
    ...(armed ? answers.map(([key, what]) => cut(`  ${key}   ${what}`, cols)) : answers.map(() => '')),
    '',
    ...wrap(
      `${clock(seconds)} left to answer.${more > 0 ? ` ${more} more ${more === 1 ? 'asks' : 'ask'} after it.` : ''}`,
      cols,
    ),
  ]
}

function drawCode(view: PairingView, size: Size): Rows {
  const { cols, rows } = size
  const { url } = view.chosen
  const code = view.asText ? undefined : codeOf(url, size)
  const scan = 'Scan the code with its camera.'
  if (code && cols >= code.width + GAP + BESIDE_COLUMNS) {
    const beside = sections(view, scan, { cols: cols - code.width - GAP, rows })
    const height = Math.max(code.lines.length, beside.length)
    const lines = Array.from({ length: height }, (_, at) => {
      const left = code.lines[at] ?? ' '.repeat(code.width)
      return `${left}${' '.repeat(GAP)}${beside[at] ?? ''}`.trimEnd()
    })
    const below = urlRows(url, cols)
    return lines.length + 1 + below.length <= rows ? [...lines, '', ...below] : lines
  }
  if (code && rows >= code.lines.length + BELOW_ROWS)
    return [...code.lines, ...sections(view, scan, { cols, rows: rows - code.lines.length })]
  const address = urlRows(url, cols)
  const room = { cols, rows: rows - address.length - 1 }
  const open = 'Open the address on the phone.'
  if (view.asText) return [...address, '', ...sections(view, open, room)]
  return [...address, '', ...sections(view, `The window is too small for the code. ${open}`, room, false)]
}

/** The address on rows of its own: written on without a break, so that it is selected as one. */
function urlRows(url: string, cols: number): Rows {
  return [url, ...new Array(Math.ceil(url.length / cols) - 1).fill(null)]
}

/** What is to be said besides the code; what matters less goes when there is no room. `both`: it can be shown either way. */
function sections(view: PairingView, how: string, { cols, rows }: Size, both = true): string[] {
  const { chosen, reached, news, addresses, leaveHint: leaving } = view
  const text = (words: string | undefined) => (words === undefined ? [] : wrap(words, cols))
  const seconds = Math.max(0, Math.ceil((view.expires_at - view.now) / 1000))
  const parts = {
    title: [bold('Pair a phone'), ...text(how)],
    address: [
      ...text(origin(chosen)).map(bold),
      ...text(addressKindText(chosen.kind)),
      ...text(`Good for ${clock(seconds)}, renews itself.`),
    ],
    list: [] as string[],
    http: text(plainHttpWarning(chosen)),
    reached: text(reached && `A browser at ${addressText(reached)} has opened the page.`).map(bold),
    news: text(news),
    keys: [...text(keyWords(view, both)), ...text(leaving)],
  }
  const used = () => Object.values(parts).flat().length
  for (const part of ['http', 'news', 'reached'] as const) if (used() > rows) parts[part] = []
  if (addresses.length > 1) {
    const left = rows - used() - 1
    parts.list = listed(view, cols, Math.min(addresses.length, Math.max(Math.min(LISTED, left), left - SPACED)))
  }
  const all = Object.values(parts).filter(part => part.length > 0)
  let blanks = rows - used()
  return all.flatMap((part, at) => (at > 0 && blanks-- > 0 ? ['', ...part] : part)).slice(0, Math.max(rows, 0))
}

function keyWords({ asText, addresses }: PairingView, both: boolean): string | undefined {
  const keys = [addresses.length > 1 && 'Tab: next address', both && `u: ${asText ? 'as code' : 'as text'}`]
  return keys.filter(key => key !== false).join('   ') || undefined
}

/** The addresses with the digits that choose them, those around the chosen one where not all have room. */
function listed({ addresses, chosen }: PairingView, cols: number, most: number): string[] {
  if (most < 2) return []
  const first = Math.max(0, Math.min(addresses.indexOf(chosen) - Math.floor(most / 2), addresses.length - most))
  const some = addresses.slice(first, first + most)
  const widest = Math.max(...some.map(({ name }) => name.length))
  const kinds = Math.max(...some.map(({ kind }) => addressKindText(kind).length))
  const lines = some.map((address, n) => {
    const number = first + n + 1
    const mark = `${address === chosen ? '›' : ' '} ${number < 10 ? number : ' '} `
    const column = mark.length + widest + 2 + kinds <= cols ? widest : 0
    // A name in full says more than its kind, which is told of the chosen one anyway.
    const name = cut(address.name, cols - mark.length - 2 - KIND_COLUMNS).padEnd(column)
    return cut(`${mark}${name}  ${addressKindText(address.kind)}`, cols)
  })
  const hidden = addresses.length - most
  return [hidden > 0 ? `Addresses (${hidden} more: Tab):` : 'Addresses:', ...lines]
}

let drawn: { key: string; code: QrCode | undefined } | undefined

/** Drawn anew only when it is another one: a countdown asks each second. */
function codeOf(url: string, { cols, rows }: Size): QrCode | undefined {
  const key = `${cols} ${rows} ${url}`
  if (drawn?.key !== key) drawn = { key, code: qrCode(url, cols, rows) }
  return drawn.code
}

function origin({ url }: PairingAddress): string {
  return new URL(url).origin
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')}`
}

function bold(text: string): string {
  return `${BOLD}${text}${PLAIN}`
}
