// Which sessions a history filter lets through.
import type { HistoryFilter, SessionInfo } from '../../../../protocol/messages.ts'
import { fold } from '../text/tokenize.ts'

/** `only`: of all sessions, these; left out: all. */
export type SessionFilter = HistoryFilter & { only?: readonly string[] | undefined }

/** Whether every condition holds; an empty text is no condition. */
export function matches(session: SessionInfo, filter: SessionFilter): boolean {
  const { text, command, cwd, state, after, before, session_id, only } = filter
  if (session_id !== undefined && session.session_id !== session_id) return false
  if (only && !only.includes(session.session_id)) return false
  if (state && !state.includes(session.state)) return false
  if (after !== undefined && session.last_activity < after) return false
  if (before !== undefined && session.created_at >= before) return false
  if (cwd && !isWithin(session.cwd, cwd)) return false
  if (command && !contains(session.command.join(' '), command)) return false
  return !text || [session.title, session.command.join(' '), session.cwd].some(value => contains(value, text))
}

export function isUnfiltered(filter: SessionFilter): boolean {
  return Object.values(filter).every(value => value === undefined || value === '')
}

function contains(text: string, part: string): boolean {
  return fold(text).includes(fold(part))
}

/** `folder` may end with a slash, or on Windows a backslash. */
function isWithin(path: string, folder: string): boolean {
  const parent = folder.replace(/[/\\]+$/, '')
  return path === parent || path === folder || path.startsWith(`${parent}/`) || path.startsWith(`${parent}\\`)
}
