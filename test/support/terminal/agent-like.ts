// A program that draws like coding agents: synchronized output, a spinner, an input box, streaming answers, menus with arrow
// keys. Run: node agent-like.ts inline|kept|ruled|full.

const FULL = process.argv[2] === 'full'
/** Inline modes that redraw only the block at the bottom after a resize; with or without horizontal rules. */
const RULED = process.argv[2] === 'ruled'
const KEPT = RULED || process.argv[2] === 'kept'
const FRAME_MS = 30
/** Frames of one task; each adds lines of the answer. */
const FRAMES = 14
/** An ESC byte without a following byte within this time is the Escape key. */
const ESCAPE_MS = 60

const { stdin, stdout } = process

// --- conversation ---

const sgr = (codes: string, text: string) => `\x1b[${codes}m${text}\x1b[0m`
const bold = (text: string) => sgr('1', text)
const dim = (text: string) => sgr('2', text)
const link = (uri: string, text: string) => `\x1b]8;;${uri}\x1b\\${text}\x1b]8;;\x1b\\`
const INK = '38;2;215;119;87'

const ANSWER: readonly string[] = [
  `${sgr('38;5;114', '●')} I will read the ${bold('parser')} first.`,
  `  ${dim('⎿  Read')} ${sgr('3', 'src/parser.ts')} ${dim('(214 lines)')}`,
  `${sgr('38;5;114', '●')} ${sgr('4', 'Found it')}: the offset is ${sgr('7', ' counted twice ')}.`,
  `  1. ${sgr('9', 'bytes')} ${sgr('1;3', 'characters')} are counted`,
  `  2. ${sgr('4:3;58:2::230:90:90', 'offest')} is ${sgr('38;5;208', 'a typo')}, see ${link('https://example.org/spec', sgr('4', 'the spec'))}`,
  `  3. 日本語 and 한국어 take two cells: ✅ 🚀 ${sgr('38;2;80;200;255', '界')}.`,
  `${sgr(INK, '├─')} caf\u00e9, e\u0301, ${sgr('95', 'bright')} ${sgr('100;97', 'grey')} ${sgr('21', 'double')} ${sgr('53', 'over')}`,
]

/** Grapheme clusters whose width differs between terminals. */
const DISPUTED: readonly string[] = [
  'heart \u2764\ufe0f|',
  'coder \u{1f469}\u200d\u{1f4bb}|',
  'skin \u{1f44d}\u{1f3fd}|',
  'flag \u{1f1e9}\u{1f1ea}|',
]

const DIFF: readonly (readonly [string, string])[] = [
  [' ', 'function offsetOf(line) {'],
  ['-', '  return count(line) + count(line)'],
  ['+', '  return count(line) // 一度だけ'],
  [' ', '}'],
]
const BACKGROUND = { ' ': '', '-': '48;2;74;34;38', '+': '48;2;30;64;44' } as Record<string, string>
const SIGN = { ' ': '2', '-': '38;5;203', '+': '38;5;114' } as Record<string, string>

const OPTIONS = ['Yes', 'Yes, and do not ask again', 'No, and tell it what to do']
const SPINNER = ['✢', '✳', '✶', '✻', '✽', '✻', '✶', '✳']

// --- state ---

type Mode = 'confirming' | 'working' | 'idle'
let mode: Mode = 'idle'
let typed = ''
let chosen = 0
let frame = 0
let acceptsEdits = false
let answered = 0
/** The conversation, and how many lines of it are on the normal screen already. */
const transcript: string[] = [
  `${sgr(INK, '✻')} ${bold('Welcome to the agent')}`,
  dim('  /disputed shows disputed widths, /exit quits'),
  '',
]
let printed = 0
/** Rows of the block at the bottom as drawn last, and the row of the cursor in it. */
let blockRows = 0
let blockCursor = 0
/** Columns of the rows above the cursor: in a narrower window they wrap. */
let blockAbove: number[] = []
let scrolledBack = 0

// --- drawing ---

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff00-\uff60]|\p{Emoji_Presentation}/u

function widthOf(text: string): number {
  let width = 0
  for (const character of text.replace(/\x1b\[[\d;:]*m|\x1b\]8;;.*?\x1b\\/g, ''))
    if (!/\p{M}/u.test(character)) width += WIDE.test(character) ? 2 : 1
  return width
}

