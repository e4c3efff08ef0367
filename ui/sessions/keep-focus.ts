// Keeps the keyboard's place in the list of sessions when what had the focus disappears: a card whose question was answered,
// a button of a question that changed, a row that was marked as seen.
import { useLayoutEffect, useRef } from 'preact/hooks'

/** The session that had the focus, and its place among those that needed a person; -1: none of them. */
interface Place {
  session_id: string
  index: number
}

/** For the list's element. Items have `data-session`; those that need a person come first and are in `.needing`. */
export function useKeptFocus<E extends HTMLElement>() {
  const list = useRef<E>(null)
  const place = useRef<Place | undefined>(undefined)
  useLayoutEffect(() => {
    const element = list.current
    if (!element) return
    const focused = ({ target }: FocusEvent) => {
      const item = itemOf(target)
      place.current = item && { session_id: item.dataset.session ?? '', index: needing(element).indexOf(item) }
    }
    const left = ({ target, relatedTarget }: FocusEvent) => {
      if (relatedTarget instanceof Node) return void (place.current = undefined)
      // Nothing has the focus now: because the element was disabled or is being removed, or because a person pressed beside it.
      setTimeout(() => {
        const isLost = target instanceof HTMLElement && (!target.isConnected || target.matches(':disabled'))
        if (!isLost && !hasFocus()) place.current = undefined
      })
    }
    element.addEventListener('focusin', focused)
    element.addEventListener('focusout', left)
    return () => {
      element.removeEventListener('focusin', focused)
      element.removeEventListener('focusout', left)
    }
  }, [])
  useLayoutEffect(() => {
    const element = list.current
    const before = place.current
    if (!element || !before || hasFocus()) return
    const own = element.querySelector<HTMLElement>(`[data-session="${CSS.escape(before.session_id)}"]`)
    const items = needing(element)
    // Buttons that are disabled while an answer is under way: the card is still there.
    const target =
      own && (items.includes(own) || before.index < 0)
        ? own
        : (items[Math.min(Math.max(before.index, 0), items.length - 1)] ?? own)
    const inside = target?.querySelector<HTMLElement>('.question-card, .row') ?? element.querySelector('h2')
    inside?.focus({ preventScroll: true })
  })
  return list
}

function itemOf(target: EventTarget | null): HTMLElement | undefined {
  return (target instanceof Element ? target.closest<HTMLElement>('[data-session]') : null) ?? undefined
}

function needing(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>('.needing > [data-session]')]
}

function hasFocus(): boolean {
  return document.activeElement !== null && document.activeElement !== document.body
}
