// The name of the program in the foreground of a session's terminal, other than the one that the session started with.
import { open, readFile } from 'node:fs/promises'

/** The program is at the beginning of a command line; some command lines are megabytes. */
const READ_BYTES = 4096

export class Foreground {
  readonly #pid: number
  readonly #fallback: () => string
  #name = ''
  #refreshing = false

  /** `fallback` gives the name on systems without /proc, or '' if it is not known. */
  constructor(pid: number, fallback: () => string) {
    this.#pid = pid
    this.#fallback = fallback
  }

  /** '' for the program that the session started with, and if the name is not known. */
  get name(): string {
    return this.#name
  }

  /** Asks the system. True: the name changed. */
  async refresh(): Promise<boolean> {
    if (this.#refreshing) return false
    this.#refreshing = true
    const before = this.#name
    try {
      this.#name = process.platform === 'linux' ? await this.#read() : shortName(this.#fallback())
    } catch {
      this.#name = '' // it has ended, or is hidden from us
    } finally {
      this.#refreshing = false
    }
    return this.#name !== before
  }

  /** Asynchronously: reading the command line of a process that hangs may block (proc(5)). */
  async #read(): Promise<string> {
    const stat = await readFile(`/proc/${this.#pid}/stat`, 'latin1')
    const [, , group, , , foreground] = stat.replace(/^.*\) /s, '').split(' ')
    if (foreground === group || Number(foreground) <= 0) return ''
    const file = await open(`/proc/${foreground}/cmdline`)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES)
      return shortName(buffer.toString('utf8', 0, bytesRead).split('\0')[0] ?? '')
    } finally {
      await file.close()
    }
  }
}

/** `/usr/bin/vim` becomes vim, `-bash` becomes bash; `npm run build`, as npm calls itself, stays. */
function shortName(program: string): string {
  return program.replace(/^\S*\//, '').replace(/^-/, '')
}
