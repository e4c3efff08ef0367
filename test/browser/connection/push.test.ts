// Push notifications for a closed page: allowed by a tap, sent by a real host to the test's push service, decrypted with the
// browser's key, and handed to the real service worker. Chromium has no push service here, so a stand-in answers.
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Page } from '@playwright/test'
import type { BrowserHost } from '../../support/browser/browser-host.ts'
import type { PushService } from '../../support/network/push-service.ts'
import { accessibilityViolations } from '../support/accessibility.ts'
import { expect, type Phone } from '../support/phone.ts'
import { about, askFor, deliver, leave, notified, sheetOf, shown, tap, test, workerOf } from '../support/push.ts'

test.use({ serviceWorkers: 'allow' })

/** In the page: the browser has not asked the user yet, who then allows it. */
function undecided(): void {
  const answered = () => localStorage.getItem('test.answer') === 'granted'
  Object.defineProperty(Notification, 'permission', { get: () => (answered() ? 'granted' : 'default') })
  Notification.requestPermission = async () => {
    localStorage.setItem('test.answer', 'granted')
    return 'granted'
  }
}

/** A session that needs attention. */
async function startCalling({ host }: Phone): Promise<string> {
  const command = ['/bin/sh', '-c', "printf '\\033]9;May I?\\007'; sleep 600"]
  const { session_id } = await host.desktop.create({ command, title: 'agent' })
  return session_id
}

/** The same, asked by the page, for what the page shows itself. */
const shownByPage = (page: Page) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    return (await registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }))
  })

/** The notifications after everything was delivered: an empty message follows as a marker, and is not counted. */
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

/** A session that needs attention when the test tells it to. */
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

