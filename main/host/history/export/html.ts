// Lines of a screen as HTML that does nothing: text and colours, and a policy that allows no more. Knows nothing of where
// lines come from.
import { TERMINAL_COLORS } from '../../../../terminal/colors.ts'
import {
  BG_DIM,
  BG_ITALIC,
  BG_OVERLINE,
  COLOR_MODE,
  FG_BOLD,
  FG_INVERSE,
  FG_INVISIBLE,
  FG_STRIKE,
  FG_UNDERLINE,
  type Ink,
  MODE_P16,
  MODE_P256,
} from '../../screen/cells.ts'
import { cellAt } from '../../screen/painter.ts'
import type { ScreenLine } from '../text/render-text.ts'
import { maskOf, type Redactor } from './redact.ts'

/** A run of a line that is drawn alike. `text` is not escaped yet. */
interface Run {
  style: string
  text: string
}

export type StyledLine = Run[]

const { foreground, background, ansi } = TERMINAL_COLORS.dark

const STYLES: Record<string, string> = {
  b: 'font-weight:bold',
  d: 'opacity:.6',
  i: 'font-style:italic',
  u: 'text-decoration:underline',
  s: 'text-decoration:line-through',
  o: 'text-decoration:overline',
  h: 'visibility:hidden',
}

/** The styles of a line's cells, without what is blank at its end. */
export function styledLine({ core, buffer, begin, end }: ScreenLine): StyledLine {
  const runs: StyledLine = []
  for (let y = begin; y < end; y++) {
    const line = buffer.lines.get(y)
    if (!line) continue
    for (let x = 0; x < Math.min(line.length, core.cols); ) {
      const { text, width, ink } = cellAt(core, line, x)
      const style = styleOf(ink)
      const last = runs.at(-1)
      const shown = text.replace(/[\x00-\x1f\x7f-\x9f]/g, '') || ' '
      if (last?.style === style) last.text += shown
      else runs.push({ style, text: shown })
      x += width
    }
  }
  for (let last = runs.at(-1); last && !/#|background|text-decoration/.test(backOf(last.style)); last = runs.at(-1)) {
    last.text = last.text.trimEnd()
    if (last.text !== '') break
    runs.pop()
  }
  return runs
}

/** Only a background, or a line through it, shows where there is no text. */
function backOf(style: string): string {
  return style.replace(/(^|;)color:[^;]*/, '')
}

export function htmlHead(title: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
body { margin: 0; background: ${background}; color: ${foreground} }
pre { margin: 1em; font: 14px/1.25 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; direction: ltr }
</style>
<pre>`
}

export const HTML_END = '</pre>\n</html>\n'

export function htmlLine(line: StyledLine, redactor: Redactor): string {
  let html = ''
  for (const { style, text } of redactor.isEmpty ? line : redacted(line, redactor))
    html += style === '' ? escaped(text) : `<span style="${style}">${escaped(text)}</span>`
  return `${html}\n`
}

function redacted(line: StyledLine, redactor: Redactor): StyledLine {
  const ranges = redactor.lineRanges(line.map(({ text }) => text).join(''))
  if (ranges.length === 0) return line
  const isHidden = (at: number) => ranges.some(([from, to]) => at >= from && at < to)
  let at = 0
  return line.map(({ style, text }) => {
    let shown = ''
    for (const character of text) {
      shown += isHidden(at) ? maskOf(character) : character
      at += character.length
    }
    return { style, text: shown }
  })
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** For text and for attributes in quotes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => ESCAPES[character]!)
}

/** Made of what stands here and of numbers; nothing that a program printed gets in. */
function styleOf({ fg, bg, style }: Ink): string {
  const parts: string[] = []
  const bold = (fg & FG_BOLD) !== 0
  let [front, back] = [colorOf(fg, bold), colorOf(bg, false)]
  if (fg & FG_INVERSE) [front, back] = [back ?? background, front ?? foreground]
  if (front) parts.push(`color:${front}`)
  if (back) parts.push(`background:${back}`)
  if (bold) parts.push(STYLES.b!)
  if (bg & BG_DIM) parts.push(STYLES.d!)
  if (bg & BG_ITALIC) parts.push(STYLES.i!)
  if (fg & FG_UNDERLINE || style !== 0) parts.push(STYLES.u!)
  else if (fg & FG_STRIKE) parts.push(STYLES.s!)
  else if (bg & BG_OVERLINE) parts.push(STYLES.o!)
  if (fg & FG_INVISIBLE) parts.push(STYLES.h!)
  return parts.join(';')
}

function colorOf(word: number, bright: boolean): string | undefined {
  const value = word & 0xffffff
  switch (word & COLOR_MODE) {
    case 0:
      return undefined
    case MODE_P16:
    case MODE_P256: {
      const index = value & 0xff
      return index < 16 ? ansi[bright && index < 8 ? index + 8 : index] : ofCube(index)
    }
    default:
      return hex(value >>> 16, (value >>> 8) & 0xff, value & 0xff)
  }
}

/** The 6 × 6 × 6 colours and the greys, as xterm has them. */
function ofCube(index: number): string {
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10
    return hex(grey, grey, grey)
  }
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40)
  const cube = index - 16
  return hex(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6))
}

function hex(...parts: number[]): string {
  return `#${parts.map(part => part.toString(16).padStart(2, '0')).join('')}`
}
