// Pages of sessions that the host has recorded. Knows nothing of how they are shown.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import { MAX_PAGE } from '../../protocol/limits.ts'
import type { HistoryFilter, SessionInfo } from '../../protocol/messages.ts'

/** Two screens of rows: the next page is there before anybody has read one. */
const PAGE = 50

export interface HistoryState {
  /** Undefined until the first page is there. */
  sessions: SessionInfo[] | undefined
  loading: boolean
  error: CodedError | undefined
  /** Asks for the next page; undefined when there is none. */
  loadMore: (() => void) | undefined
  retry: () => void
}

/** `version`: the list is asked for again when this is another one. */
export function useHistory(client: HostClient, filter: HistoryFilter | undefined, version: string): HistoryState {
  const [state, setState] = useState<Omit<HistoryState, 'loadMore' | 'retry'> & { cursor: string | null }>({
    sessions: undefined,
    loading: true,
    error: undefined,
    cursor: null,
  })
  const [tries, setTries] = useState(0)
  const key = JSON.stringify(filter ?? null)
  /** Counts questions, so that a late answer to an old one is recognised. */
  const asked = useRef(0)
  const shown = useRef({ key, count: 0 })

  const ask = useCallback(
    (limit: number, cursor?: string) => {
      const now = ++asked.current
      setState(was => ({ ...was, loading: true, error: undefined }))
      const wanted = JSON.parse(key) as HistoryFilter | null
      client.history.sessions({ limit, ...(wanted && { filter: wanted }), ...(cursor && { cursor }) }).then(
        page => {
          if (now !== asked.current) return
          setState(was => {
            const before = cursor ? (was.sessions ?? []) : []
            const has = new Set(before.map(one => one.session_id))
            const sessions = [...before, ...page.sessions.filter(one => !has.has(one.session_id))]
            shown.current = { key, count: sessions.length }
            return { sessions, cursor: page.cursor, loading: false, error: undefined }
          })
        },
        error => {
          if (now === asked.current) setState(was => ({ ...was, loading: false, error: toCoded(error) }))
        },
      )
    },
    [client, key],
  )

  useEffect(() => {
    // As many as there were, or whoever had come far would be back at the beginning.
    const { count } = shown.current
    ask(shown.current.key === key ? Math.min(MAX_PAGE, Math.max(PAGE, count)) : PAGE)
  }, [ask, key, version, tries])

  const { cursor, ...rest } = state
  return {
    ...rest,
    loadMore: cursor === null ? undefined : () => ask(PAGE, cursor),
    retry: () => setTries(was => was + 1),
  }
}
