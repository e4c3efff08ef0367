// Shortens session IDs and resolves shortened ones.
import { CodedError } from '../../../protocol/errors.ts'

/** Long enough that two sessions hardly ever share them. */
const SHORT_CHARACTERS = 8

/** The shortest unique prefix of `id` among `all`, of at least SHORT_CHARACTERS. */
export function shortId(id: string, all: readonly string[] = []): string {
  for (let length = SHORT_CHARACTERS; length < id.length; length++) {
    const short = id.slice(0, length)
    if (!all.some(other => other !== id && other.startsWith(short))) return short
  }
  return id
}

/** The full ID that begins with `id`. If none or several do, `id` itself, which the host then rejects. */
export function fullId(id: string, sessions: readonly { session_id: string }[]): string {
  const found = sessions.filter(({ session_id }) => session_id.startsWith(id))
  return found.length === 1 ? found[0]!.session_id : id
}

/** The session whose ID is `id` or the only one that begins with it. Throws `session_unknown`, `session_ambiguous`. */
export function findSession<T extends { session_id: string }>(id: string, sessions: readonly T[]): T {
  const found = sessions.filter(({ session_id }) => session_id.startsWith(id))
  const exact = found.find(({ session_id }) => session_id === id)
  if (exact) return exact
  if (found.length > 1) throw new CodedError('session_ambiguous', `more than one session ID begins with ${id}`)
  if (!found[0]) throw new CodedError('session_unknown', `no session that runs or ended recently has the ID ${id}`)
  return found[0]
}
