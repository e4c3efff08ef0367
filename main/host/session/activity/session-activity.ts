// What one session's program is doing and whether it needs a person: joins the tracker, the screen's rules, the process in
// the foreground and the session's input.
import { CodedError } from '../../../../protocol/errors.ts'
import type { Activity, ActivityState, AttentionKind, Question } from '../../../../protocol/messages.ts'
import { ActivityTracker } from '../../agents/activity-tracker.ts'
import { PromptCheck } from '../../agents/prompt-check.ts'
import type { Finding, ScreenRules } from '../../agents/screen-rules.ts'
import type { PooledScreen } from '../../screen/pooled-screen.ts'
import type { CommandMark } from '../../screen/screen-protocol.ts'
import { AnswerTyping, mayNotType, type Typist } from './answer-typing.ts'
import { Attention, type PendingAttention } from './attention.ts'
import type { Foreground } from './foreground.ts'
import { HostQuestion, type HostQuestionText } from './host-question.ts'

/** The foreground is looked at this often while a session prints. */
const FOREGROUND_MS = 500

/**
 * Answers of one device, of the desktop, or of all programs, that are typed or wait: a person gives one, or two in a hurry, and no
 * program takes a person's place.
 */
const MAX_ANSWERS_OF_ONE = 2
/** The same of all together. Each takes a second or two. */
const MAX_ANSWERS = 8

/** By the index of an option, or by a line of text. */
export interface Answer {
  option: number | undefined
  text: string | undefined
}

/**
 * A question that came up before a viewer is told this long after the last one has left, unless it was told already: a person
 * counts as present for minutes after leaving a terminal, and often only looks elsewhere for a moment.
 */
export const LEFT_MS = 30_000

export interface SessionActivityOptions {
  /** The process that the session started with. */
  pid: number
  screen: PooledScreen
  foreground: Foreground
  rules: ScreenRules
  now: () => number
  /** NOTIFY_MS in attention.ts */
  attention_ms: number | undefined
  /** LEFT_MS */
  left_ms: number | undefined
  /** Whether a person is at a screen that shows the session. */
  isSeen(): boolean
  /** Gives output that was gathered to the screen. */
  flushOutput(): void
  /** Another program is in the foreground. */
  programChanged(): void
  /** The screen says what the agent was asked to do. */
  taskSeen(task: string): void
  /** Types. False: there is no room. */
  write(bytes: Uint8Array, peer: string): boolean
  /** The terminal's file, or ''. */
  terminal: string
  handlers: SessionActivityHandlers
}

export interface SessionActivityHandlers {
  /** Something that a session list shows changed. */
  changed(): void
  /** It asks for attention; at most once a second. */
  attention(text: string): void
  /** It asked for attention while no person was at a screen that shows it. False: no one is to be notified. */
  needsAttention(kind: AttentionKind): boolean
}

export class SessionActivity {
  readonly #options: SessionActivityOptions
  readonly #tracker: ActivityTracker
  readonly #promptCheck: PromptCheck
  readonly #attention: Attention
  readonly #hostQuestion: HostQuestion
  readonly #typing: AnswerTyping
  /** The program in the foreground, as the screen's rules know it. */
  #program = ''
  /** When the command of a plain shell began, while one runs. */
  #commandAt: number | undefined
  #foregroundTimer: NodeJS.Timeout | undefined
  #answering: Promise<void> = Promise.resolve()
  /** Who gave the answers that are being typed or wait for that. */
  readonly #typists: string[] = []
  #ended = false
  /** The wait that a person was told of. */
  #toldWait = 0
  #leftTimer: NodeJS.Timeout | undefined

