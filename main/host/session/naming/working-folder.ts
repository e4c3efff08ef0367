// The working folder of a session's shell, as the shell reports it (OSC 7) and as the system knows it, and its git branch.
import { readFile, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

/** A repository is found in one of this many folders upwards. */
const MAX_DEPTH = 16

/** Longer branch names are cut. */
const BRANCH_CHARACTERS = 60

export class WorkingFolder {
  #path: string
  readonly #pid: number
  /** The process's folder at the last refresh. */
  #process: string | undefined
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
    return isNew
  }

  /** Asks the system. True: the folder or its branch changed. Of a shell within the shell only reports are known. */
  async refresh(): Promise<boolean> {
    if (this.#refreshing) return false
    this.#refreshing = true
    const before = this.#branch
    try {
      const moved = await this.#refreshPath()
      this.#branch = await branchOf(this.#path)
      return moved || this.#branch !== before
    } finally {
      this.#refreshing = false
    }
  }

  async #refreshPath(): Promise<boolean> {
    if (process.platform !== 'linux') return false
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
    }
  }
}

/** The branch that is checked out in the repository around a folder, without running git; '' if there is none. */
async function branchOf(path: string): Promise<string> {
  let folder = path
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const git = join(folder, '.git')
    const found = await stat(git).catch(() => undefined)
    if (found?.isDirectory()) return headOf(git)
    if (found?.isFile()) {
      // A worktree or a submodule (gitrepository-layout(5)).
      const [, target] = /^gitdir: (.+)/.exec(await readFile(git, 'utf8').catch(() => '')) ?? []
      return target === undefined ? '' : headOf(resolve(folder, target.trim()))
    }
    const parent = dirname(folder)
    if (parent === folder) return ''
    folder = parent
  }
  return ''
}

async function headOf(git: string): Promise<string> {
  const head = await readFile(join(git, 'HEAD'), 'utf8').catch(() => '')
  const [, branch] = /^ref: refs\/heads\/(.+)/.exec(head) ?? []
  return (branch?.trim() ?? head.slice(0, 7)).slice(0, BRANCH_CHARACTERS)
}
