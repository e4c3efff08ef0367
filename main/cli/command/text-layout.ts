// Lays out text in terminal columns: tables, cuts, line breaks, and untrusted text made safe to print.
import { INVISIBLE } from '../../../protocol/one-line.ts'

/** Each column is as wide as its widest cell; rows are cut to `width`. */
export function table(rows: string[][], width: number): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell))
  return rows.map(row => {
    const cells = row.map((cell, at) => cell + ' '.repeat(widths[at]! - widthOf(cell)))
    return cut(cells.join('  ').trimEnd(), width)
  })
}

/** `text` cut to `width` columns, with an ellipsis if it was longer. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let result = ''
  let used = 0
  for (const char of text) {
    used += widthOf(char)
    if (used > width - 1) break
    result += char
  }
  return `${result}…`
}

/** `text` in lines of at most `width` columns, broken at spaces where possible. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(`${line} ${word}`) <= width) {
      line += ` ${word}`
      continue
    }
    if (line !== '') lines.push(line)
    const parts = splitWord(word, width)
    lines.push(...parts.slice(0, -1))
    line = parts.at(-1) ?? ''
  }
  return [...lines, line]
}

function splitWord(word: string, width: number): string[] {
  const parts: string[] = []
  let part = ''
  for (const char of word) {
    if (part !== '' && widthOf(part + char) > width) {
      parts.push(part)
      part = ''
    }
    part += char
  }
  return part === '' ? parts : [...parts, part]
}

const NOT_PRINTABLE = new RegExp(`[\\p{Cc}\\p{Zl}\\p{Zp}]|${INVISIBLE.source}`, 'gu')

/** Makes untrusted text safe to print on one line: replaces control characters, and characters that disguise text. */
export function printable(text: string): string {
  return text.replace(NOT_PRINTABLE, '\u{fffd}')
}

const NO_COLUMN = /\p{Mn}|\p{Me}|\p{Cf}/u

const TWO_COLUMNS =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u

/** Terminal columns, accurate enough for tables (Unicode Standard Annex 11). */
export function widthOf(text: string): number {
  let width = 0
  for (const char of text) width += NO_COLUMN.test(char) ? 0 : TWO_COLUMNS.test(char) ? 2 : 1
  return width
}

/** For a column of a table: `999`, `1.0k`, `3.4M`. */
export function shortBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes}`
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)}k`
  return `${(bytes / 1e6).toFixed(1)}M`
}

/** For a sentence: `999 bytes`, `1.0 kB`, `3.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  return `${(bytes / 1e6).toFixed(1)} MB`
}
