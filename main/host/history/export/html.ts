// Lines of a screen as inert HTML: text and colors, with a content security policy that allows nothing else.
import { visibleText } from '../../../../protocol/visible-text.ts'
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
  hasFiller,
  type Ink,
  MODE_P16,
  MODE_P256,
} from '../../screen/cells.ts'
import { cellAt } from '../../screen/painter.ts'
import type { ScreenLine } from '../text/line-collector.ts'

/** A run of cells with one style. `text` is not escaped yet. */
interface StyledRun {
  style: string
  text: string
}

export type StyledLine = StyledRun[]

const { foreground, background, ansi } = TERMINAL_COLORS.dark

const BOLD = 'font-weight:bold'
const DIM = 'opacity:.6'
const ITALIC = 'font-style:italic'
const UNDERLINE = 'text-decoration:underline'
const STRIKE = 'text-decoration:line-through'
const OVERLINE = 'text-decoration:overline'
const HIDDEN = 'visibility:hidden'

/** The text of a line's cells with their styles, without blanks at its end. */
export function styledLine({ core, buffer, begin, end }: ScreenLine): StyledLine {
  const runs: StyledLine = []
  for (let y = begin; y < end; y++) {
    const line = buffer.lines.get(y)
    if (!line) continue
    const printed = Math.min(line.length, core.cols) - (y < end - 1 && hasFiller(buffer.lines, y) ? 1 : 0)
    for (let x = 0; x < printed; ) {
      const { text, width, ink } = cellAt(core, line, x)
      const style = styleOf(ink)
      const last = runs.at(-1)
      const shown = visibleText(text) || ' '
      if (last?.style === style) last.text += shown
      else runs.push({ style, text: shown })
      x += width
    }
  }
  for (let last = runs.at(-1); last && !isVisibleWithoutText(last); last = runs.at(-1)) {
    last.text = last.text.trimEnd()
    if (last.text !== '') break
    runs.pop()
  }
  return runs
}

/** Only a background, or a line through it, is visible where there is no text. */
function isVisibleWithoutText({ style }: StyledRun): boolean {
  return /#|background|text-decoration/.test(style.replace(/(^|;)color:[^;]*/, ''))
}

export function htmlHead(title: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
body { margin: 0; background: ${background}; color: ${foreground} }
pre { margin: 1em; font: 14px/1.25 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; direction: ltr }
</style>
<pre>`
}

export const HTML_END = '</pre>\n</html>\n'

export function htmlLine(line: StyledLine): string {
  let html = ''
  for (const { style, text } of line)
    html += style === '' ? escapeHtml(text) : `<span style="${style}">${escapeHtml(text)}</span>`
  return `${html}\n`
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** For text and for quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => ESCAPES[character]!)
}

/** CSS made of the constants above and numbers only: nothing that a program printed gets in. */
function styleOf({ fg, bg, style }: Ink): string {
  const parts: string[] = []
  const bold = (fg & FG_BOLD) !== 0
  let [front, back] = [colorOf(fg, bold), colorOf(bg, false)]
  if (fg & FG_INVERSE) [front, back] = [back ?? background, front ?? foreground]
  if (front) parts.push(`color:${front}`)
  if (back) parts.push(`background:${back}`)
  if (bold) parts.push(BOLD)
  if (bg & BG_DIM) parts.push(DIM)
  if (bg & BG_ITALIC) parts.push(ITALIC)
  if (fg & FG_UNDERLINE || style !== 0) parts.push(UNDERLINE)
  else if (fg & FG_STRIKE) parts.push(STRIKE)
  else if (bg & BG_OVERLINE) parts.push(OVERLINE)
  if (fg & FG_INVISIBLE) parts.push(HIDDEN)
  return parts.join(';')
}

function colorOf(word: number, isBold: boolean): string | undefined {
  const value = word & 0xffffff
  switch (word & COLOR_MODE) {
    case 0:
      return undefined
    case MODE_P16:
    case MODE_P256: {
      const index = value & 0xff
      return index < 16 ? ansi[isBold && index < 8 ? index + 8 : index] : paletteColor(index)
    }
    default:
      return hex(value >>> 16, (value >>> 8) & 0xff, value & 0xff)
  }
}

/** The 6 × 6 × 6 colors and the grays of xterm's palette. */
function paletteColor(index: number): string {
  if (index >= 232) {
    const gray = 8 + (index - 232) * 10
    return hex(gray, gray, gray)
  }
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40)
  const cube = index - 16
  return hex(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6))
}

function hex(...channels: number[]): string {
  return `#${channels.map(channel => channel.toString(16).padStart(2, '0')).join('')}`
}
