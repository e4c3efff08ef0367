// Notifications for a page that is closed: asked for by a tap, sent by a real host to a push service of the test's, opened with
// the browser's key and given to the real service worker. Chromium has no push service here, so what it would say stands in.
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Page } from '@playwright/test'
import { BrowserHost } from '../../support/browser/browser-host.ts'
import { PushService, Subscriber } from '../../support/network/push-service.ts'
import { accessibilityViolations } from '../support/accessibility.ts'
import { test as base, expect, type Phone } from '../support/phone.ts'

const test = base.extend<{ service: PushService; browsers: Subscriber[] }>({
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
  /** What the browser gets each time it subscribes, one after the other. */
  browsers: async ({ service, page }, use) => {
    const browsers = Array.from({ length: 4 }, () => new Subscriber(service))
    await page.addInitScript(
      pretend,
      browsers.map(({ subscription }) => subscription),
    )
    await use(browsers)
  },
})

test.use({ serviceWorkers: 'allow' })

interface Given {
  endpoint: string
  p256dh: string
  auth: string
}

/** In the page: the browser's push service, with all that a page sees of it. What it has lasts over a reload. */
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

const sheetOf = (phone: Phone) => phone.page.getByRole('dialog', { name: 'About this connection' })

async function about(phone: Phone) {
  await phone.page.getByRole('button', { name: 'About this connection' }).tap()
  return sheetOf(phone)
}

/** Opens the page and asks for notifications, as a person does. */
async function askFor(phone: Phone, context: BrowserContext): Promise<void> {
  await context.grantPermissions(['notifications'], { origin: phone.host.origin })
  await phone.open()
  const sheet = await about(phone)
  await sheet.getByRole('button', { name: 'Turn on for closed page' }).tap()
  await expect(sheet.getByText('On, even when this page is closed')).toBeVisible({ timeout: 20_000 })
}

/** In the page: the browser has not asked the person yet, who then says yes. */
function undecided(): void {
  const answered = () => localStorage.getItem('test.answer') === 'granted'
  Object.defineProperty(Notification, 'permission', { get: () => (answered() ? 'granted' : 'default') })
  Notification.requestPermission = async () => {
    localStorage.setItem('test.answer', 'granted')
    return 'granted'
  }
}

/** A session that waits for somebody. */
async function startCalling({ host }: Phone): Promise<string> {
  const command = ['/bin/sh', '-c', "printf '\\033]9;May I?\\007'; sleep 600"]
  const { session_id } = await host.desktop.create({ command, title: 'agent' })
  return session_id
}

const notified = async (host: BrowserHost) => (await host.desktop.devices()).devices.map(one => one.notified)

/** Away from the page; the worker lives on. */
async function leave(phone: Phone): Promise<void> {
  await phone.page.goto('about:blank')
  await expect.poll(async () => (await phone.host.desktop.devices()).devices.map(one => one.connected)).toEqual([0])
}

const workerOf = (context: BrowserContext) => context.serviceWorkers()[0]!

const shown = (context: BrowserContext) =>
  workerOf(context).evaluate(async () => {
    const scope = self as unknown as { registration: ServiceWorkerRegistration }
    return (await scope.registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }))
  })

