// Keeps the computer from going to sleep by itself while sessions run, if that is wanted. Knows no settings.
import { powerSaveBlocker } from 'electron'

export class KeepAwake {
  #wanted = false
  #running = false
  #blocker: number | undefined

  get awake(): boolean {
    return this.#blocker !== undefined
  }

  want(wanted: boolean): void {
    this.#wanted = wanted
    this.#follow()
  }

  sessions(running: number): void {
    this.#running = running > 0
    this.#follow()
  }

  #follow(): void {
    const needed = this.#wanted && this.#running
    if (needed === this.awake) return
    if (this.#blocker === undefined) this.#blocker = powerSaveBlocker.start('prevent-app-suspension')
    else {
      powerSaveBlocker.stop(this.#blocker)
      this.#blocker = undefined
    }
  }
}
