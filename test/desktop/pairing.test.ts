// The pairing dialog, answered for a real phone.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { connectLocal } from '../../main/host/listen/stream-transport.ts'
import { encodeBase64url, generateKeyPair } from '../../protocol/channel/keys.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import { pairingUrl } from '../support/pairing.ts'
import { closeWindow, expect, picture, resize, showCode, shownUrl, startSession, test } from './support/app.ts'
import { startHeadless } from './support/headless.ts'
import { confirmingPhone, type Phone } from './support/phone.ts'

const dialog = (page: Page) => page.getByRole('dialog', { name: /^Allow / })
const answer = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true })
const device = (page: Page, name: string) => page.locator('[data-device]', { hasText: name })

/** Compares the code on both screens. */
async function expectSameCode(page: Page, phone: Phone): Promise<void> {
  const code = await phone.code
  expect(code).toMatch(/^\d{6}$/)
  await expect(dialog(page).getByTestId('short-code')).toHaveText(`${code.slice(0, 3)} ${code.slice(3)}`)
}

/** Another local client of the same host, like the `otg` command. */
async function otherDesktop(folder: string, later: (undo: () => unknown) => void): Promise<LocalClient> {
  const client = new LocalClient({
    connect: () => connectLocal(join(folder, 'data', 'otg.sock')),
    client: { kind: 'cli', name: 'test' },
    reconnect: false,
  })
  later(() => client.close())
  await client.connect()
  return client
}

/** Waits until there are `count` requests and returns them. */
async function waiting(desktop: LocalClient, count: number) {
  await expect.poll(async () => (await desktop.devices()).requests.length).toBe(count)
  return (await desktop.devices()).requests
}

test('Allow pairs a phone that shows the same digits, and it can type', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await page.emulateMedia({ colorScheme: 'dark' })
  await startSession(page)
  const url = await showCode(page)
  const pixel = phone(url, 'Pixel 9')
  await expect(dialog(page)).toBeVisible()
  await expect(dialog(page).getByRole('heading')).toHaveText('Allow “Pixel 9”?')
  await expect(dialog(page)).toContainText('Allow it only if your phone shows these six digits')
  await expect(dialog(page)).toContainText(/From 127\.0\.0\.1\s*over plain HTTP\s*(2:00|1:5\d) left/)
  await expectSameCode(page, pixel)
  // The panel behind it already shows a new code.
  await expect(page.getByTestId('address')).not.toHaveText(url)
  await expect(answer(page, 'Allow')).toBeEnabled()
  await picture(page, 'ask')
  await answer(page, 'Allow').click()
  await expect.poll(pixel.state).toBe('ready')
  expect(pixel.client.host?.read_only).toBe(false)
  await expect(dialog(page)).toBeHidden()
  await expect(device(page, 'Pixel 9')).toContainText('Connected')
  await picture(page, 'let-in')
  const { session_id } = await pixel.client.create({ title: 'from the phone' })
  await expect(page.locator(`nav [data-session="${session_id}"]`)).toBeVisible()
})

test('Watch only pairs a phone that sees the sessions and cannot type', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  const tablet = phone(await showCode(page), 'Tablet')
  await answer(page, 'Watch only').click()
  await expect.poll(tablet.state).toBe('ready')
  expect(tablet.client.host?.read_only).toBe(true)
  expect(await tablet.client.list()).toHaveLength(1)
  await expect(tablet.client.create({})).rejects.toMatchObject({ code: 'device_read_only' })
  await expect(page.getByRole('switch', { name: 'Tablet: watch only' })).toBeChecked()
})

test('tells a declined phone, and does not store it', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  const stranger = phone(await showCode(page), 'Stranger')
  await answer(page, 'Decline').click()
  await expect.poll(stranger.state).toBe('closed pairing_refused')
  await expect(dialog(page)).toBeHidden()
  await expect(page.getByText('None yet. Scan the code')).toBeVisible()
})

