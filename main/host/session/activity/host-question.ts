// A question that the host asks a person in a session's name. It is answered like one that the session's program asks on its
// screen, from an inbox, a notification or `otg answer`; but nothing is typed.
import { randomUUID } from 'node:crypto'
import { CodedError } from '../../../../protocol/errors.ts'
import type { Activity, QuestionOption } from '../../../../protocol/messages.ts'

export interface HostQuestionText {
  text: string
  /** Lines that say what it is about. */
  context: string[]
  options: QuestionOption[]
}

export class HostQuestion {
  readonly #now: () => number
  #pending: { activity: Activity; question_id: string; options: number; settle(option?: number): void } | undefined

  constructor(now: () => number) {
    this.#now = now
  }

  /** While it is asked. */
  get activity(): Activity | undefined {
    return this.#pending?.activity
  }

  /** Resolves with the index of an option; undefined: nobody answered before `signal` was aborted, or it was withdrawn. */
  ask({ text, context, options }: HostQuestionText, agent: string, signal: AbortSignal): Promise<number | undefined> {
    this.withdraw()
    const question_id = randomUUID()
    const question = {
      question_id,
      kind: 'approve' as const,
      text,
      context,
      options,
      is_cut: false,
      accepts_text: false,
    }
    const activity: Activity = {
      state: 'blocked',
      since: this.#now(),
      agent,
      evidence: 'request',
      confidence: 'certain',
      question,
    }
    return new Promise(resolve => {
      const settle = (option?: number) => {
        signal.removeEventListener('abort', withdrawn)
        this.#pending = undefined
        resolve(option)
      }
      const withdrawn = () => settle()
      this.#pending = { activity, question_id, options: options.length, settle }
      if (signal.aborted) settle()
      else signal.addEventListener('abort', withdrawn)
    })
  }

  /** Whether this question is asked at the moment. */
  is(question_id: string): boolean {
    return this.#pending?.question_id === question_id
  }

  /** Only while `is`. Throws `bad_message`. */
  answer(option: number | undefined): void {
    if (option === undefined || option >= this.#pending!.options)
      throw new CodedError('bad_message', 'the question has no such option')
    this.#pending!.settle(option)
  }

  withdraw(): void {
    this.#pending?.settle()
  }
}
