// Where a session's shell is: what it tells by OSC 7, and where the system says that its process is. Knows nothing of
// screens.
import { readlink, realpath } from 'node:fs/promises'

export class WorkingFolder {
  #path: string
  readonly #pid: number
  /** Where the process was when it was looked at last. */
  #process: string | undefined
  #looking = false

  constructor(path: string, pid: number) {
    this.#path = path
    this.#pid = pid
  }

  get path(): string {
    return this.#path
  }

  /** True: it is another one. */
  report(path: string): boolean {
    const isNew = path !== this.#path
    this.#path = path
    return isNew
  }

  /** Asks the system. True: it is another one. A shell within the shell has moved only if it says so. */
  async refresh(): Promise<boolean> {
    if (process.platform !== 'linux' || this.#looking) return false
    this.#looking = true
    try {
      const now = await readlink(`/proc/${this.#pid}/cwd`)
      if (now === this.#process || now.endsWith(' (deleted)')) return false
      this.#process = now
      // What the shell tells, and what it was started with, may lead there through links.
      const before = this.#path
      const resolved = await realpath(before).catch(() => undefined)
      return resolved !== now && this.#path === before && this.report(now)
    } catch {
      return false // it ended, or belongs to another user
    } finally {
      this.#looking = false
    }
  }
}
