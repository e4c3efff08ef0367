// The health of one host, with what watches it and what its parts report to.
import type { Logger } from '../log/logger.ts'
import { watchDescriptors } from './descriptor-watch.ts'
import { Health } from './health.ts'
import { watchMemory } from './memory-watch.ts'
import { recordingHealth } from './recording.ts'
import { DYING_THREAD, REFUSED_CONNECTION, RepeatedFault, type Repetition } from './repeated-fault.ts'
import { SavedFiles } from './saved-files.ts'
import { readStoredTroubles, writeStoredTroubles } from './stored-troubles.ts'
import type { TroubleKind } from './troubles.ts'

export interface HostHealthOptions {
  /** `health.json` of the data folder. */
  file: string
  log: Logger
  changed(): void
  began(kind: TroubleKind): void
}

export function createHealth({ file, log, changed, began }: HostHealthOptions) {
  const stored = readStoredTroubles(file)
  const health = new Health({ log, stored, store: troubles => writeStoredTroubles(file, troubles), changed, began })
  const stops = [watchMemory(health), watchDescriptors(health)]
  const counted = (kind: TroubleKind, repetition: Repetition) => {
    const fault = new RepeatedFault(health, kind, repetition)
    return (message: string) => fault.happened(message)
  }
  const notAccepted = counted('connections_failing', REFUSED_CONNECTION)
  return {
    health,
    /** The handlers of the history. */
    recording: recordingHealth(health),
    saved: new SavedFiles(health),
    screensDied: counted('screens_restart', DYING_THREAD),
    isHistoryLost: () => health.has('history_lost'),
    lookupsDied: counted('history_unreadable', DYING_THREAD),
    notAccepted: (error: Error) => notAccepted(error.message),
    logFailing: (error: Error | undefined) =>
      error ? health.begin('log_unwritable', { message: error.message }) : health.end('log_unwritable'),
    loginEnvironment: (error: Error | undefined) =>
      error ? health.begin('environment_unknown', { message: error.message }) : health.end('environment_unknown'),
    close: () => {
      for (const stop of stops) stop()
    },
  }
}