/** What the push service would do with what it got. */
async function deliver(page: Page, origin: string, data: string): Promise<void> {
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

/** What is shown when all that was delivered is: a message that says nothing comes behind it, and is not counted. */
async function shownThen(phone: Phone, context: BrowserContext) {
  await deliver(phone.page, phone.host.origin, '')
  const isLast = ({ title }: { title: string }) => title === 'On the Go'
  await expect.poll(async () => (await shown(context)).some(isLast)).toBe(true)
  const all = (await shown(context)).filter(one => !isLast(one))
  await workerOf(context).evaluate(async title => {
    const scope = self as unknown as { registration: ServiceWorkerRegistration }
    for (const one of await scope.registration.getNotifications()) if (one.title === title) one.close()
  }, 'On the Go')
  return all
}

/** A tap on the only notification. Returns the address that the worker opens where no page is there. */
function tap(context: BrowserContext): Promise<string | undefined> {
  return workerOf(context).evaluate(async () => {
    const scope = self as unknown as { registration: ServiceWorkerRegistration; clients: object } & EventTarget
    let opened: string | undefined
    // Without a finger the browser opens nothing.
    Object.defineProperty(scope.clients, 'openWindow', {
      configurable: true,
      value: async (address: string) => {
        opened = address
      },
    })
    // Nor does it bring one to the front.
    const { WindowClient } = self as unknown as { WindowClient: { prototype: object } }
    Object.defineProperty(WindowClient.prototype, 'focus', { configurable: true, value: async () => {} })
    const [notification] = await scope.registration.getNotifications()
    const Tapped = (self as unknown as { NotificationEvent: typeof Event }).NotificationEvent
    const done: Promise<unknown>[] = []
    const event = new Tapped('notificationclick', { notification } as unknown as EventInit)
    Object.defineProperty(event, 'waitUntil', { value: (work: Promise<unknown>) => done.push(work) })
    scope.dispatchEvent(event)
    await Promise.all(done)
    return opened
  })
}

/** A session that asks for somebody when it is told to. */
async function agent(host: BrowserHost) {
  const script = 'n=1; while :; do if [ -e "say-$n" ]; then cat "say-$n"; n=$((n+1)); fi; sleep 0.02; done'
  const command = ['sh', '-c', script]
  const { session_id } = await host.desktop.create({ title: 'agent', command, cwd: host.home })
  let told = 0
  return {
    session_id,
    say(text: string) {
      writeFileSync(join(host.home, 'saying'), `\x1b]9;${text}\x07${text}\r\n`)
      renameSync(join(host.home, 'saying'), join(host.home, `say-${++told}`))
    },
  }
}

test('asked for by a tap, it comes while the page is closed, once, and a tap on it opens the session', async ({
  phone,
  host,
  service,
  browsers,
  context,
}) => {
  test.slow()
  await askFor(phone, context)
  expect(await notified(host)).toEqual([true])
  await phone.screenshot('about-push-on')
  await leave(phone)
  const { session_id, say } = await agent(host)
  say('May I run make?')
  await expect.poll(() => service.posts.length).toBe(1)
  const data = browsers[0]!.open(service.posts[0]!)
  await deliver(phone.page, host.origin, data)
  await expect.poll(() => shown(context)).toEqual([{ title: 'agent', body: 'May I run make?', tag: session_id }])
  // The push service may send it twice.
  await deliver(phone.page, host.origin, data)
  expect(await shownThen(phone, context)).toHaveLength(1)
  const address = await tap(context)
  expect(address).toBe(`./?session=${session_id}`)
  await phone.page.goto(`${host.origin}/${address!.slice(2)}`)
  await phone.shows('May I run make?')
  await expect.poll(() => shown(context)).toEqual([])
})

test('a page in the background and the push service tell of it in one notification', async ({
  phone,
  host,
  service,
  browsers,
  context,
}) => {
  test.slow()
  await askFor(phone, context)
  await sheetOf(phone).getByRole('button', { name: 'Close', exact: true }).tap()
  const { session_id, say } = await agent(host)
  await expect(phone.page.locator('.row', { hasText: 'agent' })).toBeVisible()
  await phone.page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' })
    document.dispatchEvent(new Event('visibilitychange'))
  })
  say('Well?')
  const one = [{ title: 'agent', body: 'Well?', tag: session_id }]
  await expect.poll(() => shown(context)).toEqual(one)
  await expect.poll(() => service.posts.length).toBe(1)
  await deliver(phone.page, host.origin, browsers[0]!.open(service.posts[0]!))
  expect(await shownThen(phone, context)).toEqual(one)
})