  constructor(options: SessionActivityOptions) {
    this.#options = options
    const { now, isSeen, handlers, attention_ms } = options
    const notify = (text: string) => {
      handlers.attention(text)
      handlers.changed()
    }
    this.#attention = new Attention(now, notify, attention_ms)
    this.#tracker = new ActivityTracker(now, {
      changed: () => handlers.changed(),
      needed: (kind, text) => this.#needed(kind, text),
      settled: () => {
        if (!this.#hostQuestion.activity && this.#attention.clear()) handlers.changed()
      },
      isSeen,
    })
    this.#hostQuestion = new HostQuestion(now)
    this.#promptCheck = new PromptCheck(options.pid, finding => this.#tracker.screenSeen(finding))
    this.#typing = new AnswerTyping(options, this.#promptCheck)
  }

  /** Null: a plain shell, or nothing is known. */
  get activity(): Activity | null {
    return this.#hostQuestion.activity ?? this.#tracker.activity
  }

  /** The name of the agent that runs, or ''. */
  get agent(): string {
    return this.#options.rules.agentName(this.#program)
  }

  get attention(): PendingAttention | null {
    return this.#attention.pending
  }

  /** A bell (''), or the text of a notification. */
  notified(text: string): void {
    this.#tracker.agentNotified(text, this.#options.rules.isAgent(this.#program))
  }

  /** The screen was looked at; undefined: it says nothing. */
  screenSeen(finding: Finding | undefined): void {
    if (finding?.task) this.#options.taskSeen(finding.task)
    this.#promptCheck.seen(finding)
  }

  progressSeen(isShown: boolean): void {
    this.#tracker.progressSeen(isShown)
  }

  titleSeen(title: string): void {
    const { state, program = '' } = this.#options.rules.titleState(title, this.#program) ?? {}
    this.#tracker.titleSeen(state, program)
  }

  /** A shell's prompt mark (OSC 133). */
  commandSeen(mark: CommandMark): void {
    if (mark.running) return void (this.#commandAt = this.#options.now())
    // What the command showed is over, however it ended.
    this.#tracker.progressSeen(false)
    this.#commandEnded(this.#options.foreground.name, mark.exit_code)
  }

  /** `agent`: as the hook names it; '': the program in the foreground. */
  hookReported(state: ActivityState, text: string, agent: string): void {
    this.#tracker.hookReported(state, text, agent || this.#program)
  }

  /** The session printed. A program begins or ends with output; most commands print nothing else for a while. */
  printed(): void {
    this.#foregroundTimer ??= setTimeout(() => void this.#refreshForeground(), FOREGROUND_MS)
  }

  /** Another program may be in the foreground. */
  programSeen(): void {
    const { program, name } = this.#options.foreground
    if (program === this.#program) return
    const before = this.#program
    this.#program = program
    this.#options.screen.program(program)
    // The first look says which program it was all the time.
    if (before !== '') this.#tracker.programGone()
    this.#options.programChanged()
    // Back at the shell: a command has ended.
    if (name === '') this.#commandEnded(before, null)
    else this.#commandAt ??= this.#options.now()
  }

  /** A person typed. True: the list shows something else now. */
  inputSeen(): boolean {
    this.#tracker.inputSeen()
    return this.#attention.clear()
  }

  /** A person has seen it. True: the list shows something else now. */
  seen(): boolean {
    this.#tracker.markSeen()
    return this.#attention.clear()
  }

  /** A viewer came, or left. */
  viewersChanged(): void {
    if (this.#ended || this.#options.isSeen() || !this.#untoldQuestion) {
      clearTimeout(this.#leftTimer)
      this.#leftTimer = undefined
      return
    }
    // Goes on running when further viewers come and go unseen.
    this.#leftTimer ??= setTimeout(() => {
      this.#leftTimer = undefined
      const question = this.#untoldQuestion
      if (question) this.#needed('blocked', question.text)
    }, this.#options.left_ms ?? LEFT_MS)
    this.#leftTimer.unref()
  }

  /**
   * Asks a person in the session's name, also one who looks at its terminal, where the question is not shown. Resolves with the
   * index of the option; undefined: nobody answered before `signal` was aborted, or the session ended.
   */
  async ask(question: HostQuestionText, signal: AbortSignal): Promise<number | undefined> {
    const { handlers } = this.#options
    const asked = this.#hostQuestion.ask(question, this.agent, signal)
    this.#needed('blocked', question.text, false)
    handlers.changed()
    const option = await asked
    if (this.#attention.pending?.text === question.text) this.#attention.clear()
    handlers.changed()
    return option
  }

  /** Whether the host asks this in the session's name, rather than its program. */
  isHostQuestion(question_id: string): boolean {
    return this.#hostQuestion.is(question_id)
  }

  /** Throws `question_gone`, `question_changed`, `bad_message`, `input_full`, `too_many_requests`. */
  async answer(question_id: string, answer: Answer, typist: Typist): Promise<void> {
    if (this.#hostQuestion.is(question_id)) return this.#answerHost(answer, typist)
    const group = typist.group ?? typist.peer
    const own = this.#typists.filter(one => one === group).length
    if (own >= MAX_ANSWERS_OF_ONE || this.#typists.length >= MAX_ANSWERS)
      throw new CodedError('too_many_requests', 'other answers to this session are being typed; try again')
    this.#typists.push(group)
    // One after the other: two people may press a button at the same moment.
    const answered = this.#answering.then(() => this.#answer(question_id, answer, typist))
    this.#answering = answered.catch(() => {})
    return answered.finally(() => this.#typists.splice(this.#typists.indexOf(group), 1))
  }

  /** The process is gone. */
  ended(): void {
    this.#ended = true
    this.#hostQuestion.withdraw()
    this.#promptCheck.dispose()
    this.#tracker.ended()
    clearTimeout(this.#foregroundTimer)
    clearTimeout(this.#leftTimer)
    // A question can no longer be answered.
    if (this.#attention.pending?.kind === 'blocked') this.#attention.clear()
  }

  /** After `ended`: its process ended by itself, and that is worth telling. */
  processEnded(exit_code: number | null, signal: string | null): void {
    if (exit_code === 0) this.#needed('ended', 'Ended')
    else this.#needed('failed', signal ? `Ended by ${signal}` : `Failed with exit code ${exit_code}`)
  }

  dispose(): void {
    this.#attention.dispose()
    this.#promptCheck.dispose()
    this.#tracker.dispose()
    clearTimeout(this.#foregroundTimer)
    clearTimeout(this.#leftTimer)
  }

  /** What the program asks, if no person was told. */
  get #untoldQuestion(): Question | undefined {
    const question = this.#tracker.activity?.question
    return question && this.#tracker.waits !== this.#toldWait ? question : undefined
  }

  #needed(kind: AttentionKind, text: string, seen = this.#options.isSeen()): void {
    const { handlers } = this.#options
    if (kind === 'blocked' && !seen && !this.#hostQuestion.activity) this.#toldWait = this.#tracker.waits
    if (!this.#attention.request(text, kind, seen)) return
    if (!handlers.needsAttention(kind)) this.#attention.silence()
    handlers.changed()
  }

  async #answerHost({ option }: Answer, typist: Typist): Promise<void> {
    if (!typist.mayType()) throw mayNotType()
    this.#hostQuestion.answer(option)
  }

  async #answer(question_id: string, { option, text }: Answer, typist: Typist): Promise<void> {
    const current = await this.#untilReady()
    if (this.#ended) throw new CodedError('question_gone', 'the session has ended')
    if (!typist.mayType()) throw mayNotType()
    const steps = this.#tracker.answer(question_id, current, option, text)
    try {
      await this.#typing.type(steps, current!, option, typist)
    } catch (error) {
      this.#tracker.answerFailed()
      throw error
    }
    if (this.#attention.clear()) this.#options.handlers.changed()
  }

  /** What the screen asks, once its program takes keys for it. */
  async #untilReady(): Promise<Finding | undefined> {
    const current = await this.#typing.look()
    const wait_ms = current && !this.#ended ? this.#tracker.readyIn(current) : 0
    if (wait_ms === 0) return current
    await new Promise(resolve => setTimeout(resolve, wait_ms))
    return this.#typing.look()
  }

  async #refreshForeground(): Promise<void> {
    if (await this.#options.foreground.refresh()) this.programSeen()
    this.#foregroundTimer = undefined
  }

  #commandEnded(program: string, exit_code: number | null): void {
    if (this.#commandAt !== undefined)
      this.#tracker.commandEnded(program, this.#options.now() - this.#commandAt, (exit_code ?? 0) !== 0)
    this.#commandAt = undefined
  }
}
