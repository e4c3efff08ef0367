// How a pairing looks on a terminal of some size: code, addresses, countdown, question. Knows no terminal and no host.
import type { PairingAddress, PairingRequest } from '../../protocol/messages.ts'
import { cut, widthOf, wrap } from './output.ts'
import { codeWords, kindWords, placeWords, plainHttpWords, quotedName } from './pairing-words.ts'
import { type QrCode, qrCode } from './qr.ts'
import type { Size } from './terminal.ts'

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
  question: Question | undefined
  /** What to press to leave, and what that does. */
  leaving: string
}

export interface Question {
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
const GAP = 3
/** What stands beside the code needs as many columns, or it stands below. */
const BESIDE_COLUMNS = 28
/** And below it as many rows. */
const BELOW_ROWS = 8
/** More addresses than this are in the list when there is room. */
const LISTED = 5

const BOLD = '\x1b[1m'
const PLAIN = '\x1b[m'

export function drawPairing(view: PairingView, size: Size): Rows {
  const rows = view.question ? drawQuestion(view.question, view, size) : drawCode(view, size)
  return Array.from({ length: size.rows }, (_, at) => (rows[at] === undefined ? '' : rows[at]))
}

function drawQuestion({ request, armed, read_only, more }: Question, { now, news }: PairingView, { cols }: Size): Rows {
  const code = codeWords(request.code)
  const keys = read_only ? '[y/N]' : '[y/N/r = look only]'
  const ask = (name: string) =>
    `Allow ${name} (${placeWords(request.address)})${read_only ? ' to look' : ''}? Code ${code} ${keys}`
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
  if (code && cols >= code.width + GAP + BESIDE_COLUMNS) {
    const beside = sections(view, cols - code.width - GAP, rows)
    const height = Math.max(code.lines.length, beside.length)
    const lines = Array.from({ length: height }, (_, at) => {
      const left = code.lines[at] ?? ' '.repeat(code.width)
      return `${left}${' '.repeat(GAP)}${beside[at] ?? ''}`.trimEnd()
    })
    const below = letters(url, cols)
    return lines.length + 1 + below.length <= rows ? [...lines, '', ...below] : lines
  }
  if (code && rows >= code.lines.length + BELOW_ROWS)
    return [...code.lines, ...sections(view, cols, rows - code.lines.length)]
  const why = view.asText
    ? 'Open this address on the phone:'
    : 'The window is too small for the code. Open this address:'
  const head = [...wrap(why, cols), ...letters(url, cols), '']
  return [...head, ...sections(view, cols, rows - head.length)]
}

/** The address on rows of its own: written on without a break, so that it is selected as one. */
function letters(url: string, cols: number): Rows {
  return [url, ...new Array(Math.ceil(url.length / cols) - 1).fill(null)]
}

/** What is to be said besides the code, in at most `rows` rows; what matters less goes first when there is no room. */
function sections(view: PairingView, cols: number, rows: number): string[] {
  const { chosen, reached, news, addresses } = view
  const text = (words: string | undefined) => (words === undefined ? [] : wrap(words, cols))
  const seconds = Math.max(0, Math.ceil((view.expires_at - view.now) / 1000))
  const fixed = {
    title: [bold('Pair a phone'), ...text(view.asText ? 'The address works once.' : 'Scan the code with its camera.')],
    address: [...text(origin(chosen)).map(bold), ...text(`${kindWords(chosen.kind)}, good for ${clock(seconds)}`)],
    reached: text(reached && `A browser at ${placeWords(reached)} has opened the page.`).map(bold),
    news: text(news),
    keys: [...keyWords(view, cols), ...text(view.leaving)],
  }
  const http = text(plainHttpWords(chosen))
  const left = rows - Object.values(fixed).flat().length - http.length
  const list = addresses.length > 1 ? listed(view, cols, Math.min(addresses.length, Math.max(left - 1, 0))) : []
  const all = [fixed.title, fixed.address, list, http, fixed.reached, fixed.news, fixed.keys].filter(
    section => section.length > 0,
  )
  let blanks = rows - all.flat().length
  const lines = all.flatMap((section, at) => (at > 0 && blanks-- > 0 ? ['', ...section] : section))
  return lines.slice(0, Math.max(rows, 0))
}

function keyWords({ asText, addresses }: PairingView, cols: number): string[] {
  const keys = [`u: ${asText ? 'the code' : 'address in letters'}`]
  if (addresses.length > 1) keys.unshift('Tab: next address')
  return wrap(keys.join('   '), cols)
}

/** The addresses with the digits that choose them, those around the chosen one where not all have room. */
function listed({ addresses, chosen }: PairingView, cols: number, room: number): string[] {
  const most = Math.min(room, Math.max(LISTED, room - 4))
  if (most < 2) return []
  const at = addresses.indexOf(chosen)
  const first = Math.max(0, Math.min(at - Math.floor(most / 2), addresses.length - most))
  const lines = addresses.slice(first, first + most).map((address, n) => {
    const number = first + n + 1
    const kind = kindWords(address.kind)
    const mark = `${address === chosen ? '›' : ' '} ${number < 10 ? number : ' '} `
    const name = cut(address.name, Math.max(8, cols - mark.length - kind.length - 2))
    return cut(`${mark}${name}  ${kind}`, cols)
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
