// What the history reports of recording, as trouble of the host.
import type { ErrorCode } from '../../../protocol/errors.ts'
import type { HealthReports } from './health.ts'
import type { TroubleKind } from './troubles.ts'

const KINDS: Partial<Record<ErrorCode, TroubleKind>> = {
  store_full: 'disk_full',
  store_damaged: 'recording_damaged',
  data_dir_unusable: 'recording_refused',
}

/** Recording fails for one reason at a time: another reason takes the place of the last one. */
export class RecordingHealth {
  readonly #health: HealthReports
  #current: TroubleKind | undefined

  constructor(health: HealthReports) {
    this.#health = health
  }

  trouble(code: ErrorCode, message: string): void {
    const kind = KINDS[code] ?? 'recording_failed'
    if (this.#current && this.#current !== kind) this.#health.end(this.#current)
    this.#current = kind
    this.#health.begin(kind, { message })
  }

  recovered(): void {
    if (this.#current) this.#health.end(this.#current)
    this.#current = undefined
  }
}
