// What the host's main loop and its history worker exchange. Types only; see history.ts for the manner of it.
import type { SessionInfo } from '../../../../protocol/messages.ts'
import type { Position } from '../../../../protocol/position.ts'
import type { Leftover, LogSlice, ProcessIdentity, StoredKeyframe } from '../../recording/types.ts'

/** A run of the log that is to be recorded. `at`: milliseconds since the session's birth. */
export type LogEntry =
  | { kind: 'output'; offset: number; bytes: Uint8Array; at: number }
  | { kind: 'resize'; offset: number; n: number; cols: number; rows: number; at: number }

export interface HistoryLimits {
  /** Raw output kept per session; the oldest segments go first. */
  session_bytes: number
  /** The database's size in all; sessions that ended longest ago go first. */
  total_bytes: number
  /** Ended sessions are kept this long. */
  retention_ms: number
}

/** For who opens a history without a host. */
export const DEFAULT_LIMITS: HistoryLimits = {
  session_bytes: 50_000_000,
  total_bytes: 2_000_000_000,
  retention_ms: 30 * 24 * 3_600_000,
}

/** One session's part of a batch. */
export interface AppendedSlice extends LogSlice {
  session_id: string
}

/** Main to worker. Writes are applied in order; `ask` numbers those that are answered. */
export type ToHistory =
  | { do: 'insert'; session: SessionInfo; process: ProcessIdentity | null }
  | { do: 'update'; session: SessionInfo }
  /** Everything since the last batch, all sessions. Committed as one transaction, then told by `committed`. */
  | { do: 'append'; batch: number; bytes: number; sessions: AppendedSlice[] }
  /** The segment ends here (at or before what was appended): seal it, begin the next. In order with `append`. */
  | { do: 'seal'; session_id: string; position: Position }
  /** The state at a position where a segment begins (or at the session's end). */
  | { do: 'keyframe'; session_id: string; keyframe: StoredKeyframe }
  | { do: 'limits'; limits: HistoryLimits }
  | { do: 'sessions'; ask: number; most: number }
  | { do: 'session'; ask: number; session_id: string }
  /** The earliest keyframe at or after `offset`; without one the last before it. */
  | { do: 'starting_point'; ask: number; session_id: string; offset: number }
  | { do: 'read'; ask: number; session_id: string; position: Position }
  /** When the bytes of the piece at a position came. */
  | { do: 'timing'; ask: number; session_id: string; position: Position }
  /** In steps, with `progress`; refused with `cancelled` when `cancel` comes before the last. */
  | { do: 'delete'; ask: number; session_id: string }
  | { do: 'cancel'; cancels: number }
  | { do: 'mark'; ask: number; session_id: string; offset: number; at: number; label: string }
  | { do: 'unmark'; ask: number; session_id: string; mark_id: number }
  /** Answered when every write before it is committed (or lost, and that recorded). */
  | { do: 'flush'; ask: number }
  | { do: 'stats'; ask: number }
  /** For tests: a pragma on the writing connection, to make it full or read-only. */
  | { do: 'pragma'; ask: number; pragma: string }
  | { do: 'close'; ask: number }

export interface HistoryStats {
  /** The database's bytes: its file's size once the write-ahead log is in it. */
  file_bytes: number
  segment_bytes: number
  text_bytes: number
  keyframe_bytes: number
  /** Segments whose text is not rendered yet. */
  text_pending: number
}

/** What the worker is started with. */
export interface HistoryWorkerData {
  file: string
  limits: HistoryLimits
  /** The worker died under a host that goes on: its sessions still run. */
  again: boolean
}

export type FromHistory =
  /** The first thing said, or `refused` and the worker ends. */
  | { say: 'opened'; leftovers: Leftover[] }
  | { say: 'refused'; code: string; message: string }
  /** This batch and all before it are in the database, or were lost and will be named `unrecorded`. */
  | { say: 'committed'; batch: number }
  /** Writing fails; what waits is kept while it fits, then lost (and named as `unrecorded`), until `well`. */
  | { say: 'trouble'; code: 'store_full' | 'store_damaged' | 'data_dir_unusable' | 'internal'; message: string }
  | { say: 'well' }
  | { say: 'answer'; ask: number; value: unknown }
  | { say: 'progress'; ask: number; done: number; total: number }
  | { say: 'refusal'; ask: number; code: string; message: string }
