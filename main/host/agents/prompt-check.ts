// Asks the processes whether a prompt on the screen is one: a program that only printed such words is not waiting.
import type { Finding } from './screen-rules.ts'
import { type Reading, readingOf } from './terminal-reader.ts'

/** A prompt that no process reads is asked about again this much later: a program may print first, and read after its work. */
export const RECHECK_MS = 1_000

export class PromptCheck {
  readonly #reading: () => Promise<Reading>
  readonly #deliver: (finding: Finding | undefined) => void
  readonly #recheck_ms: number
  #timer: NodeJS.Timeout | undefined
  /** Of the finding that was seen last: an older one's check comes too late. */
  #number = 0

  /** `pid`: the process that the terminal began with. `deliver`: what the screen really says. */
  constructor(
    pid: number,
    deliver: (finding: Finding | undefined) => void,
    reading: () => Promise<Reading> = () => readingOf(pid),
    recheck_ms = RECHECK_MS,
  ) {
    this.#reading = reading
    this.#deliver = deliver
    this.#recheck_ms = recheck_ms
  }

  /** What the screen says changed. */
  seen(finding: Finding | undefined): void {
    clearTimeout(this.#timer)
    const number = ++this.#number
    if (needsCheck(finding)) void this.#check(finding, number)
    else this.#deliver(finding)
  }

  /** The finding as it counts at this moment; undefined: the program asks nothing. */
  async confirm(finding: Finding | undefined): Promise<Finding | undefined> {
    return needsCheck(finding) ? checked(finding, await this.#reading()) : finding
  }

  /** Whether a process waits for what is typed. */
  reading(): Promise<Reading> {
    return this.#reading()
  }

  dispose(): void {
    clearTimeout(this.#timer)
    this.#number++
  }

  async #check(finding: Finding, number: number): Promise<void> {
    const confirmed = await this.confirm(finding)
    if (number !== this.#number) return
    this.#deliver(confirmed)
    if (confirmed) return
    this.#timer = setTimeout(() => void this.#check(finding, number), this.#recheck_ms)
    this.#timer.unref()
  }
}

/** What a finding is worth once the processes were asked; undefined: nothing. Pure. */
export function checked(finding: Finding | undefined, reading: Reading): Finding | undefined {
  if (!needsCheck(finding)) return finding
  if (reading === 'reads') return { ...finding, certain: true }
  return reading === 'not' || finding.reads ? undefined : finding
}

/** An agent draws its questions by itself, and polls. */
function needsCheck(finding: Finding | undefined): finding is Finding {
  return finding?.state === 'blocked' && !finding.agent
}
