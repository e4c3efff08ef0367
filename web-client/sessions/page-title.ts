// What the tab and the icon of the installed page say: what is open, and how many sessions want somebody. Knows no screens.
import { computed, effect, signal } from '@preact/signals'
import { needingAttention } from '../../ui/sessions/session-order.ts'
import type { HostLink } from '../connection/host-link.ts'

const NAME = 'On the Go'

/** What is open; empty: the list. */
export const pageTitle = signal('')

/** Keeps both up to date for as long as the page lives. */
export function tellAttention(link: HostLink): void {
  const count = computed(() => needingAttention(link.sessions.value ?? []).length)
  effect(() => {
    const title = pageTitle.value ? `${pageTitle.value} · ${NAME}` : NAME
    document.title = count.value > 0 ? `(${count.value}) ${title}` : title
  })
  effect(() => {
    // Only where the page is installed there is an icon to put it on; elsewhere it is refused.
    const shown = count.value > 0 ? navigator.setAppBadge?.(count.value) : navigator.clearAppBadge?.()
    shown?.catch(() => {})
  })
}
