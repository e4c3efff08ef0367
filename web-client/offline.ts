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