test('ignores clicks and keys that were meant for the terminal', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  const url = await showCode(page)
  await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click()
  const desktopUrl = await showCode(page)
  expect(desktopUrl).not.toBe(url)
  // Clicks on every button and beside them, in the moment in which the dialog appears.
  await page.evaluate(() => {
    const early = new Promise<void>(resolve => {
      const seen = new MutationObserver(() => {
        const asks = document.querySelector<HTMLDialogElement>('dialog[open]')
        if (!asks) return
        seen.disconnect()
        const buttons = [...asks.querySelectorAll('button')]
        for (const button of buttons) button.click()
        const { left, bottom } = asks.getBoundingClientRect()
        asks.dispatchEvent(new PointerEvent('pointerdown', { clientX: left - 5, clientY: bottom + 5, bubbles: true }))
        // Focusing the window starts the delay again, which extends it for a real key.
        const again = setInterval(() => window.dispatchEvent(new FocusEvent('focus')), 50)
        window.addEventListener('keyup', () => clearInterval(again), { once: true })
        resolve()
      })
      seen.observe(document.body, { subtree: true, childList: true, attributes: true })
    })
    Object.assign(window, { early })
  })
  const pixel = phone(desktopUrl, 'Pixel')
  await page.evaluate(() => (window as unknown as { early: Promise<void> }).early)
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toBeVisible()
  await expect(answer(page, 'Allow')).toBeEnabled()
  // Further typing: nothing has the focus, Enter does not allow, and Tab reaches “Decide later” first.
  await expect(dialog(page)).toBeFocused()
  await page.keyboard.type('make test\n')
  for (const name of ['Decide later', 'Decline', 'Watch only', 'Allow']) {
    await page.keyboard.press('Tab')
    await expect(answer(page, name)).toBeFocused()
    if (name !== 'Decide later') await page.keyboard.press('Enter')
  }
  await expect(dialog(page)).toContainText('Enter is disabled here')
  await picture(page, 'ask-enter')
  await page.mouse.click(5, 5)
  await expect(dialog(page)).toBeVisible()

  // Escape is no answer: the phone keeps waiting and stays in the list.
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toBeHidden()
  await expect(page.getByRole('button', { name: 'Answer Pixel' })).toBeVisible()
  await picture(page, 'put-aside')
  expect(pixel.state()).toBe('awaiting_approval')
  await page.getByRole('button', { name: 'Answer Pixel' }).click()
  await expectSameCode(page, pixel)
  // With the keyboard, the space bar presses the focused button.
  await expect(answer(page, 'Allow')).toBeEnabled()
  for (let n = 0; n < 4; n++) await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  await expect.poll(pixel.state).toBe('ready')
})

test('ignores answers for a moment after the window comes to the front', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  const pixel = phone(await showCode(page), 'Pixel')
  await expect(answer(page, 'Allow')).toBeEnabled()
  // A click into a background window focuses it and clicks in the same moment.
  await page.evaluate(() => {
    window.dispatchEvent(new FocusEvent('focus'))
    document.querySelector<HTMLButtonElement>('dialog button.primary')!.click()
  })
  await expect(answer(page, 'Decline')).toBeEnabled()
  await answer(page, 'Decline').click()
  await expect.poll(pixel.state).toBe('closed pairing_refused')
})

test('asks about several phones in turn, even when another client answers', async ({
  start,
  dataDir,
  phone,
  later,
}) => {
  const app = await start()
  const page = await app.firstWindow()
  const desktop = await otherDesktop(dataDir, later)
  const phones: Phone[] = []
  let url = await showCode(page)
  for (const name of ['one', 'two', 'three']) {
    phones.push(phone(url, name))
    await waiting(desktop, phones.length)
    await expect(page.getByTestId('address')).not.toHaveText(url)
    url = await shownUrl(page)
  }
  const [one, two, three] = phones as [Phone, Phone, Phone]
  await expect(dialog(page).getByRole('heading')).toHaveText('Allow “one”?')
  await expect(dialog(page)).toContainText('2 more waiting')
  await expectSameCode(page, one)
  await answer(page, 'Allow').click()
  await expect.poll(one.state).toBe('ready')

  await expect(dialog(page).getByRole('heading')).toHaveText('Allow “two”?')
  await expectSameCode(page, two)
  await expect(answer(page, 'Allow')).toBeEnabled()
  // The next dialog appears in the same position, and a late click for the previous one must not answer it.
  await page.evaluate(() => {
    const clicked = new Promise<void>(resolve => {
      const seen = new MutationObserver(() => {
        const asks = document.querySelector('dialog[open]')
        if (!asks?.textContent?.includes('“three”')) return
        seen.disconnect()
        asks.querySelector<HTMLButtonElement>('button.primary')!.click()
        resolve()
      })
      seen.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
    })
    Object.assign(window, { clicked })
  })
  const [second] = await waiting(desktop, 2)
  await desktop.answerPairing(second!.pairing_id, { allow: false })
  await expect.poll(two.state).toBe('closed pairing_refused')
  await page.evaluate(() => (window as unknown as { clicked: Promise<void> }).clicked)
  await expect(dialog(page).getByRole('heading')).toHaveText('Allow “three”?')
  await expect(dialog(page)).not.toContainText('more wait')
  await expectSameCode(page, three)
  await answer(page, 'Decline').click()
  await expect.poll(three.state).toBe('closed pairing_refused')
  await expect(dialog(page)).toBeHidden()
})

