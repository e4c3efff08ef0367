// A program for the soak's sessions. Keeps a copy of all that it prints (FOLDER/printed) and of each line that it reads
// (FOLDER/read), so that a recording can be compared with what happened.
//   node soak-session-process.js KIND FOLDER SEED
import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from './network/fault-proxy.ts'

const [kind = 'lines', folder = '.', seed = '1'] = process.argv.slice(2)
const random = seededRandom(Number(seed))
const between = (from: number, to: number) => from + Math.floor(random() * (to - from))

const COLUMNS = 80
const ROWS = 24
const WORDS = [
  'error',
  'ok',
  '漢字',
  'naïve',
  '🙂',
  'build',
  '\x1b[1;31mfailed\x1b[m',
  '\x1b[48;5;22mpassed\x1b[m',
  '…',
]

function print(text: string): void {
  appendFileSync(join(folder, 'printed'), text)
  process.stdout.write(text)
}

let line = 0
const words = (count: number) => Array.from({ length: count }, () => WORDS[between(0, WORDS.length)]).join(' ')
const printLine = () => print(`${++line} ${words(between(1, 12))}\r\n`)

/** What a full-screen program does: text anywhere, regions that scroll, erasing, sometimes the other screen. */
function paint(): void {
  const kind = random()
  const at = `\x1b[${between(1, ROWS + 1)};${between(1, COLUMNS - 20)}H`
  if (kind < 0.7) print(`${at}\x1b[${between(30, 38)}m${words(3)}\x1b[m`)
  else if (kind < 0.8) print(`\x1b[5;${between(8, ROWS)}r\x1b[${ROWS - 4};1H\r\n\r\n\x1b[r`)
  else if (kind < 0.9) print(`${at}\x1b[K`)
  else if (kind < 0.95) print(`\x1b[H\x1b[2J${words(5)}`)
  else print(line++ % 2 === 0 ? '\x1b[?1049h\x1b[?25l' : '\x1b[?1049l\x1b[?25h')
}

function burst(): void {
  const bytes = between(50_000, 500_000)
  let text = ''
  while (text.length < bytes) text += `${++line} ${words(10)}\r\n`
  print(text)
}

/** Calls `act` again and again, `from` to `to` milliseconds apart. */
function repeat(act: () => void, from: number, to: number): void {
  setTimeout(
    () => {
      act()
      repeat(act, from, to)
    },
    between(from, to),
  )
}

// Node's own raw mode leaves line feeds translated.
execFileSync('stty', ['raw', '-echo'], { stdio: 'inherit' })
let read = ''
process.stdin.on('data', bytes => {
  const lines = (read + bytes.toString('utf8')).split('\r')
  read = lines.pop()!
  for (const text of lines) {
    appendFileSync(join(folder, 'read'), `${text}\n`)
    print(`read ${text}\r\n`)
  }
})

print(`${kind} is ready\r\n`)
if (kind === 'chatter') repeat(printLine, 100, 1_500)
if (kind === 'painter') repeat(paint, 50, 600)
if (kind === 'burst') {
  repeat(burst, 20_000, 90_000)
  repeat(printLine, 1_000, 5_000)
}
