// What the history reports of recording, as trouble of the host.
import type { ErrorCode } from '../../../protocol/errors.ts'
import type { HealthReports } from './health.ts'
import { DYING_THREAD, RepeatedFault } from './repeated-fault.ts'
import type { TroubleKind } from './troubles.ts'

const KINDS: Partial<Record<ErrorCode, TroubleKind>> = {
  store_full: 'disk_full',
  store_damaged: 'recording_damaged',
  data_dir_unusable: 'recording_refused',
}

/** On a full disk, small writes fit now and then: recording works again when it has worked for this long. */
export const STEADY_MS = 2_000

/** What was in the history is gone. */
export interface LostHistory {
  /** The database. */
  file: string
  how:
    | 'deleted'
    | 'replaced'
    | 'truncated'
    | 'overwritten'
    | 'log_gone'
    | 'log_truncated'
    /** At the start: missing or empty; an older or another one. */
    | 'missing'
    | 'older'
  /** What is gone, as far as it is known. */
  sessions: number | undefined
  bytes: number | undefined
  /** Where what was found at the place of the database is now. */
  kept?: string | undefined
}

const HOW: Record<LostHistory['how'], string> = {
  deleted: 'was deleted while the host ran',
  replaced: 'was replaced by another one while the host ran',
  truncated: 'was cut short by another program while the host ran',
  overwritten: 'was overwritten by another program while the host ran',
  log_gone: 'lost its write-ahead log while the host ran',
  log_truncated: 'lost a part of its write-ahead log, which has the newest output, while the host ran',
  missing: 'was missing or empty when the host started',
  older: 'was an older or another one when the host started',
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

/** The handlers of a history that report to `health`. Recording fails for one reason at a time. */
export function recordingHealth(health: HealthReports, steady_ms = STEADY_MS) {
  const restarts = new RepeatedFault(health, 'recording_restarts', DYING_THREAD)
  let current: TroubleKind | undefined
  let timer: NodeJS.Timeout | undefined
  return {
    trouble: (code: ErrorCode, message: string) => {
      clearTimeout(timer)
      const kind = KINDS[code] ?? 'recording_failed'
      if (current && current !== kind) health.end(current)
      current = kind
      health.begin(kind, { message })
    },
    recovered: () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        if (current) health.end(current)
        current = undefined
      }, steady_ms)
      timer.unref()
    },
    /** Output that was dropped since the trouble began. */
    lost: (bytes: number) => {
      if (current) health.begin(current, { bytes })
    },
    died: (message: string) => restarts.happened(message),
    slow: (isSlow: boolean) => (isSlow ? health.begin('recording_behind') : health.end('recording_behind')),
    unrecorded: (session_id: string) => health.begin('session_unrecorded', { session_id }),
    notCopied: (message: string) => health.begin('copy_failed', { message }),
    damaged: (session_id: string) => health.begin('history_damaged', { session_id }),
    historyLost: ({ file, how, sessions, bytes, kept }: LostHistory) => {
      const count = sessions === 1 ? 'one session' : `${sessions} sessions`
      const output = megabytes(bytes ?? 0)
      const had = sessions === undefined ? '' : ` Missing now: ${count}, with ${output} of output.`
      const found = kept === undefined ? '' : ` What was found at its place is now ${kept}.`
      health.begin('history_lost', { path: file, message: `The file ${HOW[how]}.${had}${found}` })
    },
    folderGone: (folder: string, isGone: boolean) =>
      isGone ? health.begin('data_folder_gone', { path: folder }) : health.end('data_folder_gone'),
  }
}
