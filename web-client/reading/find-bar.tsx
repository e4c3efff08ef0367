// The bar to find text in a session's whole output.
import { useLayoutEffect, useRef } from 'preact/hooks'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { sentence } from '../../ui/kit/sentence.ts'
import type { ReadingFind } from './reading-find.ts'

export function FindBar({ find, close }: { find: ReadingFind; close: () => void }) {
  const field = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => field.current?.focus(), [])
  const { value: hits } = find.hits
  const { value: index } = find.index
  return (
    <search class="find">
      <input
        type="search"
        aria-label="Find in this session"
        placeholder="Find"
        enterkeyhint="search"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        ref={field}
        value={find.query.value}
        onInput={event => find.search(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Escape') close()
          if (event.key === 'Enter') find.step(event.shiftKey ? -1 : 1)
        }}
      />
      <span role="status" class={find.failed.value ? 'bad' : ''}>
        {statusText(find)}
      </span>
      <IconButton
        icon="up"
        label="Go to older match"
        disabled={index + 1 >= hits.length && !find.more.value}
        onClick={() => find.step(1)}
      />
      <IconButton icon="down" label="Go to newer match" disabled={index <= 0} onClick={() => find.step(-1)} />
    </search>
  )
}

function statusText({ failed, hits, index, more, searching, query }: ReadingFind): string {
  if (failed.value) return sentence(failed.value.message)
  const count = hits.value.length
  if (count > 0) return `${index.value + 1} of ${count}${more.value ? '+' : ''}`
  if (searching.value) return 'Searching…'
  return query.value.trim() === '' ? '' : 'No matches'
}
