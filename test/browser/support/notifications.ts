// Keeps tests from losing a notification by querying it. If the notifications are queried while one is being shown,
// Chromium takes that one for dismissed and forgets it (a third of those shown while another loop queries, none of those
// shown alone).

/** In a page or a worker: showing and querying notifications take turns. May be called twice. */
export function showInTurn(): void {
  if (!('ServiceWorkerRegistration' in globalThis)) return // about:blank
  const all = ServiceWorkerRegistration.prototype as ServiceWorkerRegistration & { inTurn?: true }
  if (all.inTurn) return
  all.inTurn = true
  let last: Promise<unknown> = Promise.resolve()
  const after = <T>(act: () => Promise<T>): Promise<T> => {
    const mine = last.then(act)
    last = mine.catch(() => {})
    return mine
  }
  const { showNotification, getNotifications } = all
  all.showNotification = function (...args) {
    return after(() => showNotification.apply(this, args))
  }
  all.getNotifications = function (...args) {
    return after(() => getNotifications.apply(this, args))
  }
}
