// The service worker: caches the page's own files (and nothing else), so that it opens at once and while the host is away,
// and shows push notifications.
declare const self: ServiceWorkerGlobalScope

/** Inserted by the build: the page's files, and a hash of exactly these. */
declare const SHELL: { version: string; files: string[] }

const PREFIX = 'otg-page-'
const NAME = PREFIX + SHELL.version
const root = new URL('./', self.location.href)

self.addEventListener('install', event => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(NAME)
      // The page itself comes from the host; files with a hash in their name may come from the browser's cache.
      await cache.addAll(
        SHELL.files.map(file => new Request(new URL(file, root), { cache: file === './' ? 'reload' : 'default' })),
      )
      // Takes effect at the next load: open pages have all they need.
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
  // Matched by the path alone: the rest of an address is a secret or a session id.
  if (request.mode === 'navigate' && url.pathname === root.pathname) event.respondWith(page())
  else if (url.pathname.startsWith(`${root.pathname}assets/`))
    event.respondWith(asset(url.origin + url.pathname, request))
})

async function page(): Promise<Response> {
  const cache = await caches.open(NAME)
  return (await cache.match(root.href)) ?? fetch(root.href)
}

/** A file with a hash in its name never changes: it is fetched once. */
async function asset(name: string, request: Request): Promise<Response> {
  const cache = await caches.open(NAME)
  const found = await cache.match(name)
  if (found) return found
  const answer = await fetch(request)
  if (answer.ok) await cache.put(name, answer.clone()).catch(() => {}) // storage full: fetched again next time
  return answer
}

self.addEventListener('push', event => {
  const { session_id, title, text } = parsePush(event.data)
  // Always shown, otherwise browsers revoke the permission. It has the same tag as the page's own notification for the
  // session: one silently replaces the other.
  const shown = { body: text, tag: session_id || root.href, icon: './icons/192.png', data: { session_id } }
  event.waitUntil(self.registration.showNotification(title, shown))
})

/** The host's message (main/host/push/push-message.ts), which only this browser can decrypt, or a generic text. */
function parsePush(data: PushMessageData | null): { session_id: string; title: string; text: string } {
  try {
    const { session_id, title, text }: Record<string, unknown> = data?.json() ?? {}
    if (typeof session_id === 'string' && typeof title === 'string' && typeof text === 'string')
      return { session_id, title, text }
  } catch {}
  return { session_id: '', title: 'On the Go', text: 'A session needs attention.' }
}

self.addEventListener('notificationclick', event => {
  event.notification.close()
  const { session_id } = (event.notification.data ?? {}) as { session_id?: unknown }
  if (typeof session_id !== 'string') return
  event.waitUntil(
    (async () => {
      // Includes pages loaded before this worker was installed.
      const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
      const page = pages.find(one => one.visibilityState === 'visible') ?? pages[0]
      const address = session_id ? `./?session=${encodeURIComponent(session_id)}` : './'
      if (!page) return void (await self.clients.openWindow(address))
      if (session_id) page.postMessage({ open: session_id })
      await page.focus()
    })(),
  )
})
