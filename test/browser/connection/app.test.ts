// The page as an app: installable, usable while its host is away, updated with the host, and notifying.
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import type { BrowserHost } from '../../support/browser/browser-host.ts'
import { writeAgent } from '../support/agents.ts'
import { showInTurn } from '../support/notifications.ts'
import { expect, type Phone, test } from '../support/phone.ts'

test.use({ serviceWorkers: 'allow' })

/** The service worker is installed a moment after the phone has access. */
async function isKept(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state), {
      timeout: 20_000,
    })
    .toBe('activated')
}

test('the manifest has what systems need to install the page, and no secret', async ({ phone }) => {
  await phone.open()
  const { origin } = phone.host
  const answer = await phone.page.request.get(`${origin}/manifest.webmanifest`)
  expect(answer.headers()['content-type']).toContain('application/manifest+json')
  const manifest = await answer.json()
  expect(manifest).toMatchObject({
    id: '/',
    start_url: './',
    scope: './',
    display: 'standalone',
    short_name: 'On the Go',
  })
  for (const { src, sizes } of manifest.icons) {
    const icon = await phone.page.request.get(`${origin}/${src}`)
    expect(icon.headers()['content-type'], src).toBe('image/png')
    // A PNG's header contains its size.
    const bytes = await icon.body()
    expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, src).toBe(sizes)
  }
  expect(manifest.icons.map(({ purpose }: { purpose: string }) => purpose)).toEqual(['any', 'any', 'maskable'])
  const cdp = await phone.page.context().newCDPSession(phone.page)
  const { errors, data } = await cdp.send('Page.getAppManifest')
  expect(errors).toEqual([])
  expect(data).not.toContain('v1.')
  const { installabilityErrors } = await cdp.send('Page.getInstallabilityErrors')
  // Tests run in private windows.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter(id => id !== 'in-incognito')).toEqual([])
  await expect(phone.page.locator('link[rel="apple-touch-icon"]')).toHaveCount(1)
})

test('the page opens while its host is away, says so, and reconnects by itself', async ({ phone, host }) => {
  test.slow()
  await phone.open()
  await isKept(phone.page)
  await host.stopProcess()
  await phone.page.goto(host.origin)
  await expect(phone.page.getByText('Cannot reach your computer')).toBeVisible({ timeout: 15_000 })
  await expect(phone.page.getByText('Your computer is not responding. Trying again…')).toBeVisible()
  await phone.screenshot('app-offline')
  await phone.fits()
  await host.startProcess()
  await expect(phone.page.getByRole('button', { name: 'New session' })).toBeEnabled({ timeout: 30_000 })
})

test('the service worker caches only files of the page', async ({ phone, host }) => {
  await phone.open()
  await isKept(phone.page)
  await phone.newSession()
  await phone.page.reload()
  await phone.shows('$ ')
  await phone.page.evaluate(() => fetch('/health').then(answer => answer.text()))
  const kept = await phone.page.evaluate(async () => {
    const names = await caches.keys()
    const all = await Promise.all(
      names.map(async name => (await (await caches.open(name)).keys()).map(({ url }) => url)),
    )
    return { names, urls: all.flat() }
  })
  expect(kept.names).toHaveLength(1)
  for (const url of kept.urls) expect(url.replace(host.origin, '')).toMatch(/^\/(assets\/[\w.-]+)?$/)
})