test('shows the name of a phone as text, and fits a small window', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await resize(app, page, 480, 320)
  const name = `<img src=x onerror=alert(1)>\u202e ${'Ungeheuerlich'.repeat(5)}`.slice(0, 64)
  const hostile = phone(await showCode(page), name)
  await expect(dialog(page).getByRole('heading')).toContainText('<img src=x onerror=alert(1)>')
  expect(await dialog(page).getByRole('heading').textContent()).not.toContain('\u202e')
  expect(await page.locator('img').count()).toBe(0)
  // The code and all three answers are visible without scrolling.
  await expectSameCode(page, hostile)
  for (const part of [dialog(page).getByTestId('short-code'), answer(page, 'Decline'), answer(page, 'Allow')])
    await expect(part).toBeInViewport({ ratio: 1 })
  await expect(answer(page, 'Allow')).toBeEnabled()
  await picture(page, 'ask-small')
  await answer(page, 'Allow').click()
  await expect.poll(hostile.state).toBe('ready')
  await page.locator('[data-device]').scrollIntoViewIfNeeded()
  await picture(page, 'device-long-name')
  expect(await page.locator('img').count()).toBe(0)
})

test('says that a name looks like a paired phone’s', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  const pixel = phone(await showCode(page), 'Pixel 9')
  await expectSameCode(page, pixel)
  await answer(page, 'Allow').click()
  await expect.poll(pixel.state).toBe('ready')
  // Its third letter is Cyrillic.
  const similar = phone(await shownUrl(page), 'Pi\u0445el 9')
  await expect(dialog(page).getByRole('note')).toHaveText(
    /^This is a new phone\. “Pixel 9”, paired on .+, has a similar name\.$/,
  )
  await expect(answer(page, 'Allow')).toBeEnabled()
  await picture(page, 'ask-similar')
  await resize(app, page, 480, 320)
  for (const part of [dialog(page).getByTestId('short-code'), answer(page, 'Decline'), answer(page, 'Allow')])
    await expect(part).toBeInViewport({ ratio: 1 })
  await picture(page, 'ask-similar-small')
  await answer(page, 'Decline').click()
  await expect.poll(similar.state).toBe('closed pairing_refused')
})

test('says that a phone was allowed long ago, and keeps its permission', async ({ start, dataDir, later }) => {
  const keys = generateKeyPair()
  const folder = join(dataDir, 'data')
  const before = Date.now() - 2 * 24 * 3_600_000
  mkdirSync(folder, { mode: 0o700, recursive: true })
  writeFileSync(join(folder, 'settings.json'), JSON.stringify({ ask_again_days: 1 }), { mode: 0o600 })
  const device = {
    device_id: 'an old phone',
    name: 'Pixel 9',
    public_key: encodeBase64url(keys.publicKey),
    read_only: true,
    secure: false,
    created_at: before,
    last_seen: before,
    address: '',
  }
  writeFileSync(join(folder, 'devices.json'), JSON.stringify({ version: 1, devices: [device] }), { mode: 0o600 })
  const app = await start()
  const page = await app.firstWindow()
  const pixel = confirmingPhone(await showCode(page), keys)
  later(() => pixel.client.close())
  await expectSameCode(page, pixel)
  await expect(dialog(page).getByRole('note')).toContainText(
    'You allowed this phone before, and it keeps its permission.',
  )
  await expect(dialog(page)).not.toContainText('can see and control every session')
  await expect(answer(page, 'Allow')).toBeEnabled()
  await picture(page, 'ask-again')
  await answer(page, 'Allow').click()
  await expect.poll(pixel.state).toBe('ready')
  expect(pixel.client.host?.read_only).toBe(true)
})

test('opens a closed window at the phone panel when a phone asks', async ({ start, dataDir, phone, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  await closeWindow(app, page)
  // With the window closed, the code comes from elsewhere, such as `otg pair`.
  const desktop = await otherDesktop(dataDir, later)
  const url = await pairingUrl(desktop)
  const [again, pixel] = await Promise.all([app.waitForEvent('window'), phone(url, 'Pixel')])
  await expectSameCode(again, pixel)
  await expect(again.getByRole('complementary', { name: 'Phones' })).toBeVisible()
  await answer(again, 'Allow').click()
  await expect.poll(pixel.state).toBe('ready')
})

test('shows a hidden window as it was when a phone asks', async ({ start, dataDir, phone, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  const visible = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isVisible())
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.hide())
  await expect.poll(visible).toBe(false)
  const pixel = phone(await pairingUrl(await otherDesktop(dataDir, later)), 'Pixel')
  await expect.poll(visible).toBe(true)
  await expectSameCode(page, pixel)
  // The panel stays closed; its button shows the number of requests.
  await answer(page, 'Decide later').click()
  await expect(dialog(page)).toBeHidden()
  await expect(page.getByRole('complementary', { name: 'Phones' })).toBeHidden()
  await expect(page.getByRole('img', { name: '1 waiting' })).toBeVisible()
  await picture(page, 'waits')
  await page.getByRole('button', { name: 'Phones' }).click()
  await page.getByRole('button', { name: 'Answer Pixel' }).click()
  await answer(page, 'Decline').click()
  await expect.poll(pixel.state).toBe('closed pairing_refused')
  await expect(page.getByRole('img', { name: '1 waiting' })).toBeHidden()
})

