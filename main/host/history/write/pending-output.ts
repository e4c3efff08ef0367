// Output on its way to the history thread: what each session has printed since the last batch.
import type { Position } from '../../../../protocol/position.ts'
import { addRun } from '../../recording/log-slice.ts'
import type { TimedResize } from '../../recording/types.ts'
import type { AppendedSlice, LogEntry } from './worker-protocol.ts'

interface PendingSlice {
  from: Position
  end: Position
  chunks: Uint8Array[]
  runs: number[]
  resizes: TimedResize[]
}

export class PendingOutput {
  #slices = new Map<string, PendingSlice>()
  #bytes = 0

  /** Over all sessions. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#slices.size === 0
  }

  /** Where a session's pending output begins. */
  from(session_id: string): Position | undefined {
    return this.#slices.get(session_id)?.from
  }

  /** Whether an entry continues what is pending of its session, so that both can go into one slice. */
  continues(session_id: string, entry: LogEntry): boolean {
    const slice = this.#slices.get(session_id)
    return !slice || slice.end.offset === entry.offset
  }

  /** Returns the end of the log with this entry. `end`: where the log ended before, as far as it is known. */
  add(session_id: string, entry: LogEntry, end: Position | undefined): Position {
    // Whole milliseconds: finer ones only take space. A clock that was set back must not make them negative.
    const at = Math.max(0, Math.round(entry.at))
    let slice = this.#slices.get(session_id)
    if (!slice) {
      const from = { offset: entry.offset, n: entry.kind === 'resize' ? entry.n - 1 : (end?.n ?? 0) }
      slice = { from, end: from, chunks: [], runs: [], resizes: [] }
      this.#slices.set(session_id, slice)
    }
    if (entry.kind === 'output') {
      slice.chunks.push(entry.bytes)
      addRun(slice.runs, at, entry.bytes.length)
      slice.end = { offset: slice.end.offset + entry.bytes.length, n: slice.end.n }
      this.#bytes += entry.bytes.length
    } else {
      const { offset, n, cols, rows } = entry
      slice.resizes.push({ offset, n, cols, rows, at })
      slice.end = { offset, n }
    }
    return slice.end
  }

  take(): AppendedSlice[] {
    const sessions: AppendedSlice[] = []
    for (const [session_id, { from, chunks, runs, resizes }] of this.#slices)
      sessions.push({ session_id, from, bytes: concat(chunks), runs, resizes })
    this.#slices = new Map()
    this.#bytes = 0
    return sessions
  }
}

function concat(chunks: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}
