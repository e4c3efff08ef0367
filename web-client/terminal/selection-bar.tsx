// The bar of actions beside a selection made by touch.
import './selection-bar.css'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { copy } from '../../ui/kit/copy.ts'
import { toast } from '../../ui/kit/toast.tsx'
import { keepFocus } from '../page/keep-focus.ts'
import { openReading } from '../page/route.ts'
import type { TerminalSession } from './terminal-session.ts'

/** Pixels between the bar and the selection, and the height of the handles below it. */
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
  // Hidden while a finger changes the selection.
  if (!selected || selected.changing) return null
  const { view } = session
  const useText = (use: (text: string) => void) => () => {
    const text = view?.selection?.text() ?? ''
    if (text.trim() === '') return toast('The selection is empty.')
    use(text)
    view?.selection?.clear()
  }
  const openText = () => {
    const near = view?.selection?.anchor()
    view?.selection?.clear()
    openReading(session.session_id ?? '', undefined, near)
  }
  return (
    <div class="selection-bar" role="toolbar" aria-label="Selection" ref={bar}>
      <button type="button" onMouseDown={keepFocus} onClick={useText(copy)}>
        Copy
      </button>
      {selected.address && (
        <button
          type="button"
          onMouseDown={keepFocus}
          onClick={() => {
            session.link.value = selected.address
            view?.selection?.clear()
          }}
        >
          Open
        </button>
      )}
      {selected.selectAll && (
        <button type="button" onMouseDown={keepFocus} onClick={() => view?.selection?.selectAll()}>
          {selected.selectAll === 'screen' ? 'Select all' : 'All output'}
        </button>
      )}
      <button type="button" aria-label="Read as text" onMouseDown={keepFocus} onClick={openText}>
        Read
      </button>
      {'share' in navigator && (
        <button type="button" onMouseDown={keepFocus} onClick={useText(share)}>
          Share
        </button>
      )}
    </div>
  )
}

export function share(text: string): void {
  navigator.share({ text }).catch((error: unknown) => {
    // The user closed the share sheet.
    if (!(error instanceof DOMException && error.name === 'AbortError')) toast('The text could not be shared.', true)
  })
}
