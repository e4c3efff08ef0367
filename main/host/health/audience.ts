// Who learns what of a trouble. Clients on this computer, and devices that may type and see every session, learn all of it. Other
// devices learn what is about what they view: no paths, no messages of the system, no session out of scope.
import type { Trouble } from './health.ts'
import { TROUBLES } from './troubles.ts'

export interface Audience {
  read_only?: boolean | undefined
  /** The only sessions that it sees; left out: all. */
  sessions?: readonly string[] | undefined
}

/** Whether all of every trouble is for it, and it may dismiss one. */
export function isOwner({ read_only, sessions }: Audience): boolean {
  return !read_only && sessions === undefined
}

/** What it learns of a trouble; undefined: nothing. */
export function troubleFor(trouble: Trouble, audience: Audience): Trouble | undefined {
  if (isOwner(audience)) return trouble
  const { kind, since, sessions, bytes, told } = trouble
  if (TROUBLES[kind].concerns !== 'everyone') return undefined
  const { sessions: only } = audience
  const visible = only ? sessions.filter(id => only.includes(id)) : sessions
  if (sessions.length > 0 && visible.length === 0) return undefined
  return { kind, since, sessions: visible, ...(bytes !== undefined && { bytes }), ...(told && { told }) }
}
