// Push notifications for a closed page, through the push service of the browser's maker: subscribes this browser, and keeps
// the host informed. worker/sw.ts shows them.
import { effect, signal } from '@preact/signals'
import { decodeBase64url, encodeBase64url } from '../../protocol/channel/keys.ts'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import type { HostMessageOf, SessionInfo, PushSubscription as Wire } from '../../protocol/messages.ts'
import { onPresence } from '../../ui/kit/presence.ts'
import { toast } from '../../ui/kit/toast.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { serviceWorkerBlocker } from '../page/service-worker.ts'
import { notificationState, saveChoice, savedChoice } from './notifications.ts'

/**
 * `unknown`: the host has not been asked. `off_there`: turned off on the host. `no_push`: the browser has no push service.
 * `refused`: the push service or the host refused the subscription.
 */
export type PushState =
  | { name: 'unknown' | 'off' | 'off_there' | 'no_push' }
  | { name: 'refused'; why: string }
  | { name: 'on'; trouble: HostMessageOf<'push'>['trouble'] }

export const pushState = signal<PushState>({ name: 'unknown' })

/** How long to wait for the service worker: some private windows refuse it silently. */
const WORKER_MS = 10_000

/** On iPhones and iPads only an app on the home screen can show notifications. */
export function needsHomeScreen(): boolean {
  return 'standalone' in navigator && navigator.standalone === false && !('PushManager' in window)
}

/** Call from a tap: the browser asks for permission. */
export async function turnOn(link: HostLink): Promise<void> {
  const answer = await Notification.requestPermission()
  saveChoice(answer === 'granted' ? 'on' : undefined)
  if (answer === 'granted' && !watchedLink) watchPush(link)
  else void syncPush(link)
  await last
}

export async function turnOff(link: HostLink): Promise<void> {
  saveChoice('off')
  await syncPush(link)
}

/** Sends a test notification from the host to this browser. Rejects with the reason if the host cannot. */
export async function sendTest(link: HostLink): Promise<void> {
  const { subscribed, trouble } = await link.client.testPush()
  set(subscribed ? { name: 'on', trouble } : { name: 'off' })
  if (subscribed && !trouble) toast('A test notification is on its way.')
}

let watchedLink: HostLink | undefined

/** Updates the host's copy of the subscription after each connect. */
export function watchPush(link: HostLink): void {
  if (watchedLink || serviceWorkerBlocker()) return
  watchedLink = link
  let present = false
  effect(() => {
    if (link.state.value.name !== 'ready') return
    link.client.setPresent(present)
    void syncPush(link)
  })
  // A user at the page needs no push.
  onPresence(isPresent => {
    present = isPresent
    if (link.state.peek().name === 'ready') link.client.setPresent(present)
  })
  const closeSeen = () => void closeSeenNotifications(link)
  effect(closeSeen)
  document.addEventListener('visibilitychange', closeSeen)
}

let last: Promise<void> = Promise.resolve()

/** Applies the user's choice and updates `pushState`. Calls run one after another. */
export function syncPush(link: HostLink): Promise<void> {
  last = last.then(() => applyChoice(link)).catch(error => failed(toCoded(error)))
  return last
}

function failed(error: CodedError): void {
  // Without a connection the state is unknown until the next one.
  const away = ['connection_lost', 'request_timeout', 'client_closed', 'unreachable'].includes(error.code)
  set(away ? { name: 'unknown' } : { name: 'refused', why: error.message })
}

async function applyChoice(link: HostLink): Promise<void> {
  if (serviceWorkerBlocker() || !('PushManager' in window)) return set({ name: 'no_push' })
  const ready = link.state.peek().name === 'ready'
  if (savedChoice() !== 'on' || notificationState.peek() !== 'granted') {
    // First, whether or not the host answers: from here on no push reaches this browser.
    const error = await unsubscribe().catch(toCoded)
    const { key } = ready ? await link.client.push(savedChoice() === 'off' ? null : undefined) : { key: undefined }
    if (error) throw error
    set({ name: key === null ? 'off_there' : 'off' })
    return
  }
  if (!ready) throw new CodedError('connection_lost', 'there is no connection')
  const { key } = await link.client.push()
  if (key === null) return set({ name: 'off_there' })
  const manager = await pushManager()
  if (!manager) return set({ name: 'no_push' })
  const reply = await sendSubscription(link, await subscribe(manager, key)).catch(async error => {
    if (toCoded(error).code !== 'push_gone') throw error
    // The push service has dropped the subscription without telling the browser.
    await (await manager.getSubscription())?.unsubscribe()
    return sendSubscription(link, await subscribe(manager, key))
  })
  set({ name: 'on', trouble: reply.trouble })
}

function set(value: PushState): void {
  pushState.value = value
}

async function pushManager(): Promise<PushManager | undefined> {
  const timeout = new Promise<undefined>(resolve => setTimeout(resolve, WORKER_MS))
  return (await Promise.race([navigator.serviceWorker.ready, timeout]))?.pushManager
}

async function unsubscribe(): Promise<undefined> {
  const registration = await navigator.serviceWorker.getRegistration()
  await (await registration?.pushManager.getSubscription())?.unsubscribe()
}

/** The browser's subscription for exactly this host, created if necessary. */
async function subscribe(manager: PushManager, key: string): Promise<PushSubscription> {
  const existing = await manager.getSubscription()
  const existingKey = existing?.options.applicationServerKey
  if (existing && existingKey && encodeBase64url(new Uint8Array(existingKey)) === key) return existing
  await existing?.unsubscribe()
  try {
    return await manager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: decodeBase64url(key) as BufferSource,
    })
  } catch (cause) {
    throw new CodedError('push_refused', 'this browser’s push service did not respond or refused', { cause })
  }
}

function sendSubscription(link: HostLink, subscription: PushSubscription): Promise<HostMessageOf<'push'>> {
  const { endpoint, keys } = subscription.toJSON()
  const { p256dh = '', auth = '' } = keys ?? {}
  const wire: Wire = { endpoint: endpoint ?? '', p256dh: withoutPadding(p256dh), auth: withoutPadding(auth) }
  return link.client.push(wire)
}

const withoutPadding = (text: string) => text.replace(/=+$/, '')

/** Sessions that needed attention at the last look; undefined: none since the page was hidden or disconnected. */
let neededBefore: ReadonlySet<string> | undefined

/**
 * Closes notifications of sessions that were viewed meanwhile, on any device. Notifications are read only when one may have
 * to go: Chromium drops a notification that the worker is showing while they are read, and one is shown exactly when a
 * session begins to need attention.
 */
async function closeSeenNotifications(link: HostLink): Promise<void> {
  const sessions = link.sessions.value
  if (!sessions || link.state.value.name !== 'ready' || document.visibilityState === 'hidden') {
    neededBefore = undefined
    return
  }
  const before = neededBefore
  neededBefore = needingAttention(sessions)
  if (before && [...before].every(session_id => neededBefore?.has(session_id))) return
  const registration = await navigator.serviceWorker.getRegistration()
  const there = (await registration?.getNotifications()) ?? []
  // The newest list: a notification that was shown meanwhile stays.
  const needing = needingAttention(link.sessions.peek() ?? [])
  for (const one of there) {
    const { session_id } = (one.data ?? {}) as { session_id?: unknown }
    if (typeof session_id === 'string' && !needing.has(session_id)) one.close()
  }
}

const needingAttention = (sessions: readonly SessionInfo[]): Set<string> =>
  new Set(sessions.filter(({ attention }) => attention).map(({ session_id }) => session_id))
