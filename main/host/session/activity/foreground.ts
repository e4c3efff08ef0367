// The program in the foreground of a session's terminal, by its process.
import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'

/** The program is at the beginning of a command line; some command lines are megabytes. */
const READ_BYTES = 4096

/** A command line may change without the process's name: it is read again after this. */
const SAME_MS = 5_000

/** Programs that run a script, which is what a person means by the program. */
const INTERPRETER = /^(node|nodejs|bun|deno|python[\d.]*|ruby|perl|php|(ba|da|fi|k|z)?sh)$/

/** File names that say nothing: the package's name is better. */
const GENERIC_SCRIPT = /^(index|main|cli|bin|start|run|app|__main__)$/

/** As npm calls itself while it runs a package's program (`npx @google/gemini-cli`): the package's name, without scope and version. */
const NPM_EXEC = /^npm exec (?:@[^/\s]+\/)?([^@/\s-][^@/\s]*)/

export class Foreground {
  readonly #pid: number
  readonly #fallback: () => string
  #name = ''
  #program = ''
  /** The process and its name when its command line was read, and when that was (by performance.now()). */
  #readFor = ''
  #readAt = 0
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

  /** The name of the process, also of the one that the session started with; '' if it is not known. */
  get program(): string {
    return this.#program
  }

  /** Asks the system. True: the name changed. */
  async refresh(): Promise<boolean> {
    if (this.#refreshing) return false
    this.#refreshing = true
    const before = [this.#name, this.#program]
    try {
      if (process.platform === 'linux') await this.#read()
      else this.#name = this.#program = shortName(this.#fallback())
    } catch {
      this.#name = this.#program = this.#readFor = '' // it has ended, or is hidden from us
    } finally {
      this.#refreshing = false
    }
    return this.#name !== before[0] || this.#program !== before[1]
  }

  /**
   * The command line asynchronously: reading that of a process that hangs may block (proc(5)). What is read before, at every
   * look, does not block and takes a tenth of the time.
   */
  async #read(): Promise<void> {
    const [, , group, , , foreground] = readFileSync(`/proc/${this.#pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    const isOwn = foreground === group || Number(foreground) <= 0
    const pid = isOwn ? this.#pid : foreground
    const now = `${pid} ${readFileSync(`/proc/${pid}/comm`, 'latin1')}`
    if (now === this.#readFor && performance.now() - this.#readAt < SAME_MS) return
    this.#readFor = now
    this.#readAt = performance.now()
    const file = await open(`/proc/${pid}/cmdline`)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES)
      const argv = buffer.toString('utf8', 0, bytesRead).split('\0')
      this.#program = programOf(argv)
      this.#name = isOwn ? '' : this.#program
    } finally {
      await file.close()
    }
  }
}

/** The program's name; of a script the script's, or its package's. */
export function programOf(argv: readonly string[]): string {
  const [, executed] = NPM_EXEC.exec(argv[0] ?? '') ?? []
  if (executed !== undefined) return executed
  const name = shortName(argv[0] ?? '')
  const script = INTERPRETER.test(name) ? argv.slice(1).find(one => one !== '' && !one.startsWith('--')) : undefined
  // `sh -c …`, `python -m module` and `node -e …` have no script; what follows a short option may be its value.
  if (script === undefined || script.startsWith('-')) return name
  const file = shortName(script).replace(/\.([cm]?[jt]s|py|rb|pl|php)$/, '')
  if (!GENERIC_SCRIPT.test(file)) return file
  return packageOf(script) || file
}

/** The innermost npm package that a file is in, without its scope; '' if there is none. In time that grows with the path only. */
function packageOf(path: string): string {
  const parts = path.split('/')
  const file = parts.length - 1
  const at = parts.lastIndexOf('node_modules', file - 2) + 1
  if (file < 2 || at === 0) return ''
  const isScope = parts[at]!.startsWith('@') && at + 1 < file
  return parts[isScope ? at + 1 : at]!
}

/** `/usr/bin/vim` becomes vim, `-bash` becomes bash; `npm run build`, as npm calls itself, stays. */
function shortName(program: string): string {
  return program.replace(/^\S*\//, '').replace(/^-/, '')
}
