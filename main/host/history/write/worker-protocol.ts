// What the host's main loop and its history thread exchange. Types only; history.ts describes how they are used.
import type { Mark, SessionInfo } from '../../../../protocol/messages.ts'
import type { Position } from '../../../../protocol/position.ts'
import type {
  Leftover,
  LogSlice,
  ProcessIdentity,
  ReadResult,
  StoredKeyframe,
  StoredSession,
} from '../../recording/types.ts'
import type { DatabaseFile } from '../../store/open-database.ts'
import type { DamageReport, StoreStats } from '../../store/store.ts'
import type { FromThread, ToThread } from '../../threads/call.ts'
import type { FileFault } from './file-guard.ts'
import type { HistoryContents, HistoryLoss } from './history-marker.ts'

/** One event of a log that is to be recorded. `at`: milliseconds since the session's birth. */
export type LogEntry =
  | { kind: 'output'; offset: number; bytes: Uint8Array; at: number }
  | { kind: 'resize'; offset: number; n: number; cols: number; rows: number; at: number }

export interface HistoryLimits {
  /** Raw output kept per session; the oldest segments are trimmed first. */
  session_bytes: number
  /** The database's total size; sessions that ended longest ago are deleted first. */
  total_bytes: number
  /** Ended sessions are kept this long. */
  retention_ms: number
}

/** For a history that is opened without a host. */
export const DEFAULT_LIMITS: HistoryLimits = {
  session_bytes: 50_000_000,
  total_bytes: 2_000_000_000,
  retention_ms: 30 * 24 * 3_600_000,
}

/** One session's share of a batch. */
export interface AppendedSlice extends LogSlice {
  session_id: string
}

/** Applied in order. */
export type HistoryWrite =
  | { do: 'insert'; session: SessionInfo; process: ProcessIdentity | null }
  | { do: 'update'; session: SessionInfo }
  /** Everything since the last batch, all sessions. Committed as one transaction, then reported by `committed`. */
  | { do: 'append'; batch: number; bytes: number; sessions: AppendedSlice[] }
  /** The segment ends here (at or before what was appended): seal it, begin the next. In order with `append`. */
  | { do: 'seal'; session_id: string; position: Position }
  /** The state at a position where a segment begins (or at the session's end). */
  | { do: 'keyframe'; session_id: string; keyframe: StoredKeyframe }

/** Answered after the writes that came before them. */
export interface HistoryCalls {
  sessions(request: { limit: number }): StoredSession[]
  session(request: { session_id: string }): StoredSession
  /** The earliest keyframe at or after `offset`; without one the last before it. */
  startingPoint(request: { session_id: string; offset: number }): StoredKeyframe | undefined
  read(request: { session_id: string; position: Position }): ReadResult
  /** In steps, with progress; rejects with `cancelled` when it is canceled before the last step. */
  delete(request: { session_id: string }): undefined
  mark(request: { session_id: string; offset: number; at: number; label: string }): Mark
  unmark(request: { session_id: string; mark_id: number }): undefined
  /** Replies when every write before it is committed, or given up and recorded as a gap. */
  flush(): undefined
  stats(): HistoryStats
  /** For tests: a pragma on the writing connection, to make it full or read-only. */
  pragma(request: { pragma: string }): unknown
  close(): undefined
}

/** Main loop to thread. */
export type ToHistory =
  | HistoryWrite
  /** The text of this row is damaged: render it again. */
  | { do: 'render_again'; row_id: number }
  /** The host is ready: copies from before an earlier migration are no longer needed. */
  | { do: 'started' }
  | { do: 'limits'; limits: HistoryLimits }
  /** The time by which sessions are deleted for their age, in Unix milliseconds. */
  | { do: 'deletionTime'; at: number }
  | ToThread<HistoryCalls>

export interface HistoryStats extends StoreStats {
  /** The database's bytes: its file's size once the write-ahead log has been copied into it. */
  file_bytes: number
}

/** What the worker is started with. */
export interface HistoryWorkerData {
  file: DatabaseFile
  limits: HistoryLimits
  /** The last worker died but its host did not: its sessions still run. */
  again: boolean
}

export type TroubleCode = 'store_full' | 'store_damaged' | 'data_dir_unusable' | 'internal'

/** Thread to main loop. */
export type FromHistory =
  /** The first message; or `refused`, and the worker ends. */
  | {
      say: 'opened'
      leftovers: Leftover[]
      newest: number | undefined
      copyFailure: string | undefined
      loss: HistoryLoss | undefined
    }
  | { say: 'refused'; code: string; message: string }
  /** This batch and all before it are in the database, or are lost and will be recorded as an `unrecorded` gap. */
  | { say: 'committed'; batch: number }
  /** Writing fails. What waits is kept while it fits, then dropped and recorded as a gap, until `recovered`. */
  | { say: 'trouble'; code: TroubleCode; message: string }
  | { say: 'recovered' }
  /** Output that was dropped since the trouble began. */
  | { say: 'lost'; bytes: number }
  /** The session itself can never be stored, nor what it prints. */
  | { say: 'unrecorded'; session_id: string }
  /** Something else changed the files. The database is closed, and what may be of use is `kept` there; this thread ends. */
  | { say: 'files_changed'; fault: FileFault; contents: HistoryContents | undefined; kept: string | undefined }
  /** The folder is not where it was, or is there again. What is recorded goes to where it is now. */
  | { say: 'folder'; isGone: boolean }
  /** Syncs take so long that a power cut would lose more than POWER_LOSS_MS; or no longer. */
  | { say: 'disk_speed'; isSlow: boolean }
  /** A sync failed, or (undefined) they succeed again. */
  | { say: 'sync'; error: string | undefined }
  | DamageReport
  | FromThread