test('whoever looks at the list is not told besides, and what was seen elsewhere is put away when the page opens', async ({
  phone,
  host,
  service,
  browsers,
  context,
}) => {
  test.slow()
  await askFor(phone, context)
  await sheetOf(phone).getByRole('button', { name: 'Close', exact: true }).tap()
  const first = await agent(host)
  const row = phone.page.locator('.row', { hasText: 'agent' })
  first.say('under somebody’s eyes')
  await expect(row.getByText('under somebody’s eyes').first()).toBeVisible()
  await host.desktop.kill(first.session_id)
  await leave(phone)
  expect(service.posts).toHaveLength(0)

  const { session_id } = await host.desktop.create({
    title: 'other',
    command: ['sh', '-c', 'printf "\\033]9;x\\007"; cat'],
  })
  await expect.poll(() => service.posts.length).toBe(1)
  await deliver(phone.page, host.origin, browsers[0]!.open(service.posts[0]!))
  await expect.poll(() => shown(context)).toHaveLength(1)
  // Answered at the desktop.
  host.desktop.attach(session_id, { write: (_bytes, done) => done(), resize: () => {}, reset: () => {} })
  const mark = async () => (await host.desktop.list()).find(one => one.session_id === session_id)?.attention
  await expect.poll(mark).toBeNull()
  await phone.page.goto(host.origin)
  await phone.isConnected()
  await expect.poll(() => shown(context), { timeout: 20_000 }).toEqual([])
})

test('a message that cannot be read shows that there was one', async ({ phone, host, context, browsers }) => {
  await askFor(phone, context)
  expect(browsers).toHaveLength(4)
  for (const odd of ['', 'x', 'null', '[]', '{"session_id":1}']) await deliver(phone.page, host.origin, odd)
  const some = { title: 'On the Go', body: 'A session needs attention.', tag: `${host.origin}/` }
  await expect.poll(() => shown(context)).toEqual([some])
})

test('a message with another target than a session leads to nothing else', async ({
  phone,
  host,
  context,
  browsers,
}) => {
  expect(browsers).toHaveLength(4)
  await askFor(phone, context)
  await sheetOf(phone).getByRole('button', { name: 'Close' }).tap()
  const { session_id } = await host.desktop.create({ title: 'mine', command: ['cat'] })
  await expect(phone.page.getByText('mine')).toBeVisible()
  const told = (session_id: string) => JSON.stringify({ session_id, title: '<img src=x onerror=alert(1)>', text: '' })
  await phone.page.evaluate(() => {
    const seen: unknown[] = []
    const { pushState } = History.prototype
    History.prototype.pushState = function (state: { session_id?: unknown }, ...more) {
      seen.push(state.session_id)
      pushState.call(this, state, ...more)
    }
    Object.assign(window, { seen })
  })
  const opened: unknown[] = []
  // A page is there: it opens none of them, not even by a beginning that one session has.
  for (const target of ['//evil.example', 'javascript:alert(1)', '../..', session_id.slice(0, 8), 'x'.repeat(3_000)]) {
    await deliver(phone.page, host.origin, told(target))
    await expect.poll(() => shown(context)).toMatchObject([{ title: '<img src=x onerror=alert(1)>' }])
    opened.push(await tap(context))
    await expect.poll(() => shown(context)).toEqual([])
  }
  expect(opened).toEqual(opened.map(() => undefined))
  await deliver(phone.page, host.origin, told(session_id))
  await expect.poll(() => shown(context)).toHaveLength(1)
  await tap(context)
  const seen = () => phone.page.evaluate(() => (window as unknown as { seen: unknown[] }).seen)
  await expect.poll(async () => (await seen()).at(-1)).toBe(session_id)
  expect(await seen()).toEqual([session_id])
  // None is there: the address stays with this page whatever stands in it.
  await leave(phone)
  await deliver(phone.page, host.origin, told('//evil.example/?#'))
  await expect.poll(() => shown(context)).toHaveLength(1)
  const address = await tap(context)
  expect(new URL(address!, host.origin).origin).toBe(host.origin)
  await phone.page.goto(new URL(address!, host.origin).href)
  // What was open before, as at any visit.
  await expect.poll(() => phone.page.evaluate(() => window.history.state?.session_id)).toBe(session_id)
})

