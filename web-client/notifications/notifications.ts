// Notifications that this page shows by itself: a session asks for somebody while the page is in the background. What comes
// while it is closed is another matter (push.ts). Knows no screens.
import { effect, signal } from '@preact/signals'
import type { SessionInfo } from '../../protocol/messages.ts'
import { printable } from '../../ui/sessions/session-text.ts'
import { isSessionId, openTerminal, route } from '../page/route.ts'
import { serviceWorkerBlocker } from '../page/service-worker.ts'
import { tryStorage } from '../page/storage.ts'

/** `impossible`: not over plain HTTP, not in this browser. */
export type NotificationState = 'impossible' | NotificationPermission

/** Where it is kept what the person wants: `on`, also while the page is closed; `off`, none, whatever the browser allows. */
const WISH = 'otg.notices'

export const savedChoice = (): string | null => tryStorage(() => window.localStorage.getItem(WISH)) ?? null

export const notificationState = signal<NotificationState>(read())

/** Nobody has said anything of it yet: it may be offered. */
export const undecided = signal(isUndecided())

function isUndecided(): boolean {
  return notificationState.peek() === 'default' && savedChoice() === null
}

function read(): NotificationState {
  if (serviceWorkerBlocker() || !('Notification' in window)) return 'impossible'
  return savedChoice() === 'off' && Notification.permission === 'granted' ? 'default' : Notification.permission
}

/** The person wants something else, or was asked by the browser. */
export function saveChoice(how?: 'on' | 'off'): void {
  if (how) tryStorage(() => window.localStorage.setItem(WISH, how))
  notificationState.value = read()
  undecided.value = isUndecided()
}

/** One notification per session, until somebody has looked at it. */
export class AttentionTracker {
  /** When each session last asked for somebody, as far as is known; undefined before the first list. */
  #known: Map<string, number> | undefined
  readonly #told = new Set<string>()

  /** A list of sessions came. What it says at first has been before. */
  update(sessions: readonly SessionInfo[], hidden: boolean): SessionInfo[] {
    const before = this.#known
    this.#known = new Map(sessions.map(({ session_id, attention }) => [session_id, attention?.at ?? 0]))
    const ask: SessionInfo[] = []
    for (const session of sessions) {
      const { session_id, attention } = session
      if (!attention) this.#told.delete(session_id)
      else if (
        before &&
        hidden &&
        // It is there only while nobody has looked since.
        attention.at > (before.get(session_id) ?? 0) &&
        !this.#told.has(session_id)
      ) {
        this.#told.add(session_id)
        ask.push(session)
      }
    }
    return ask
  }

  markSeen(session_id: string): void {
    this.#told.delete(session_id)
  }
}

/** From now on; `sessions` is the host's list. Also opens what was tapped. */
export function notifyWhenHidden(sessions: { value: readonly SessionInfo[] | undefined }): void {
  if (serviceWorkerBlocker()) return
  const notices = new AttentionTracker()
  const isHidden = () => document.visibilityState === 'hidden'
  const look = () => {
    const { value } = route
    if (isHidden() || value.screen !== 'terminal' || !value.session_id) return
    notices.markSeen(value.session_id)
    void putAway(value.session_id)
  }
  effect(look)
  document.addEventListener('visibilitychange', look)
  effect(() => {
    if (!sessions.value) return
    const ask = notices.update(sessions.value, isHidden())
    if (notificationState.peek() !== 'granted') return
    for (const session of ask) void show(session)
  })
  navigator.serviceWorker.addEventListener('message', event => {
    const { open } = (event.data ?? {}) as { open?: unknown }
    if (isSessionId(open)) openTerminal(open)
  })
}

async function show({ session_id, title, attention }: SessionInfo): Promise<void> {
  const worker = await navigator.serviceWorker.getRegistration()
  await worker?.showNotification(printable(title), {
    body: printable(attention?.text ?? ''),
    // The same session's takes its place.
    tag: session_id,
    icon: './icons/192.png',
    data: { session_id },
  })
}

async function putAway(session_id: string): Promise<void> {
  const worker = await navigator.serviceWorker.getRegistration()
  for (const one of (await worker?.getNotifications({ tag: session_id })) ?? []) one.close()
}
