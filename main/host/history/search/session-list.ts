// Pages of all sessions, the newest first.
import type { SessionInfo } from '../../../../protocol/messages.ts'
import { storedSession } from '../../store/session-rows.ts'
import type { Store } from '../../store/store.ts'
import { matches, type SessionFilter } from './filter.ts'

/** A page ends after this many characters of JSON, so that it fits a message. */
const PAGE_CHARACTERS = 300_000

export interface ListRequest {
  filter: SessionFilter
  limit: number
  /** From the page before. */
  cursor: string | undefined
  /** Sessions in memory, in their latest state. */
  live: SessionInfo[]
}

export interface ListReply {
  sessions: SessionInfo[]
  /** For the next page; null: there is none. */
  cursor: string | null
}

export function listSessions(store: Store, { filter, limit, cursor, live }: ListRequest): ListReply {
  const liveById = new Map(live.map(session => [session.session_id, session]))
  const [, created, number] = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor ?? '') ?? []
  const sessions: SessionInfo[] = []
  let last = ''
  let characters = 0
  for (const row of store.sessions.iterate()) {
    if (
      number &&
      (row.created_at > Number(created) || (row.created_at === Number(created) && row.session >= Number(number)))
    )
      continue
    const stored = storedSession(row).session
    const session = liveById.get(stored.session_id) ?? stored
    if (!matches(session, filter)) continue
    if (sessions.length >= limit || characters >= PAGE_CHARACTERS) return { sessions, cursor: last }
    sessions.push(session)
    characters += JSON.stringify(session).length
    last = `${row.created_at}.${row.session}`
  }
  return { sessions, cursor: null }
}
