// Rendered text as it is stored: lines in blocks, each of which the index names as a whole and which can be read without
// the others. Knows nothing of how text is rendered or found.
import { isAscii } from 'node:buffer'
import { MAX_BLOCKS } from '../../store/log-rows.ts'
import { wordsOf } from './tokenize.ts'

/** A line of text and the offset of what completed or last changed it. */
export interface TextLine {
  offset: number
  text: string
  /** Blank lines right above it, as far as they are kept; left out: none, or not known in texts of earlier versions. */
  blank?: number
  /** It still stood on the screen, and what follows may change it. Not stored. */
  open?: true
}

/** What a piece leaves for the next one: a line is in the text of the piece in which it left the screen. */
export interface ScreenCarry {
  /** No line comes before this offset any more. */
  floor: number
  /** So many rows of the screen are told already: they had left it, and a window that grew brought them back. */
  told?: number
  /** Rows of the screen, by their distance from the first that was not told, and the offset of what was written there last. */
  rows: [distance: number, offset: number][]
}

/**
 * What the index points to. Measured on build logs with a word of its own in every line: 2 KiB to 32 KiB take the same
 * room, and the smaller a block is, the less has to be looked through that does not match; but the more rows there are
 * to step over for a word that is everywhere.
 */
const BLOCK_CHARACTERS = 16 * 1024

export interface Blocks {
  /** What is stored, to be compressed. */
  text: Buffer
  blocks: readonly TextLine[][]
}

export function toBlocks(lines: readonly TextLine[], carried?: ScreenCarry): Blocks {
  const size = lines.reduce((sum, { text: t }) => sum + t.length, 0)
  const most = Math.max(BLOCK_CHARACTERS, Math.ceil((size / MAX_BLOCKS) * 2))
  const blocks: TextLine[][] = []
  let left = 0
  for (const line of lines) {
    if (left <= 0) {
      blocks.push([])
      left = most
    }
    blocks.at(-1)!.push(line)
    left -= line.text.length
  }
  const parts = blocks.map(block => Buffer.from(encodeLines(block)))
  const head = `${JSON.stringify(parts.map((part, at) => [part.length, blocks[at]!.length]))}\n`
  const tail = carried ? Buffer.from(JSON.stringify(carried)) : Buffer.alloc(0)
  return { text: Buffer.concat([Buffer.from(head), ...parts, tail]), blocks }
}

/** For the index: each word of a block once. */
export function wordsOfBlock(lines: readonly TextLine[]): string {
  const words = new Set<string>()
  for (const { text: t } of lines) for (const word of wordsOf(t)) words.add(word)
  return [...words].join(' ')
}

/** Lines in one string, to be looked through as a whole. They have no control characters in them. */
export function joinLines(lines: readonly TextLine[]): string {
  return lines.map(({ text: t }) => t).join('\n')
}

/** Reads what `toBlocks` made, a block at a time. */
export class TextBlocks {
  readonly #bytes: Buffer
  /** Where each block begins, and where the last ends: in bytes, and in lines. */
  readonly #places: [number, number][] = []
  readonly #read = new Map<number, TextLine[]>()

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const headEnd = this.#bytes.indexOf(10) + 1
    let [at, line] = [headEnd, 0]
    this.#places.push([at, line])
    if (headEnd === 0) return
    for (const [size, lines] of JSON.parse(this.#bytes.toString('utf8', 0, headEnd)) as [number, number][])
      this.#places.push([(at += size), (line += lines)])
  }

  get count(): number {
    return this.#places.length - 1
  }

  /** Undefined in texts of earlier versions, and where nothing follows. */
  get carry(): ScreenCarry | undefined {
    const tail = this.#bytes.subarray(this.#places.at(-1)![0])
    return tail.length === 0 ? undefined : (JSON.parse(tail.toString()) as ScreenCarry)
  }

  get lineCount(): number {
    return this.#places.at(-1)![1]
  }

  /** The number of a block's first line. */
  firstLine(block: number): number {
    return this.#places[block]![1]
  }

  lines(block: number): TextLine[] {
    let lines = this.#read.get(block)
    if (!lines) {
      const [from, line] = this.#places[block]!
      const count = this.#places[block + 1]![1] - line
      const numbers = JSON.parse(this.#bytes.toString('latin1', from, this.#textAt(block))) as number[]
      const texts = this.text(block).split('\n')
      let offset = 0
      lines = numbers.slice(0, count).map((distance, at) => ({ offset: (offset += distance), text: texts[at] ?? '' }))
      for (let at = count; at < numbers.length; at += 2) lines[numbers[at]!]!.blank = numbers[at + 1]!
      this.#read.set(block, lines)
    }
    return lines
  }

  /** What joinLines makes of a block's lines, which costs less than to take them apart. */
  text(block: number): string {
    const bytes = this.#bytes.subarray(this.#textAt(block), this.#places[block + 1]![0] - 1)
    return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')
  }

  #textAt(block: number): number {
    return this.#bytes.indexOf(10, this.#places[block]![0]) + 1
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
}

/**
 * How much further each line is than the one before, then which of them have blank lines above and how many; then the
 * lines. Distances pack in half the room that offsets take.
 */
function encodeLines(lines: readonly TextLine[]): string {
  let before = 0
  const distances = lines.map(({ offset: o }) => {
    const distance = o - before
    before = o
    return distance
  })
  const blanks = lines.flatMap(({ blank }, at) => (blank ? [at, blank] : []))
  return `${JSON.stringify([...distances, ...blanks])}\n${joinLines(lines)}\n`
}