function box(lines: string[], color: string): string[] {
  const inside = stdout.columns - 4
  const side = sgr(color, '│')
  return [
    sgr(color, `╭${'─'.repeat(inside + 2)}╮`),
    ...lines.map(line => `${side} ${line}${' '.repeat(Math.max(0, inside - widthOf(line)))} ${side}`),
    sgr(color, `╰${'─'.repeat(inside + 2)}╯`),
  ]
}

/** The block at the bottom and the cursor position in it; no cursor while input is not accepted. */
function block(): { lines: string[]; cursor?: { row: number; column: number } } {
  if (mode === 'confirming') {
    const lines = OPTIONS.map((option, index) =>
      index === chosen ? sgr('38;5;111', `❯ ${index + 1}. ${option}`) : `  ${index + 1}. ${dim(option)}`,
    )
    const background = (sign: string, text: string) =>
      sgr(
        BACKGROUND[sign] ?? '',
        `${sgr(`${SIGN[sign]};${BACKGROUND[sign]}`, sign)}${BACKGROUND[sign] ? `\x1b[${BACKGROUND[sign]}m` : ''} ${text}\x1b[K`,
      )
    return {
      lines: [
        ...DIFF.map(([sign, text]) => background(sign, text)),
        ...box([bold('Make this edit?'), '', ...lines], '38;5;111'),
      ],
    }
  }
  const lines: string[] = []
  if (mode === 'working')
    lines.push(`${sgr(INK, `${SPINNER[frame % SPINNER.length]} Pondering…`)} ${dim(`(${frame} · esc to interrupt)`)}`)
  // Shows the end of the input if it does not fit.
  let shown = typed
  while (widthOf(shown) > stdout.columns - 7) shown = [...shown].slice(1).join('')
  const rule = RULED ? dim('─'.repeat(stdout.columns)) : ''
  if (KEPT) lines.push('', rule, `  ${dim('>')} ${shown}`, rule)
  else lines.push('', ...box([`${dim('>')} ${shown}`], '38;5;244'))
  const row = lines.length - 2
  lines.push(acceptsEdits ? sgr('38;5;141', '  ⏵⏵ accept edits on') : dim('  ? for shortcuts'))
  return { lines, ...(mode === 'idle' && { cursor: { row, column: 4 + widthOf(shown) } }) }
}

function draw(): void {
  const { lines, cursor } = block()
  let text = '\x1b[?2026h\x1b[?25l'
  if (FULL) {
    const room = stdout.rows - lines.length
    const from = Math.max(0, transcript.length - room - scrolledBack)
    const seen = transcript.slice(from, from + room)
    while (seen.length < room) seen.push('')
    for (const [row, line] of [...seen, ...lines].entries()) text += `\x1b[${row + 1};1H\x1b[K${line}`
    if (cursor) text += `\x1b[${room + cursor.row + 1};${cursor.column + 1}H`
  } else {
    const up = blockAbove.reduce((rows, width) => rows + Math.max(1, Math.ceil(width / stdout.columns)), 0)
    if (up > 0) text += `\x1b[${up}A`
    text += '\r\x1b[J'
    for (const line of transcript.slice(printed)) text += `${line}\r\n`
    printed = transcript.length
    text += lines.join('\r\n')
    blockRows = lines.length
    blockCursor = cursor ? cursor.row : blockRows - 1
    blockAbove = lines.slice(0, blockCursor).map(widthOf)
    if (cursor) text += `\x1b[${blockRows - 1 - cursor.row}A\r\x1b[${cursor.column}C`
  }
  if (cursor) text += '\x1b[?25h'
  stdout.write(`${text}\x1b[?2026l`)
}

/** Redraws after a resize, like agents: everything including the scrollback, or only the block. */
function redraw(): void {
  if (!FULL && !KEPT) {
    stdout.write('\x1b[2J\x1b[3J\x1b[H')
    printed = 0
    blockAbove = []
  }
  draw()
}

// --- work ---

function work(): void {
  mode = 'working'
  frame = 0
  const step = () => {
    if (mode !== 'working') return
    if (++frame === FRAMES) {
      mode = 'confirming'
      chosen = 0
    } else for (let line = 0; line < 4; line++) transcript.push(ANSWER[answered++ % ANSWER.length]!)
    draw()
    if (mode === 'working') setTimeout(step, FRAME_MS)
  }
  draw()
  setTimeout(step, FRAME_MS)
}

function submit(): void {
  if (mode === 'confirming') {
    const answer = OPTIONS[chosen]!
    transcript.push(`${sgr(chosen === 2 ? '38;5;203' : '38;5;114', '●')} You said: ${bold(answer)}`, '')
    mode = 'idle'
    return draw()
  }
  if (mode === 'working' || typed === '') return
  const text = typed
  typed = ''
  if (text === '/exit') return leave()
  transcript.push(`${dim('>')} ${text}`)
  if (text === '/disputed') {
    transcript.push(...DISPUTED)
    return draw()
  }
  work()
}

function pressKey(name: string): void {
  if (mode === 'confirming' && (name === 'A' || name === 'B'))
    chosen = (chosen + (name === 'A' ? OPTIONS.length - 1 : 1)) % OPTIONS.length
  else if (name === 'Z') acceptsEdits = !acceptsEdits
  else if (name === '5~') scrolledBack = Math.min(Math.max(0, transcript.length - 5), scrolledBack + 10)
  else if (name === '6~') scrolledBack = Math.max(0, scrolledBack - 10)
  else if (name === 'escape') typed = ''
  draw()
}

// --- input ---

let input = ''
let escapeTimer: NodeJS.Timeout | undefined
let started = false

/** The first item of the input: a report, a paste, a key, text. */
const INPUT_ITEMS: readonly [RegExp, (...parts: string[]) => void][] = [
  // The reply to the last query: drawing begins.
  [/^\x1b\[\?[\d;]*c/, () => started || start()],
  [/^\x1b\[[?>][\d;$]*[a-zA-Z]|^\x1b\[\?[\d;]*\$y/, () => {}],
  [/^\x1b[P\]_][^\x07\x1b]*(?:\x07|\x1b\\)/, () => {}],
  [/^\x1b\[[IO](?![A-Z])/, () => {}],
  [
    /^\x1b\[200~(.*?)\x1b\[201~/s,
    (_, text) => {
      typed += `[Pasted ${text!.length} characters]`
      draw()
    },
  ],
  [/^\x1b\[([56]~|[A-HZ])|^\x1bO([A-D])/, (_, csi, ss3) => pressKey(csi ?? ss3!)],
  [/^\r/, submit],
  [/^\x03/, () => leave()],
  [
    /^\x7f/,
    () => {
      typed = [...typed].slice(0, -1).join('')
      draw()
    },
  ],
  [
    /^[^\x00-\x1f\x7f]+/,
    text => {
      if (mode !== 'idle') return
      typed += text
      draw()
    },
  ],
  [/^[\x00-\x1a\x1c-\x1f]/, () => {}],
]

function parseInput(): void {
  while (input !== '') {
    let matched = false
    for (const [pattern, act] of INPUT_ITEMS) {
      const match = pattern.exec(input)
      if (!match) continue
      input = input.slice(match[0].length)
      act(...match)
      matched = true
      break
    }
    if (!matched) break
  }
  clearTimeout(escapeTimer)
  if (input === '\x1b')
    escapeTimer = setTimeout(() => {
      input = ''
      pressKey('escape')
    }, ESCAPE_MS)
}

function start(): void {
  started = true
  if (FULL) stdout.write('\x1b[?1049h\x1b[2J')
  draw()
}

function leave(): void {
  if (FULL) stdout.write('\x1b[?1049l')
  else stdout.write(`\x1b[${Math.max(1, blockRows - blockCursor)}B\r\n`)
  stdout.write('\x1b[?2004l\x1b[?1004l\x1b[?25h')
  process.exit()
}

stdin.setRawMode(true)
stdin.setEncoding('utf8')
stdin.on('data', text => {
  input += String(text)
  parseInput()
})
stdout.on('resize', redraw)
// Queries that agents send before they draw: colors, the terminal's name, the keyboard protocol, synchronized output. Every
// terminal replies to the last one.
stdout.write('\x1b[?2004h\x1b[?1004h\x1b]11;?\x1b\\\x1b[>0q\x1b[?u\x1b[?2026$p\x1b[c')
