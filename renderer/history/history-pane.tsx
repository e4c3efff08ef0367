// The history: searches the output of all sessions and lists recorded sessions.
import './history-pane.css'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { QUERY_CHARACTERS } from '../../protocol/limits.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { HistoryFilters } from '../../ui/history/history-filters.tsx'
import { HistoryHits } from '../../ui/history/history-hits.tsx'
import { HistoryList } from '../../ui/history/history-list.tsx'
import { countFilters, NO_FILTERS, toFilter, toSearchQuery } from '../../ui/history/history-text.ts'
import { useHistory } from '../../ui/history/use-history.ts'
import { useSearch } from '../../ui/history/use-search.ts'
import { Icon } from '../../ui/kit/icons.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import type { PlayFrom } from './recording-pane.tsx'

export interface HistoryPaneProps {
  client: LocalClient
  /** The host's current session list, which is newer than the history's answers. */
  sessions: readonly SessionInfo[]
  /** Changes when a recording was deleted or renamed, so that the history has to be read again. */
  changes: number
  /** Keeps the search and its results while hidden. */
  hidden: boolean
  open: (session: SessionInfo, from?: PlayFrom) => void
}

const CLOCK_MS = 5_000

export function HistoryPane({ client, sessions, changes, hidden, open }: HistoryPaneProps) {
  const [typed, setTyped] = useState('')
  const [filters, setFilters] = useState(NO_FILTERS)
  const [filtering, setFiltering] = useState(false)
  const now = useNow(CLOCK_MS)
  const input = useRef<HTMLInputElement>(null)
  const items = useRef<HTMLDivElement>(null)
  /** The row that was opened last, which gets the focus again on return. */
  const opened = useRef<HTMLElement>(undefined)
  const filter = useMemo(() => toFilter(filters), [filters])
  // Output changes nothing here, only sessions that begin, end or are renamed.
  const version = JSON.stringify([changes, sessions.map(one => [one.session_id, one.state, one.title])])
  const seen = useRef(version)
  if (!hidden) seen.current = version
  const history = useHistory(client, filter, seen.current)
  const search = useSearch(client, toSearchQuery(typed), typed.trim(), filter, changes)

  useEffect(() => {
    if (hidden) return
    document.title = 'History - On the Go'
    if (opened.current?.isConnected) opened.current.focus()
    else input.current?.focus()
    opened.current = undefined
  }, [hidden])

  const choose = (session: SessionInfo, from?: PlayFrom) => {
    if (document.activeElement instanceof HTMLElement) opened.current = document.activeElement
    open(session, from)
  }
  const newest = (session: SessionInfo) => sessions.find(one => one.session_id === session.session_id) ?? session
  const count = countFilters(filters)
  const clear = () => {
    setFilters(NO_FILTERS)
    input.current?.focus()
  }

  /** Arrow keys move between rows, and from the search field to the first row. */
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step === 0 || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return
    const target = event.target as HTMLElement
    const rows = [...(items.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
    const at = rows.indexOf(target)
    if (at < 0 && target !== input.current) return
    const next = at < 0 ? (step > 0 ? rows[0] : undefined) : at + step < 0 ? input.current : rows[at + step]
    if (!next) return
    event.preventDefault()
    next.focus()
    next.scrollIntoView({ block: 'nearest' })
  }

  return (
    <section class="history" aria-label="History" hidden={hidden} onKeyDown={move}>
      <header>
        <h1>History</h1>
        <search class="search">
          <Icon name="search" />
          <input
            ref={input}
            type="search"
            aria-label="Search the output of all sessions"
            placeholder="Search the output of all sessions"
            autocomplete="off"
            spellcheck={false}
            maxLength={QUERY_CHARACTERS}
            value={typed}
            onInput={event => setTyped(event.currentTarget.value)}
            onKeyDown={event => {
              if (event.key !== 'Escape' || typed === '') return
              event.preventDefault()
              setTyped('')
            }}
          />
        </search>
        <button
          type="button"
          class="toggle"
          aria-expanded={filtering}
          aria-controls="history-filters"
          onClick={() => setFiltering(!filtering)}
        >
          <Icon name="filter" />
          {count > 0 ? `Filters (${count})` : 'Filters'}
        </button>
      </header>
      <HistoryFilters id="history-filters" hidden={!filtering} filters={filters} change={setFilters} clear={clear} />
      <div class="items" ref={items}>
        {search.query === undefined && typed.trim() === '' ? (
          <HistoryList history={history} latest={newest} now={now} filtered={count > 0} clear={clear} open={choose} />
        ) : (
          <HistoryHits search={search} latest={newest} now={now} filtered={count > 0} clear={clear} open={choose} />
        )}
      </div>
    </section>
  )
}
