// Keeps tests from losing a notification by looking for it. Chromium takes one that is being shown for one that was put
// away if somebody asks for the notifications in that moment, and forgets it (a third of those shown while another
// loop asks, none of those shown alone).

/** In a page or a worker: notifications are shown and asked for one after the other. Twice is fine. */
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
