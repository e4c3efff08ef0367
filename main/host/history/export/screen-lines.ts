// A session as logical lines, as they were on the screen: what scrolled away, what was cleared, what is left at the end,
// and of full-screen programs what they showed while output paused.
import { CodedError } from '../../../../protocol/errors.ts'
import type { Position } from '../../../../protocol/position.ts'
import { comparePositions } from '../../../../protocol/position.ts'
import { unpack } from '../../recording/compression.ts'
import { joinSlices } from '../../recording/log-slice.ts'
import type { GapReason, LogSlice } from '../../recording/types.ts'
import type { LogRow } from '../../store/log-rows.ts'
import { endOfRow, readSlice, startOfRow } from '../../store/row-codec.ts'
import type { SessionRow } from '../../store/session-rows.ts'
import type { ScreenLine } from '../text/line-collector.ts'
import { renderText, stateAt } from '../text/render-text.ts'
import { storedText } from '../text/stored-text.ts'
import type { ScreenCarry } from '../text/text-blocks.ts'
import type { TimeRange } from './replay-frames.ts'
import type { ExportSource } from './source.ts'

/** Rendered in one go where there is no keyframe in between: a tail, or segments whose keyframes are damaged. */
const GROUP_BYTES = 4 * 1024 * 1024

export type ScreenLineItem<T> =
  /** `blank`: how many blank lines are above it. */
  | { kind: 'line'; offset: number; line: T; blank: number }
  | { kind: 'gap'; offset: number; bytes: number; reason: GapReason }
  /** Nothing new: a sign of life. */
  | { kind: 'step'; offset: number }

type Gap = Extract<ScreenLineItem<never>, { kind: 'gap' }>

/** The text of lines, from the store where it was rendered already. Throws `session_unknown`. */
export function plainLines(
  source: ExportSource,
  session_id: string,
  range: TimeRange,
): Generator<ScreenLineItem<string>> {
  return screenLines(
    source,
    session_id,
    range,
    ({ text }) => text,
    text => text,
  )
}

/**
 * Lines as `read` makes them of what is on the screen; `readText` (if the text is enough) makes them of stored text.
 * Throws `session_unknown`.
 */
export function* screenLines<T>(
  source: ExportSource,
  session_id: string,
  range: TimeRange,
  read: (line: ScreenLine) => T,
  readText?: (text: string) => T,
): Generator<ScreenLineItem<T>> {
  const { store, playback } = source
  const row = store.sessions.require(session_id)
  const offsetAt = (at: number) => playback.resolve(session_id, { at }).offset
  const after = range.from === undefined ? -1 : offsetAt(Math.max(0, range.from - 1))
  const upTo = range.to === undefined ? Number.POSITIVE_INFINITY : offsetAt(range.to)
  const isWanted = (offset: number) => offset > after && offset <= upTo
  const end: Position = { offset: row.end_offset, n: row.end_n }
  let position: Position = { offset: row.start_offset, n: row.start_n }
  if (range.from !== undefined) {
    const { keyframe } = playback.seek(session_id, { at: range.from })
    position = keyframe.position
  } else if (position.offset > 0)
    yield { kind: 'gap', offset: position.offset, bytes: position.offset, reason: 'trimmed' }
  /** What the text so far has left on the screen. */
  let carry: ScreenCarry | undefined
  while (comparePositions(position, end) < 0 && position.offset <= upTo) {
    const logRow = store.logRows.rowAt(row.session, position)
    const blocks =
      logRow && readText && comparePositions(logRow, position) === 0 ? storedText(store, logRow.row_id) : undefined
    if (logRow && blocks && readText) {
      for (let block = 0; block < blocks.count; block++)
        for (const { offset, text, blank = 0 } of blocks.lines(block))
          if (isWanted(offset)) yield { kind: 'line', offset, line: readText(text), blank }
      position = { offset: logRow.end_offset, n: logRow.end_n }
      carry = blocks.carry
      yield { kind: 'step', offset: position.offset }
      continue
    }
    const { slices, gap, next } = readGroup(source, row, position, end)
    if (slices.length > 0) {
      const slice = joinSlices(slices)
      const before = rowBefore(source, row.session, slice.from)
      const begin = before?.row ?? store.logRows.rowAt(row.session, slice.from)
      const lines: ScreenLineItem<T>[] = []
      const state = begin
        ? stateAt(store, source.reader, begin.session, startOfRow(begin))
        : { cols: row.born_cols, rows: row.born_rows }
      const last = comparePositions(next, end) >= 0 || gap !== undefined
      const onLine = (line: ScreenLine) => {
        const { offset, blank = 0 } = line
        if (isWanted(offset)) lines.push({ kind: 'line', offset, line: read(line), blank })
      }
      const steps = renderText(slice, state, {
        last,
        onLine,
        carry: before ? before.carry : carry,
        before: before?.slice,
      })
      let step = steps.next()
      for (let count = 0; !step.done; count++, step = steps.next()) {
        yield* lines.splice(0)
        if (count % 256 === 0) yield { kind: 'step', offset: slice.from.offset }
      }
      carry = step.value.carry
      yield* lines.splice(0)
    }
    if (gap) carry = undefined
    if (gap) yield gap
    if (comparePositions(next, position) <= 0) return
    position = next
    yield { kind: 'step', offset: position.offset }
  }
}

/** Where there is no keyframe: the segment that ends there, for what it has left on the screen. */
function rowBefore(
  { store, reader }: ExportSource,
  session: number,
  position: Position,
): { row: LogRow; slice: LogSlice; carry: ScreenCarry | undefined } | undefined {
  if (reader.keyframeAt(session, position)) return undefined
  const rowEndingAt = (end: Position) => {
    const row = store.logRows.rowAt(session, { offset: end.offset, n: end.n - 1 })
    return row && comparePositions(endOfRow(row), end) === 0 ? row : undefined
  }
  const row = rowEndingAt(position)
  if (row?.kind !== 'sealed') return undefined
  const older = rowEndingAt(startOfRow(row))
  try {
    const slice = readSlice(row, store.logRows.blob(row.row_id))
    return { row, slice, carry: older && storedText(store, older.row_id)?.carry }
  } catch {
    return undefined
  }
}

/** What can be rendered in one go from a position on, up to a keyframe, a gap or GROUP_BYTES. */
function readGroup(
  { reader }: ExportSource,
  { session, session_id }: SessionRow,
  from: Position,
  end: Position,
): { slices: LogSlice[]; gap: Gap | undefined; next: Position } {
  const slices: LogSlice[] = []
  let size = 0
  let at = from
  while (comparePositions(at, end) < 0 && size < GROUP_BYTES) {
    if (slices.length > 0 && reader.keyframeAt(session, at)) break
    const read = reader.readTimed(session_id, at)
    if (read.kind === 'end') break
    if (read.kind === 'gap') {
      const { to } = read
      if (comparePositions(to, at) <= 0) throw new CodedError('store_damaged', 'the history does not advance')
      const gap: Gap = { kind: 'gap', offset: to.offset, bytes: to.offset - at.offset, reason: read.reason }
      return { slices, gap, next: to }
    }
    const { timing: runs, resizes } = read
    slices.push({ from: read.position, bytes: unpack(read, read.size), runs, resizes })
    size += read.size
    at = read.end
  }
  return { slices, gap: undefined, next: at }
}