test('an updated page is shown at the next load, and the old one is removed from the cache', async ({
  phone,
  host,
}) => {
  const built = join(import.meta.dirname, '..', '..', '..', 'build', 'web-client')
  const copy = mkdtempSync(join(tmpdir(), 'otg-page-'))
  cpSync(built, copy, { recursive: true })
  try {
    await phone.open()
    await isKept(phone.page)
    const [before] = await phone.page.evaluate(() => caches.keys())
    // Like an update: another page, and a service worker with another list of files.
    const html = readFileSync(join(built, 'index.html'), 'utf8').replace('<html', '<html data-page="newer"')
    await host.restartWith(copy, () => {
      for (const file of ['index.html.br', 'index.html.gz', 'sw.js.br', 'sw.js.gz']) rmSync(join(copy, file))
      writeFileSync(join(copy, 'index.html'), html)
      const worker = readFileSync(join(copy, 'sw.js'), 'utf8')
      writeFileSync(join(copy, 'sw.js'), worker.replace(/"version":"[^"]+"/, '"version":"newer"'))
    })
    await phone.page.reload()
    await expect.poll(() => phone.page.evaluate(() => caches.keys()), { timeout: 20_000 }).toEqual(['otg-page-newer'])
    expect(before).not.toBe('otg-page-newer')
    await phone.page.reload()
    await phone.isConnected()
    await expect(phone.page.locator('html')).toHaveAttribute('data-page', 'newer')
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
})

test('a cached page that is too old for its host reloads by itself', async ({ phone, host }) => {
  const built = join(import.meta.dirname, '..', '..', '..', 'build', 'web-client')
  const copy = mkdtempSync(join(tmpdir(), 'otg-page-'))
  cpSync(built, copy, { recursive: true })
  try {
    await host.restartWith(copy, () => {
      for (const file of ['index.html.br', 'index.html.gz', 'sw.js.br', 'sw.js.gz']) rmSync(join(copy, file))
      const html = readFileSync(join(built, 'index.html'), 'utf8').replace('<html', '<html data-page="older"')
      writeFileSync(join(copy, 'index.html'), html)
      const worker = readFileSync(join(copy, 'sw.js'), 'utf8')
      writeFileSync(join(copy, 'sw.js'), worker.replace(/"version":"[^"]+"/, '"version":"older"'))
    })
    await phone.open()
    await isKept(phone.page)
    await phone.newSession()
    await host.restartWith(built, () => {})
    // The older page uses a protocol version that the host no longer supports.
    await phone.page.addInitScript(() => {
      const { stringify } = JSON
      JSON.stringify = (value: { type?: string } | null, ...more: never[]) => {
        const isOlder = document.documentElement.dataset.page === 'older'
        return stringify(isOlder && value?.type === 'hello' ? { ...value, versions: [0] } : value, ...more)
      }
    })
    await phone.page.goto(host.origin)
    await phone.isConnected()
    await expect(phone.page.locator('html')).not.toHaveAttribute('data-page')
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
})

test('a page that its host keeps rejecting says why and does not reload repeatedly', async ({ phone, host }) => {
  let loads = 0
  phone.page.on('load', () => loads++)
  await phone.open()
  await phone.page.addInitScript(() => {
    const { stringify } = JSON
    JSON.stringify = (value: { type?: string } | null, ...more: never[]) =>
      stringify(value?.type === 'hello' ? { ...value, versions: [0] } : value, ...more)
  })
  await phone.page.goto(host.origin)
  await expect(phone.page.getByText(/This host speaks version/)).toBeVisible()
  await expect.poll(() => loads).toBe(3)
  await expect(phone.page.getByText(/This host speaks version/)).toBeVisible()
})

test('a socket closed by an attacker on the network does not make the page reload', async ({ phone }) => {
  await phone.open()
  let closed = 0
  await phone.page.routeWebSocket(/\/ws\?/, socket => {
    // Open for a moment, in which the page begins its handshake.
    socket.onMessage(() => {
      closed++
      void socket.close({ code: 4000, reason: 'version_unsupported' })
    })
  })
  let loads = 0
  phone.page.on('load', () => loads++)
  await phone.page.reload()
  await expect(phone.page.locator('.connection-banner.bad')).toBeVisible()
  expect(closed).toBe(1)
  expect(loads).toBe(1)
  // Written before a reload.
  expect(await phone.page.evaluate(() => sessionStorage.getItem('otg:fetched-anew'))).toBeNull()
})

test('the cached page is removed when the address no longer serves a service worker', async ({ phone, host }) => {
  const copy = mkdtempSync(join(tmpdir(), 'otg-page-'))
  cpSync(join(import.meta.dirname, '..', '..', '..', 'build', 'web-client'), copy, { recursive: true })
  try {
    await phone.open()
    await isKept(phone.page)
    // Like an older version, or another program at this address.
    await host.restartWith(copy, () => {
      for (const file of ['sw.js', 'sw.js.br', 'sw.js.gz', 'index.html.br', 'index.html.gz']) rmSync(join(copy, file))
      const html = readFileSync(join(copy, 'index.html'), 'utf8')
      writeFileSync(join(copy, 'index.html'), html.replace('<html', '<html data-page="older"'))
    })
    await phone.page.reload()
    await expect(phone.page.locator('html')).not.toHaveAttribute('data-page')
    await expect.poll(() => phone.page.evaluate(() => caches.keys()), { timeout: 20_000 }).toEqual([])
    await phone.page.reload()
    await expect(phone.page.locator('html')).toHaveAttribute('data-page', 'older')
    // The browser logs a missing file.
    expect(phone.problems.filter(text => !/404|bad HTTP response code/.test(text))).toEqual([])
    phone.problems.length = 0
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
})

test('a link with an invalid session id opens the list and sends no request', async ({ phone, host }) => {
  await phone.open()
  await isKept(phone.page)
  const { session_id } = await host.desktop.create({ command: ['cat'] })
  for (const odd of ['<img src=x onerror=alert(1)>', '../..', 'x'.repeat(5000), session_id.slice(0, 4)]) {
    await phone.page.goto(`${host.origin}/?session=${encodeURIComponent(odd)}`)
    await phone.isConnected()
    await expect(phone.page.locator('.terminal-view')).toHaveCount(0)
    expect(phone.page.url()).toBe(`${host.origin}/`)
  }
})

/** Sets whether the page is visible, as far as it knows. */
async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate(hidden => {
    Object.defineProperty(document, 'visibilityState', {
      configurable: true,
      get: () => (hidden ? 'hidden' : 'visible'),
    })
    document.dispatchEvent(new Event('visibilitychange'))
  }, hidden)
}

const notices = (phone: Phone) =>
  phone.page.evaluate(async () =>
    ((await (await navigator.serviceWorker.getRegistration())?.getNotifications()) ?? []).map(
      ({ title, body, tag }) => ({ title, body, tag }),
    ),
  )

/** A session that prints what the test tells it to, in that order. */
async function agent(host: BrowserHost) {
  const script = 'n=1; while :; do if [ -e "say-$n" ]; then cat "say-$n"; n=$((n+1)); fi; sleep 0.02; done'
  const command = ['sh', '-c', script]
  const { session_id } = await host.desktop.create({ title: 'agent', command, cwd: host.home })
  let told = 0
  return {
    session_id,
    say(text: string) {
      writeFileSync(join(host.home, 'saying'), text)
      renameSync(join(host.home, 'saying'), join(host.home, `say-${++told}`))
    },
    /** The attention text that the host reports. */
    mark: async () => (await host.desktop.list()).find(one => one.session_id === session_id)?.attention?.text,
  }
}

const ask = (text: string) => `\x1b]9;${text}\x07${text}\r\n`

test('a session that needs attention causes one notification with its text, only while the page is hidden', async ({
  phone,
  host,
  context,
}) => {
  test.slow()
  await context.grantPermissions(['notifications'], { origin: host.origin })
  await phone.page.addInitScript(showInTurn)
  await phone.open()
  await isKept(phone.page)
  const { session_id, say, mark } = await agent(host)
  const row = phone.page.locator('.row', { hasText: 'agent' })
  await expect(row).toBeVisible()
  const said = (body: string) => [{ title: 'agent', body, tag: session_id }]
  say(ask('seen in the list'))
  await expect(row.getByText('seen in the list').first()).toBeVisible()
  expect(await notices(phone), 'while the page is seen').toEqual([])

  await hide(phone.page, true)
  expect(await notices(phone), 'of what was before').toEqual([])
  say(ask('May I run make?'))
  await expect.poll(() => notices(phone)).toEqual(said('May I run make?'))
  say(ask('Well?'))
  await expect.poll(mark).toBe('Well?')
  await expect(row.getByText('Well?').first()).toBeAttached()
  expect(await notices(phone), 'once').toEqual(said('May I run make?'))

  // Tapped: the worker opens the session and closes the notification.
  const [worker] = context.serviceWorkers()
  await hide(phone.page, false)
  await worker!.evaluate(async () => {
    const scope = self as unknown as { registration: ServiceWorkerRegistration } & EventTarget
    const [notification] = await scope.registration.getNotifications()
    const init = { notification } as unknown as EventInit
    scope.dispatchEvent(
      new (self as unknown as { NotificationEvent: typeof Event }).NotificationEvent('notificationclick', init),
    )
  })
  await phone.shows('Well?')
  await expect.poll(() => notices(phone)).toEqual([])
  await expect.poll(mark).toBeUndefined()

  say(ask('while it is viewed'))
  await phone.shows('while it is viewed')
  expect(await mark(), 'while the session is viewed').toBeUndefined()
  // Its terminal is open on a phone in a pocket.
  await hide(phone.page, true)
  say(ask('Are you there?'))
  await expect.poll(() => notices(phone)).toEqual(said('Are you there?'))

  // A page that reconnects in the background has no viewer and repeats no notification.
  await host.network('down')
  await expect(phone.page.getByText('Connection lost')).toBeAttached()
  await host.network('up')
  await expect(phone.page.getByText('Connection lost')).toHaveCount(0, { timeout: 30_000 })
  say('after the return\r\n')
  await phone.shows('after the return')
  expect(await mark()).toBe('Are you there?')
  expect(await notices(phone)).toEqual(said('Are you there?'))
  await hide(phone.page, false)
  await expect.poll(mark).toBeUndefined()
  await expect.poll(() => notices(phone)).toEqual([])

  // A reloaded page receives everything again.
  await phone.page.reload()
  await phone.shows('Are you there?')
  await phone.page.goBack()
  await expect(row).toBeVisible()
  await hide(phone.page, true)
  await host.desktop.rename(session_id, 'agent, renamed')
  await expect(phone.page.getByText('agent, renamed')).toBeAttached()
  expect(await notices(phone), 'of what is played again').toEqual([])
  await phone.page.goto(`${host.origin}/?session=${session_id}`)
  await expect(phone.page.locator('.terminal-view')).toBeVisible()
  expect(phone.page.url()).toBe(`${host.origin}/`)
})

test('each question that comes up while the page is hidden alerts, and once', async ({ phone, host, context }) => {
  await context.grantPermissions(['notifications'], { origin: host.origin })
  await phone.page.addInitScript(showInTurn)
  await phone.page.addInitScript(() => {
    const all = ServiceWorkerRegistration.prototype
    const { showNotification } = all
    const alerts: [unknown, unknown][] = []
    Object.assign(window, { alerts })
    all.showNotification = function (title, options) {
      alerts.push([options?.body, (options as { renotify?: boolean }).renotify])
      return showNotification.call(this, title, options)
    }
  })
  await phone.open()
  await isKept(phone.page)
  const alerts = () => phone.page.evaluate(() => (window as unknown as { alerts: [unknown, unknown][] }).alerts)
  await hide(phone.page, true)
  const body = 'ask "make"; key; ask "make install"; key; ask "make clean"; key; rest; key'
  const { session_id } = await host.desktop.create({ command: [writeAgent(host, body)], cwd: host.home })
  const question = async () =>
    (await host.desktop.list()).find(one => one.session_id === session_id)?.activity?.question
  const told = ['Do you want to proceed?', true]
  for (const [index, command] of ['make', 'make install', 'make clean'].entries()) {
    await expect.poll(async () => (await question())?.context).toContain(command)
    await expect.poll(alerts).toEqual(Array.from({ length: index + 1 }, () => told))
    await host.desktop.answer(session_id, (await question())!.question_id, { option: 0 })
  }
  await expect.poll(question).toBeNull()
  const texts = async () => (await alerts()).map(([text]) => text)
  expect((await texts()).filter(text => text === told[0])).toHaveLength(3)
})

test('no session can be started while the connection is lost, and the list says so', async ({ phone, host }) => {
  await phone.open()
  // All background loading is done.
  await isKept(phone.page)
  await host.network('down')
  const why = phone.page.getByText('You can start a session when the connection is back.')
  await expect(why).toBeVisible()
  const start = phone.page.getByRole('button', { name: 'New session' })
  await expect(start).toBeDisabled()
  await expect(start).toHaveAccessibleDescription('You can start a session when the connection is back.')
  await expect(phone.page.getByRole('button', { name: 'Start with options' })).toBeDisabled()
  await phone.screenshot('away-list')
  await phone.page.setViewportSize({ width: 320, height: 568 })
  await phone.page.emulateMedia({ colorScheme: 'light' })
  await phone.screenshot('away-list-320-light')
  await phone.fits()
  await host.network('up')
  await expect(start).toBeEnabled({ timeout: 30_000 })
  await expect(why).toHaveCount(0)
})

test('the page shows how it is connected, and asks for notifications only on request', async ({ phone }) => {
  // Chromium gives up its push service when the network says so, not after a time of ours.
  test.slow()
  await phone.page.addInitScript(() => {
    let now: NotificationPermission = 'default'
    Object.defineProperty(Notification, 'permission', { get: () => now })
    Notification.requestPermission = async () => {
      now = 'granted'
      return now
    }
  })
  await phone.open()
  await phone.page.getByRole('button', { name: 'About this connection' }).tap()
  const sheet = phone.page.getByRole('dialog', { name: 'About this connection' })
  await expect(sheet.getByText('Encrypted from this phone to your computer')).toBeVisible()
  await expect(sheet.getByText('Off', { exact: true })).toBeVisible()
  await expect(sheet.getByText('which sees when one is sent, but not what it says')).toBeVisible()
  await phone.screenshot('about')
  await sheet.getByRole('button', { name: 'Allow notifications' }).tap()
  // This browser has no push service; push.test.ts provides one.
  await expect(sheet.getByText('On while this page is in the background')).toBeVisible()
  await expect(sheet.getByText(/push service did not respond or refused/)).toBeVisible({ timeout: 40_000 })
  await phone.page.setViewportSize({ width: 320, height: 568 })
  await phone.page.emulateMedia({ colorScheme: 'light' })
  await phone.screenshot('about-320-light')
  await phone.fits()
  await sheet.getByRole('button', { name: 'Close', exact: true }).tap()
  await expect(sheet).toHaveCount(0)
  // Tests run in private windows, where the browser logs why it refuses.
  expect(phone.problems).toEqual([expect.stringContaining('incognito')])
  phone.problems.length = 0
})
