// What can be done with what a finger has selected, beside it. Knows nothing of how it is selected.
import './selection-bar.css'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { copy } from '../../ui/kit/copy.ts'
import { toast } from '../../ui/kit/toast.tsx'
import { openReading } from '../page/route.ts'
import type { TerminalSession } from './terminal-session.ts'

/** Between the bar and the selection; below it stand the handles. */
const GAP = 8
const HANDLE = 30

export function SelectionBar({ session }: { session: TerminalSession }) {
  const bar = useRef<HTMLDivElement>(null)
  const selected = session.selected.value
  useLayoutEffect(() => {
    const { current } = bar
    if (!current || !selected) return
    const room = current.parentElement?.clientHeight ?? 0
    const height = current.offsetHeight
    const above = selected.top - height - GAP
    const below = selected.bottom + HANDLE
    const top = above >= GAP ? above : below + height + GAP <= room ? below : GAP
    current.style.top = `${Math.max(GAP, top)}px`
  })
  // Under a finger that is still at it there is no room.
  if (!selected || selected.changing) return null
  const { view } = session
  const take = (use: (text: string) => void) => () => {
    const text = view?.selection?.text() ?? ''
    if (text.trim() === '') return toast('Nothing is there.')
    use(text)
    view?.selection?.clear()
  }
  const readOn = () => {
    const near = view?.selection?.place()
    view?.selection?.clear()
    openReading(session.session_id ?? '', undefined, near)
  }
  return (
    <div class="selection-bar" role="toolbar" aria-label="Selection" ref={bar}>
      <button type="button" onMouseDown={keepFocus} onClick={take(copy)}>
        Copy
      </button>
      {selected.more && (
        <button type="button" onMouseDown={keepFocus} onClick={() => view?.selection?.all()}>
          {selected.more === 'screen' ? 'Select all' : 'Everything'}
        </button>
      )}
      <button type="button" aria-label="Read as text" onMouseDown={keepFocus} onClick={readOn}>
        Read
      </button>
      {'share' in navigator && (
        <button type="button" onMouseDown={keepFocus} onClick={take(share)}>
          Share
        </button>
      )}
    </div>
  )
}

/** A button that took the focus from the terminal would close the soft keyboard. */
const keepFocus = (event: MouseEvent) => event.preventDefault()

export function share(text: string): void {
  navigator.share({ text }).catch((error: unknown) => {
    // Whoever closed the sheet knows.
    if (!(error instanceof DOMException && error.name === 'AbortError')) toast('This could not be shared.', true)
  })
}
