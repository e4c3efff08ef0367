// The lines of a log row as a search reads them: stored text, or, where there is none yet, output without its escape
// sequences.
import { joinSlices, splitSlice, timeOf } from '../../recording/log-slice.ts'
import type { LogSlice } from '../../recording/types.ts'
import type { LogRow, UnindexedRow } from '../../store/log-rows.ts'
import { endOfRow, readSlice, runsOfRow } from '../../store/row-codec.ts'
import type { Store } from '../../store/store.ts'
import { storedText } from '../text/stored-text.ts'
import { stripEscapes } from '../text/strip-escapes.ts'
import { joinLines, type TextLine } from '../text/text-blocks.ts'

/** What a screen can still show is hardly more: 500 rows of 400 characters. */
const SCREEN_BYTES = 200 * 1024

export interface SearchedLines {
  /** It has no blocks. */
  isWhole: boolean
  /** The number of a block's first line. Without `block` it is all of them, here and below. */
  firstLine(block: number | undefined): number
  /** The block's lines in one string. */
  text(block: number | undefined): string
  range(from: number, to: number): TextLine[]
  /** In milliseconds since birth. */
  timeOf(offset: number): number
}

/** Undefined: the row is gone, has no text, or its text is damaged. */
export function renderedLines(store: Store, row_id: number): SearchedLines | undefined {
  const text = storedText(store, row_id)
  if (!text) return undefined
  let timing: { runs: number[]; offset: number } | undefined
  return {
    isWhole: false,
    firstLine: block => (block === undefined ? 0 : text.firstLine(Math.min(block, text.count))),
    text: block => {
      if (block === undefined) return joinLines(text.range(0, text.lineCount))
      return block < text.count ? text.text(block) : ''
    },
    range: (from, to) => text.range(from, to),
    timeOf: offset => {
      if (!timing) {
        const row = store.logRows.byId(row_id)
        timing = { runs: row ? runsOfRow(row) : [], offset: row?.offset ?? 0 }
      }
      return timeOf(timing.runs, timing.offset, offset)
    },
  }
}

/** Undefined: the row is gone. What is damaged is left out. */
export function unrenderedLines(store: Store, { row_id, session, tail }: UnindexedRow): SearchedLines | undefined {
  const first = store.logRows.byId(row_id)
  if (!first) return undefined
  const rows = tail ? store.logRows.tailRows(session, { offset: Number.MAX_SAFE_INTEGER, n: 0 }) : [first]
  const runs: LogSlice[][] = []
  let end: number | undefined
  const screen = screenBefore(store, first)
  if (screen) {
    runs.push([screen])
    end = first.offset
  }
  for (const row of rows) {
    const slice = readIfIntact(store, row)
    if (!slice) continue
    if (row.offset !== end) runs.push([])
    runs.at(-1)!.push(slice)
    end = endOfRow(row).offset
  }
  const joined = runs.map(slices => joinSlices(slices))
  const lines = joined.flatMap(({ bytes, from }) => stripEscapes(bytes, from.offset))
  return {
    isWhole: true,
    firstLine: () => 0,
    text: () => joinLines(lines),
    range: (from, to) => lines.slice(Math.max(0, from), to),
    timeOf: offset => {
      const slice = joined.findLast(one => one.from.offset < offset) ?? joined[0]
      return slice ? timeOf(slice.runs, slice.from.offset, offset) : 0
    },
  }
}

/**
 * The end of the row before: what was still on the screen when it ended is not in its text, but in that of the row that
 * follows, once that is rendered.
 */
function screenBefore(store: Store, { session, offset }: LogRow): LogSlice | undefined {
  if (offset === 0) return undefined
  const row = store.logRows.rowAt(session, { offset: offset - 1, n: Number.MAX_SAFE_INTEGER })
  if (row?.kind !== 'sealed' || row.end_offset !== offset) return undefined
  const text = storedText(store, row.row_id)
  if (!text) return undefined
  const inText = text.count === 0 ? [] : text.lines(text.count - 1).map(line => line.offset)
  const from = Math.max(row.offset, offset - SCREEN_BYTES, ...inText)
  const slice = readIfIntact(store, row)
  return slice && splitSlice(slice, { offset: from, n: row.n })[1]
}

function readIfIntact(store: Store, row: LogRow): LogSlice | undefined {
  try {
    return readSlice(row, store.logRows.blob(row.row_id))
  } catch {
    return undefined
  }
}
