// The page's service worker, where the browser allows one: registered once this phone has been let in. Knows nothing of what
// it does (worker/sw.ts).
import { whenIdle } from './idle.ts'

/** Why a browser keeps no page, or nothing when it does. Browsers withhold it from pages over plain HTTP. */
export function cannotKeep(): 'plain_http' | 'browser' | undefined {
  if (!window.isSecureContext) return 'plain_http'
  return 'serviceWorker' in navigator ? undefined : 'browser'
}

export function keepPage(): void {
  if (cannotKeep()) return
  whenIdle(() => {
    // Refused in some private windows: the page is fetched each time, as it was.
    navigator.serviceWorker.register('./sw.js', { updateViaCache: 'none' }).catch(() => {})
  })
}

/**
 * Gives the page up that is kept, where the address has no worker any more: an older host, or another program altogether (on
 * localhost), would never be seen again behind it. Takes effect at the next load.
 */
export async function letGo(): Promise<void> {
  if (cannotKeep()) return
  try {
    const kept = await navigator.serviceWorker.getRegistration()
    if (!kept) return
    await new Promise<void>(whenIdle)
    const { status, headers } = await fetch('./sw.js', { cache: 'no-store' })
    const isThere =
      status !== 404 && status !== 410 && (status !== 200 || /javascript/.test(headers.get('content-type') ?? ''))
    if (isThere) return
    await kept.unregister()
    for (const name of await caches.keys()) await caches.delete(name)
  } catch {
    // The host is away: that is what it is kept for.
  }
}