test('a notification allowed by a tap arrives once while the page is closed, and opens the session', async ({
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
  const data = browsers[0]!.decrypt(service.posts[0]!)
  await deliver(phone.page, host.origin, data)
  await expect.poll(() => shown(context)).toEqual([{ title: 'agent', body: 'May I run make?', tag: session_id }])
  // The push service may deliver it twice.
  await deliver(phone.page, host.origin, data)
  expect(await shownThen(phone, context)).toHaveLength(1)
  const address = await tap(context)
  expect(address).toBe(`./?session=${session_id}`)
  await phone.page.goto(`${host.origin}/${address!.slice(2)}`)
  await phone.shows('May I run make?')
  await expect.poll(() => shown(context)).toEqual([])
})

test('a hidden page and the push service share one notification', async ({
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
  await expect.poll(() => shownByPage(phone.page)).toEqual(one)
  await expect.poll(() => service.posts.length).toBe(1)
  await deliver(phone.page, host.origin, browsers[0]!.decrypt(service.posts[0]!))
  expect(await shownThen(phone, context)).toEqual(one)
})

test('a visible page reads notifications when a session stops needing attention, not when one starts', async ({
  phone,
  host,
  context,
  browsers,
}) => {
  expect(browsers).toHaveLength(4)
  await askFor(phone, context)
  await sheetOf(phone).getByRole('button', { name: 'Close', exact: true }).tap()
  const { session_id, say } = await agent(host)
  const row = phone.page.locator('.row', { hasText: 'agent' })
  await expect(row).toBeVisible()
  await phone.page.evaluate(() => {
    const all = ServiceWorkerRegistration.prototype
    const { getNotifications } = all
    Object.assign(window, { reads: 0 })
    all.getNotifications = function (...args) {
      ;(window as unknown as { reads: number }).reads++
      return getNotifications.apply(this, args)
    }
  })
  const reads = () => phone.page.evaluate(() => (window as unknown as { reads: number }).reads)
  say('May I?')
  await expect(row.getByText('May I?').first()).toBeVisible()
  expect(await reads()).toBe(0)
  // Viewed on the desktop.
  host.desktop.attach(session_id, { write: (_bytes, done) => done(), resize: () => {}, reset: () => {} })
  await expect.poll(reads).toBeGreaterThan(0)
})

test('a user at the list gets no notification, and notifications seen elsewhere are closed when the page opens', async ({
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
  first.say('while it is viewed')
  await expect(row.getByText('while it is viewed').first()).toBeVisible()
  await host.desktop.kill(first.session_id)
  await leave(phone)
  expect(service.posts).toHaveLength(0)

  const { session_id } = await host.desktop.create({
    title: 'other',
    command: ['sh', '-c', 'printf "\\033]9;x\\007"; cat'],
  })
  await expect.poll(() => service.posts.length).toBe(1)
  await deliver(phone.page, host.origin, browsers[0]!.decrypt(service.posts[0]!))
  await expect.poll(() => shown(context)).toHaveLength(1)
  // Viewed on the desktop.
  host.desktop.attach(session_id, { write: (_bytes, done) => done(), resize: () => {}, reset: () => {} })
  const mark = async () => (await host.desktop.list()).find(one => one.session_id === session_id)?.attention
  await expect.poll(mark).toBeNull()
  await phone.page.goto(host.origin)
  await phone.isConnected()
  await expect.poll(() => shown(context), { timeout: 20_000 }).toEqual([])
})

test('an unreadable message shows a generic notification', async ({ phone, host, context, browsers }) => {
  await askFor(phone, context)
  expect(browsers).toHaveLength(4)
  for (const odd of ['', 'x', 'null', '[]', '{"session_id":1}']) await deliver(phone.page, host.origin, odd)
  const some = { title: 'On the Go', body: 'A session needs attention.', tag: `${host.origin}/` }
  await expect.poll(() => shown(context)).toEqual([some])
})

test('a message whose target is not a session opens nothing else', async ({ phone, host, context, browsers }) => {
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
  // A page is open: it opens none of them, not even the prefix of a session id.
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
  // No page is open: the address stays on this page whatever the message contains.
  await leave(phone)
  await deliver(phone.page, host.origin, told('//evil.example/?#'))
  await expect.poll(() => shown(context)).toHaveLength(1)
  const address = await tap(context)
  expect(new URL(address!, host.origin).origin).toBe(host.origin)
  await phone.page.goto(new URL(address!, host.origin).href)
  // Opens the previous session, like any visit.
  await expect.poll(() => phone.page.evaluate(() => window.history.state?.session_id)).toBe(session_id)
})

test('the phone subscribes again after the host or the push service lost the subscription', async ({
  phone,
  host,
  service,
  browsers,
  context,
}) => {
  test.slow()
  await askFor(phone, context)
  await leave(phone)
  // The push service dropped the subscription.
  const one = await agent(host)
  service.answer(410)
  one.say('into nothing')
  await expect.poll(() => notified(host)).toEqual([false])
  await phone.page.goto(host.origin)
  await phone.isConnected()
  await expect.poll(() => notified(host), { timeout: 20_000 }).toEqual([true])
  // The host lost its data and has another key.
  await phone.page.goto('about:blank')
  await host.stopProcess()
  host.deletePushData()
  await host.startProcess()
  await phone.page.goto(host.origin)
  await phone.isConnected()
  await expect.poll(() => notified(host), { timeout: 20_000 }).toEqual([true])
  await leave(phone)
  const before = service.posts.length
  await host.desktop.create({ title: 'other', command: ['sh', '-c', 'printf "\\033]9;there again\\007"; cat'] })
  await expect.poll(() => service.posts.length).toBe(before + 1)
  expect(JSON.parse(browsers[2]!.decrypt(service.posts[before]!)).text).toBe('there again')
})

test('a test notification arrives at once, and says what it is', async ({
  phone,
  host,
  service,
  browsers,
  context,
}) => {
  test.slow()
  await askFor(phone, context)
  const send = sheetOf(phone).getByRole('button', { name: 'Send a test' })
  await phone.screenshot('about-push-test')
  await send.tap()
  await expect(phone.page.getByText('A test notification is on its way.')).toBeVisible()
  await expect.poll(() => service.posts.length).toBe(1)
  await deliver(phone.page, host.origin, browsers[0]!.decrypt(service.posts[0]!))
  const body = 'This is a test notification.'
  await expect.poll(() => shown(context)).toEqual([{ title: 'On the Go', body, tag: `${host.origin}/` }])
})

test('turning notifications off removes the subscription on both sides', async ({
  phone,
  host,
  service,
  browsers,
  context,
}) => {
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
  await agent(host).then(({ say }) => say('sent to no phone'))
  await expect
    .poll(async () => (await host.desktop.list()).some(one => one.attention?.text === 'sent to no phone'))
    .toBe(true)
  expect(service.posts).toEqual([])
  // One tap turns them on again.
  await phone.page.goto(host.origin)
  await phone.isConnected()
  await (await about(phone)).getByRole('button', { name: 'Allow notifications' }).tap()
  await expect(sheetOf(phone).getByText('On, even when this page is closed')).toBeVisible({ timeout: 20_000 })
  expect(await notified(host)).toEqual([true])
})

test('turning notifications off removes the subscription here even if the host fails', async ({
  phone,
  host,
  context,
  browsers,
}) => {
  expect(browsers).toHaveLength(4)
  await askFor(phone, context)
  host.blockPushSaves()
  await sheetOf(phone).getByRole('button', { name: 'Turn off' }).tap()
  await expect.poll(() => phone.page.evaluate(() => localStorage.getItem('test.push'))).toBe('{"next":1}')
  // The host could not store it, but it applies.
  await expect.poll(() => notified(host)).toEqual([false])
})

/** What the browser or the host lacks, and what the page says about it. */
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
  test(`the page says why push notifications are unavailable: ${name}`, async ({
    phone,
    service,
    browsers,
    context,
  }) => {
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

test('the first session that needs attention offers notifications; a tap turns them on', async ({
  phone,
  browsers,
}) => {
  await phone.page.addInitScript(undecided)
  await startCalling(phone)
  await phone.open()
  const offer = phone.page.getByRole('complementary', { name: 'Notifications' })
  await expect(offer).toContainText('Notify me when input is needed')
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
  // Before the service worker is installed, nothing outlives the page.
  await phone.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}))
  await offer.getByRole('button', { name: 'Turn on' }).tap()
  await expect(phone.page.getByText('Notifications are on, even when this page is closed.')).toBeVisible({
    timeout: 20_000,
  })
  await expect(offer).toHaveCount(0)
  expect(await notified(phone.host)).toEqual([true])
  expect(browsers[0]!.subscription.endpoint).not.toBe('')
})

test('a dismissed offer does not return, and no notifications are sent', async ({ phone, browsers }) => {
  await phone.page.addInitScript(undecided)
  await phone.open()
  const offer = phone.page.getByRole('complementary', { name: 'Notifications' })
  await expect(offer).toHaveCount(0)
  const agent = await startCalling(phone)
  await offer.getByRole('button', { name: 'Dismiss' }).tap()
  await expect(offer).toHaveCount(0)
  await phone.page.reload()
  await expect(phone.page.locator(`[data-session="${agent}"] .attention bdi`)).toBeVisible()
  await expect(offer).toHaveCount(0)
  expect(await notified(phone.host)).toEqual([false])
  const sheet = await about(phone)
  await sheet.getByRole('button', { name: 'Allow notifications' }).tap()
  await expect(sheet.getByText('On, even when this page is closed')).toBeVisible({ timeout: 20_000 })
  expect(browsers).toHaveLength(4)
})
