// Types the answer to a question, step by step, and watches what the program makes of it: Enter is typed only where it belongs
// to the answer, and in a menu with a mark only while the mark is at the wanted option.
import { CodedError } from '../../../../protocol/errors.ts'
import { markUnseen } from '../../agents/activity-tracker.ts'
import type { PromptCheck } from '../../agents/prompt-check.ts'
import { MAX_OPTIONS } from '../../agents/rule-format.ts'
import type { Finding } from '../../agents/screen-rules.ts'
import { type TerminalMode, terminalMode } from '../../agents/terminal-mode.ts'
import type { PooledScreen } from '../../screen/pooled-screen.ts'

/** A program that does not show what is typed is not waited for any longer. */
const DRAWN_MS = 800

/** Of a typed text: its end, since a field may show no more. */
const ECHOED_CHARACTERS = 8

/** A screen that is being drawn anew asks nothing for a moment. */
const REDRAW_MS = 400

/** Between the keys of an answer: programs take keys that come together for a paste. */
const STEP_MS = 80

/** A program that reads single keys, and of which the system tells nothing, has mostly gone on within this. */
const GO_ON_MS = 480

/** Keys that move a mark to one option: to the end of the longest menu and back. */
const MAX_MOVES = 2 * MAX_OPTIONS

const ENTER = '\r'

export interface AnswerTypingOptions {
  screen: PooledScreen
  /** Gives output that was gathered to the screen. */
  flushOutput(): void
  /** Types in the name of `peer`. False: there is no room. */
  write(bytes: Uint8Array, peer: string): boolean
  /** The terminal's file, or ''. */
  terminal: string
}

/** The client that answers. */
export interface Typist {
  /** A device's ID, or `local`: what it typed is dropped when the device is revoked. */
  peer: string
  /** Among whom places for answers are shared: `peer`, or other for programs than for people. Left out: `peer`. */
  group?: string
  /** False: the device was revoked, or may only look now. */
  mayType(): boolean
}

export class AnswerTyping {
  readonly #options: AnswerTypingOptions
  /** Answers are typed one after the other. */
  #typist: Typist | undefined
  readonly #promptCheck: PromptCheck

  constructor(options: AnswerTypingOptions, promptCheck: PromptCheck) {
    this.#options = options
    this.#promptCheck = promptCheck
  }

  /** What the screen asks at this moment. Looks again if it asks nothing: it may be half drawn. */
  async look(): Promise<Finding | undefined> {
    const first = await this.#finding(isQuestion)
    if (first?.question) return this.#promptCheck.confirm(first)
    await pause(REDRAW_MS)
    return this.#promptCheck.confirm(await this.#finding())
  }

  /** `asked`: the question that is answered. `option`: its index, unless a text is typed. Throws `question_changed`, `input_full`, `device_revoked`. */
  async type(steps: readonly string[], asked: Finding, option: number | undefined, typist: Typist): Promise<void> {
    this.#typist = typist
    const isMarked = option !== undefined && asked.question?.options[option]?.moves !== undefined
    if (!isMarked) return this.#typeAll(steps, asked, option === undefined)
    await this.#typeAll(steps.slice(0, -1), asked, false)
    await this.#choose(asked, option, steps.length > 1)
  }

