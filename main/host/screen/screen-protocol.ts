// What the host and its screen workers say to each other. Types only.
import type { RuleFile } from '../agents/rule-format.ts'
import type { Finding } from '../agents/screen-rules.ts'
import type { StoredKeyframe } from '../recording/types.ts'
import type { FromThread, ToThread } from '../threads/call.ts'

/** An extent of the log: what a program printed while it was in the foreground. */
export type Extent = readonly [from: number, until: number]

export interface ModeReset {
  /** The sequences that reset the modes. '': nothing is to be reset. */
  text: string
  /** The screen's offset at that time. */
  offset: number
}

/** What a program leaves by itself soon: see TransientStates. */
export type TransientState = 'string' | 'synchronized'

/** Requests about one screen. */
export interface ScreenCalls {
  /** At once, at the worker's own position: a client that is behind does not wait for a flood. */
  currentKeyframe(request: null): StoredKeyframe
  /** In order: the state after everything that was written before. */
  keyframe(request: null): StoredKeyframe
  /** In order: after everything that was written before. */
  text(request: null): ScreenText
  /** At once, like `currentKeyframe`. */
  lastLine(request: null): LastLine
  /** In order: resets what output in these extents of the log has left on. */
  leftovers(request: readonly Extent[]): ModeReset
  /** In order: resets everything but what is printed. */
  reset(request: null): ModeReset
  /** In order: what the screen says of its program after everything that was written before; null: nothing. */
  finding(request: null): Finding | null
}

export interface ScreenText {
  lines: string[]
  cols: number
  rows: number
}

/** The last line of a screen, and the screen's offset at that time. */
export interface LastLine {
  text: string
  offset: number
}

/** `screen` is a number that the pool gives each session. Messages of one screen are applied in order. */
export type ToWorker =
  /** Other rules, for all screens. */
  { do: 'rules'; rules: ReadonlyMap<string, RuleFile> } | ScreenMessage

export type ScreenMessage = { screen: number } & (
  | { do: 'open'; cols: number; rows: number }
  /** In place of `open`: continues from a keyframe. Before `silent_until` nothing is answered or reported: that was done. */
  | { do: 'restore'; keyframe: StoredKeyframe; silent_until: number }
  | { do: 'write'; bytes: Uint8Array }
  | { do: 'resize'; cols: number; rows: number }
  /** The name of the process in the foreground, by which rules are chosen. */
  | { do: 'program'; command: string }
  | ToThread<ScreenCalls>
  | { do: 'close' }
)

export type FromWorker = { screen: number } & (
  | /** Once a turn, however much was in it. */ { say: 'parsed'; offset: number; n: number; events: ScreenEvents }
  | FromThread
  /** What the screen says of its program changed; null: it says nothing. */
  | { say: 'finding'; finding: Finding | null }
  /** A state that should be short goes on; see TransientStates. */
  | { say: 'overdue'; state: TransientState; offset: number; isLate: boolean }
  /** The screen is gone: its terminal threw an exception. The worker's other screens go on. */
  | { say: 'failed'; message: string }
)

export type CommandMark = { running: true } | { running: false; exit_code: number | null }

/** What the output of one turn did besides drawing. Of titles, folders and notices only the last one matters. */
export interface ScreenEvents {
  /** The terminal's answers to queries, in order. */
  answers: string
  bell: boolean
  /** The text of a desktop notification. */
  notice?: string
  title?: string
  cwd?: string
  /** OSC 9;4: whether a progress bar is shown. */
  progress?: boolean
  /** OSC 133: a command began, or ended with this exit code (null: not told). */
  command?: CommandMark
  /** Mode 1004: whether the program wants to know of the focus. Also when it is set again. */
  focusMode?: boolean
}

/**
 * What a worker shares with the main loop, to be read when it dies or hangs: the number of the screen that it works on (0: none),
 * and a count of its turns.
 */
export const SHARED = { screen: 0, turns: 1, length: 2 } as const
