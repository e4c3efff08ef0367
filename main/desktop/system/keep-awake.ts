// Keeps the computer from sleeping while sessions run, if the user wants that.
import { powerSaveBlocker } from 'electron'

export class KeepAwake {
  #wanted = false
  #running = false
  #blocker: number | undefined

  get awake(): boolean {
    return this.#blocker !== undefined
  }

  setWanted(wanted: boolean): void {
    this.#wanted = wanted
    this.#update()
  }

  setRunning(running: number): void {
    this.#running = running > 0
    this.#update()
  }

  #update(): void {
    const needed = this.#wanted && this.#running
    if (needed === this.awake) return
    if (this.#blocker === undefined) this.#blocker = powerSaveBlocker.start('prevent-app-suspension')
    else {
      powerSaveBlocker.stop(this.#blocker)
      this.#blocker = undefined
    }
  }
}
