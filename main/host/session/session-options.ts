// What a session is given, and what it tells the one that owns it.
import type { ScreenRules } from '../agents/screen-rules.ts'
import type { History } from '../history/write/history.ts'
import type { SessionProcesses } from '../processes/session-processes.ts'
import type { Size } from '../recording/types.ts'
import type { ScreenPool } from '../screen/screen-pool.ts'
import type { SessionActivityHandlers } from './activity/session-activity.ts'
import type { SessionTimesOptions } from './session-times.ts'

/** Durations in milliseconds; default: the constant named. */
export interface SessionTiming {
  /** KILL_AFTER_MS */
  kill_after_ms?: number
  /** NOTIFY_MS in attention.ts */
  attention_ms?: number
  /** LEFT_MS in activity/session-activity.ts */
  left_ms?: number
  /** LONG_RUN_MS */
  long_run_ms?: number
}

export interface SessionOptions extends SessionTimesOptions {
  session_id: string
  command: string[]
  /** Of the command's program. */
  file: string
  cwd: string
  env: Record<string, string>
  title: string | undefined
  home: string
  /** Makes the name of a shell's place different from those of others. */
  distinct: (place: string) => string
  size: Size
  screens: ScreenPool
  rules: ScreenRules
  history: History
  processes: Pick<SessionProcesses, 'add' | 'remove'>
  /** Whether a second client is refused while one is attached. */
  single_client: () => boolean
  timing?: SessionTiming | undefined
}

export interface SessionHandlers extends SessionActivityHandlers {
  /** Its program set another title, which it may do many times a second. */
  retitled(): void
  /** The process is gone, and all its output is in the log. */
  ended(): void
}
