// Which sessions need a person, in words for the tray and for notifications.
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { AttentionKind, Question, SessionInfo } from '../../../protocol/messages.ts'
import { oneLine } from '../../../protocol/one-line.ts'

const TITLE_CHARACTERS = 40
const TEXT_CHARACTERS = 60

/** Running sessions that ask something, or that no person has seen since they needed one: questions first, then the newest. */
export function waitingSessions(sessions: readonly SessionInfo[]): SessionInfo[] {
  return sessions
    .filter(session => session.state === 'running' && (session.attention !== null || isBlocked(session)))
    .sort((a, b) => Number(isBlocked(b)) - Number(isBlocked(a)) || waitsSince(b) - waitsSince(a))
}

/** The question of a session whose options are plain approvals; an answer to any other one needs a look at the session. */
export function approvalOf({ activity }: SessionInfo): Question | undefined {
  const question = activity?.question
  return question?.kind === 'approve' && question.options.length > 0 ? question : undefined
}

/** `1 Yes`: the key that the program names, and what it stands for. */
export function optionText({ key, label }: Question['options'][number]): string {
  const name = shorten(label, TEXT_CHARACTERS)
  return key === '' || key === label ? name : `${oneLine(key)} ${name}`
}

export function titleOf(session: SessionInfo): string {
  return shorten(session.title || session.command.join(' '), TITLE_CHARACTERS)
}

/** The question, or why else the session needs a person. */
export function reasonOf(session: SessionInfo, maxCharacters = TEXT_CHARACTERS): string {
  const { activity, attention } = session
  return shorten(activity?.question?.text || attention?.text || DEFAULT_REASONS[kindOf(session)], maxCharacters)
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

/** For programs that gave none. */
const DEFAULT_REASONS: Record<AttentionKind, string> = {
  blocked: 'Waits for an answer',
  done: 'Finished',
  ended: 'Ended',
  failed: 'Failed',
  message: 'Needs attention',
  bell: 'Bell rang',
}

function kindOf(session: SessionInfo): AttentionKind {
  return isBlocked(session) ? 'blocked' : (session.attention?.kind ?? 'message')
}

function isBlocked({ activity }: SessionInfo): boolean {
  return activity?.state === 'blocked'
}

function waitsSince({ attention, activity }: SessionInfo): number {
  return attention?.at ?? activity?.since ?? 0
}
