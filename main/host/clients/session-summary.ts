// What a session list contains of sessions. Programs choose most of it, and a list has to fit into a message.
import { MESSAGE_BYTES } from '../../../protocol/limits.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'

/** Enough of a command for a person to read; whole prompts of a hundred agents would not fit into a message. */
const LISTED_ARGUMENTS = 10
const LISTED_CHARACTERS = 100
const LISTED_PATH_CHARACTERS = 1024
const LISTED_VIEWERS = 20

/** For the sessions of a list; the rest of a message is for what else is in it. */
const LIST_BYTES = MESSAGE_BYTES - 64 * 1024

/** A character in JSON: three bytes of UTF-8, or two where it is escaped; titles and lines have no controls. */
const MOST_BYTES_PER_CHARACTER = 3

/** Of a session without its texts. */
const FIXED_BYTES = 1024

export function summarize(session: SessionInfo): SessionInfo {
  return {
    ...session,
    command: session.command.slice(0, LISTED_ARGUMENTS).map(argument => cut(argument, LISTED_CHARACTERS)),
    cwd: session.cwd.slice(0, LISTED_PATH_CHARACTERS),
    viewers: session.viewers.slice(0, LISTED_VIEWERS),
  }
}

/**
 * The sessions of a list, in their order. If they do not fit into a message, those that take more than their share lose text in
 * steps: what a question is about, then long titles and paths, then options; then the last sessions are left out.
 */
export function summarizeList(sessions: readonly SessionInfo[]): SessionInfo[] {
  let summaries = sessions.map(summarize)
  if (summaries.reduce((sum, one) => sum + FIXED_BYTES + charactersOf(one) * MOST_BYTES_PER_CHARACTER, 0) <= LIST_BYTES)
    return summaries
  const share = LIST_BYTES / summaries.length
  for (const shorten of STEPS) {
    if (summaries.reduce((sum, one) => sum + bytesOf(one), 0) <= LIST_BYTES) return summaries
    summaries = summaries.map(one => (bytesOf(one) > share ? shorten(one) : one))
  }
  let bytes = 0
  return summaries.filter(one => {
    bytes += bytesOf(one)
    return bytes <= LIST_BYTES
  })
}

const STEPS: ((session: SessionInfo) => SessionInfo)[] = [
  session => withQuestion(session, { context: [], is_cut: true }),
  session => ({
    ...session,
    title: cut(session.title, 60),
    command: session.command.slice(0, 3).map(argument => cut(argument, 30)),
    cwd: cut(session.cwd, 120),
    branch: cut(session.branch, 30),
    last_line: cut(session.last_line, 60),
    viewers: session.viewers.slice(0, 3),
    attention: session.attention && { ...session.attention, text: cut(session.attention.text, 60) },
  }),
  session => {
    const question = session.activity?.question
    return question ? withQuestion(session, { text: cut(question.text, 60), options: [], is_cut: true }) : session
  },
]

function withQuestion(
  session: SessionInfo,
  changed: Partial<NonNullable<NonNullable<SessionInfo['activity']>['question']>>,
): SessionInfo {
  const { activity } = session
  if (!activity?.question) return session
  return { ...session, activity: { ...activity, question: { ...activity.question, ...changed } } }
}

function charactersOf({ title, command, cwd, branch, last_line, viewers, attention, activity }: SessionInfo): number {
  const question = activity?.question
  const texts = [title, ...command, cwd, branch, last_line, ...viewers, attention?.text ?? '']
  if (question)
    texts.push(question.text, ...question.context, ...question.options.flatMap(one => [one.label, one.detail ?? '']))
  return texts.reduce((sum, text) => sum + text.length, 0)
}

function bytesOf(session: SessionInfo): number {
  return Buffer.byteLength(JSON.stringify(session)) + 1
}

function cut(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text
}
