// A session that asks a question: the lines above it, the question, and buttons that answer it. What a program wrote is
// framed and monospaced, so that it cannot pass for a part of this card.
import './question-card.css'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { toCoded } from '../../protocol/errors.ts'
import { ANSWER_CHARACTERS, type Question, type SessionInfo } from '../../protocol/messages.ts'
import { asksOffScreen } from '../../protocol/session-attention.ts'
import { toast } from '../kit/toast.tsx'
import { askedText, contextLines, optionText, questionText, refusalText } from './question-text.ts'
import { printable } from './session-text.ts'

/** A question that appears under a finger cannot be answered by that tap. */
const SETTLE_MS = 500

/** Longer labels get a line of their own. */
const SHORT_LABEL = 12

export type Answer = { option: number } | { text: string }

export interface QuestionCardProps {
  /** Its `activity.question` is shown; without one, nothing is. */
  session: SessionInfo
  /** Unix milliseconds. */
  now: number
  /** HostClient's `answer`. */
  answer: (session_id: string, question_id: string, answer: Answer) => Promise<void>
  open: () => void
  /** Left out: the card has no such button. */
  markSeen?: (() => void) | undefined
  /** Why it cannot be answered from here at the moment. */
  unavailable?: 'read_only' | 'offline' | undefined
}

/** The answer that this card has sent, until the question is gone. */
interface SentAnswer {
  question_id: string
  /** The option's index; -1: text. */
  option: number
  arrived: boolean
}

/** What is said about the last answer, or about the question. `question_id`: the one that was shown then. */
interface Notice {
  question_id: string
  text: string
}

export function QuestionCard({ session, ...rest }: QuestionCardProps) {
  const question = session.activity?.question
  return question ? <Card session={session} question={question} {...rest} /> : null
}

function Card({
  session,
  question,
  now,
  answer,
  open,
  markSeen,
  unavailable,
}: QuestionCardProps & { question: Question }) {
  const { question_id } = question
  const { sent, notice, send } = useAnswer(session.session_id, question_id, answer)
  const settled = useSettled(question_id)
  const reasonId = useId()
  const title = printable(session.title) || 'untitled'
  const context = contextLines(question)
  const text = questionText(question)
  // The host's own words are not shown as a program's.
  const isHosts = asksOffScreen(session)
  const canAnswer = question.options.length > 0 || question.accepts_text
  const disabled = !settled || sent !== undefined || unavailable !== undefined
  return (
    <article
      class={`question-card${settled ? '' : ' settling'}`}
      // Takes the focus when another card that had it disappears.
      tabIndex={-1}
      aria-label={`${title} asks`}
      aria-busy={sent !== undefined}
    >
      <div class="head">
        <span class="dot blocked" aria-hidden="true" />
        <bdi class="title">{title}</bdi>
      </div>
      <p class="asked">
        <bdi>{askedText(session, now)}</bdi>
      </p>
      {isHosts && <p class="question">{text}</p>}
      <div class="quote">
        {context.length > 0 && <Context lines={context} label={isHosts ? 'The program' : 'Lines above the question'} />}
        {!isHosts && (
          <p class="question" dir="auto">
            {text || 'The program waits for an answer.'}
          </p>
        )}
      </div>
      <p class="notice" role="status">
        {notice ?? (sent?.arrived ? 'Answer sent.' : sent ? 'Sending…' : '')}
      </p>
      {canAnswer && unavailable !== 'read_only' && (
        <div class="answers">
          {question.options.length > 0 && (
            <Options
              question={question}
              chosen={sent?.option}
              disabled={disabled}
              describedBy={reasonId}
              choose={option => send({ option }, option)}
            />
          )}
          {question.accepts_text && (
            <TextAnswer
              // Another question starts with an empty field; the same one asked again keeps what was typed.
              key={`${question.kind} ${question.text}`}
              question={question}
              disabled={disabled}
              describedBy={reasonId}
              send={value => send({ text: value }, -1)}
            />
          )}
        </div>
      )}
      <p class="reason" id={reasonId}>
        {reasonText(unavailable, canAnswer, question.is_cut)}
      </p>
      <div class="more">
        <button type="button" class={canAnswer || unavailable ? 'plain' : 'primary'} onClick={open}>
          Open terminal
        </button>
        {markSeen && (
          <button type="button" class="plain" onClick={markSeen}>
            Mark as seen
          </button>
        )}
      </div>
    </article>
  )
}

function reasonText(unavailable: QuestionCardProps['unavailable'], canAnswer: boolean, isCut: boolean): string {
  if (unavailable === 'read_only') return 'This device can view sessions, but not answer.'
  if (!canAnswer) return 'Open the terminal to answer.'
  if (unavailable === 'offline') return 'You can answer when the connection is back.'
  return isCut ? 'Not all of it is shown. Open the terminal to see the rest.' : ''
}

