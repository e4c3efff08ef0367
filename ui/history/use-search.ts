// A hook that searches all recorded output, page by page.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import type { SearchHit, SearchResults } from '../../protocol/client/history-client.ts'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import type { HistoryFilter, SessionInfo } from '../../protocol/messages.ts'

/** Hits: a few screens. */
const PAGE_SIZE = 60

/** Lines before and after each hit. */
const CONTEXT = 1

/** Waits for a pause in typing. */
const TYPING_MS = 250

/** Sessions whose name, command or folder matches; the filters find the others. */
const MAX_SESSIONS = 5

export interface Search {
  /** What was searched for; undefined: nothing. */
  query: string | undefined
  hits: SearchHit[]
  /** Sessions whose name, command or folder matches. */
  matchingSessions: SessionInfo[]
  searching: boolean
  /** The user stopped the search. */
  stopped: boolean
  indexed: SearchResults['indexed'] | undefined
  error: CodedError | undefined
  /** Continues the search; undefined when it is complete. */
  loadMore: (() => void) | undefined
  stop: () => void
  retry: () => void
}

type State = Pick<Search, 'query' | 'hits' | 'matchingSessions' | 'searching' | 'stopped' | 'indexed' | 'error'> & {
  cursor: string | null
}

const NOTHING: State = {
  query: undefined,
  hits: [],
  matchingSessions: [],
  searching: false,
  stopped: false,
  indexed: undefined,
  error: undefined,
  cursor: null,
}

/** `query` is in the host's syntax, `text` as it was typed. Searches again when `version` changes. */
export function useSearch(
  client: HostClient,
  query: string,
  text: string,
  filter: HistoryFilter | undefined,
  version: number,
): Search {
  const [state, setState] = useState<State>(NOTHING)
  const [attempt, setAttempt] = useState(0)
  const running = useRef<AbortController>(undefined)
  const key = JSON.stringify(filter ?? null)

  const run = async (from: string | null, before: SearchHit[]) => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    const { signal } = controller
    const filter = JSON.parse(key) as HistoryFilter | null
    const page = { ...(filter && { filter }), signal }
    setState(was => ({ ...was, query, searching: true, stopped: false, error: undefined }))
    if (from === null) void findSessions(signal, filter)
    let cursor = from
    const hits = [...before]
    try {
      do {
        const found = await client.history.search(query, {
          ...page,
          limit: PAGE_SIZE,
          context: CONTEXT,
          ...(cursor === null ? {} : { cursor }),
        })
        if (signal.aborted) return
        hits.push(...found.hits)
        cursor = found.cursor
        setState(was => ({ ...was, query, hits: [...hits], cursor, indexed: found.indexed }))
        // The host replies with what it found in its time limit; search on until the page is full.
        if (found.complete) break
      } while (cursor !== null && hits.length < before.length + PAGE_SIZE)
      setState(was => ({ ...was, query, hits: [...hits], searching: false }))
    } catch (error) {
      if (!signal.aborted) setState(was => ({ ...was, searching: false, error: toCoded(error) }))
    }
  }

  const findSessions = async (signal: AbortSignal, filter: HistoryFilter | null) => {
    try {
      const { sessions } = await client.history.sessions({ filter: { ...filter, text }, limit: MAX_SESSIONS })
      if (!signal.aborted) setState(was => ({ ...was, matchingSessions: sessions }))
    } catch {
      // The search itself reports the error.
    }
  }

  useEffect(() => {
    running.current?.abort()
    if (query === '') {
      setState(NOTHING)
      return
    }
    // Old hits stay until there are new ones: a list that flickers with every letter cannot be read.
    setState(was => ({ ...was, searching: true, stopped: false, error: undefined }))
    const timer = setTimeout(() => {
      setState(was => ({ ...was, hits: [], matchingSessions: [], indexed: undefined, cursor: null }))
      void run(null, [])
    }, TYPING_MS)
    return () => {
      clearTimeout(timer)
      running.current?.abort()
    }
  }, [client, query, key, attempt, version])

  const { cursor, ...rest } = state
  return {
    ...rest,
    loadMore: cursor === null || state.searching ? undefined : () => void run(cursor, state.hits),
    stop: () => {
      running.current?.abort()
      setState(was => ({ ...was, searching: false, stopped: true }))
    },
    retry: () => setAttempt(was => was + 1),
  }
}