test('the phone mends by itself what the host or the push service lost', async ({
  phone,
  host,
  service,
  browsers,
  context,
}) => {
  test.slow()
  await askFor(phone, context)
  await leave(phone)
  // The push service forgot it.
  const one = await agent(host)
  service.answer(410)
  one.say('into nothing')
  await expect.poll(() => notified(host)).toEqual([false])
  await phone.page.goto(host.origin)
  await phone.isConnected()
  await expect.poll(() => notified(host), { timeout: 20_000 }).toEqual([true])
  // The host's data were lost: it has another key.
  await phone.page.goto('about:blank')
  await host.stopProcess()
  host.forgetPush()
  await host.startProcess()
  await phone.page.goto(host.origin)
  await phone.isConnected()
  await expect.poll(() => notified(host), { timeout: 20_000 }).toEqual([true])
  await leave(phone)
  const before = service.posts.length
  await host.desktop.create({ title: 'other', command: ['sh', '-c', 'printf "\\033]9;there again\\007"; cat'] })
  await expect.poll(() => service.posts.length).toBe(before + 1)
  expect(JSON.parse(browsers[2]!.open(service.posts[before]!)).text).toBe('there again')
})

test('turned off, nothing is left of it, here or there', async ({ phone, host, service, browsers, context }) => {
  test.slow()
  expect(browsers).toHaveLength(4)
  await askFor(phone, context)
  await sheetOf(phone).getByRole('button', { name: 'Turn off' }).tap()
  await expect(sheetOf(phone).getByText('Off', { exact: true })).toBeVisible()
  await expect.poll(() => notified(host)).toEqual([false])
  expect(await phone.page.evaluate(() => localStorage.getItem('test.push'))).toBe('{"next":1}')
  await phone.page.reload()
  await phone.isConnected()
  const sheet = await about(phone)
  await expect(sheet.getByText('Off', { exact: true })).toBeVisible()
  await phone.screenshot('about-push-off')
  await leave(phone)
  await agent(host).then(({ say }) => say('to nobody'))
  await expect.poll(async () => (await host.desktop.list()).some(one => one.attention?.text === 'to nobody')).toBe(true)
  expect(service.posts).toEqual([])
  // And on again, by one tap.
  await phone.page.goto(host.origin)
  await phone.isConnected()
  await (await about(phone)).getByRole('button', { name: 'Allow notifications' }).tap()
  await expect(sheetOf(phone).getByText('On, even when this page is closed')).toBeVisible({ timeout: 20_000 })
  expect(await notified(host)).toEqual([true])
})

test('turned off, nothing is left of it here, whatever the host says to that', async ({
  phone,
  host,
  context,
  browsers,
}) => {
  expect(browsers).toHaveLength(4)
  await askFor(phone, context)
  host.jamPush()
  await sheetOf(phone).getByRole('button', { name: 'Turn off' }).tap()
  await expect.poll(() => phone.page.evaluate(() => localStorage.getItem('test.push'))).toBe('{"next":1}')
  // It could not write that down, but it holds.
  await expect.poll(() => notified(host)).toEqual([false])
})

/** Each with what the browser or the host lacks, and what the page says of it. */
const MISSING: [name: string, says: RegExp, how: (phone: Phone, service: PushService) => Promise<unknown>][] = [
  [
    'switched-off-at-the-computer',
    /your computer’s settings turn them off/,
    ({ host }) => host.desktop.changeSettings({ push: false }),
  ],
  [
    'no-push-service',
    /this browser has no push service/,
    ({ page }) => page.addInitScript(() => void Reflect.deleteProperty(window, 'PushManager')),
  ],
  [
    'refused-by-the-browser',
    /push service did not respond or refused/,
    ({ page }) =>
      page.addInitScript(() => {
        PushManager.prototype.subscribe = () => Promise.reject(new DOMException('Registration failed', 'AbortError'))
      }),
  ],
  ['no-internet', /could not reach the push service/, (_phone, service) => service.stop()],
  [
    'blocked',
    /Blocked\. Allow/,
    ({ page }) => page.addInitScript(() => Object.defineProperty(Notification, 'permission', { get: () => 'denied' })),
  ],
  [
    'iphone-in-the-browser',
    /first tap Share/,
    ({ page }) =>
      page.addInitScript(() => {
        for (const name of ['PushManager', 'Notification']) Reflect.deleteProperty(window, name)
        Object.defineProperty(navigator, 'standalone', { value: false })
      }),
  ],
]

