// Notifications that the page itself shows while it is in the background. push.ts handles those for a closed page.
import { effect, signal } from '@preact/signals'
import type { SessionInfo } from '../../protocol/messages.ts'
import { printable } from '../../ui/sessions/session-text.ts'
import { isSessionId, openTerminal, route } from '../page/route.ts'
import { serviceWorkerBlocker } from '../page/service-worker.ts'
import { tryStorage } from '../page/storage.ts'
import { AttentionTracker, type NotificationSubject, questionOf } from './attention-tracker.ts'

/** `impossible`: over plain HTTP, or not supported by this browser. */
export type NotificationState = 'impossible' | NotificationPermission

/** The user's choice: `on`, also while the page is closed; `off`, none, even if the browser allows them. */
const CHOICE = 'otg.notifications'

export const savedChoice = (): string | null => tryStorage(() => window.localStorage.getItem(CHOICE)) ?? null

export const notificationState = signal<NotificationState>(read())

/** The user has not chosen yet: notifications may be offered. */
export const undecided = signal(isUndecided())

function isUndecided(): boolean {
  return notificationState.peek() === 'default' && savedChoice() === null
}

function read(): NotificationState {
  if (serviceWorkerBlocker() || !('Notification' in window)) return 'impossible'
  return savedChoice() === 'off' && Notification.permission === 'granted' ? 'default' : Notification.permission
}

/** Saves a new choice, or updates the state after the browser has asked. */
export function saveChoice(choice?: 'on' | 'off'): void {
  if (choice) tryStorage(() => window.localStorage.setItem(CHOICE, choice))
  notificationState.value = read()
  undecided.value = isUndecided()
}

/** Runs as long as the page; `sessions` is the host's list. Also opens the session of a tapped notification. */
export function notifyWhenHidden(sessions: { value: readonly SessionInfo[] | undefined }): void {
  if (serviceWorkerBlocker()) return
  const tracker = new AttentionTracker()
  const isHidden = () => document.visibilityState === 'hidden'
  const seen = () => {
    const { value } = route
    if (isHidden() || value.screen !== 'terminal' || !value.session_id) return
    tracker.markSeen(value.session_id)
    void closeNotifications(value.session_id)
  }
  effect(seen)
  document.addEventListener('visibilitychange', seen)
  effect(() => {
    if (!sessions.value) return
    const due = tracker.update(sessions.value, isHidden())
    if (notificationState.peek() !== 'granted') return
    for (const session of due) void show(session)
  })
  navigator.serviceWorker.addEventListener('message', event => {
    const { open, shown } = (event.data ?? {}) as { open?: unknown; shown?: NotificationSubject }
    if (isSessionId(open)) openTerminal(open)
    if (isSessionId(shown?.session_id)) tracker.shownByWorker(shown)
  })
}

async function show(session: SessionInfo): Promise<void> {
  const { session_id, title, attention } = session
  const question_id = questionOf(session)
  const worker = await navigator.serviceWorker.getRegistration()
  await worker?.showNotification(printable(title), {
    body: printable(attention?.text ?? ''),
    // Replaces the session's previous notification, and alerts again: the tracker yields each wait once.
    tag: session_id,
    renotify: true,
    icon: './icons/192.png',
    data: { session_id, ...(question_id && { question_id }) } satisfies NotificationSubject,
  } as NotificationOptions)
}

async function closeNotifications(session_id: string): Promise<void> {
  const worker = await navigator.serviceWorker.getRegistration()
  for (const one of (await worker?.getNotifications({ tag: session_id })) ?? []) one.close()
}
