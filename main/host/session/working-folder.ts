// The working folder of a session's shell: as the shell reports it (OSC 7), and as the system knows it.
import { readlink, realpath } from 'node:fs/promises'

export class WorkingFolder {
  #path: string
  readonly #pid: number
  /** The process's folder at the last refresh. */
  #process: string | undefined
  #refreshing = false

  constructor(path: string, pid: number) {
    this.#path = path
    this.#pid = pid
  }

  get path(): string {
    return this.#path
  }

  /** The shell reported its folder. True: it changed. */
  report(path: string): boolean {
    const isNew = path !== this.#path
    this.#path = path
    return isNew
  }

  /** Asks the system. True: the folder changed. Of a shell within the shell only reports are known. */
  async refresh(): Promise<boolean> {
    if (process.platform !== 'linux' || this.#refreshing) return false
    this.#refreshing = true
    try {
      const current = await readlink(`/proc/${this.#pid}/cwd`)
      if (current === this.#process || current.endsWith(' (deleted)')) return false
      this.#process = current
      // The path that the shell reported, or was started with, may lead there through symbolic links.
      const before = this.#path
      const resolved = await realpath(before).catch(() => undefined)
      return resolved !== current && this.#path === before && this.report(current)
    } catch {
      return false // it has ended, or belongs to another user
    } finally {
      this.#refreshing = false
    }
  }
}
