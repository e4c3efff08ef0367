// The title of the tab and the badge of the installed page: what is open, and how many sessions need attention.
import { computed, effect, signal } from '@preact/signals'
import { useLayoutEffect } from 'preact/hooks'
import { needingAttention } from '../../ui/sessions/session-order.ts'
import type { HostLink } from '../connection/host-link.ts'

const NAME = 'On the Go'

/** What is open; empty for the session list. */
const pageTitle = signal('')

/** Sets the title for as long as the component is mounted. */
export function usePageTitle(title: string): void {
  useLayoutEffect(() => {
    pageTitle.value = title
    return () => {
      pageTitle.value = ''
    }
  }, [title])
}

/** Keeps the title and the badge up to date for as long as the page lives. */
export function showAttentionCount(link: HostLink): void {
  const count = computed(() => needingAttention(link.sessions.value ?? []).length)
  effect(() => {
    const title = pageTitle.value ? `${pageTitle.value} · ${NAME}` : NAME
    document.title = count.value > 0 ? `(${count.value}) ${title}` : title
  })
  effect(() => {
    // Rejected where the page is not installed: there is no icon.
    const shown = count.value > 0 ? navigator.setAppBadge?.(count.value) : navigator.clearAppBadge?.()
    shown?.catch(() => {})
  })
}
