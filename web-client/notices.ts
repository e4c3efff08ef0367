// Notifications of this phone: a session asks for somebody while nobody looks at this page. There is no push server, so a
// page that was closed tells nothing. Knows no screens.
import { effect, signal } from '@preact/signals'
import type { SessionInfo } from '../protocol/messages.ts'
import { printable } from '../ui/words.ts'
import { cannotKeep } from './offline.ts'
import { openTerminal, route } from './route.ts'

/** `impossible`: not over plain HTTP, not in this browser. */
export type Allowed = 'impossible' | NotificationPermission

export const allowed = signal<Allowed>(read())

function read(): Allowed {
  return cannotKeep() || !('Notification' in window) ? 'impossible' : Notification.permission
}

/** Only on a tap: browsers ask the person. */
export async function askForNotifications(): Promise<void> {
  await Notification.requestPermission()
  allowed.value = read()
}

/** One notification per session, until somebody has looked at it. */
export class Notices {
  /** When each session last asked for somebody, as far as is known; undefined before the first list. */
  #known: Map<string, number> | undefined
  readonly #told = new Set<string>()

  /** A list of sessions came. What it says at first has been before. */
  take(sessions: readonly SessionInfo[], hidden: boolean): SessionInfo[] {
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

  lookedAt(session_id: string): void {
    this.#told.delete(session_id)
  }
}

/** From now on; `sessions` is the host's list. Also opens what was tapped. */
export function watchForAttention(sessions: { value: readonly SessionInfo[] | undefined }): void {
  if (cannotKeep()) return
  const notices = new Notices()
  const isHidden = () => document.visibilityState === 'hidden'
  const look = () => {
    const { value } = route
    if (isHidden() || value.screen !== 'terminal' || !value.session_id) return
    notices.lookedAt(value.session_id)
    void putAway(value.session_id)
  }
  effect(look)
  document.addEventListener('visibilitychange', look)
  effect(() => {
    if (!sessions.value) return
    const ask = notices.take(sessions.value, isHidden())
    if (allowed.peek() !== 'granted') return
    for (const session of ask) void show(session)
  })
  navigator.serviceWorker.addEventListener('message', event => {
    const { open } = (event.data ?? {}) as { open?: unknown }
    if (typeof open === 'string') openTerminal(open)
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
