// Renders the text of sealed segments and puts its words into the index, a few milliseconds at a time.

import { comparePositions } from '../../../../protocol/position.ts'
import { zstd } from '../../recording/compression.ts'
import type { LogSlice } from '../../recording/types.ts'
import { storeFault } from '../../store/faults.ts'
import type { LogRow, PendingText } from '../../store/log-rows.ts'
import { endOfRow, readSlice, startOfRow } from '../../store/row-codec.ts'
import type { Store } from '../../store/store.ts'
import type { LogReader } from '../playback/reader.ts'
import { renderText, stateAt } from './render-text.ts'
import { storedText } from './stored-text.ts'
import { type ScreenCarry, toBlocks, wordsOfBlock } from './text-blocks.ts'

/** Blocks that one transaction puts into the index: 4 ms of a segment's 16, so that recording does not wait. */
const INDEXED_AT_ONCE = 16

/** No lines. */
const NO_TEXT = toBlocks([]).text

interface Job {
  row_id: number
  steps: Generator<undefined, void>
}

export class TextJobs {
  readonly #store: Store
  readonly #reader: LogReader
  #job: Job | undefined

  constructor(store: Store, reader: LogReader) {
    this.#store = store
    this.#reader = reader
  }

  /** Works for about `ms`. False: there is nothing left to do. */
  work(ms: number): boolean {
    this.#job ??= this.#next()
    if (!this.#job) return false
    const { row_id, steps } = this.#job
    const until = performance.now() + ms
    try {
      while (performance.now() < until) {
        if (!steps.next().done) continue
        this.#job = undefined
        break
      }
    } catch (error) {
      this.#job = undefined
      if (storeFault(error).lasting) throw error
      // The same error would come again: this segment gets no text.
      this.#store.transaction(() => this.#store.logRows.putText(row_id, 0, NO_TEXT.length, zstd(NO_TEXT)))
    }
    return true
  }

  dispose(): void {
    this.#job?.steps.return()
    this.#job = undefined
  }

  #next(): Job | undefined {
    const pending = this.#store.logRows.pendingText()
    return pending && { row_id: pending.row_id, steps: this.#renderAndIndex(pending) }
  }

  *#renderAndIndex({ row_id, last }: PendingText): Generator<undefined, void> {
    const { logRows } = this.#store
    const row = logRows.byId(row_id)
    // It was deleted, or is damaged: then there is nothing to render.
    if (!row) return this.#store.transaction(() => logRows.putText(row_id, 0, NO_TEXT.length, zstd(NO_TEXT)))
    const slice = readSlice(row, logRows.blob(row_id))
    const begin = this.#beginOf(row)
    // What the row before left on the screen is part of its text: if that is damaged, it comes first.
    if (this.#forgetDamaged(this.#rowBefore(begin))) return
    const options = { last: last === 1, carry: this.#carryInto(begin), before: this.#sliceOf(begin, row) }
    const state = stateAt(this.#store, this.#reader, row.session, startOfRow(begin))
    const { lines, carry } = yield* renderText(slice, state, options)
    const { text, blocks } = toBlocks(lines, carry)
    const packed = zstd(text)
    for (let first = 0; ; first += INDEXED_AT_ONCE) {
      const words: string[] = []
      for (const block of blocks.slice(first, first + INDEXED_AT_ONCE)) {
        words.push(wordsOfBlock(block))
        yield
      }
      const isLast = first + INDEXED_AT_ONCE >= blocks.length
      const isThere = this.#store.transaction(() => {
        // It may have been trimmed meanwhile; its words would never be deleted.
        if (!logRows.expectBlocks(row_id, blocks.length)) return false
        for (const [at, blockWords] of words.entries()) logRows.putWords(row_id, first + at, blockWords)
        if (isLast) logRows.putText(row_id, lines.length, text.length, packed)
        return true
      })
      if (isLast || !isThere) return
      yield
    }
  }

  /** Where its rendering begins: where it has no keyframe, with the row before, for what that has left on the screen. */
  #beginOf(row: LogRow): LogRow {
    if (this.#reader.keyframeAt(row.session, startOfRow(row))) return row
    const before = this.#rowBefore(row)
    return before?.kind === 'sealed' && this.#sliceOf(before, row) ? before : row
  }

  /** The output of `begin`, unless that is `row` itself, or damaged. */
  #sliceOf(begin: LogRow, row: LogRow): LogSlice | undefined {
    if (begin.row_id === row.row_id) return undefined
    try {
      return readSlice(begin, this.#store.logRows.blob(begin.row_id))
    } catch {
      return undefined
    }
  }

  /** True: its text was damaged, and is rendered again next, because older rows come first. */
  #forgetDamaged(row: LogRow | undefined): boolean {
    const { logRows } = this.#store
    if (!row || !logRows.hasText(row.row_id) || storedText(this.#store, row.row_id)) return false
    this.#store.transaction(() => logRows.forgetText(row.row_id))
    return true
  }

  #rowBefore({ session, offset, n }: LogRow): LogRow | undefined {
    const before = this.#store.logRows.rowAt(session, { offset, n: n - 1 })
    return before && comparePositions(endOfRow(before), { offset, n }) === 0 ? before : undefined
  }

  /** What the row before this one left, if its text was rendered. */
  #carryInto(row: LogRow): ScreenCarry | undefined {
    const before = this.#rowBefore(row)
    return before && storedText(this.#store, before.row_id)?.carry
  }
}
