// A session as logical lines, as they stood on the screen: what scrolled away, what was cleared, what is left at the end,
// and of full-screen programs what was there when they rested. Holds a few pieces at a time. Knows nothing of formats.

import { CodedError } from '../../../../protocol/errors.ts'
import type { Position } from '../../../../protocol/position.ts'
import { unpack, unzstd } from '../../recording/compression.ts'
import { comparePositions, joinSlices } from '../../recording/log-slice.ts'
import type { GapReason, LogSlice } from '../../recording/types.ts'
import type { Store } from '../../store/store.ts'
import type { Playback } from '../playback/playback.ts'
import type { LogReader } from '../playback/reader.ts'
import { renderText, type ScreenLine, stateBefore } from '../text/render-text.ts'
import { TextBlocks } from '../text/text-blocks.ts'
import type { TimeRange } from './replay-frames.ts'

/** What is drawn in one go where no keyframe lies between: a tail, or segments whose states were lost. */
const GROUP_BYTES = 4 * 1024 * 1024

export type ScreenLineItem<T> =
  /** `blank`: so many blank lines stand above it. */
  | { kind: 'line'; offset: number; line: T; blank: number }
  | { kind: 'gap'; offset: number; bytes: number; reason: GapReason }
  /** Nothing new; so that who waits knows that work goes on. */
  | { kind: 'step'; offset: number }

/** The text of lines, from the store where it was rendered already. */
export function plainLines(
  store: Store,
  reader: LogReader,
  playback: Playback,
  session_id: string,
  span: TimeRange,
): Generator<ScreenLineItem<string>> {
  return screenLines(store, reader, playback, session_id, span, ({ text: t }) => t, true)
}

/** Lines as `read` makes them of what stands on the screen. */
export function* screenLines<T>(
  store: Store,
  reader: LogReader,
  playback: Playback,
  session_id: string,
  span: TimeRange,
  read: (line: ScreenLine) => T,
  /** Only texts are wanted, and `read` gives them. */
  fromStore = false,
): Generator<ScreenLineItem<T>> {
  const row = store.session(session_id)
  if (!row) throw new CodedError('session_unknown', `no session has the id ${session_id}`)
  const after = span.from === undefined ? -1 : playback.place(session_id, { at: Math.max(0, span.from - 1) }).offset
  const upTo = span.to === undefined ? Number.POSITIVE_INFINITY : playback.place(session_id, { at: span.to }).offset
  const isWanted = (offset: number) => offset > after && offset <= upTo
  const end: Position = { offset: row.end_offset, n: row.end_n }
  let position: Position = { offset: row.start_offset, n: row.start_n }
  if (span.from !== undefined) {
    const { keyframe } = playback.seek(session_id, { at: span.from })
    position = keyframe.position
  } else if (position.offset > 0)
    yield { kind: 'gap', offset: position.offset, bytes: position.offset, reason: 'trimmed' }
  while (comparePositions(position, end) < 0 && position.offset <= upTo) {
    const piece = store.logRows.rowAt(row.session, position)
    const stored =
      piece && fromStore && comparePositions(piece, position) === 0 ? store.logRows.text(piece.piece) : undefined
    if (piece && stored) {
      const text = new TextBlocks(unzstd(stored.blob, stored.size))
      for (let block = 0; block < text.count; block++)
        for (const { offset: o, text: t, blank = 0 } of text.lines(block))
          if (isWanted(o)) yield { kind: 'line', offset: o, line: t as T, blank }
      position = { offset: piece.end_offset, n: piece.end_n }
      yield { kind: 'step', offset: position.offset }
      continue
    }
    const group: LogSlice[] = []
    let size = 0
    let next: ScreenLineItem<T> | undefined
    let at = position
    while (comparePositions(at, end) < 0 && size < GROUP_BYTES) {
      if (group.length > 0 && reader.keyframeAt(row.session, at)) break
      const piece = reader.readTimed(session_id, at)
      if (piece.kind === 'end') break
      if (piece.kind === 'gap') {
        const to = piece.keyframe?.position ?? piece.to
        if (comparePositions(to, at) <= 0) throw new CodedError('internal', 'the history does not go on')
        next = { kind: 'gap', offset: to.offset, bytes: to.offset - at.offset, reason: piece.reason }
        at = to
        break
      }
      const { timing: runs, resizes } = piece
      group.push({ from: piece.position, bytes: unpack(piece, piece.size), runs, resizes })
      size += piece.size
      at = piece.end
    }
    if (group.length > 0) {
      const stretch = joinSlices(group)
      const begin = store.logRows.rowAt(row.session, stretch.from)
      const lines: ScreenLineItem<T>[] = []
      const beginning = begin ? stateBefore(store, reader, begin) : { cols: row.born_cols, rows: row.born_rows }
      const isLast = comparePositions(at, end) >= 0 || next !== undefined
      const take = (line: ScreenLine) => {
        const { offset: o, blank = 0 } = line
        if (isWanted(o)) lines.push({ kind: 'line', offset: o, line: read(line), blank })
      }
      const steps = renderText(stretch, beginning, { last: isLast, onLine: take })
      for (let count = 0; !steps.next().done; count++) {
        yield* lines.splice(0)
        if (count % 256 === 0) yield { kind: 'step', offset: stretch.from.offset }
      }
      yield* lines.splice(0)
    }
    if (next) yield next
    if (comparePositions(at, position) <= 0) return
    position = at
    yield { kind: 'step', offset: position.offset }
  }
}
