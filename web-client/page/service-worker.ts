// Registers and removes the page's service worker (worker/sw.ts), where the browser allows one.
import { whenIdle } from './idle.ts'

/** Why there can be no service worker, or undefined. Browsers withhold it from pages over plain HTTP. */
export function serviceWorkerBlocker(): 'plain_http' | 'browser' | undefined {
  if (!window.isSecureContext) return 'plain_http'
  return 'serviceWorker' in navigator ? undefined : 'browser'
}

export function registerServiceWorker(): void {
  if (serviceWorkerBlocker()) return
  whenIdle(() => {
    // Some private windows refuse it: the page is then fetched each time.
    navigator.serviceWorker.register('./sw.js', { updateViaCache: 'none' }).catch(() => {})
  })
}

/**
 * Removes the cached page if the address no longer serves a service worker: an older host, or another program on
 * localhost, could never be reached behind it. Takes effect at the next load.
 */
export async function removeStaleServiceWorker(): Promise<void> {
  if (serviceWorkerBlocker()) return
  try {
    const registration = await navigator.serviceWorker.getRegistration()
    if (!registration) return
    await new Promise<void>(whenIdle)
    const { status, headers } = await fetch('./sw.js', { cache: 'no-store' })
    const isServed =
      status !== 404 && status !== 410 && (status !== 200 || /javascript/.test(headers.get('content-type') ?? ''))
    if (isServed) return
    await registration.unregister()
    for (const name of await caches.keys()) await caches.delete(name)
  } catch {
    // The host is away: the cached page is for exactly that.
  }
}
