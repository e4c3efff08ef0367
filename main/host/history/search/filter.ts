// Which sessions somebody wants to see. Knows nothing of where they come from.
import type { HistoryFilter, SessionInfo } from '../../../../protocol/messages.ts'
import { fold } from '../text/tokenize.ts'

/** Whether all that the filter names holds; an empty text is no condition. */
export function matches(session: SessionInfo, filter: HistoryFilter): boolean {
  const { text, command, cwd, state, after, before, session_id } = filter
  if (session_id !== undefined && session.session_id !== session_id) return false
  if (state && !state.includes(session.state)) return false
  if (after !== undefined && session.last_activity < after) return false
  if (before !== undefined && session.created_at >= before) return false
  if (cwd && !isWithin(session.cwd, cwd)) return false
  if (command && !has(session.command.join(' '), command)) return false
  return !text || [session.title, session.command.join(' '), session.cwd].some(one => has(one, text))
}

export function isUnfiltered(filter: HistoryFilter): boolean {
  return Object.values(filter).every(value => value === undefined || value === '')
}

function has(text: string, part: string): boolean {
  return fold(text).includes(fold(part))
}

/** A folder ends with a slash or not; on Windows it may be a backslash. */
function isWithin(path: string, folder: string): boolean {
  const own = folder.replace(/[/\\]+$/, '')
  return path === own || path === folder || path.startsWith(`${own}/`) || path.startsWith(`${own}\\`)
}
