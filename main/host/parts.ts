// The parts of a host that were started: how each is stopped.
import type { Logger } from './log/logger.ts'

export class Parts {
  readonly #steps: (() => unknown)[] = []
  /** For what fails; undefined until there is a log. */
  log: Pick<Logger, 'error'> | undefined

  /** Parts were started, and these stop them. */
  push(...stops: (() => unknown)[]): void {
    this.#steps.push(...stops)
  }

  /** Does something now and then, until the parts are taken apart. */
  every(ms: number, action: () => void): void {
    const timer = setInterval(action, ms)
    timer.unref()
    this.push(() => clearInterval(timer))
  }

  /** Stops all, the latest first. Twice is fine. */
  async takeApart(): Promise<void> {
    for (const stop of this.#steps.splice(0).reverse())
      try {
        await stop()
      } catch (error) {
        // The remaining steps, such as ending processes and unlocking the folder, matter more than this failure.
        this.log?.error({ err: error }, 'a part of the host could not be taken apart')
      }
  }
}
