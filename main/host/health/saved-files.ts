// Which files of the host could not be saved: trouble until each of them was.
import type { HealthReports } from './health.ts'

export class SavedFiles {
  readonly #health: HealthReports
  readonly #unsaved = new Map<string, string>()

  constructor(health: HealthReports) {
    this.#health = health
  }

  /** Runs `write`, which saves this file. Throws what it throws. */
  watch(file: string, write: () => void): void {
    try {
      write()
    } catch (error) {
      this.#unsaved.set(file, error instanceof Error ? error.message : String(error))
      this.#report()
      throw error
    }
    if (this.#unsaved.delete(file)) this.#report()
  }

  #report(): void {
    const [first] = this.#unsaved
    if (first) this.#health.begin('files_unwritable', { path: first[0], message: first[1] })
    else this.#health.end('files_unwritable')
  }
}
