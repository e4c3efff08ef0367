// Notifications while this page is closed, through the push service of the browser's maker: whether that goes, and that the
// host has what this browser gave. Loaded when it is wanted; knows no screens, nor how a notification looks (worker/sw.ts).
import { effect, signal } from '@preact/signals'
import { decodeBase64url, encodeBase64url } from '../../protocol/channel/keys.ts'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import type { HostMessageOf, PushSubscription as Wire } from '../../protocol/messages.ts'
import { onPresence } from '../../ui/kit/presence.ts'
import type { HostLink } from '../connection/host-link.ts'
import { serviceWorkerBlocker } from '../page/service-worker.ts'
import { notificationState, saveChoice, savedChoice } from './notifications.ts'

/**
 * `unknown`: the host has not been asked. `off_there`: the host sends none. `no_push`: the browser has none. `refused`: the
 * browser's push service, or the host, would not have it.
 */
export type PushState =
  | { name: 'unknown' | 'off' | 'off_there' | 'no_push' }
  | { name: 'refused'; why: string }
  | { name: 'on'; trouble: HostMessageOf<'push'>['trouble'] }

export const pushState = signal<PushState>({ name: 'unknown' })

/** A service worker that is not there by then was refused, as in some private windows. */
const WORKER_MS = 10_000

/** On iPhones and iPads a page can notify only as an app on the home screen. */
export function needsHomeScreen(): boolean {
  return 'standalone' in navigator && navigator.standalone === false && !('PushManager' in window)
}

/** To be called by a tap: the browser asks the person. */
export async function turnOn(link: HostLink): Promise<void> {
  const answer = await Notification.requestPermission()
  saveChoice(answer === 'granted' ? 'on' : undefined)
  if (answer === 'granted' && !watched) watchPush(link)
  else void syncPush(link)
  await last
}

export async function turnOff(link: HostLink): Promise<void> {
  saveChoice('off')
  await syncPush(link)
}

let watched: HostLink | undefined

/** From now on, after each welcome: the host has what this browser has. */
export function watchPush(link: HostLink): void {
  if (watched || serviceWorkerBlocker()) return
  watched = link
  let present = false
  effect(() => {
    if (link.state.value.name !== 'ready') return
    link.client.setPresent(present)
    void syncPush(link)
  })
  // Who is before the page sees what calls, and need not be told.
  onPresence(is => {
    present = is
    if (link.state.peek().name === 'ready') link.client.setPresent(present)
  })
  const tidy = () => void putAwayOld(link)
  effect(tidy)
  document.addEventListener('visibilitychange', tidy)
}

let last: Promise<void> = Promise.resolve()

/** What is wanted now is made so, and `push` says how far that went. One after the other. */
export function syncPush(link: HostLink): Promise<void> {
  last = last.then(() => settleNow(link)).catch(error => told(toCoded(error)))
  return last
}

function told(error: CodedError): void {
  // Without a connection nothing is known; it is looked at again when there is one.
  const away = ['connection_lost', 'request_timeout', 'client_closed', 'unreachable'].includes(error.code)
  set(away ? { name: 'unknown' } : { name: 'refused', why: error.message })
}

async function settleNow(link: HostLink): Promise<void> {
  if (serviceWorkerBlocker() || !('PushManager' in window)) return set({ name: 'no_push' })
  const ready = link.state.peek().name === 'ready'
  if (savedChoice() !== 'on' || notificationState.peek() !== 'granted') {
    // First, and whatever the host says to it: from here on nothing can reach this browser.
    const fault = await unsubscribed().catch(toCoded)
    const { key } = ready ? await link.client.push(savedChoice() === 'off' ? null : undefined) : { key: undefined }
    if (fault) throw fault
    set({ name: key === null ? 'off_there' : 'off' })
    return
  }
  if (!ready) throw new CodedError('connection_lost', 'there is no connection')
  const { key } = await link.client.push()
  if (key === null) return set({ name: 'off_there' })
  const manager = await pushManager()
  if (!manager) return set({ name: 'no_push' })
  const answer = await bring(link, await subscribed(manager, key)).catch(async error => {
    if (toCoded(error).code !== 'push_gone') throw error
    // The push service has forgotten it, which the browser was not told.
    await (await manager.getSubscription())?.unsubscribe()
    return bring(link, await subscribed(manager, key))
  })
  set({ name: 'on', trouble: answer.trouble })
}

function set(value: PushState): void {
  pushState.value = value
}

async function pushManager(): Promise<PushManager | undefined> {
  const late = new Promise<undefined>(resolve => setTimeout(resolve, WORKER_MS))
  return (await Promise.race([navigator.serviceWorker.ready, late]))?.pushManager
}

async function unsubscribed(): Promise<undefined> {
  const registration = await navigator.serviceWorker.getRegistration()
  await (await registration?.pushManager.getSubscription())?.unsubscribe()
}

/** What the browser has for just this host, made where it has none. */
async function subscribed(manager: PushManager, key: string): Promise<PushSubscription> {
  const there = await manager.getSubscription()
  const theirs = there?.options.applicationServerKey
  if (there && theirs && encodeBase64url(new Uint8Array(theirs)) === key) return there
  await there?.unsubscribe()
  try {
    return await manager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: decodeBase64url(key) as BufferSource,
    })
  } catch (cause) {
    throw new CodedError('push_refused', 'this browser’s push service did not answer, or refuses', { cause })
  }
}

function bring(link: HostLink, subscription: PushSubscription): Promise<HostMessageOf<'push'>> {
  const { endpoint, keys } = subscription.toJSON()
  const { p256dh = '', auth = '' } = keys ?? {}
  const wire: Wire = { endpoint: endpoint ?? '', p256dh: withoutPadding(p256dh), auth: withoutPadding(auth) }
  return link.client.push(wire)
}

const withoutPadding = (text: string) => text.replace(/=+$/, '')

/** Notifications of sessions that somebody has looked at meanwhile, wherever that was. */
async function putAwayOld(link: HostLink): Promise<void> {
  const sessions = link.sessions.value
  if (!sessions || link.state.value.name !== 'ready' || document.visibilityState === 'hidden') return
  const calling = new Set(sessions.filter(({ attention }) => attention).map(({ session_id }) => session_id))
  const registration = await navigator.serviceWorker.getRegistration()
  for (const one of (await registration?.getNotifications()) ?? []) {
    const { session_id } = (one.data ?? {}) as { session_id?: unknown }
    if (typeof session_id === 'string' && !calling.has(session_id)) one.close()
  }
}
