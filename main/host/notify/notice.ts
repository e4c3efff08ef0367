// What leaves the computer about a session that needs attention, or about trouble of the host.
import { createHash } from 'node:crypto'
import type { AttentionKind, SessionInfo } from '../../../protocol/messages.ts'
import { oneLine } from '../../../protocol/one-line.ts'

export interface Notice {
  /** Names this wait, or this trouble of the host: the same in every attempt to deliver it. */
  id: string
  kind: AttentionKind | 'trouble'
  /** When the wait began, in Unix milliseconds. */
  at: number
  /** Program, kind and folder, as in "Claude Code asks in proj". */
  headline: string
  /** The question, or what the program said. It leaves the computer only if the user turned that on. */
  text: string
}

const NAME_CHARACTERS = 60
const FOLDER_CHARACTERS = 60
const TEXT_CHARACTERS = 500

/** For `${program} ${verb} in ${folder}`. */
const VERBS: Record<AttentionKind, string> = {
  blocked: 'asks',
  done: 'finished',
  ended: 'ended',
  failed: 'failed',
  message: 'sent a message',
  bell: 'rang the bell',
}

/** Undefined: the session does not need attention, or no one is to be notified of it. */
export function noticeOf({ session_id, title, cwd, activity, attention }: SessionInfo): Notice | undefined {
  if (!attention || attention.silent) return undefined
  const { at, kind, text } = attention
  const program = oneLine(activity?.agent || title, NAME_CHARACTERS) || 'A session'
  const folder = oneLine(cwd.split(/[/\\]/).findLast(part => part !== '') ?? '', FOLDER_CHARACTERS)
  return {
    // Not the session's ID, which a receiver does not need.
    id: createHash('sha256').update(`${session_id}\0${at}\0${kind}`).digest('base64url').slice(0, 22),
    kind,
    at,
    headline: `${program} ${VERBS[kind]}${folder ? ` in ${folder}` : ''}`,
    text: oneLine(text, TEXT_CHARACTERS),
  }
}
