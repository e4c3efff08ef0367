// What one session's program is doing: gathers the evidence, and names the moments when a person is needed.
import { createHash } from 'node:crypto'
import { CodedError } from '../../../protocol/errors.ts'
import type { Activity, ActivityState, AttentionKind, Question } from '../../../protocol/messages.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import {
  type ActivityEvidence,
  type Decision,
  decide,
  HOOK_OUTDATED_MS,
  isHookOutdated,
  type ObservedState,
} from './activity.ts'
import type { FoundQuestion } from './screen-question.ts'
import type { Finding } from './screen-rules.ts'

/** An answered question that stays on the screen for this long was not answered: its keys went nowhere. A busy computer needs seconds. */
export const ANSWER_MS = 10_000

/**
 * An agent takes no keys for a moment after it has drawn a question: Claude Code 2.1 drops those of the first 100 to 150 ms. From when
 * the question was seen first, with room for a busy computer.
 */
export const READY_MS = 500

/** A hook is a process of its own, and may tell of a question this long after it was answered. */
export const LATE_HOOK_MS = 3_000

/** An agent's bell is explained by its screen within this: Codex 0.171 rings 0.6 s before it draws its question when nobody looks. */
export const BELL_MS = 2_000

/** A screen that changed is looked at, and its question found, within this. */
export const TITLE_MS = 700

/** A program that ran for less is nothing to come back for. */
export const LONG_COMMAND_MS = 30_000

/** A progress bar that no program updates for this long was left behind by one that has died. */
export const PROGRESS_MS = 15_000

/** A person who typed this recently is still at the keyboard. */
export const ATTENDED_MS = 5_000

/** Of a hook's text. */
const TEXT_CHARACTERS = 600
const AGENT_CHARACTERS = 64

export interface ActivityHandlers {
  /** The activity is another one. */
  changed(): void
  /** A person is needed; `text` says for what. Called once per wait. */
  needed(kind: AttentionKind, text: string): void
  /** What a person was needed for is over: answered, or went on by itself. */
  settled(): void
  /** Whether a person is at a screen that shows the session. */
  isSeen(): boolean
}

