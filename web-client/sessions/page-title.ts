// The title of the tab and the badge of the installed page: what is open, and how many sessions need a person.
import { computed, effect, signal } from '@preact/signals'
import { useLayoutEffect } from 'preact/hooks'
import { needingAttention } from '../../ui/sessions/session-order.ts'
import type { HostLink } from '../connection/host-link.ts'
import { route } from '../page/route.ts'

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
  const isVisible = signal(document.visibilityState === 'visible')
  document.addEventListener('visibilitychange', () => {
    isVisible.value = document.visibilityState === 'visible'
  })
  const count = computed(() => {
    // The question of the session in front of the user is not news.
    const seen = isVisible.value && route.value.screen === 'terminal' ? route.value.session_id : undefined
    return needingAttention(link.sessions.value ?? []).filter(one => one.session_id !== seen).length
  })
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
