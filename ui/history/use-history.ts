// A hook that loads recorded sessions from the host, page by page.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import { MAX_PAGE } from '../../protocol/limits.ts'
import type { HistoryFilter, SessionInfo } from '../../protocol/messages.ts'

/** Two screens of rows: the next page is loaded before anyone has read one. */
const PAGE_SIZE = 50

export interface HistoryState {
  /** Undefined until the first page is loaded. */
  sessions: SessionInfo[] | undefined
  loading: boolean
  error: CodedError | undefined
  /** Loads the next page; undefined when there is none. */
  loadMore: (() => void) | undefined
  retry: () => void
}

/** The list is loaded again when `version` changes. */
export function useHistory(client: HostClient, filter: HistoryFilter | undefined, version: string): HistoryState {
  const [state, setState] = useState<Omit<HistoryState, 'loadMore' | 'retry'> & { cursor: string | null }>({
    sessions: undefined,
    loading: true,
    error: undefined,
    cursor: null,
  })
  const [attempt, setAttempt] = useState(0)
  const key = JSON.stringify(filter ?? null)
  /** The number of the latest request: replies to older ones are dropped. */
  const latest = useRef(0)
  const shown = useRef({ key, count: 0 })

  const load = useCallback(
    (limit: number, cursor?: string) => {
      const request = ++latest.current
      setState(was => ({ ...was, loading: true, error: undefined }))
      const filter = JSON.parse(key) as HistoryFilter | null
      client.history.sessions({ limit, ...(filter && { filter }), ...(cursor && { cursor }) }).then(
        page => {
          if (request !== latest.current) return
          setState(was => {
            const earlier = cursor ? (was.sessions ?? []) : []
            const known = new Set(earlier.map(one => one.session_id))
            const sessions = [...earlier, ...page.sessions.filter(one => !known.has(one.session_id))]
            shown.current = { key, count: sessions.length }
            return { sessions, cursor: page.cursor, loading: false, error: undefined }
          })
        },
        error => {
          if (request === latest.current) setState(was => ({ ...was, loading: false, error: toCoded(error) }))
        },
      )
    },
    [client, key],
  )

  useEffect(() => {
    // As many as were shown, or the scroll position would be lost.
    const { count } = shown.current
    load(shown.current.key === key ? Math.min(MAX_PAGE, Math.max(PAGE_SIZE, count)) : PAGE_SIZE)
  }, [load, key, version, attempt])

  const { cursor, ...rest } = state
  return {
    ...rest,
    loadMore: cursor === null ? undefined : () => load(PAGE_SIZE, cursor),
    retry: () => setAttempt(was => was + 1),
  }
}
