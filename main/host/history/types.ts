// What the host's main loop and its history worker exchange. Types only; see history.ts for the manner of it.
import type { SessionInfo } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'

/** A run of the log that is to be recorded. `at`: milliseconds since the session's birth. */
export type Recorded =
  | { kind: 'output'; offset: number; bytes: Uint8Array; at: number }
  | { kind: 'resize'; offset: number; n: number; cols: number; rows: number; at: number }

/** Where a resize stands in a piece. */
export interface ResizeMark {
  offset: number
  n: number
  cols: number
  rows: number
}

/** A resize with its moment: milliseconds since the session's birth. */
export interface TimedResize extends ResizeMark {
  at: number
}

/** A run of a log in one go: bytes, their moments, and the resizes among them. */
export interface Stretch {
  from: Position
  bytes: Uint8Array
  /** Two numbers each: the moment in milliseconds since birth, and how many bytes came then. */
  runs: number[]
  resizes: TimedResize[]
}

/** A keyframe as it is stored and travels: one zstd frame of `size` raw bytes (vt, then pending), with their CRC-32. */
export interface StoredKeyframe {
  position: Position
  cols: number
  rows: number
  size: number
  checksum: number
  blob: Uint8Array
}

/** Identifies a process beyond its pid, which the system gives out again. */
export interface ProcessIdentity {
  pid: number
  /** Clock ticks since boot, as /proc tells; empty where the system does not say. */
  start_time: string
  boot_id: string
}

/** A session that an earlier host left running; `process`: what may still run of it. */
export interface Leftover {
  session_id: string
  process: ProcessIdentity | null
}

export type LostReason = 'trimmed' | 'damaged' | 'unrecorded'

/** What a reader gets at a position: a run of output, a hole, or the end of what is stored. */
export type Piece =
  | {
      kind: 'segment'
      /** Its first byte; may lie before the position that was asked for. */
      position: Position
      /** Where the next piece begins. */
      end: Position
      /** Raw bytes, their CRC-32, and the bytes as one zstd frame (or as they are, when that is not smaller). */
      size: number
      checksum: number
      compressed: boolean
      blob: Uint8Array
      resizes: ResizeMark[]
    }
  /**
   * From `from` (may lie before the position that was asked for) to `to` nothing can be had. Reading goes on at the
   * keyframe, the first one at or after `to`, or (without one) at `to`.
   */
  | { kind: 'lost'; from: Position; to: Position; reason: LostReason; keyframe?: StoredKeyframe }
  | { kind: 'end'; position: Position }

/** The same with the moments of its bytes (`runs` of a Stretch) and resizes. */
export type TimedPiece =
  | (Omit<Extract<Piece, { kind: 'segment' }>, 'resizes'> & { timing: number[]; resizes: TimedResize[] })
  | Exclude<Piece, { kind: 'segment' }>

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
export interface Appended extends Stretch {
  session_id: string
}

/** Main to worker. Writes are applied in order; `ask` numbers those that are answered. */
export type ToHistory =
  | { do: 'insert'; session: SessionInfo; process: ProcessIdentity | null }
  | { do: 'update'; session: SessionInfo }
  /** Everything since the last batch, all sessions. Committed as one transaction, then told by `committed`. */
  | { do: 'append'; batch: number; bytes: number; sessions: Appended[] }
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

/** A session as it is stored, with the extent of its log that is still there. */
export interface StoredSession {
  session: SessionInfo
  start: Position
  end: Position
}

export interface HistoryStats {
  /** The database's bytes: its file's size once the write-ahead log is in it. */
  file_bytes: number
  segment_bytes: number
  text_bytes: number
  keyframe_bytes: number
  /** Segments whose text is not rendered yet. */
  text_pending: number
}

/** When the bytes of a piece came: `runs` as in Stretch, for playback at real speed. */
export interface Timing {
  position: Position
  end: Position
  runs: number[]
  resizes: TimedResize[]
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
