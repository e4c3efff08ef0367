// The page's service worker: keeps the page's own files, so that it opens at once and also while the host is away; and shows
// its notifications. Knows nothing of sessions' contents; nothing but files of the page is ever kept.
declare const self: ServiceWorkerGlobalScope

/** Filled in by the build: what the page consists of, and a name for exactly these files. */
declare const SHELL: { version: string; files: string[] }

const PREFIX = 'otg-page-'
const NAME = PREFIX + SHELL.version
const root = new URL('./', self.location.href)

self.addEventListener('install', event => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(NAME)
      // The page itself from the host; what has a hash in its name may come from the browser's own cache.
      await cache.addAll(
        SHELL.files.map(file => new Request(new URL(file, root), { cache: file === './' ? 'reload' : 'default' })),
      )
      // Taken over at the next load: what is open has all that it needs.
      await self.skipWaiting()
    })(),
  )
})

self.addEventListener('activate', event => {
  event.waitUntil(
    (async () => {
      const old = (await caches.keys()).filter(name => name.startsWith(PREFIX) && name !== NAME)
      await Promise.all(old.map(name => caches.delete(name)))
    })(),
  )
})

self.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== root.origin) return
  // By its path alone: what else an address holds is a secret, or the name of a session.
  if (request.mode === 'navigate' && url.pathname === root.pathname) event.respondWith(page())
  else if (url.pathname.startsWith(`${root.pathname}assets/`))
    event.respondWith(asset(url.origin + url.pathname, request))
})

async function page(): Promise<Response> {
  const cache = await caches.open(NAME)
  return (await cache.match(root.href)) ?? fetch(root.href)
}

/** Never changes under its name: fetched once. */
async function asset(name: string, request: Request): Promise<Response> {
  const cache = await caches.open(NAME)
  const found = await cache.match(name)
  if (found) return found
  const answer = await fetch(request)
  if (answer.ok) await cache.put(name, answer.clone()).catch(() => {}) // full: it is fetched again
  return answer
}

self.addEventListener('push', event => {
  const { session_id, title, text } = toldBy(event.data)
  // Always shown, or browsers take the permission back. The page's own notification of the same session has the same tag:
  // one takes the other's place, and makes no sound again.
  const shown = { body: text, tag: session_id || root.href, icon: './icons/192.png', data: { session_id } }
  event.waitUntil(self.registration.showNotification(title, shown))
})

/** What the host sent (push-message.ts there), which only this browser can read; or, if it cannot, that there was something. */
function toldBy(data: PushMessageData | null): { session_id: string; title: string; text: string } {
  try {
    const { session_id, title, text }: Record<string, unknown> = data?.json() ?? {}
    if (typeof session_id === 'string' && typeof title === 'string' && typeof text === 'string')
      return { session_id, title, text }
  } catch {}
  return { session_id: '', title: 'On the Go', text: 'A session waits for you.' }
}

self.addEventListener('notificationclick', event => {
  event.notification.close()
  const { session_id } = (event.notification.data ?? {}) as { session_id?: unknown }
  if (typeof session_id !== 'string') return
  event.waitUntil(
    (async () => {
      // Also a page that was loaded before this worker was there.
      const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
      const page = pages.find(one => one.visibilityState === 'visible') ?? pages[0]
      const address = session_id ? `./?session=${encodeURIComponent(session_id)}` : './'
      if (!page) return void (await self.clients.openWindow(address))
      if (session_id) page.postMessage({ open: session_id })
      await page.focus()
    })(),
  )
})
