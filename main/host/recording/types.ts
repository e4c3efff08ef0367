// What is recorded of a session, and what a reader gets of it: output with its timing, resizes, keyframes, gaps.
import type { SessionInfo } from '../../../protocol/messages.ts'
import type { Position } from '../../../protocol/position.ts'

export interface Size {
  cols: number
  rows: number
}

/** A resize: it happened at `offset`, as the n-th of its session. */
export interface LogResize extends Position, Size {}

/** A resize with its time: milliseconds since the session's birth. */
export interface TimedResize extends LogResize {
  at: number
}

/** A contiguous run of a log in memory: bytes, when they arrived, and the resizes among them. */
export interface LogSlice {
  from: Position
  bytes: Uint8Array
  /** Two numbers each: milliseconds since birth, and how many bytes arrived then. */
  runs: number[]
  resizes: TimedResize[]
}

/** A keyframe as it is stored and sent: one zstd frame of `size` raw bytes (vt, then pending), with their CRC-32. */
export interface StoredKeyframe extends Size {
  position: Position
  size: number
  checksum: number
  blob: Uint8Array
}

/** Identifies a process beyond its pid, which the system reuses. */
export interface ProcessIdentity {
  pid: number
  /** Clock ticks since boot, from /proc; empty where the system does not say. */
  start_time: string
  boot_id: string
}

/** A session that an earlier host left running; `process`: what may still run of it. */
export interface Leftover {
  session_id: string
  process: ProcessIdentity | null
}

/** Why a part of a log cannot be read: it was deleted to save space, its bytes are damaged, or it was never written. */
export type GapReason = 'trimmed' | 'damaged' | 'unrecorded'

/** What a reader gets at a position: output, a gap, or the end of what is stored. */
export type ReadResult =
  | {
      kind: 'segment'
      /** Of its first byte; may be before the position that was asked for. */
      position: Position
      /** Where to read on. */
      end: Position
      /** Raw bytes, their CRC-32, and the bytes as one zstd frame (or as they are, when that is not smaller). */
      size: number
      checksum: number
      compressed: boolean
      blob: Uint8Array
      resizes: LogResize[]
    }
  /**
   * Nothing can be read from `from` (may be before the position that was asked for) to `to`. Reading continues at the
   * keyframe, the first one at or after `to`, or (without one) at `to`.
   */
  | { kind: 'gap'; from: Position; to: Position; reason: GapReason; keyframe?: StoredKeyframe }
  | { kind: 'end'; position: Position }

/**
 * The same with the times of its bytes (`runs` of a LogSlice) and resizes. `resync`: the state at its `end`, if what is printed up to
 * there does not lead to it, because there was a gap and no keyframe since.
 */
export type TimedReadResult =
  | (Omit<Extract<ReadResult, { kind: 'segment' }>, 'resizes'> & {
      timing: number[]
      resizes: TimedResize[]
      resync?: StoredKeyframe
    })
  | Exclude<ReadResult, { kind: 'segment' }>

/** A session as it is stored, with the extent of its log that can be read. */
export interface StoredSession {
  session: SessionInfo
  start: Position
  end: Position
}
