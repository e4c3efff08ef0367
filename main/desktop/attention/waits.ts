// Which sessions need a person, in words for the tray and for notifications.
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { AttentionKind, Question, SessionInfo } from '../../../protocol/messages.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import { ATTENTION_TEXTS, isBlocked } from '../../../protocol/session-attention.ts'
import { isLineShownWhole, isShownWhole, linesOf } from '../../../protocol/shown-question.ts'

const TITLE_CHARACTERS = 40
const TEXT_CHARACTERS = 60
/** Of a line that has to be read completely. */
export const LINE_CHARACTERS = 100

/** Whether no person has seen why the session needs one. Of an ended session, only its end counts. */
export function isUnseen({ state, attention }: SessionInfo): boolean {
  return attention !== null && (state === 'running' || attention.kind === 'ended' || attention.kind === 'failed')
}

/** Sessions that ask something, seen or not, and unseen ones. The longest wait for an answer comes first, then the latest. */
export function waitingSessions(sessions: readonly SessionInfo[]): SessionInfo[] {
  const waiting = sessions.filter(session => isUnseen(session) || isBlocked(session))
  return [
    ...waiting.filter(isBlocked).sort((a, b) => waitsSince(a) - waitsSince(b)),
    ...waiting.filter(session => !isBlocked(session)).sort((a, b) => waitsSince(b) - waitsSince(a)),
  ]
}

/** The question of a session, if its options are plain approvals and it fits completely. `maxLines`: with the lines above it. */
export function approvalOf({ activity }: SessionInfo, maxLines: number): Question | undefined {
  const question = activity?.question
  if (question?.kind !== 'approve' || question.options.length === 0) return undefined
  const isWhole =
    linesOf(question).length <= maxLines &&
    isShownWhole(question, LINE_CHARACTERS) &&
    question.options.every(({ label }) => isLineShownWhole(label, LINE_CHARACTERS))
  return isWhole ? question : undefined
}

/** `1 Yes`: the key that the program names, and its label. */
export function optionText({ key, label }: Question['options'][number]): string {
  const name = shorten(label, LINE_CHARACTERS)
  return key === '' || key === label ? name : `${oneLine(key)} ${name}`
}

export function titleOf(session: SessionInfo): string {
  return shorten(session.title || session.command.join(' '), TITLE_CHARACTERS)
}

/** The question, or why else the session needs a person. */
export function reasonOf(session: SessionInfo, maxCharacters = TEXT_CHARACTERS): string {
  const { activity, attention } = session
  return shorten(activity?.question?.text || attention?.text || ATTENTION_TEXTS[kindOf(session)], maxCharacters)
}

/** `build asks`; of several `2 sessions ask, 1 finished`. '': none needs a person. */
export function summarize(waiting: readonly SessionInfo[]): string {
  const [first, ...more] = waiting
  if (!first) return ''
  if (more.length === 0) return `${titleOf(first)} ${VERBS[kindOf(first)][0]}`
  const counts = new Map<string, { count: number; kind: AttentionKind }>()
  for (const session of waiting) {
    const kind = kindOf(session)
    const [verb] = VERBS[kind]
    counts.set(verb, { count: (counts.get(verb)?.count ?? 0) + 1, kind })
  }
  return [...counts.values()]
    .map(({ count, kind }, index) => {
      const noun = index > 0 ? '' : count === 1 ? ' session' : ' sessions'
      return `${count}${noun} ${VERBS[kind][count === 1 ? 0 : 1]}`
    })
    .join(', ')
}

/** Types an answer that was chosen outside the window; opens the session if its program asks something else by now. */
export function answerOrOpen(
  { client, open }: { client: Pick<LocalClient, 'answer'>; open(location: { session: string }): void },
  { session_id, question_id, option }: { session_id: string; question_id: string; option: number },
): void {
  client.answer(session_id, question_id, { option }).catch(() => open({ session: session_id }))
}

/** The text as a system that reads markup in it shows it literally (freedesktop.org's notifications). */
export function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** At most `maxCharacters`, with an ellipsis if there is more. */
export function shorten(text: string, maxCharacters: number): string {
  const line = oneLine(text)
  return [...line].length > maxCharacters ? `${oneLine(line, maxCharacters - 1)}…` : line
}

/** Singular and plural. */
const VERBS: Record<AttentionKind, readonly [string, string]> = {
  blocked: ['asks', 'ask'],
  done: ['finished', 'finished'],
  ended: ['ended', 'ended'],
  failed: ['failed', 'failed'],
  message: ['needs attention', 'need attention'],
  bell: ['needs attention', 'need attention'],
}

function kindOf(session: SessionInfo): AttentionKind {
  return isBlocked(session) ? 'blocked' : (session.attention?.kind ?? 'message')
}

function waitsSince({ attention, activity }: SessionInfo): number {
  return activity?.state === 'blocked' ? activity.since : (attention?.at ?? 0)
}
