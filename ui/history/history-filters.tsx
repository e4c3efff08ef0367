// The filter fields of the history: state, days, command, folder.
import { type Filters, NO_FILTERS, STATE_CHOICES, type StateChoice } from './history-text.ts'

export interface HistoryFiltersProps {
  id: string
  hidden: boolean
  filters: Filters
  change: (filters: Filters) => void
  clear: () => void
}

export function HistoryFilters({ id, hidden, filters, change, clear }: HistoryFiltersProps) {
  const set = (name: keyof Filters) => (event: { currentTarget: HTMLInputElement }) =>
    change({ ...filters, [name]: event.currentTarget.value })
  return (
    <fieldset id={id} class="filters" hidden={hidden}>
      <legend>Filters</legend>
      <label>
        <span class="of">State</span>
        <select
          value={filters.state}
          onChange={event => change({ ...filters, state: event.currentTarget.value as StateChoice })}
        >
          {STATE_CHOICES.map(([state, label]) => (
            <option key={state} value={state}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="of">From</span>
        <input type="date" value={filters.from} max={filters.to || undefined} onInput={set('from')} />
      </label>
      <label>
        <span class="of">To</span>
        <input type="date" value={filters.to} min={filters.from || undefined} onInput={set('to')} />
      </label>
      <label>
        <span class="of">Command contains</span>
        <input value={filters.command} maxLength={256} autocomplete="off" spellcheck={false} onInput={set('command')} />
      </label>
      <label class="wide">
        <span class="of">In this folder</span>
        <input
          value={filters.folder}
          maxLength={4096}
          placeholder="/home/me/project"
          autocomplete="off"
          spellcheck={false}
          onInput={set('folder')}
        />
      </label>
      <button type="button" class="plain" disabled={filters === NO_FILTERS} onClick={clear}>
        Clear filters
      </button>
    </fieldset>
  )
}