test('pairs a phone with a joined host', async ({ start, dataDir, phone, later }) => {
  const headless = await startHeadless(dataDir)
  later(() => headless.stop())
  const app = await start()
  const page = await app.firstWindow()
  const pixel = phone(await showCode(page), 'Pixel')
  await expectSameCode(page, pixel)
  await answer(page, 'Allow').click()
  await expect.poll(pixel.state).toBe('ready')
  expect((await pixel.client.list()).map(session => session.title)).toEqual(['headless shell'])
  await expect(device(page, 'Pixel')).toContainText('Connected')

  await closeWindow(app, page)
  const url = await pairingUrl(await otherDesktop(dataDir, later))
  const [again, tablet] = await Promise.all([app.waitForEvent('window'), phone(url, 'Tablet')])
  await expectSameCode(again, tablet)
  await answer(again, 'Watch only').click()
  await expect.poll(tablet.state).toBe('ready')
  expect(tablet.client.host?.read_only).toBe(true)
})

test('ignores an answer that comes too late', async ({ join: joinHost, phone, later }) => {
  let late = false
  const { page, relay, behind } = await joinHost(message => (message.type === 'devices' && late ? undefined : message))
  const desktop = await otherDesktop(behind, later)
  const pixel = phone(await showCode(page), 'Pixel')
  await expect(answer(page, 'Allow')).toBeEnabled()
  late = true
  const [request] = await waiting(desktop, 1)
  await desktop.answerPairing(request!.pairing_id, { allow: false })
  await expect.poll(pixel.state).toBe('closed pairing_refused')
  const refused = relay.heard('pairing_unknown')
  await answer(page, 'Allow').click()
  await refused
  // The list after the answer arrived: with the request, and then without it.
  const marker = {
    device_id: 'm',
    name: 'Marker',
    address: '',
    read_only: false,
    secure: false,
    connected: 0,
    notified: false,
  }
  const devices = [{ ...marker, created_at: 0, last_seen: 0 }]
  relay.say({ type: 'devices', devices, requests: [request!] })
  await expect(device(page, 'Marker')).toBeAttached()
  await expect(dialog(page).locator('.hint')).toBeEmpty()
  await expect(page.locator('.toast')).toHaveCount(0)
  relay.say({ type: 'devices', devices, requests: [] })
  await expect(dialog(page)).toBeHidden()
})

test('reports why a phone could not be paired, and lets the user try again', async ({ start, dataDir, phone }) => {
  const now = Date.now()
  const devices = Array.from({ length: 64 }, (_, n) => ({
    device_id: `${n}`.padStart(16, '0'),
    name: `Old phone ${n}`,
    public_key: Buffer.alloc(32, n + 1).toString('base64url'),
    read_only: n % 2 === 0,
    secure: n % 3 === 0,
    created_at: now - 1e9 + n,
    last_seen: now - n * 3_600_000,
    address: `192.168.1.${n + 1}`,
  }))
  writeFileSync(join(dataDir, 'data', 'devices.json'), JSON.stringify({ version: 1, devices }), { mode: 0o600 })
  const app = await start()
  const page = await app.firstWindow()
  const pixel = phone(await showCode(page), 'Pixel')
  await answer(page, 'Allow').click()
  await expect(dialog(page).getByRole('alert')).toHaveText(/64 devices are paired; revoke one that you do not use/)
  await picture(page, 'ask-failed')
  await answer(page, 'Decide later').click()
  await page.getByRole('button', { name: 'Revoke Old phone 63' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await expect(device(page, 'Old phone 63')).toBeHidden()
  await page.getByRole('button', { name: 'Answer Pixel' }).click()
  await answer(page, 'Allow').click()
  await expect.poll(pixel.state).toBe('ready')
  await device(page, 'Pixel').scrollIntoViewIfNeeded()
  await picture(page, 'devices-many')
})