export class ActivityTracker {
  readonly #now: () => number
  readonly #handlers: ActivityHandlers
  readonly #evidence: ActivityEvidence = {
    hook: null,
    screen: null,
    title: null,
    progress: null,
    command: null,
    inputAt: Number.NEGATIVE_INFINITY,
  }
  #activity: Activity | null = null
  /** The latest hook said that something is done, rather than idle. */
  #hookEnded = false
  #found: FoundQuestion | undefined
  /** The question that the screen shows, and since when. */
  #shown = { words: '', at: Number.NEGATIVE_INFINITY }
  /** Of the question in `#activity`. */
  #fingerprint = ''
  #questions = 0
  #waits = 0
  /** The question that was answered here and may still be on the screen. */
  #answered: { fingerprint: string; until: number } | undefined
  /** The words of the question that was answered here last, without blanks; until then a hook may still tell of it. */
  #answeredWords: { words: string; until: number } | undefined
  #timer: NodeJS.Timeout | undefined
  #bellTimer: NodeJS.Timeout | undefined
  #titleTimer: NodeJS.Timeout | undefined
  #progressUntil = 0
  #disposed = false

  constructor(now: () => number, handlers: ActivityHandlers) {
    this.#now = now
    this.#handlers = handlers
  }

  /** Counts the times that a person was needed. */
  get waits(): number {
    return this.#waits
  }

  /** Null: a plain shell, or nothing is known. */
  get activity(): Activity | null {
    return this.#activity
  }

  /** The screen was looked at; undefined: it says nothing. */
  screenSeen(finding: Finding | undefined): void {
    const before = this.#evidence.screen
    const at = before && finding && before.finding.state === finding.state ? before.at : this.#now()
    this.#evidence.screen = finding ? { finding, at } : null
    const words = finding?.question ? wordsOf(finding.question) : ''
    if (words !== this.#shown.words) this.#shown = { words, at: this.#now() }
    this.#update()
  }

  /** Milliseconds until an agent takes keys for what the screen asks at this moment. */
  readyIn(current: Finding): number {
    this.screenSeen(current)
    return current.agent ? Math.max(0, this.#shown.at + READY_MS - this.#now()) : 0
  }

  /** A title that no longer spins counts a moment later: it comes at once, and the question on the screen after it. */
  titleSeen(state: ObservedState | undefined, program: string): void {
    const before = this.#evidence.title
    clearTimeout(this.#titleTimer)
    if (before?.state === state) return
    const apply = () => {
      this.#evidence.title = state ? { state, at: this.#now(), program } : null
      this.#update()
    }
    if (before?.state !== 'working') return apply()
    this.#titleTimer = setTimeout(apply, TITLE_MS)
    this.#titleTimer.unref()
  }

  /** OSC 9;4: whether a progress bar is shown. */
  progressSeen(isShown: boolean): void {
    const now = this.#now()
    this.#evidence.progress = isShown ? { at: this.#evidence.progress?.at ?? now } : null
    this.#progressUntil = now + PROGRESS_MS
    this.#update()
  }

  /** A program's hook says what it does. */
  hookReported(state: ActivityState, text: string, agent: string): void {
    if (state === 'blocked' && this.#isAnswered(text)) return
    this.#hookEnded = state === 'done'
    this.#evidence.hook = {
      state: state === 'done' ? 'idle' : state,
      at: this.#now(),
      text: oneLine(text, TEXT_CHARACTERS),
      agent: oneLine(agent, AGENT_CHARACTERS),
    }
    this.#update()
  }

  /** The program has left the foreground: what it was doing is over. */
  programGone(): void {
    const { state, agent = '' } = this.#activity ?? {}
    const evidence = this.#evidence
    if (state === 'done' || (state === 'working' && !this.#isAttended))
      evidence.command ??= { at: this.#now(), program: agent, failed: false }
    Object.assign(evidence, { hook: null, screen: null, title: null, progress: null })
    clearTimeout(this.#titleTimer)
    this.#update()
  }

  /** A command ended in a plain shell after this long. `program`: what it ran, or ''. */
  commandEnded(program: string, ran_ms: number, failed: boolean): void {
    if (ran_ms < LONG_COMMAND_MS || this.#isAttended) return
    this.#evidence.command = { at: this.#now(), program, failed }
    this.#update()
  }

  /** A person typed. */
  inputSeen(): void {
    this.#evidence.inputAt = this.#now()
    this.markSeen()
    if (this.#evidence.hook) this.#update()
  }

  /** A person has seen the session. */
  markSeen(): void {
    if (this.#activity?.state !== 'done') return
    this.#evidence.command = null
    this.#activity = { ...this.#activity, state: 'idle' }
    this.#update()
    this.#handlers.changed()
  }

  /** The bell or a notification of an agent: passed on unless the screen explains it meanwhile. */
  agentNotified(text: string, isAgent: boolean): void {
    const state = this.#activity?.state
    const pass = () => this.#handlers.needed(text ? 'message' : 'bell', text)
    if (!isAgent) return pass()
    if (state === 'blocked' || state === 'done') return
    clearTimeout(this.#bellTimer)
    this.#bellTimer = setTimeout(pass, BELL_MS)
    this.#bellTimer.unref()
  }

  /**
   * What to type for an answer, in steps. Throws `question_gone`, `question_changed`, `bad_message`. `current`: what the
   * screen says at this moment.
   */
  answer(
    question_id: string,
    current: Finding | undefined,
    option: number | undefined,
    text: string | undefined,
  ): string[] {
    // Seen half drawn, it is looked at again by the screen itself.
    if (current) this.screenSeen(current)
    const question = current ? this.#activity?.question : undefined
    if (!question) throw new CodedError('question_gone', 'this question was answered, or the program went on')
    if (question.question_id !== question_id)
      throw new CodedError('question_changed', 'the program asks something else now; look at it first')
    const found = this.#found
    if (!found)
      throw new CodedError('question_gone', 'the question is not on the screen; open the session to answer it')
    const steps = stepsOf(found, option, text)
    if (option !== undefined && found.options[option]!.moves === null) throw markUnseen()
    this.#answered = { fingerprint: this.#fingerprint, until: this.#now() + ANSWER_MS }
    this.#answeredWords = { words: wordsOf(question), until: this.#now() + LATE_HOOK_MS }
    this.#evidence.inputAt = this.#now()
    this.#update()
    return steps
  }

  /** The answer could not be given: what was asked is asked still. */
  answerFailed(): void {
    this.#answered = undefined
    this.#answeredWords = undefined
    this.#update()
  }

  /** Whether a hook's text, like `Bash: rm -rf build`, is about the question that was answered just now. */
  #isAnswered(text: string): boolean {
    const { words, until } = this.#answeredWords ?? { words: '', until: 0 }
    const subject = withoutBlanks(text.replace(/^[\w ]+: /, ''))
    return this.#now() < until && subject !== '' && words.includes(subject)
  }

  /** The question that was answered just now is still asked, with a box ticked by the answer. */
  #goesOn({ state, question }: Activity): boolean {
    const { words, until } = this.#answeredWords ?? { words: '', until: 0 }
    return state === 'blocked' && question !== null && this.#now() < until && wordsOf(question) === words
  }

  /** The process is gone. */
  ended(): void {
    this.dispose()
    this.#activity = null
  }

  dispose(): void {
    this.#disposed = true
    clearTimeout(this.#timer)
    clearTimeout(this.#bellTimer)
    clearTimeout(this.#titleTimer)
  }

  /** A person who typed just now ended the program, or waits for it at the keyboard. */
  get #isAttended(): boolean {
    return this.#handlers.isSeen() || this.#now() - this.#evidence.inputAt < ATTENDED_MS
  }

  #update(): void {
    if (this.#disposed) return
    const now = this.#now()
    // For good: otherwise it would count again as soon as the screen says nothing.
    if (isHookOutdated(this.#evidence, now)) this.#evidence.hook = null
    if (now >= this.#progressUntil) this.#evidence.progress = null
    this.#planNext(now)
    const decision = this.#withoutAnswered(decide(this.#evidence, now), now)
    const before = this.#activity
    const next = decision ? this.#activityOf(decision, before) : null
    if (JSON.stringify(next) === JSON.stringify(before)) return
    this.#activity = next
    // What an agent rang for. Otherwise its bell would be told after an answer that was given at once.
    if (next?.state === 'blocked' || next?.state === 'done') clearTimeout(this.#bellTimer)
    // Another turn may ask the same.
    if (next?.state === 'idle' || next?.state === 'done') this.#answeredWords = undefined
    const isNewWait = next !== null && this.#isNewWaitAfter(before, next) && !this.#goesOn(next)
    const isOver = before?.state === 'blocked' || (before?.state === 'done' && next?.state !== 'idle')
    // First: what is told next must not be taken for the same.
    if (isOver && next?.state !== before.state) this.#handlers.settled()
    if (isNewWait) {
      this.#waits++
      this.#handlers.needed(this.#neededFor(next), this.#neededText(next))
    }
    this.#handlers.changed()
  }

  /** A hook's word may be outdated by time alone, and an answer may have gone nowhere. */
  #planNext(now: number): void {
    clearTimeout(this.#timer)
    const { hook, screen } = this.#evidence
    const times = [
      ...(this.#evidence.progress ? [this.#progressUntil] : []),
      ...(this.#answered ? [this.#answered.until] : []),
      ...(hook && screen ? [Math.max(screen.at, hook.at) + HOOK_OUTDATED_MS] : []),
    ].filter(time => time > now)
    if (times.length === 0) return
    this.#timer = setTimeout(() => this.#update(), Math.min(...times) - now + 1)
    this.#timer.unref()
  }

  /** An answered question counts as gone until the screen shows another one, or the same one for too long. */
  #withoutAnswered(decision: Decision | undefined, now: number): Decision | undefined {
    if (!this.#answered) return decision
    const { fingerprint, until } = this.#answered
    const isStill = decision?.state === 'blocked' && this.#fingerprintOf(decision) === fingerprint
    if (!isStill || now >= until) {
      this.#answered = undefined
      return decision
    }
    return { ...decision, state: 'working' }
  }

  /** A hook and the screen tell of the same wait, one after the other; two questions on the screen are two waits. */
  #isNewWaitAfter(before: Activity | null, next: Activity): boolean {
    if (next.state !== 'blocked' && next.state !== 'done') return false
    if (before?.state !== next.state) return true
    if (next.state === 'done' || before.evidence !== 'screen' || next.evidence !== 'screen') return false
    const [last, now] = [before.question!, next.question!]
    if (waitOf(last) !== waitOf(now)) return true
    // The same words about something else, once the first was answered: agents ask for several commands in a row.
    const context = (one: Question) => withoutBlanks(one.context.join(''))
    return context(last) !== context(now) && this.#evidence.inputAt >= before.since
  }

  #activityOf(decision: Decision, before: Activity | null): Activity {
    const { state, agent, evidence, confidence } = decision
    const question = state === 'blocked' ? this.#questionOf(decision, before) : null
    if (!question) this.#forgetQuestion()
    const isIdle = state === 'idle'
    const wasBusy = before?.state === 'working' || before?.state === 'blocked'
    // A hook can say that something is done of which nothing was known, like a script, and that it is idle: nothing to tell.
    const hasEnded = evidence === 'hook' ? this.#hookEnded && (wasBusy || !before) : wasBusy
    const isUnseen = (hasEnded && !this.#handlers.isSeen()) || evidence === 'command'
    const isDone = isIdle && (before?.state === 'done' || isUnseen)
    const shown = isDone ? 'done' : state
    const isSame = before?.state === shown && before.question?.question_id === question?.question_id
    return { state: shown, since: isSame ? before.since : decision.at, agent, evidence, confidence, question }
  }

  #questionOf(decision: Decision, before: Activity | null): Question {
    const found = this.#foundOf(decision)
    const fingerprint = this.#fingerprintOf(decision)
    if (!before?.question || fingerprint !== this.#fingerprint) this.#questions++
    this.#fingerprint = fingerprint
    this.#found = decision.evidence === 'screen' ? found : undefined
    const { kind, text, context, is_cut, options, accepts_text } = found
    return {
      question_id: `${this.#questions}-${fingerprint}`,
      kind,
      text,
      context,
      is_cut,
      options: options.map(({ label, key, answer }) => ({ label, key, answer })),
      accepts_text,
    }
  }

  #forgetQuestion(): void {
    this.#found = undefined
    this.#fingerprint = ''
  }

  /** A hook knows that there is a question, and at most its text. */
  #foundOf({ evidence }: Decision): FoundQuestion {
    const onScreen = this.#evidence.screen?.finding.question
    if (evidence === 'screen' && onScreen) return onScreen
    const text = evidence === 'hook' ? (this.#evidence.hook?.text ?? '') : ''
    return { kind: 'answer', text, context: [], is_cut: false, options: [], accepts_text: false, text_keys: [] }
  }

  #fingerprintOf(decision: Decision): string {
    const { kind, text, context, options } = this.#foundOf(decision)
    const hash = createHash('sha256')
    hash.update(JSON.stringify([kind, text, context, options.map(({ label, key }) => [label, key])]))
    return hash.digest('base64url').slice(0, 12)
  }

  #neededFor({ state, evidence }: Activity): AttentionKind {
    if (state === 'blocked') return 'blocked'
    return evidence === 'command' && this.#evidence.command?.failed ? 'failed' : 'done'
  }

  #neededText({ state, agent, evidence, question }: Activity): string {
    if (state === 'blocked') return question?.text ?? ''
    const { hook, command } = this.#evidence
    if (hook?.state === 'idle' && hook.text !== '') return hook.text
    if (evidence === 'command' && command?.failed) return `${agent || 'The command'} failed`
    return `${agent || 'The command'} finished`
  }
}

/**
 * What makes a question a wait of its own: not a countdown in its words, not which of its boxes are checked, and not how its
 * context is wrapped.
 */
function waitOf({ kind, text, options }: Question): string {
  const plain = (words: string) => words.replace(/\[[ x✓✔*]\]|[☐☑☒◯◉◻◼]/giu, '').replace(/[\d\s]+/g, '')
  return JSON.stringify([kind, plain(text), ...options.map(({ label }) => plain(label))])
}

function stepsOf(
  { options, accepts_text, text_keys }: FoundQuestion,
  option: number | undefined,
  text: string | undefined,
): string[] {
  if (option !== undefined) {
    const chosen = options[option]
    if (!chosen) throw new CodedError('bad_message', `this question has ${options.length} options`)
    return chosen.keys
  }
  if (text === undefined || !accepts_text)
    throw new CodedError('bad_message', 'this question is answered with one of its options')
  // A control character would be a key: Ctrl+C, or Enter in the middle.
  return [...text_keys, text.replace(/\p{Cc}+/gu, ' '), '\r']
}

/** Enter would choose whatever is marked. */
export function markUnseen(): CodedError {
  return new CodedError('question_changed', 'it cannot be seen which option is marked; open the session to answer')
}

function wordsOf({ text, context }: Pick<Question, 'text' | 'context'>): string {
  return withoutBlanks([text, ...context].join(''))
}

function withoutBlanks(text: string): string {
  return text.replace(/\s+/g, '')
}
