// What is recorded of a session, and what a reader gets of it: output with its timing, resizes, keyframes, gaps.
import type { SessionInfo } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'

/** Where a resize stands in a piece. */
export interface LogResize {
  offset: number
  n: number
  cols: number
  rows: number
}

/** A resize with its moment: milliseconds since the session's birth. */
export interface TimedResize extends LogResize {
  at: number
}

/** A run of a log in one go: bytes, their moments, and the resizes among them. */
export interface LogSlice {
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

export type GapReason = 'trimmed' | 'damaged' | 'unrecorded'

/** What a reader gets at a position: a run of output, a hole, or the end of what is stored. */
export type ReadResult =
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
      resizes: LogResize[]
    }
  /**
   * From `from` (may lie before the position that was asked for) to `to` nothing can be had. Reading goes on at the
   * keyframe, the first one at or after `to`, or (without one) at `to`.
   */
  | { kind: 'gap'; from: Position; to: Position; reason: GapReason; keyframe?: StoredKeyframe }
  | { kind: 'end'; position: Position }

/** The same with the moments of its bytes (`runs` of a Stretch) and resizes. */
export type TimedReadResult =
  | (Omit<Extract<ReadResult, { kind: 'segment' }>, 'resizes'> & { timing: number[]; resizes: TimedResize[] })
  | Exclude<ReadResult, { kind: 'segment' }>

/** A session as it is stored, with the extent of its log that is still there. */
export interface StoredSession {
  session: SessionInfo
  start: Position
  end: Position
}

export interface Size {
  cols: number
  rows: number
}

/** When the bytes of a piece came: `runs` as in Stretch, for playback at real speed. */
export interface Timing {
  position: Position
  end: Position
  runs: number[]
  resizes: TimedResize[]
}