function Context({ lines, label }: { lines: string[]; label: string }) {
  const element = useRef<HTMLElement>(null)
  const text = lines.join('\n')
  // The lines next to the question say the most.
  useLayoutEffect(() => {
    if (element.current) element.current.scrollTop = element.current.scrollHeight
  }, [text])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users must be able to scroll it
    <section ref={element} class="context" tabIndex={0} aria-label={label}>
      {text}
    </section>
  )
}

interface OptionsProps {
  question: Question
  chosen: number | undefined
  disabled: boolean
  describedBy: string
  choose: (option: number) => void
}

function Options({ question, chosen, disabled, describedBy, choose }: OptionsProps) {
  const options = question.options.map(optionText)
  const areShort = options.every(({ label, detail }) => !detail && [...label].length <= SHORT_LABEL)
  const first = question.options.findIndex(option => option.answer === 'yes')
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset's border and legend do not lay out as a grid
    <div class={areShort ? 'options short' : 'options'} role="group" aria-label="Answers">
      {options.map(({ key, label, detail }, index) => (
        <button
          // Another question has other buttons: a finger that went down on one of them does not press the next one.
          key={`${question.question_id} ${index}`}
          type="button"
          class={`${index === first ? 'primary' : ''}${index === chosen ? ' chosen' : ''}`.trim() || undefined}
          disabled={disabled}
          aria-describedby={describedBy}
          onClick={() => choose(index)}
        >
          {key !== '' && <kbd>{key}</kbd>}{' '}
          {label !== '' && (
            <bdi>
              {label}
              {detail && <small>{detail}</small>}
            </bdi>
          )}
        </button>
      ))}
    </div>
  )
}

interface TextAnswerProps {
  question: Question
  disabled: boolean
  describedBy: string
  /** Resolves with whether it was sent. */
  send: (text: string) => Promise<boolean>
}

function TextAnswer({ question, disabled, describedBy, send }: TextAnswerProps) {
  const [text, setText] = useState('')
  const isPassword = question.kind === 'password'
  const submit = () => {
    if (disabled || text === '') return
    // A password is not kept for a second try.
    if (isPassword) setText('')
    void send(text).then(wasSent => wasSent && setText(''))
  }
  return (
    <div class="text-answer">
      <input
        {...(isPassword ? { type: 'password' } : { type: 'text' })}
        aria-label={isPassword ? 'Password' : 'Answer'}
        placeholder={isPassword ? 'Password' : 'Type an answer'}
        value={text}
        maxLength={ANSWER_CHARACTERS}
        // Password managers offer to fill in and to save a page's password, which this is not.
        autocomplete="off"
        autocorrect="off"
        autocapitalize="off"
        spellcheck={false}
        data-1p-ignore
        data-lpignore="true"
        enterkeyhint="send"
        // Stays enabled while an answer is under way: a disabled field loses its focus, and the keyboard closes.
        readOnly={disabled}
        aria-describedby={describedBy}
        onInput={event => setText(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key !== 'Enter' || event.isComposing) return
          event.preventDefault()
          submit()
        }}
      />
      <button type="button" class="primary" disabled={disabled || text === ''} onClick={submit}>
        Send
      </button>
    </div>
  )
}

/** Sends answers, and says what became of them. */
function useAnswer(session_id: string, question_id: string, answer: QuestionCardProps['answer']) {
  const [sent, setSent] = useState<SentAnswer>()
  const [notice, setNotice] = useState<Notice>()
  const shown = useRef(question_id)
  const mounted = useRef(true)
  useEffect(
    () => () => {
      mounted.current = false
    },
    [],
  )
  const say = (text: string) => setNotice({ question_id: shown.current, text })

  useLayoutEffect(() => {
    const before = shown.current
    if (before === question_id) return
    shown.current = question_id
    if (sent && !sent.arrived) return
    if (sent) say(NEXT_QUESTION)
    // The refusal of the answer to the question before says so already.
    else if (notice?.question_id !== before || notice.text === '') say('The question changed.')
    setSent(undefined)
  }, [question_id])

  const send = async (what: Answer, option: number): Promise<boolean> => {
    setNotice(undefined)
    setSent({ question_id, option, arrived: false })
    try {
      await answer(session_id, question_id, what)
      if (shown.current === question_id) setSent({ question_id, option, arrived: true })
      else {
        setSent(undefined)
        say(NEXT_QUESTION)
      }
      return true
    } catch (error) {
      setSent(undefined)
      say(refusalText(error))
      // The card may be gone already, with its question.
      if (!mounted.current || toCoded(error).code === 'question_gone') toast(refusalText(error), true)
      return false
    }
  }
  return { sent, notice: notice?.text, send }
}

const NEXT_QUESTION = 'Your answer was sent. This is the next question.'

/** Whether the question has been shown for long enough to be read. */
function useSettled(question_id: string): boolean {
  const [settled, setSettled] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setSettled(question_id), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [question_id])
  return settled === question_id
}
