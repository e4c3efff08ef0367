// The working folder of a session's shell, as the shell reports it (OSC 7) and as the system knows it, and its git branch.
//
// What a program reports is only shown: whatever prints can report any path, and looking at one may block or reach another
// computer. Files are read only in the folder that the system names (case 152), and others may have put them there.
import { readlink, realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { lookAtFiles } from './file-looks.ts'
import { branchOf } from './git-branch.ts'

export class WorkingFolder {
  #path: string
  readonly #pid: number
  /** The process's folder at the last refresh. */
  #process: string | undefined
  /** The shell reported its folder since the last refresh. */
  #isReported = false
  #branch = ''
  #refreshing = false

  constructor(path: string, pid: number) {
    this.#path = path
    this.#pid = pid
  }

  get path(): string {
    return this.#path
  }

  /** The branch that is checked out there, at the last refresh; '': none, or no repository. */
  get branch(): string {
    return this.#branch
  }

  /** `~`, `proj (main)`. */
  name(home: string): string {
    const folder = this.#path === home ? '~' : basename(this.#path) || this.#path
    return this.#branch === '' ? folder : `${folder} (${this.#branch})`
  }

  /** The shell reported its folder. True: it changed. */
  report(path: string): boolean {
    const isNew = path !== this.#path
    this.#path = path
    this.#isReported = true
    return isNew
  }

  /** Asks the system. True: the folder or its branch changed. Of a shell within the shell only reports are known. */
  async refresh(): Promise<boolean> {
    if (this.#refreshing) return false
    this.#refreshing = true
    const before = this.#branch
    try {
      const moved = await this.#refreshPath()
      // Where the system does not tell, the folder that the session was started in.
      this.#process ??= process.platform === 'linux' ? undefined : this.#path
      const folder = this.#process
      this.#branch = folder === undefined ? '' : await lookAtFiles(() => branchOf(folder))
      return moved || this.#branch !== before
    } finally {
      this.#refreshing = false
    }
  }

  async #refreshPath(): Promise<boolean> {
    if (process.platform !== 'linux') return false
    try {
      const current = await readlink(`/proc/${this.#pid}/cwd`)
      const isReported = this.#isReported
      this.#isReported = false
      if (current === this.#process || current.endsWith(' (deleted)')) return false
      const isFirst = this.#process === undefined
      this.#process = current
      const before = this.#path
      // The shell reports a path that may lead there through symbolic links; so may the one that a person started it in.
      if (isReported) return false
      if (isFirst && (await lookAtFiles(() => realpath(before).catch(() => undefined))) === current) return false
      if (this.#path === current || this.#path !== before) return false
      this.#path = current
      return true
    } catch {
      return false // it has ended, or belongs to another user
    }
  }
}
