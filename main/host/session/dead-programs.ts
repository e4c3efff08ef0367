// Notices that a program in the foreground has died and the one that started it, a shell, is back: then the modes that it left on
// are reset. By process groups (tcgetpgrp(3)), so on Linux only; elsewhere there is "Reset terminal".
import { readFileSync } from 'node:fs'
import type { Extent } from '../screen/screen-protocol.ts'

/** A shell that is back prints its prompt, and a program's last output may still arrive: only after this much quiet is asked. */
const QUIET_MS = 100

/** Programs that wait for one another, shells in shells; and those that are stopped. */
const MAX_DEPTH = 32

/** How often a program was stopped and went on: its first modes are then left alone. */
const MAX_EXTENTS = 32

/** What dead programs printed, while there is no quiet. Of a loop that runs thousands of programs, the last ones count. */
const MAX_DEAD = 1024

interface InForeground {
  group: number
  /** What it printed; the last of them goes on while it is in front. */
  extents: [from: number, until: number][]
}

export interface DeadProgramsOptions {
  /** Of the process that the session started with. */
  pid: number
  /** The end of the log. */
  end(): number
  /** Resets what output in these extents has left on. */
  reset(extents: readonly Extent[]): Promise<boolean>
}

export class DeadPrograms {
  readonly #options: DeadProgramsOptions
  readonly #stack: InForeground[] = []
  /** Not in front any more, but alive. */
  readonly #stopped = new Map<number, [from: number, until: number][]>()
  #dead: Extent[] = []
  #before = 0
  #isOver = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: DeadProgramsOptions) {
    this.#options = options
  }

  /** Output was appended to the log. */
  printed(): void {
    const group = foregroundGroup(this.#options.pid)
    const end = this.#options.end()
    if (group !== undefined) this.#seen(group, end)
    this.#before = end
    if (this.#dead.length > MAX_DEAD) this.#dead = this.#dead.slice(-MAX_DEAD)
    if (this.#dead.length > 0) this.#askLater()
  }

  dispose(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  #seen(group: number, end: number): void {
    this.#findDead()
    const at = this.#stack.findLastIndex(one => one.group === group)
    if (at < 0) {
      if (this.#stack.length === MAX_DEPTH) this.#stack.shift()
      const extents = this.#stopped.get(group) ?? []
      this.#stopped.delete(group)
      extents.push([this.#before, end])
      if (extents.length > MAX_EXTENTS) extents.shift()
      this.#stack.push({ group, extents })
      return
    }
    // One that is only stopped goes on with its modes.
    for (const gone of this.#stack.splice(at + 1))
      if (isDead(gone.group)) this.#dead.push(...gone.extents)
      else this.#stopped.set(gone.group, gone.extents)
    if (this.#stopped.size > MAX_DEPTH) this.#stopped.delete(this.#stopped.keys().next().value!)
    this.#stack[at]!.extents.at(-1)![1] = end
  }

  /** Those that were stopped and have died since. */
  #findDead(): void {
    for (const [group, extents] of this.#stopped) {
      if (!isDead(group)) continue
      this.#stopped.delete(group)
      this.#dead.push(...extents)
    }
  }

  #askLater(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const dead = this.#dead
      this.#dead = []
      if (foregroundGroup(this.#options.pid) !== this.#stack.at(-1)?.group) return
      this.#options.reset(dead).then(
        isDone => {
          if (isDone || this.#isOver) return
          // Output came meanwhile, perhaps the last for long.
          this.#dead.push(...dead)
          this.#askLater()
        },
        () => {}, // the screen is gone
      )
    }, QUIET_MS)
  }
}

/** The process group in the foreground of the terminal; undefined: not known. */
function foregroundGroup(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const [, , , , , foreground] = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    return Number(foreground) > 0 ? Number(foreground) : undefined
  } catch {
    return undefined // it has ended
  }
}

function isDead(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
