// What the history reports of recording, as trouble of the host.
import type { ErrorCode } from '../../../protocol/errors.ts'
import type { HealthReports } from './health.ts'
import type { TroubleKind } from './troubles.ts'

const KINDS: Partial<Record<ErrorCode, TroubleKind>> = {
  store_full: 'disk_full',
  store_damaged: 'recording_damaged',
  data_dir_unusable: 'recording_refused',
}

/** On a full disk, small writes fit now and then: recording works again when it has worked for this long. */
export const STEADY_MS = 2_000

/** Recording fails for one reason at a time: another reason takes the place of the last one. */
export class RecordingHealth {
  readonly #health: HealthReports
  readonly #steady_ms: number
  #current: TroubleKind | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(health: HealthReports, steady_ms = STEADY_MS) {
    this.#health = health
    this.#steady_ms = steady_ms
  }

  trouble(code: ErrorCode, message: string): void {
    clearTimeout(this.#timer)
    const kind = KINDS[code] ?? 'recording_failed'
    if (this.#current && this.#current !== kind) this.#health.end(this.#current)
    this.#current = kind
    this.#health.begin(kind, { message })
  }

  recovered(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      if (this.#current) this.#health.end(this.#current)
      this.#current = undefined
    }, this.#steady_ms)
    this.#timer.unref()
  }
}
