// Push notifications in the browser tests: a host with the test's push service, a stand-in for the browser's, and the real
// service worker.
import type { BrowserContext, Page } from '@playwright/test'
import { BrowserHost } from '../../support/browser/browser-host.ts'
import { PushService, Subscriber } from '../../support/network/push-service.ts'
import { showInTurn } from './notifications.ts'
import { test as base, expect, type Phone } from './phone.ts'

export const test = base.extend<{ service: PushService; browsers: Subscriber[] }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
  service: async ({}, use) => {
    const service = await PushService.start()
    await use(service)
    await service.stop()
  },
  host: async ({ service }, use) => {
    const host = await BrowserHost.start(undefined, service.option)
    await use(host)
    await host.stop()
  },
  /** The subscriptions that the browser receives, in order. */
  browsers: async ({ service, page }, use) => {
    const browsers = Array.from({ length: 4 }, () => new Subscriber(service))
    await page.addInitScript(showInTurn)
    await page.addInitScript(
      pretend,
      browsers.map(({ subscription }) => subscription),
    )
    await use(browsers)
  },
})

interface Given {
  endpoint: string
  p256dh: string
  auth: string
}

/** In the page: the browser's push service as a page sees it. Its state survives a reload. */
function pretend(given: Given[]): void {
  const encode = (bytes: ArrayBuffer) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes)))
      .replace(/\+/g, '-')
      .replace(/\//g, '_')
      .replace(/=+$/, '')
  const read = () => JSON.parse(localStorage.getItem('test.push') ?? '{"next":0}') as { next: number; key?: number[] }
  const write = (state: ReturnType<typeof read>) => localStorage.setItem('test.push', JSON.stringify(state))
  const subscription = () => {
    const { next, key } = read()
    if (!key) return null
    const { endpoint, p256dh, auth } = given[next - 1]!
    return {
      endpoint,
      options: { applicationServerKey: new Uint8Array(key).buffer, userVisibleOnly: true },
      toJSON: () => ({ endpoint, keys: { p256dh, auth } }),
      unsubscribe: async () => {
        write({ next: read().next })
        return true
      },
    }
  }
  PushManager.prototype.getSubscription = async () => subscription() as unknown as PushSubscription
  PushManager.prototype.subscribe = async options => {
    if (!options?.userVisibleOnly) throw new DOMException('only what is shown', 'NotAllowedError')
    const key = new Uint8Array(options.applicationServerKey as unknown as ArrayBuffer)
    if (key.length !== 65 || encode(key.buffer).length !== 87) throw new DOMException('no key', 'InvalidAccessError')
    write({ next: read().next + 1, key: [...key] })
    return subscription() as unknown as PushSubscription
  }
}

export const sheetOf = (phone: Phone) => phone.page.getByRole('dialog', { name: 'About this connection' })

export async function about(phone: Phone) {
  await phone.page.getByRole('button', { name: 'About this connection' }).tap()
  return sheetOf(phone)
}

/** Opens the page and turns notifications on as a user does. */
export async function askFor(phone: Phone, context: BrowserContext): Promise<void> {
  await context.grantPermissions(['notifications'], { origin: phone.host.origin })
  await phone.open()
  const sheet = await about(phone)
  await sheet.getByRole('button', { name: 'Turn on for closed page' }).tap()
  await expect(sheet.getByText('On, even when this page is closed')).toBeVisible({ timeout: 20_000 })
}

export const notified = async (host: BrowserHost) => (await host.desktop.devices()).devices.map(one => one.notified)

/** Leaves the page; the worker stays alive. */
export async function leave(phone: Phone): Promise<void> {
  await phone.page.goto('about:blank')
  await expect.poll(async () => (await phone.host.desktop.devices()).devices.map(one => one.connected)).toEqual([0])
}

export const workerOf = (context: BrowserContext) => context.serviceWorkers()[0]!

export async function shown(context: BrowserContext) {
  await workerOf(context).evaluate(showInTurn)
  return workerOf(context).evaluate(async () => {
    const scope = self as unknown as { registration: ServiceWorkerRegistration }
    return (await scope.registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }))
  })
}

/** Delivers a message as the push service would. */
export async function deliver(page: Page, origin: string, data: string): Promise<void> {
  await workerOf(page.context()).evaluate(showInTurn)
  const cdp = await page.context().newCDPSession(page)
  const found = new Promise<string>(resolve =>
    cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const mine = registrations.find(({ scopeURL }) => scopeURL === `${origin}/`)
      if (mine) resolve(mine.registrationId)
    }),
  )
  await cdp.send('ServiceWorker.enable')
  await cdp.send('ServiceWorker.deliverPushMessage', { origin, registrationId: await found, data })
  await cdp.detach()
}

/** Taps the only notification, or one of its buttons. Returns the address that the worker opens if no page is open. */
export function tap(context: BrowserContext, action = ''): Promise<string | undefined> {
  return workerOf(context).evaluate(async action => {
    const scope = self as unknown as { registration: ServiceWorkerRegistration; clients: object } & EventTarget
    let opened: string | undefined
    // Without a user gesture the browser opens nothing.
    Object.defineProperty(scope.clients, 'openWindow', {
      configurable: true,
      value: async (address: string) => {
        opened = address
      },
    })
    // Nor does it focus a page.
    const { WindowClient } = self as unknown as { WindowClient: { prototype: object } }
    Object.defineProperty(WindowClient.prototype, 'focus', { configurable: true, value: async () => {} })
    const [notification] = await scope.registration.getNotifications()
    const Tapped = (self as unknown as { NotificationEvent: typeof Event }).NotificationEvent
    const done: Promise<unknown>[] = []
    const event = new Tapped('notificationclick', { notification, action } as unknown as EventInit)
    Object.defineProperty(event, 'waitUntil', { value: (work: Promise<unknown>) => done.push(work) })
    scope.dispatchEvent(event)
    await Promise.all(done)
    return opened
  }, action)
}
