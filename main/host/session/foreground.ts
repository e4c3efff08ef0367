// What runs in the foreground of a session's terminal, besides what the session was started with, by its name. Knows
// nothing of titles.
import { open, readFile } from 'node:fs/promises'

/** Of a command line only the beginning is its program; some are megabytes. */
const READ_BYTES = 4096

export class Foreground {
  readonly #pid: number
  readonly #ask: () => string
  #name = ''
  #looking = false

  /** `ask` is what there is where the system has no /proc: the name, or '' when it does not say. */
  constructor(pid: number, ask: () => string) {
    this.#pid = pid
    this.#ask = ask
  }

  /** '' for what the session was started with, and where nobody knows. */
  get name(): string {
    return this.#name
  }

  /** Asks the system. True: it is another one. */
  async refresh(): Promise<boolean> {
    if (this.#looking) return false
    this.#looking = true
    const before = this.#name
    try {
      this.#name = process.platform === 'linux' ? await this.#read() : shortName(this.#ask())
    } catch {
      this.#name = '' // it ended, as most do that are read this late, or is hidden from us
    } finally {
      this.#looking = false
    }
    return this.#name !== before
  }

  /** Not by a call: a command line belongs to its process, and one that hangs lets nobody read it (proc(5)). */
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

/** `/usr/bin/vim` is vim, `-bash` a bash; `npm run build`, which npm calls itself, stays. */
function shortName(program: string): string {
  return program.replace(/^\S*\//, '').replace(/^-/, '')
}
