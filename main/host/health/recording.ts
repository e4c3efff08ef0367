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
    damaged: (session_id: string) => health.begin('history_damaged', { session_id }),
  }
}
