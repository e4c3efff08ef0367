// All recorded sessions, with a search over their output.
import './history.css'
import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import { QUERY_CHARACTERS } from '../../protocol/limits.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { HistoryFilters } from '../../ui/history/history-filters.tsx'
import { HistoryHits } from '../../ui/history/history-hits.tsx'
import { HistoryList } from '../../ui/history/history-list.tsx'
import { countFilters, NO_FILTERS, toFilter, toSearchQuery } from '../../ui/history/history-text.ts'
import { useHistory } from '../../ui/history/use-history.ts'
import { useSearch } from '../../ui/history/use-search.ts'
import { ConnectionBanner } from '../../ui/kit/connection-banner.tsx'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { PageHeader } from '../../ui/kit/page-header.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import type { PlayFrom } from '../../ui/player/use-recording.ts'
import type { HostLink } from '../connection/host-link.ts'
import { back, openRecording } from '../page/route.ts'
import { historyChanges } from './history-changes.ts'

export interface HistoryProps {
  link: HostLink
  /** A recording opened from it is shown; this keeps its state. */
  hidden: boolean
}

const CLOCK_MS = 5_000

export function History({ link, hidden }: HistoryProps) {
  const typed = useSignal('')
  const filters = useSignal(NO_FILTERS)
  const filtering = useSignal(false)
  const now = useNow(CLOCK_MS)
  const items = useRef<HTMLElement>(null)
  const input = useRef<HTMLInputElement>(null)
  const scrolled = useRef(0)
  const filter = useMemo(() => toFilter(filters.value), [filters.value])
  const sessions = link.sessions.value ?? []
  const changes = historyChanges.value
  // Sessions start, end and change their title; their output does not affect the list.
  const version = JSON.stringify([changes, sessions.map(one => [one.session_id, one.state, one.title])])
  const seen = useRef(version)
  if (!hidden) seen.current = version
  const recorded = useHistory(link.client, filter, seen.current)
  const search = useSearch(link.client, toSearchQuery(typed.value), typed.value.trim(), filter, changes)
  const count = countFilters(filters.value)

  // Repeats what failed while the connection was lost.
  const ready = link.state.value.name === 'ready'
  useEffect(() => {
    if (!ready) return
    if (recorded.error) recorded.retry()
    if (search.error) search.retry()
  }, [ready])

  // A hidden element has no scroll position.
  useLayoutEffect(() => {
    if (!hidden && items.current) items.current.scrollTop = scrolled.current
  }, [hidden])

  const clear = () => {
    filters.value = NO_FILTERS
  }
  const latest = (session: SessionInfo) => sessions.find(one => one.session_id === session.session_id) ?? session
  const open = ({ session_id }: SessionInfo, from?: PlayFrom) => {
    if (!from || 'target' in from) return openRecording(session_id)
    const { offset, line, ranges } = from.hit
    openRecording(session_id, { offset }, { line, ranges })
  }
  const list = { latest, now, filtered: count > 0, clear, open, prefetch: true }
  return (
    <div class="page history history-page" hidden={hidden}>
      <PageHeader title="History" back={back} />
      {!hidden && <ConnectionBanner state={link.state.value} reached={link.reached.value} retry={link.retry} />}
      <main
        class="items"
        ref={items}
        onScroll={event => {
          scrolled.current = event.currentTarget.scrollTop
        }}
      >
        {search.query === undefined && typed.value.trim() === '' ? (
          <HistoryList history={recorded} {...list} />
        ) : (
          <HistoryHits search={search} {...list} />
        )}
      </main>
      <footer>
        <search class="search">
          <Icon name="search" />
          <input
            ref={input}
            type="search"
            enterkeyhint="search"
            aria-label="Search all output"
            placeholder="Search all output"
            autocomplete="off"
            autocapitalize="off"
            autocorrect="off"
            spellcheck={false}
            maxLength={QUERY_CHARACTERS}
            value={typed.value}
            onInput={event => {
              typed.value = event.currentTarget.value
              scrolled.current = 0
              if (items.current) items.current.scrollTop = 0
            }}
            // The search runs while the user types; Enter closes the keyboard to show the results.
            onKeyDown={event => event.key === 'Enter' && event.currentTarget.blur()}
          />
          {typed.value !== '' && (
            <IconButton
              icon="close"
              label="Clear search"
              onClick={() => {
                typed.value = ''
                input.current?.focus()
              }}
            />
          )}
        </search>
        <button
          type="button"
          class={count > 0 ? 'filter on' : 'filter'}
          aria-label={count > 0 ? `Filters, ${count} in use` : 'Filters'}
          aria-haspopup="dialog"
          onClick={() => {
            filtering.value = true
          }}
        >
          <Icon name="filter" />
          {count > 0 && <span class="count">{count}</span>}
        </button>
      </footer>
      {filtering.value && (
        <Dialog
          title="Filters"
          class="filter-sheet history"
          noAutofocus
          onClose={() => {
            filtering.value = false
          }}
        >
          <HistoryFilters
            id="history-filters"
            hidden={false}
            filters={filters.value}
            change={next => {
              filters.value = next
            }}
            clear={clear}
          />
          <div class="actions">
            <button
              type="button"
              class="primary"
              onClick={() => {
                filtering.value = false
              }}
            >
              Done
            </button>
          </div>
        </Dialog>
      )}
    </div>
  )
}
