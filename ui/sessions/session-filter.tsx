// Limits a list of sessions to those that need a person, or that work. Remembered for as long as the page lives.
import './session-filter.css'
import { signal } from '@preact/signals'
import type { SessionInfo } from '../../protocol/messages.ts'
import { needsPerson } from './session-order.ts'

export type SessionFilterName = 'needs_you' | 'working' | 'all'

/** Fewer sessions are read at a glance. */
const MIN_SESSIONS = 4

const filter = signal<SessionFilterName>('all')

const FILTERS: readonly { name: SessionFilterName; label: string; matches: (session: SessionInfo) => boolean }[] = [
  { name: 'needs_you', label: 'Needs you', matches: needsPerson },
  {
    name: 'working',
    label: 'Working',
    matches: session => session.state === 'running' && session.activity?.state === 'working',
  },
  { name: 'all', label: 'All', matches: () => true },
]

const byName = (name: SessionFilterName) => FILTERS.find(one => one.name === name)!

/** The sessions that the chosen filter lets through. */
export function filterSessions(sessions: readonly SessionInfo[]): SessionInfo[] {
  return sessions.filter(byName(filter.value).matches)
}

/** Whether choosing a filter would change the list. */
export function filterMakesDifference(sessions: readonly SessionInfo[]): boolean {
  if (sessions.length < MIN_SESSIONS) return false
  return FILTERS.some(({ matches }) => {
    const count = sessions.filter(matches).length
    return count > 0 && count < sessions.length
  })
}

/** Shown while it makes a difference, and while it hides something. */
export function SessionFilter({ sessions }: { sessions: readonly SessionInfo[] }) {
  if (filter.value === 'all' && !filterMakesDifference(sessions)) return null
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset's border and legend do not lay out as a row
    <div class="session-filter" role="group" aria-label="Show sessions">
      {FILTERS.map(({ name, label, matches }) => {
        const count = sessions.filter(matches).length
        return (
          <button
            key={name}
            type="button"
            aria-pressed={filter.value === name}
            onClick={() => {
              filter.value = name
            }}
          >
            {label} {name !== 'all' && count > 0 && <span class="count">{count}</span>}
          </button>
        )
      })}
    </div>
  )
}

/** In place of a list that the filter has emptied. */
export function FilteredOut() {
  return (
    <div class="filtered-out">
      <p>{filter.value === 'needs_you' ? 'No session needs you.' : 'No session is working.'}</p>
      <button
        type="button"
        onClick={() => {
          filter.value = 'all'
        }}
      >
        Show all sessions
      </button>
    </div>
  )
}
