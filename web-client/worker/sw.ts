// The service worker: caches the page's own files (and nothing else), so that it opens at once and while the host is away,
// shows push notifications, and sends the answers that are given in them.
import type { Answer, Outcome } from './answer.ts'

declare const self: ServiceWorkerGlobalScope & { otgAnswer?: { answerQuestion(answer: Answer): Promise<Outcome> } }

/** Inserted by the build: the page's files, a hash of exactly these, and the script of answer.ts. */
declare const SHELL: { version: string; files: string[]; answer: string }

const PREFIX = 'otg-page-'
const NAME = PREFIX + SHELL.version
const root = new URL('./', self.location.href)

self.addEventListener('install', event => {
  loadAnswer()
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

/** What a notification is about. */
interface Subject {
  /** '': none. */
  session_id: string
  /** The question that its buttons answer. */
  question_id?: string
}

self.addEventListener('push', event => {
  const { session_id, title, text, question_id, actions } = parsePush(event.data)
  // Always shown, otherwise browsers revoke the permission. It has the same tag as the page's own notification for the
  // session: one replaces the other.
  const shown = {
    body: text,
    tag: session_id || root.href,
    icon: './icons/192.png',
    data: { session_id, ...(question_id && { question_id }) } satisfies Subject,
    // Browsers without buttons ignore them.
    actions: question_id ? actions.map(({ option, label }) => ({ action: `${OPTION}${option}`, title: label })) : [],
  }
  event.waitUntil(
    inTurn(async () => {
      const renotify = await isNews(shown.tag, question_id).catch(() => false)
      await self.registration.showNotification(title, { ...shown, renotify } as NotificationOptions)
      // An open page does not notify of the same again.
      for (const page of await openPages()) page.postMessage({ shown: shown.data })
    }),
  )
})

/** Chromium drops a notification that is being shown while notifications are read. */
let last: Promise<unknown> = Promise.resolve()
function inTurn(act: () => Promise<void>): Promise<void> {
  const mine = last.then(act)
  last = mine.catch(() => {})
  return mine
}

/**
 * Whether the notification that is replaced was about something else, so that the browser has to alert again. One without a
 * question may be the page's own for the same wait, while a page is open.
 */
async function isNews(tag: string, question_id: string): Promise<boolean> {
  const [before] = await self.registration.getNotifications({ tag })
  if (!before) return false
  const { question_id: asked } = (before.data ?? {}) as Partial<Subject>
  if (asked) return asked !== question_id
  return (await openPages()).length === 0
}

/** Includes pages loaded before this worker was installed. */
function openPages(): Promise<readonly WindowClient[]> {
  return self.clients.matchAll({ type: 'window', includeUncontrolled: true })
}

/** Begins the name of a button; the option's index follows. */
const OPTION = 'option-'

interface PushMessage {
  session_id: string
  title: string
  text: string
  question_id: string
  actions: { option: number; label: string }[]
}

/** The host's message (main/host/push/push-message.ts), which only this browser can decrypt, or a generic text. */
function parsePush(data: PushMessageData | null): PushMessage {
  try {
    const { session_id, title, text, question_id, actions }: Record<string, unknown> = data?.json() ?? {}
    if (typeof session_id === 'string' && typeof title === 'string' && typeof text === 'string')
      return {
        session_id,
        title,
        text,
        question_id: typeof question_id === 'string' ? question_id : '',
        actions: Array.isArray(actions) ? actions.filter(isAction) : [],
      }
  } catch {}
  return { session_id: '', title: 'On the Go', text: 'A session needs attention.', question_id: '', actions: [] }
}

function isAction(value: unknown): value is { option: number; label: string } {
  const { option, label } = (value ?? {}) as Record<string, unknown>
  return Number.isInteger(option) && typeof label === 'string'
}

self.addEventListener('notificationclick', event => {
  const { notification, action } = event
  notification.close()
  const { session_id, question_id } = (notification.data ?? {}) as { session_id?: unknown; question_id?: unknown }
  if (typeof session_id !== 'string') return
  const option = action.startsWith(OPTION) ? Number(action.slice(OPTION.length)) : undefined
  // Where the script cannot be loaded, the page opens at the session, which shows the question.
  const answer =
    typeof question_id === 'string' && option !== undefined && loadAnswer() && self.otgAnswer
      ? self.otgAnswer.answerQuestion({ session_id, question_id, option })
      : undefined
  event.waitUntil(answer ? answer.then(outcome => answered(outcome, session_id, notification.title)) : open(session_id))
})

/**
 * Loads the script for answering, with the encrypted channel, only when it is needed. Service workers may do this after
 * their installation only for scripts that they loaded during it. False: it is not there.
 */
function loadAnswer(): boolean {
  if (self.otgAnswer) return true
  try {
    importScripts(new URL(SHELL.answer, root).href)
    return true
  } catch {
    return false
  }
}

/** Why an answer did not arrive. */
const NOT_ANSWERED: Record<Exclude<Outcome, 'answered'>, string> = {
  gone: 'Not answered: this was answered already, or the program went on.',
  changed: 'Not answered: the program asks something else now. Tap to look.',
  refused: 'Not answered: your computer refused it. Tap to look.',
  locked: 'Not answered: the page is locked. Tap to unlock it and answer there.',
  unreachable: 'Not answered: your computer cannot be reached. Tap to try it in the session.',
  unconfirmed: 'The connection was lost. Tap to see whether the answer arrived.',
}

async function answered(outcome: Outcome, session_id: string, title: string): Promise<void> {
  if (outcome === 'answered') return
  const data: Subject = { session_id }
  const shown = { body: NOT_ANSWERED[outcome], tag: session_id, icon: './icons/192.png', data }
  await inTurn(() => self.registration.showNotification(title, shown))
}

async function open(session_id: string): Promise<void> {
  const pages = await openPages()
  const page = pages.find(one => one.visibilityState === 'visible') ?? pages[0]
  const address = session_id ? `./?session=${encodeURIComponent(session_id)}` : './'
  if (!page) return void (await self.clients.openWindow(address))
  if (session_id) page.postMessage({ open: session_id })
  await page.focus()
}