for (const [name, says, how] of MISSING)
  test(`what is missing is said: ${name}`, async ({ phone, service, browsers, context }) => {
    expect(browsers).toHaveLength(4)
    await context.grantPermissions(['notifications'], { origin: phone.host.origin })
    await how(phone, service)
    await phone.open()
    const sheet = await about(phone)
    const more = sheet.getByRole('button', { name: 'Turn on for closed page' })
    await expect(sheet.getByText(says).or(more)).toBeVisible()
    if (await more.isVisible()) await more.tap()
    await expect(sheet.getByText(says)).toBeVisible({ timeout: 20_000 })
    await sheet.getByText(says).scrollIntoViewIfNeeded()
    await phone.screenshot(`about-push-${name}`)
    await phone.hasLargeTargets()
    await phone.fits()
    await phone.page.emulateMedia({ colorScheme: 'light' })
    for (const [width, height] of [
      [320, 568],
      [740, 360],
    ] as const) {
      await phone.page.setViewportSize({ width, height })
      await sheet.getByText(says).scrollIntoViewIfNeeded()
      await phone.screenshot(`about-push-${name}-${width}`)
      await phone.fits()
    }
    expect(await accessibilityViolations(phone.page)).toEqual([])
  })

test('where a session calls and nobody has decided, it is offered once; a tap turns it on', async ({
  phone,
  browsers,
}) => {
  await phone.page.addInitScript(undecided)
  await startCalling(phone)
  await phone.open()
  const offer = phone.page.getByRole('complementary', { name: 'Notifications' })
  await expect(offer).toContainText('Notify me when a session needs input')
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.screenshot('offer')
  await phone.page.setViewportSize({ width: 863, height: 360 })
  await phone.screenshot('offer-landscape')
  await phone.page.setViewportSize({ width: 320, height: 568 })
  await phone.page.emulateMedia({ colorScheme: 'light' })
  await phone.fits()
  await phone.hasLargeTargets()
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.screenshot('offer-320-light')
  // Until the page is kept nothing of it outlives the page.
  await phone.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}))
  await offer.getByRole('button', { name: 'Turn on' }).tap()
  await expect(phone.page.getByText('Notifications are on, even when this page is closed.')).toBeVisible({
    timeout: 20_000,
  })
  await expect(offer).toHaveCount(0)
  expect(await notified(phone.host)).toEqual([true])
  expect(browsers[0]!.subscription.endpoint).not.toBe('')
})

test('an offer that is put away does not come again, and nobody is told', async ({ phone, browsers }) => {
  await phone.page.addInitScript(undecided)
  await phone.open()
  const offer = phone.page.getByRole('complementary', { name: 'Notifications' })
  await expect(offer).toHaveCount(0)
  const agent = await startCalling(phone)
  await offer.getByRole('button', { name: 'Dismiss' }).tap()
  await expect(offer).toHaveCount(0)
  await phone.page.reload()
  await expect(phone.page.locator(`[data-session="${agent}"] .call`)).toBeVisible()
  await expect(offer).toHaveCount(0)
  expect(await notified(phone.host)).toEqual([false])
  const sheet = await about(phone)
  await sheet.getByRole('button', { name: 'Allow notifications' }).tap()
  await expect(sheet.getByText('On, even when this page is closed')).toBeVisible({ timeout: 20_000 })
  expect(browsers).toHaveLength(4)
})
