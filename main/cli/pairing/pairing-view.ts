// Lays out the pairing screen for a terminal's size: code, addresses, countdown, prompt.
import type { PairingAddress, PairingRequest } from '../../../protocol/messages.ts'
import { cut, widthOf, wrap } from '../command/text-layout.ts'
import type { Size } from '../terminal/terminal.ts'
import {
  addressKindText,
  addressText,
  CODES_EXHAUSTED,
  formatCode,
  lookAlikeText,
  NO_ADDRESS,
  plainHttpWarning,
  quotedName,
  reachedText,
} from './pairing-text.ts'
import { type QrCode, qrCode } from './qr.ts'

export interface PairingView {
  addresses: readonly PairingAddress[]
  /** The address that the code shows; undefined: the host has none. */
  chosen: PairingAddress | undefined
  now: number
  /** When the code expires; a new one arrives before that. */
  expires_at: number
  /** The address of a browser that has opened the link. */
  reached: string | undefined
  /** Devices have used so many codes that a person has to ask for another. */
  exhausted: boolean
  /** What happened last. */
  message: string | undefined
  /** Show the address as text instead of a code. */
  asText: boolean
  prompt: PairingPrompt | undefined
  /** Which key leaves, and what that does. */
  leaveHint: string
}

export interface PairingPrompt {
  request: PairingRequest
  /** Keys are accepted. */
  armed: boolean
  /** Allow means to watch only (--read-only). */
  read_only: boolean
  /** How many requests wait behind it. */
  more: number
}

/** One entry per row of the terminal; null continues the row before. */
export type Rows = (string | null)[]

/** Columns between the code and the text beside it. */
const GAP = 2
/** Text goes beside the code if this many columns are left there, */
const BESIDE_COLUMNS = 28
/** or below the code if this many rows are left. */
const BELOW_ROWS = 8
/** How many addresses are listed, and more only if that leaves SPACED blank rows. */
const LISTED = 5
const SPACED = 6
/** An address's kind keeps at least this many columns. */
const KIND_COLUMNS = 6

const BOLD = '\x1b[1m'
const PLAIN = '\x1b[m'

export function drawPairing(view: PairingView, size: Size): Rows {
  const rows = view.prompt ? drawPrompt(view.prompt, view, size) : drawCode(view, size)
  return Array.from({ length: size.rows }, (_, at) => (rows[at] === undefined ? '' : rows[at]))
}

function drawPrompt(
  { request, armed, read_only, more }: PairingPrompt,
  { now, message }: PairingView,
  { cols }: Size,
): Rows {
  const code = formatCode(request.code)
  const keys = read_only ? '[y/N]' : '[y/N/r = watch only]'
  const ask = (name: string) =>
    `Allow ${name} (${addressText(request.address)})${read_only ? ' to watch' : ''}? Digits ${code} ${keys}`
  const room = cols - widthOf(ask('""'))
  const question = ask(quotedName(request.name, Math.max(room, 12)))
  const seconds = Math.max(0, Math.ceil((request.expires_at - now) / 1000))
  const answers: [string, string][] = [
    ['y', read_only ? 'allow it to watch every session' : 'allow it to type into every session on this computer'],
    ...(read_only ? [] : ([['r', 'allow it to watch every session']] as [string, string][])),
    ['n', 'decline (also Enter)'],
  ]
  return [
    ...(message ? [...wrap(message, cols), ''] : []),
    // Keys are not mentioned before they are accepted.
    ...wrap(armed ? question : question.slice(0, -keys.length).trimEnd(), cols).map(bold),
    '',
    ...wrap('Allow it only if your phone shows the same six digits:', cols),
    '',
    bold(`    ${code}`),
    '',
    ...(request.again ? [...wrap('You allowed this phone before, and the host asks again.', cols), ''] : []),
    ...(request.looks_like ? [...wrap(lookAlikeText(request.looks_like), cols), ''] : []),
    ...(armed ? answers.map(([key, what]) => cut(`  ${key}   ${what}`, cols)) : answers.map(() => '')),
    '',
    ...wrap(
      `${clock(seconds)} left to answer.${more > 0 ? ` ${more} more ${more === 1 ? 'phone is' : 'phones are'} waiting.` : ''}`,
      cols,
    ),
  ]
}

