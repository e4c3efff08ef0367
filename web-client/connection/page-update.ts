// A page that is older than its host, as after an update: it is fetched anew, by itself. Knows no screens.
import { effect } from '@preact/signals'
import { quietly } from '../page/address.ts'
import { cannotKeep } from '../page/service-worker.ts'
import type { HostLink } from './host-link.ts'

const KEY = 'otg:fetched-anew'
/** A host that goes on refusing is not asked for its page again and again: what it says is shown. */
const ONCE_IN_MS = 60_000

/** From now on. What was typed and has not arrived outlives it (kept-input.ts). */
export function followHost(link: HostLink): void {
  effect(() => {
    const state = link.state.value
    if (state.name !== 'closed' || state.error.code !== 'version_unsupported') return
    // Who can close a socket on its way over plain HTTP would have this page replaced by one of his own, when he likes.
    if (!state.from_host && window.location.protocol !== 'https:') return
    if (isFirst()) void fetchAnew()
  })
}

/** Not, where the browser cannot remember that it was done. */
function isFirst(): boolean {
  const now = Date.now()
  const last = quietly(() => Number(window.sessionStorage.getItem(KEY)))
  if (last === undefined || (last <= now && now - last < ONCE_IN_MS)) return false
  quietly(() => window.sessionStorage.setItem(KEY, String(now)))
  return quietly(() => window.sessionStorage.getItem(KEY)) === String(now)
}

async function fetchAnew(): Promise<void> {
  try {
    // Or its worker would answer with the page that it keeps.
    const kept = cannotKeep() ? undefined : await navigator.serviceWorker.getRegistration()
    await kept?.update()
    const worker = kept?.installing ?? kept?.waiting
    if (worker) await isDone(worker)
  } catch {
    // What it keeps is used once more.
  }
  window.location.reload()
}

function isDone(worker: ServiceWorker): Promise<void> {
  return new Promise(resolve => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated' || worker.state === 'redundant') resolve()
    })
  })
}
