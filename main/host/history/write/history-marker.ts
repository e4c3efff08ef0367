// `history.json` beside the database: what was in it last. A database that is missing, empty or another one at the next start
// is therefore never taken for a first start.
import { dirname, join } from 'node:path'
import { writeAtomically } from '../../files/atomic-file.ts'
import { readPlainFile } from '../../files/plain-file.ts'
import type { Store } from '../../store/store.ts'

/** The marker is at most this old, and written this often while something is recorded. */
export const MARKER_MS = 10_000

export interface HistoryContents {
  sessions: number
  /** Of output. */
  bytes: number
  /** The newest session. */
  newest: string | null
}

/** Something was in the history that is not there now. */
export interface HistoryLoss {
  how: 'missing' | 'older'
  sessions: number
  bytes: number
}

export class HistoryMarker {
  readonly #file: string
  readonly #store: Store
  #written = ''
  #next: HistoryContents | undefined

  /** `file`: the database. */
  constructor(file: string, store: Store) {
    this.#file = markerOf(file)
    this.#store = store
  }

  /** Call it every MARKER_MS. What was counted the last time is on the disk by now, also after a power cut. */
  tick(): void {
    if (this.#next) this.#write(this.#next)
    this.#next = contentsOf(this.#store)
  }

  /** Call it when sessions were deleted, which must not be missed later, and at the end. */
  writeNow(): void {
    this.#next = contentsOf(this.#store)
    this.#write(this.#next)
  }

  #write(contents: HistoryContents): void {
    const text = `${JSON.stringify(contents)}\n`
    if (text === this.#written) return
    try {
      writeAtomically(this.#file, text)
      this.#written = text
    } catch {
      // The next tick tries again. That the disk is full is said by the recording.
    }
  }
}

/** What the database at `file`, which is open as `store`, lacks of what was there last. */
export function lossOf(file: string, store: Store): HistoryLoss | undefined {
  const before = readMarker(file)
  if (!before || before.sessions === 0) return undefined
  const now = contentsOf(store)
  const { sessions, bytes } = before
  if (now.sessions === 0) return { how: 'missing', sessions, bytes }
  if (before.newest !== null && !store.sessions.get(before.newest))
    return { how: 'older', sessions: Math.max(1, sessions - now.sessions), bytes: Math.max(0, bytes - now.bytes) }
  return undefined
}

export function contentsOf({ sessions }: Store): HistoryContents {
  const newest = sessions.newest(1)[0]?.session_id ?? null
  return { sessions: sessions.count(), bytes: sessions.recordedBytes(), newest }
}

function readMarker(file: string): HistoryContents | undefined {
  try {
    const { sessions, bytes, newest } = JSON.parse(readPlainFile(markerOf(file)))
    if (typeof sessions !== 'number' || typeof bytes !== 'number') return undefined
    return { sessions, bytes, newest: typeof newest === 'string' ? newest : null }
  } catch {
    return undefined // there is none: a first start, or an earlier version
  }
}

function markerOf(file: string): string {
  return join(dirname(file), 'history.json')
}
