// What the host and its screen workers say to each other. Types only.
import type { StoredKeyframe } from '../recording/types.ts'

/** `screen` is a number that the pool gives each session. Messages of one screen are applied in order. */
export type ToWorker =
  | { do: 'open'; screen: number; cols: number; rows: number }
  | { do: 'write'; screen: number; bytes: Uint8Array }
  | { do: 'resize'; screen: number; cols: number; rows: number }
  /** Answered at once, at the worker's own position: a client that is behind does not wait for a flood. */
  | { do: 'keyframe_now'; screen: number; ask: number }
  /** Answered in order: the state after everything that was written before. */
  | { do: 'keyframe'; screen: number; ask: number }
  /** Answered in order: after everything that was written before. */
  | { do: 'lines'; screen: number; ask: number }
  /** Answered at once, like `keyframe_now`. */
  | { do: 'last_line'; screen: number; ask: number }
  | { do: 'close'; screen: number }

export type FromWorker =
  /** Once a turn, however much was in it. */
  | { say: 'parsed'; screen: number; offset: number; n: number; heard: Heard }
  | { say: 'keyframe'; screen: number; ask: number; keyframe: StoredKeyframe }
  | { say: 'lines'; screen: number; ask: number; lines: string[]; cols: number; rows: number }
  | { say: 'last_line'; screen: number; ask: number; text: string; offset: number }
  /** The screen is gone: it met something that it cannot stand. The worker's others go on. */
  | { say: 'failed'; screen: number; message: string }

/** What the output of one turn asked for besides being drawn. Of titles, folders and notices only the last matters. */
export interface Heard {
  /** Bytes that the terminal answers to queries, in order. */
  answers: string
  bell: boolean
  /** What a desktop notification said. */
  notice?: string
  title?: string
  cwd?: string
}
