import { type QueryParser, type Registration } from '../protocol/queries.ts'
/** What this needs of a terminal; xterm's `Terminal` is one. */
export interface QuietTerminal {
  readonly parser: QueryParser
  write(text: string): void
}
export interface SwallowOptions {
  /**
   * A program wants to put `text` on the clipboard (OSC 52). Without this it is ignored; whoever gives it asks the user's
   * setting, and waits for a gesture (case 42). Reading is never answered.
   */
  onClipboardWrite?(text: string): void
}
export interface Swallowed extends Registration {
  /**
   * True while the terminal may speak without a question: setting mode 1004 makes xterm.js report the focus that it has at
   * once, and a replay sets it again. Whoever listens to `onData` drops what comes meanwhile; nothing that a person types can
   * come then, since parsing is one synchronous stretch.
   */
  readonly speaking: boolean
}
/** The longest text taken from OSC 52, before decoding: more than anybody copies in a terminal. */
export declare const CLIPBOARD_BYTES: number
/**
 * Registers handlers that eat every question of `protocol/queries.ts`, so that parsing output, live or replayed, never
 * emits `onData` (case 45). Colours that are set in the same sequence as others are asked for are still set. Load this
 * after addons that register handlers of their own: xterm.js asks the latest first.
 */
export declare function swallowQueries(term: QuietTerminal, options?: SwallowOptions): Swallowed
