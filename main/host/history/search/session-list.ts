// Pages of all sessions, the newest first. Knows nothing of threads or of who asks.
import type { HistoryFilter, SessionInfo } from '../../../../protocol/messages.ts'
import { type Store, storedSession } from '../../store/store.ts'
import { matches } from './filter.ts'

/** Characters of commands and folders in one page, so that it fits a message; with fewer sessions then. */
const PAGE_CHARACTERS = 300_000

export function listSessions(store: Store, { filter, limit, cursor, live }: ListRequest): ListReply {
  const byId = new Map(live.map(session => [session.session_id, session]))
  const [, created, number] = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor ?? '') ?? []
  const sessions: SessionInfo[] = []
  let last = ''
  let characters = 0
  for (const row of store.iterateSessions()) {
    if (
      number &&
      (row.created_at > Number(created) || (row.created_at === Number(created) && row.session >= Number(number)))
    )
      continue
    const stored = storedSession(row).session
    const session = byId.get(stored.session_id) ?? stored
    if (!matches(session, filter)) continue
    if (sessions.length >= limit || characters >= PAGE_CHARACTERS) return { sessions, cursor: last }
    sessions.push(session)
    characters += JSON.stringify(session).length
    last = `${row.created_at}.${row.session}`
  }
  return { sessions, cursor: null }
}

export interface ListRequest {
  filter: HistoryFilter
  limit: number
  cursor: string | undefined
  /** Sessions that are in memory, as they are now. */
  live: SessionInfo[]
}

export interface ListReply {
  sessions: SessionInfo[]
  cursor: string | null
}
