// A session's title: what its user or its program named it, else what it does, else where it is.
import { basename } from 'node:path'
import { oneLine } from '../../../../protocol/one-line.ts'

/** More does not fit into a list. */
const TITLE_CHARACTERS = 256

/**
 * A sign that spins at the beginning of a title, as agents and build tools have it: braille patterns, stars, circles, and
 * the four strokes of a line if alone.
 */
const SPINNER = /^(?:[\u2800-\u28ff✢✳✶✻✽∗✦✧◇◆◐◓◑◒◴◷◶◵●○◌⏳⌛⏺·…]\s*|[-|/\\*+]\s+)+/u

/** What shells set by default, `user@host: ~/folder`: it says where the session is, like our own name for it. */
const SHELL_TITLE = /^[\w.-]+@[\w.-]+: ?[~/]\S*$/

/** Programs that are a shell when they run without arguments. */
const SHELL = /^-?(?:ba|da|fi|k|z|tc|c)?sh$|^(?:nu|pwsh|xonsh|elvish|powershell|cmd)(?:\.exe)?$/

export function cleanTitle(text: string): string {
  return oneLine(text, TITLE_CHARACTERS)
}

/** Whether this is the command of a shell that a person types into. */
export function isShell(command: readonly string[]): boolean {
  const [program = '', ...rest] = command
  return rest.every(argument => /^(-[^c-]+|--[\w-]+)$/.test(argument)) && SHELL.test(basename(program))
}

/** What a session's title depends on besides titles. */
export interface TitleContext {
  command: readonly string[]
  /** The program in the foreground other than the session's own; ''. */
  program(): string
  /** An agent's name, if one runs; ''. */
  agent(): string
  /** Where it is: the folder, and the branch that is checked out there. */
  place(): string
  /** Makes the name of a place different from those of other shells. */
  distinct(place: string): string
}

export class SessionTitle {
  readonly #context: TitleContext
  readonly #isShell: boolean
  #given: string
  #reported = ''
  #task = ''

  /** `given`: by the user who started it. */
  constructor(given: string | undefined, context: TitleContext) {
    this.#given = cleanTitle(given ?? '')
    this.#context = context
    this.#isShell = isShell(context.command)
  }

  /** '' takes the given title back. */
  rename(title: string): void {
    this.#given = cleanTitle(title)
  }

  /** The program set the terminal's title. */
  report(title: string): void {
    const clean = cleanTitle(title)
    this.#reported = clean.replace(SPINNER, '') || clean
  }

  /** What the agent was asked to do; '' when it has left. */
  reportTask(task: string): void {
    this.#task = cleanTitle(task)
  }

  /** As lists show it now. */
  get current(): string {
    const { agent, program, distinct, place } = this.#context
    const named = this.#given || this.#informative || this.#task
    return named || agent() || cleanTitle(program()) || (this.#isShell ? distinct(cleanTitle(place())) : this.#command)
  }

  /** As the history keeps it: it does not name the program that happens to run. */
  get recorded(): string {
    const { place } = this.#context
    return this.#given || this.#informative || this.#task || (this.#isShell ? cleanTitle(place()) : this.#command)
  }

  /** The program's title, unless it only repeats what is known: the program's name, or where its shell is. */
  get #informative(): string {
    const { agent, program } = this.#context
    const lower = this.#reported.toLowerCase()
    if (SHELL_TITLE.test(this.#reported)) return ''
    return lower === agent().toLowerCase() || lower === program().toLowerCase() ? '' : this.#reported
  }

  get #command(): string {
    return cleanTitle(this.#context.command[0]?.split(/[/\\]/).at(-1) ?? '')
  }
}

/** Numbers shells in the same place: `proj`, `proj 2`. A number stays as long as its session is there. */
export class DistinctNames {
  readonly #numbers = new Map<string, { place: string; number: number }>()

  distinct(session_id: string, place: string): string {
    let own = this.#numbers.get(session_id)
    if (own?.place !== place) {
      const taken = new Set<number>()
      for (const [id, one] of this.#numbers) if (one.place === place && id !== session_id) taken.add(one.number)
      let number = 1
      while (taken.has(number)) number++
      own = { place, number }
      this.#numbers.set(session_id, own)
    }
    return own.number === 1 ? place : `${place} ${own.number}`
  }

  /** The session has ended. */
  forget(session_id: string): void {
    this.#numbers.delete(session_id)
  }
}
