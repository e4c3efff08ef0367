// Reloads a page that is older than its host, as after an update.
import { effect } from '@preact/signals'
import { serviceWorkerBlocker } from '../page/service-worker.ts'
import { tryStorage } from '../page/storage.ts'
import type { HostLink } from './host-link.ts'

const KEY = 'otg:fetched-anew'
/** A host that keeps refusing is not asked for its page again and again: its error is shown. */
const ONCE_IN_MS = 60_000

/** Runs as long as the page. Input that has not arrived survives the reload (persisted-input.ts). */
export function reloadWhenOutdated(link: HostLink): void {
  effect(() => {
    const state = link.state.value
    if (state.name !== 'closed' || state.error.code !== 'version_unsupported') return
    // Over plain HTTP an attacker who closes the socket could otherwise force the page to be fetched, and replace it.
    if (!state.from_host && window.location.protocol !== 'https:') return
    if (isAllowed()) void reloadPage()
  })
}

/** False if the browser cannot remember the reload: it could repeat without end. */
function isAllowed(): boolean {
  const now = Date.now()
  const last = tryStorage(() => Number(window.sessionStorage.getItem(KEY)))
  if (last === undefined || (last <= now && now - last < ONCE_IN_MS)) return false
  tryStorage(() => window.sessionStorage.setItem(KEY, String(now)))
  return tryStorage(() => window.sessionStorage.getItem(KEY)) === String(now)
}

async function reloadPage(): Promise<void> {
  try {
    // Otherwise the service worker would answer with its cached page.
    const registration = serviceWorkerBlocker() ? undefined : await navigator.serviceWorker.getRegistration()
    await registration?.update()
    const worker = registration?.installing ?? registration?.waiting
    if (worker) await whenActivated(worker)
  } catch {
    // The cached page is used once more.
  }
  window.location.reload()
}

function whenActivated(worker: ServiceWorker): Promise<void> {
  return new Promise(resolve => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated' || worker.state === 'redundant') resolve()
    })
  })
}