  async #typeAll(steps: readonly string[], asked: Finding, isText: boolean): Promise<void> {
    const isShown = isText && asked.question?.kind !== 'password'
    const mode = isText || asked.agent ? 'unknown' : await terminalMode(this.#options.terminal)
    let before = ''
    for (const [index, step] of steps.entries()) {
      if (index > 0 && isShown) await this.#untilDrawn(before, steps[index - 1]!)
      else if (index > 0) await pause(STEP_MS)
      if (isShown) before = await this.#words()
      if (step === ENTER && index > 0 && !(await this.#awaitsEnter(asked, isText, steps[index - 1]!, mode))) return
      this.#write(step)
    }
  }

  /**
   * Moves the mark to an option, and chooses it with Enter. `hasTyped`: the option's own keys were typed, and may have chosen it.
   * The mark is looked at after each key, and must be there at two looks: a person may be moving it, too.
   */
  async #choose(asked: Finding, option: number, hasTyped: boolean): Promise<void> {
    const { next, previous } = asked.question!.mark_keys!
    let last: number | null = null
    for (let count = 0; count <= MAX_MOVES; count++) {
      const moves = await this.#markMoved(asked, option, last)
      if (moves === undefined) {
        if (hasTyped && count === 0) return
        throw new CodedError('question_changed', 'the program asks something else now; look at it first')
      }
      if (moves === null || moves === last) throw markUnseen()
      if (moves === 0) {
        await pause(STEP_MS)
        if ((await this.#markMoved(asked, option, null)) !== 0) continue
        return this.#write(ENTER)
      }
      last = moves
      this.#write(moves > 0 ? next : previous)
    }
    throw markUnseen()
  }

  /**
   * How far the mark is from the option, as soon as it is seen elsewhere than at `last`; as it is when that takes too long. null:
   * it cannot be seen. undefined: something else is asked.
   */
  async #markMoved(asked: Finding, option: number, last: number | null): Promise<number | null | undefined> {
    for (let waited = 0; ; waited += STEP_MS) {
      const isLast = waited >= DRAWN_MS
      // A screen that is half drawn says nothing.
      const now = await this.#finding(finding => isLast || isSame(finding, asked))
      const moves = isSame(now, asked) ? now!.question!.options[option]!.moves : undefined
      if (isLast || (moves !== undefined && moves !== null && moves !== last)) return moves
      await pause(STEP_MS)
    }
  }

  /** Waits until the screen shows what was typed, or else than before after a key: text and Enter that come too soon get lost. */
  async #untilDrawn(before: string, typed: string): Promise<void> {
    const isKey = /\p{Cc}/u.test(typed) || typed.length === 1
    const end = withoutBlanks(typed).slice(-ECHOED_CHARACTERS)
    for (let waited = 0; waited < DRAWN_MS; waited += STEP_MS) {
      await pause(STEP_MS)
      const now = await this.#words()
      if (isKey ? now !== before : now.includes(end)) return
    }
  }

  /** What the screen shows, without blanks and line ends. */
  async #words(): Promise<string> {
    return withoutBlanks((await this.#lines()).join(''))
  }

  async #lines(): Promise<string[]> {
    this.#options.flushOutput()
    return (await this.#options.screen.text()).lines
  }

  /** What the screen says now; what counts is passed on, since the worker does not send again what it replied. */
  async #finding(counts: (finding: Finding | undefined) => boolean = () => true): Promise<Finding | undefined> {
    this.#options.flushOutput()
    const finding = await this.#options.screen.finding()
    if (counts(finding)) this.#promptCheck.seen(finding)
    return finding
  }

  /**
   * Whether what was typed still waits for Enter: a program that reads single keys has gone on, and Enter would answer what it
   * asks next; a password that is visible is being typed into something else. `mode`: the terminal's, before it was typed.
   */
  async #awaitsEnter(asked: Finding, isText: boolean, typed: string, mode: TerminalMode): Promise<boolean> {
    if (asked.agent) return true
    if (isText) {
      if (asked.question?.kind !== 'password' || typed.trim() === '') return true
      return !(await this.#lines()).join('').includes(typed.trim())
    }
    if (!/^\w+$/.test(typed)) return true
    // The echo of a key appears at once, and what the program prints next a moment later.
    for (let waited = 0; waited < GO_ON_MS; waited += STEP_MS) {
      const reading = await this.#promptCheck.reading()
      if (reading === 'not') return false
      const now = await terminalMode(this.#options.terminal)
      // The kernel still gathers the line; or the program took the key, and has given the terminal back.
      if (now === 'line') return mode === 'line'
      const isAsked = JSON.stringify((await this.#finding())?.question) === JSON.stringify(asked.question)
      if (!isAsked && !(await this.#isEchoed(typed))) return false
      await pause(STEP_MS)
    }
    if (mode === 'unknown' || (await this.#promptCheck.reading()) === 'reads') return true
    // A program that edits a line by itself shows what is typed; one that takes single keys goes on without.
    return this.#isEchoed(typed)
  }

  /** Whether the last line ends with what was typed. */
  async #isEchoed(typed: string): Promise<boolean> {
    const last = (await this.#lines()).findLast(line => line.trim() !== '')
    return last?.trimEnd().endsWith(typed) ?? false
  }

  #write(step: string): void {
    const { peer, mayType } = this.#typist!
    // It may have been revoked between two steps.
    if (!mayType()) throw mayNotType()
    if (!this.#options.write(Buffer.from(step), peer))
      throw new CodedError('input_full', 'the session does not read its input at the moment; try again')
  }
}

export function mayNotType(): CodedError {
  return new CodedError('device_revoked', 'this device may no longer answer')
}

function isQuestion(finding: Finding | undefined): boolean {
  return Boolean(finding?.question)
}

/** Whether both ask the same, wherever the mark is. */
function isSame(now: Finding | undefined, asked: Finding): boolean {
  const wordsOf = ({ question }: Finding) =>
    JSON.stringify([question?.kind, question?.text, question?.context, question?.options.map(({ label }) => label)])
  return now !== undefined && wordsOf(now) === wordsOf(asked)
}

function withoutBlanks(text: string): string {
  return text.replace(/\s+/g, '')
}

function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
