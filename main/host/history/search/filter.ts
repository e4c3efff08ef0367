// Which sessions a history filter lets through.
import type { HistoryFilter, SessionInfo } from '../../../../protocol/messages.ts'
import { fold } from '../text/tokenize.ts'

/** `only`: of all sessions, these; left out: all. */
export type SessionFilter = HistoryFilter & { only?: readonly string[] | undefined }

/** Whether every condition holds; an empty text is no condition. */
export function matches(session: SessionInfo, filter: SessionFilter): boolean {
  const { state, after, before, session_id, only } = filter
  const { text, command, cwd, parent } = preparedOf(filter)
  if (session_id !== undefined && session.session_id !== session_id) return false
  if (only && !only.includes(session.session_id)) return false
  if (state && !state.includes(session.state)) return false
  if (after !== undefined && session.last_activity < after) return false
  if (before !== undefined && session.created_at >= before) return false
  if (cwd && !isWithin(session.cwd, cwd, parent)) return false
  if (command && !contains(session.command.join(' '), command)) return false
  return !text || [session.title, session.command.join(' '), session.cwd].some(value => contains(value, text))
}

export function isUnfiltered(filter: SessionFilter): boolean {
  return Object.values(filter).every(value => value === undefined || value === '')
}

/** What is the same for every session: a client chose these texts, and there may be thousands of sessions. */
interface Prepared {
  /** Folded. */
  text: string | undefined
  command: string | undefined
  cwd: string | undefined
  /** `cwd` without slashes at its end, or on Windows backslashes. */
  parent: string
}

const prepared = new WeakMap<SessionFilter, Prepared>()

function preparedOf(filter: SessionFilter): Prepared {
  let found = prepared.get(filter)
  if (!found) {
    const { text, command, cwd } = filter
    found = { text: text && fold(text), command: command && fold(command), cwd, parent: withoutSlashes(cwd ?? '') }
    prepared.set(filter, found)
  }
  return found
}

/** By hand: a pattern tries each slash of a long run anew. */
function withoutSlashes(folder: string): string {
  let end = folder.length
  while (end > 0 && (folder[end - 1] === '/' || folder[end - 1] === '\\')) end--
  return folder.slice(0, end)
}

/** `part`: folded. */
function contains(text: string, part: string): boolean {
  return fold(text).includes(part)
}

function isWithin(path: string, folder: string, parent: string): boolean {
  return path === parent || path === folder || path.startsWith(`${parent}/`) || path.startsWith(`${parent}\\`)
}