function drawCode(view: PairingView, size: Size): Rows {
  const { cols, rows } = size
  if (view.exhausted) return sections(view, CODES_EXHAUSTED, size, false)
  if (!view.chosen) return sections(view, NO_ADDRESS, size, false)
  const { url } = view.chosen
  const code = view.asText ? undefined : codeOf(url, size)
  const scan = "Scan the code with the phone's camera."
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
  const open = 'Open this address on the phone.'
  if (view.asText) return [...address, '', ...sections(view, open, room)]
  return [...address, '', ...sections(view, `The window is too small for the code. ${open}`, room, false)]
}

/** The address on its own rows, without line breaks, so that it can be selected as one. */
function urlRows(url: string, cols: number): Rows {
  return [url, ...new Array(Math.ceil(url.length / cols) - 1).fill(null)]
}

/** The text besides the code; less important parts are left out if there is no room. `both`: code and text can be toggled. */
function sections(view: PairingView, how: string, { cols, rows }: Size, both = true): string[] {
  const { chosen, reached, message, addresses, leaveHint } = view
  const text = (part: string | undefined) => (part === undefined ? [] : wrap(part, cols))
  const seconds = Math.max(0, Math.ceil((view.expires_at - view.now) / 1000))
  const parts = {
    title: [bold('Pair a phone'), ...text(how)],
    address: chosen
      ? [
          ...text(origin(chosen)).map(bold),
          ...text(addressKindText(chosen.kind)),
          ...text(`Expires in ${clock(seconds)}, then renews automatically.`),
        ]
      : [],
    list: [] as string[],
    http: text(chosen && plainHttpWarning(chosen)),
    reached: text(reached && reachedText(reached)).map(bold),
    message: text(message),
    keys: [...text(keyHints(view, both)), ...text(leaveHint)],
  }
  const used = () => Object.values(parts).flat().length
  for (const part of ['http', 'message', 'reached'] as const) if (used() > rows) parts[part] = []
  if (addresses.length > 1) {
    const left = rows - used() - 1
    parts.list = listed(view, cols, Math.min(addresses.length, Math.max(Math.min(LISTED, left), left - SPACED)))
  }
  const all = Object.values(parts).filter(part => part.length > 0)
  let blanks = rows - used()
  return all.flatMap((part, at) => (at > 0 && blanks-- > 0 ? ['', ...part] : part)).slice(0, Math.max(rows, 0))
}

function keyHints({ asText, addresses, exhausted }: PairingView, both: boolean): string | undefined {
  if (exhausted) return 'n: show a new code'
  const keys = [addresses.length > 1 && 'Tab: next address', both && `u: show ${asText ? 'code' : 'text'}`]
  return keys.filter(key => key !== false).join('   ') || undefined
}

/** At most `max` addresses with the digits that choose them; those around the chosen one if there are more. */
function listed({ addresses, chosen }: PairingView, cols: number, max: number): string[] {
  if (max < 2) return []
  const at = chosen ? addresses.indexOf(chosen) : 0
  const first = Math.max(0, Math.min(at - Math.floor(max / 2), addresses.length - max))
  const some = addresses.slice(first, first + max)
  const widest = Math.max(...some.map(({ name }) => name.length))
  const kinds = Math.max(...some.map(({ kind }) => addressKindText(kind).length))
  const lines = some.map((address, n) => {
    const number = first + n + 1
    const mark = `${address === chosen ? '›' : ' '} ${number < 10 ? number : ' '} `
    const column = mark.length + widest + 2 + kinds <= cols ? widest : 0
    // The name matters more than the kind, which is also shown for the chosen address.
    const name = cut(address.name, cols - mark.length - 2 - KIND_COLUMNS).padEnd(column)
    return cut(`${mark}${name}  ${addressKindText(address.kind)}`, cols)
  })
  const hidden = addresses.length - max
  return [hidden > 0 ? `Addresses (${hidden} more: Tab):` : 'Addresses:', ...lines]
}

let drawn: { key: string; code: QrCode | undefined } | undefined

/** Cached, because the countdown redraws every second. */
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
