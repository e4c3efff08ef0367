// A program with a menu that marks an option by its colors or by a sign, and takes arrow keys and Enter.
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../host.ts'

export interface MenuOptions {
  /** The name of its process. */
  name: string
  /** Lines above the options. */
  above: string[]
  labels: string[]
  /** All in one line, or one below the other. */
  layout: 'row' | 'column'
  /** SGR parameters of the marked option and of the others. */
  marked: string
  plain: string
  /** Before the marked option, and as wide before the others. */
  sign?: string
  /** Before the options, and after them. */
  edge?: string
  below?: string[]
  /** Which option is marked first. */
  at?: number
  /** Arrow keys do nothing. */
  isStuck?: boolean
  /** Arrow keys take effect this much later. */
  delay_ms?: number
  /** It asks for the application's cursor keys, and takes no others. */
  application?: boolean
}

/** The path of a script; it prints `chose LABEL` when an option was chosen, and `left` after Esc. Its title is `mark at INDEX`. */
export function menuProgram(options: MenuOptions): string {
  const file = join(temporaryFolder(), options.name)
  writeFileSync(file, `#!${process.execPath}\n;(${run.toString()})(${JSON.stringify(options)})\n`)
  chmodSync(file, 0o755)
  return file
}

function run(options: MenuOptions): void {
  const { above, labels, layout, marked, plain, sign = '', edge = '', below = [], isStuck, delay_ms = 0 } = options
  let at = options.at ?? 0
  const keys = options.application ? '\x1bO' : '\x1b['
  const [next, previous] = layout === 'row' ? [`${keys}C`, `${keys}D`] : [`${keys}B`, `${keys}A`]
  const drawn = (label: string, index: number) =>
    `${index === at ? sign : ' '.repeat(sign.length)}\x1b[${index === at ? marked : plain}m ${label} \x1b[0m`
  const draw = () => {
    const rows = layout === 'row' ? [labels.map(drawn).join(' ')] : labels.map(drawn)
    process.stdout.write(
      `\x1b]2;mark at ${at}\x07\x1b[2J\x1b[H${[...above, ...rows.map(row => edge + row), ...below].join('\r\n')}`,
    )
  }
  const end = (text: string) => {
    process.stdout.write(`\x1b[?1049l\x1b[?1l${text}\r\n`)
    setTimeout(() => process.exit(), 60_000)
  }
  process.stdin.setRawMode(true)
  process.stdin.on('data', data => {
    for (const [key] of String(data).matchAll(/\x1b[[O]\w|./gsu)) {
      if (key === '\r') return end(`chose ${labels[at]}`)
      if (key === '\x1b') return end('left')
      if (isStuck) continue
      const before = at
      if (key === next) at = Math.min(labels.length - 1, at + 1)
      if (key === previous) at = Math.max(0, at - 1)
      if (at !== before) setTimeout(draw, delay_ms)
    }
  })
  process.stdout.write(`\x1b[?1049h${options.application ? '\x1b[?1h' : ''}`)
  draw()
}
