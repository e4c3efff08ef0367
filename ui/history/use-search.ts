// A search through everything that was recorded, a page at a time. Knows nothing of how hits are shown.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import type { SearchHit, SearchResults } from '../../protocol/client/history-client.ts'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import type { HistoryFilter, SessionInfo } from '../../protocol/messages.ts'

/** Hits of a page: a few screens. */
const PAGE = 60

/** Lines around each hit, on each side. */
const CONTEXT = 1

/** Who types goes on typing. */
const TYPING_MS = 250

/** Sessions that are named by what was typed; more of them are found by the filters. */
const MOST_NAMED = 5

export interface Search {
  /** What the hits are of; undefined: nothing is looked for. */
  query: string | undefined
  hits: SearchHit[]
  /** Sessions whose name, command or folder has it. */
  matchingSessions: SessionInfo[]
  searching: boolean
  /** Somebody stopped it before it was through. */
  stopped: boolean
  indexed: SearchResults['indexed'] | undefined
  error: CodedError | undefined
  /** Looks further; undefined when that was all. */
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

/** `query` is as the host takes it; `words` is the same as it was typed. Another `version` is a reason to search again. */
export function useSearch(
  client: HostClient,
  query: string,
  words: string,
  filter: HistoryFilter | undefined,
  version: number,
): Search {
  const [state, setState] = useState<State>(NOTHING)
  const [tries, setTries] = useState(0)
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
    if (from === null) void names(signal, filter)
    let cursor = from
    const hits = [...before]
    try {
      do {
        const found = await client.history.search(query, {
          ...page,
          limit: PAGE,
          context: CONTEXT,
          ...(cursor === null ? {} : { cursor }),
        })
        if (signal.aborted) return
        hits.push(...found.hits)
        cursor = found.cursor
        setState(was => ({ ...was, query, hits: [...hits], cursor, indexed: found.indexed }))
        // The host answers with what it has when time is up; a page is looked for until it is full.
        if (found.complete) break
      } while (cursor !== null && hits.length < before.length + PAGE)
      setState(was => ({ ...was, query, hits: [...hits], searching: false }))
    } catch (error) {
      if (!signal.aborted) setState(was => ({ ...was, searching: false, error: toCoded(error) }))
    }
  }

  const names = async (signal: AbortSignal, filter: HistoryFilter | null) => {
    try {
      const { sessions } = await client.history.sessions({ filter: { ...filter, text: words }, limit: MOST_NAMED })
      if (!signal.aborted) setState(was => ({ ...was, matchingSessions: sessions }))
    } catch {
      // The search itself says what is wrong.
    }
  }

  useEffect(() => {
    running.current?.abort()
    if (query === '') {
      setState(NOTHING)
      return
    }
    // What was found before stays until there is something else: a list that comes and goes at every letter is not read.
    setState(was => ({ ...was, searching: true, stopped: false, error: undefined }))
    const timer = setTimeout(() => {
      setState(was => ({ ...was, hits: [], matchingSessions: [], indexed: undefined, cursor: null }))
      void run(null, [])
    }, TYPING_MS)
    return () => {
      clearTimeout(timer)
      running.current?.abort()
    }
  }, [client, query, key, tries, version])

  const { cursor, ...rest } = state
  return {
    ...rest,
    loadMore: cursor === null || state.searching ? undefined : () => void run(cursor, state.hits),
    stop: () => {
      running.current?.abort()
      setState(was => ({ ...was, searching: false, stopped: true }))
    },
    retry: () => setTries(was => was + 1),
  }
}
