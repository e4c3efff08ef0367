// Rendered text as it is stored: lines in blocks. The index points to whole blocks, and each can be read alone.
import { isAscii } from 'node:buffer'
import { MAX_BLOCKS } from '../../store/log-rows.ts'
import { wordsOf } from './tokenize.ts'

/** A line of text, with the offset after the output that completed or last changed it. */
export interface TextLine {
  offset: number
  text: string
  /** Blank lines right above it, as far as they are kept; left out: none, or not known in texts of earlier versions. */
  blank?: number
  /** It was still on the screen, and what follows may change it. Not stored. */
  open?: true
}

/** What a segment leaves for the next one. (A line is in the text of the segment in which it left the screen.) */
export interface ScreenCarry {
  /** Later lines have at least this offset. */
  floor: number
  /** Rows of the screen that are collected already: they had left it, and a window that grew brought them back. */
  told?: number
  /** Rows of the screen, by distance from the first that was not collected, and the offset of the last write there. */
  rows: [distance: number, offset: number][]
}

/**
 * What the index points to. Measured on build logs with a unique word in every line: blocks of 2 KiB to 32 KiB take the
 * same space. Smaller blocks leave less text to scan that does not match, but more index rows to step over for a word
 * that is everywhere.
 */
const BLOCK_CHARACTERS = 16 * 1024

export interface Blocks {
  /** What is stored, to be compressed. */
  text: Buffer
  blocks: readonly TextLine[][]
}

export function toBlocks(lines: readonly TextLine[], carry?: ScreenCarry): Blocks {
  const size = lines.reduce((sum, { text }) => sum + text.length, 0)
  const maxCharacters = Math.max(BLOCK_CHARACTERS, Math.ceil((size / MAX_BLOCKS) * 2))
  const blocks: TextLine[][] = []
  let left = 0
  for (const line of lines) {
    if (left <= 0) {
      blocks.push([])
      left = maxCharacters
    }
    blocks.at(-1)!.push(line)
    left -= line.text.length
  }
  const encoded = blocks.map(block => Buffer.from(encodeLines(block)))
  const head = `${JSON.stringify(encoded.map(({ length }, at) => [length, blocks[at]!.length]))}\n`
  const tail = carry ? Buffer.from(JSON.stringify(carry)) : Buffer.alloc(0)
  return { text: Buffer.concat([Buffer.from(head), ...encoded, tail]), blocks }
}

/** For the index: each word of a block once. */
export function wordsOfBlock(lines: readonly TextLine[]): string {
  const words = new Set<string>()
  for (const { text } of lines) for (const word of wordsOf(text)) words.add(word)
  return [...words].join(' ')
}

/** Lines in one string, to be searched as a whole. They contain no control characters. */
export function joinLines(lines: readonly TextLine[]): string {
  return lines.map(({ text }) => text).join('\n')
}

/** Blank lines in a row that are kept: one separates paragraphs, two separate chapters, more mean nothing. */
export const MAX_BLANK = 2

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** None, where they are no numbers: the block then has no lines. */
function numbersOf(json: string): number[] {
  try {
    const numbers: unknown = JSON.parse(json)
    return Array.isArray(numbers) && numbers.every(Number.isSafeInteger) ? numbers : []
  } catch {
    return []
  }
}

function carryOf(json: string): ScreenCarry | undefined {
  try {
    const carry = JSON.parse(json) as Partial<ScreenCarry>
    const isRow = (row: unknown) => Array.isArray(row) && row.length === 2 && row.every(isCount)
    const isCarry =
      isCount(carry.floor) && isCount(carry.told ?? 0) && Array.isArray(carry.rows) && carry.rows.every(isRow)
    return isCarry ? (carry as ScreenCarry) : undefined
  } catch {
    return undefined
  }
}

/** Reads what `toBlocks` made, a block at a time. */
export class TextBlocks {
  readonly #bytes: Buffer
  /** Where each block begins, and where the last ends: in bytes, and in lines. */
  readonly #boundaries: [byte: number, line: number][] = []
  readonly #decoded = new Map<number, TextLine[]>()

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const headEnd = this.#bytes.indexOf(10) + 1
    let [at, line] = [headEnd, 0]
    this.#boundaries.push([at, line])
    if (headEnd === 0) return
    for (const [size, lines] of JSON.parse(this.#bytes.toString('utf8', 0, headEnd)) as [number, number][]) {
      if (!isCount(size) || !isCount(lines) || at + size > this.#bytes.length)
        throw new Error('the blocks are not those of a text')
      this.#boundaries.push([(at += size), (line += lines)])
    }
  }

  get count(): number {
    return this.#boundaries.length - 1
  }

  /** Undefined in texts of earlier versions, and where nothing follows. */
  get carry(): ScreenCarry | undefined {
    const tail = this.#bytes.subarray(this.#boundaries.at(-1)![0])
    return tail.length === 0 ? undefined : carryOf(tail.toString())
  }

  get lineCount(): number {
    return this.#boundaries.at(-1)![1]
  }

  /** The number of a block's first line. */
  firstLine(block: number): number {
    return this.#boundaries[block]![1]
  }

  lines(block: number): TextLine[] {
    let lines = this.#decoded.get(block)
    if (!lines) {
      const [from, line] = this.#boundaries[block]!
      const count = this.#boundaries[block + 1]![1] - line
      const numbers = numbersOf(this.#bytes.toString('latin1', from, this.#textBegin(block)))
      const texts = this.text(block).split('\n')
      let offset = 0
      lines = numbers
        .slice(0, count)
        .map((distance, at) => ({ offset: Math.max(0, (offset += distance)), text: texts[at] ?? '' }))
      for (let at = count; at < numbers.length; at += 2) {
        const below = lines[numbers[at]!]
        if (below) below.blank = Math.min(numbers[at + 1] ?? 0, MAX_BLANK)
      }
      this.#decoded.set(block, lines)
    }
    return lines
  }

  /** What `joinLines` makes of a block's lines; costs less than to decode them. */
  text(block: number): string {
    const bytes = this.#bytes.subarray(this.#textBegin(block), this.#boundaries[block + 1]![0] - 1)
    return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')
  }

  /** Lines by number, as many of them as there are. */
  range(from: number, to: number): TextLine[] {
    const found: TextLine[] = []
    for (let block = 0; block < this.count; block++) {
      const [first, next] = [this.firstLine(block), this.firstLine(block + 1)]
      if (next <= from || first >= to) continue
      found.push(...this.lines(block).slice(Math.max(0, from - first), to - first))
    }
    return found
  }

  #textBegin(block: number): number {
    return this.#bytes.indexOf(10, this.#boundaries[block]![0]) + 1
  }
}

/**
 * A JSON array: the distance of each line's offset from the one before (these pack in half the space of offsets), then
 * pairs of a line's index and its blank lines; then the lines themselves.
 */
function encodeLines(lines: readonly TextLine[]): string {
  let before = 0
  const distances = lines.map(({ offset }) => {
    const distance = offset - before
    before = offset
    return distance
  })
  const blanks = lines.flatMap(({ blank }, at) => (blank ? [at, blank] : []))
  return `${JSON.stringify([...distances, ...blanks])}\n${joinLines(lines)}\n`
}
