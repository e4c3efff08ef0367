// “Allow this phone?”: a real phone asks, the window is answered in, and the phone learns it. Knows no host's inside.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { connectLocal } from '../../main/host/listen/stream-transport.ts'
import { HostClient } from '../../protocol/client/client.ts'
import { pairingUrl } from '../support/pairing.ts'
import { closeWindow, expect, picture, resize, showCode, shownUrl, startSession, test } from './support/app.ts'
import { startHeadless } from './support/headless.ts'
import type { Phone } from './support/phone.ts'

const dialog = (page: Page) => page.getByRole('dialog', { name: /^Allow / })
const answer = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true })
const device = (page: Page, name: string) => page.locator('[data-device]', { hasText: name })

/** Both screens show the same digits. */
async function expectSameCode(page: Page, phone: Phone): Promise<void> {
  const code = await phone.code
  expect(code).toMatch(/^\d{6}$/)
  await expect(dialog(page).getByTestId('short-code')).toHaveText(`${code.slice(0, 3)} ${code.slice(3)}`)
}

/** Another desktop client of the same host, as the command `otg` is. */
async function otherDesktop(folder: string, later: (undo: () => unknown) => void): Promise<HostClient> {
  const client = new HostClient({
    connect: () => connectLocal(join(folder, 'data', 'otg.sock')),
    client: { kind: 'cli', name: 'test' },
    reconnect: false,
  })
  later(() => client.close())
  await client.connect()
  return client
}

/** The requests that wait, of which there shall be `count`. */
async function waiting(desktop: HostClient, count: number) {
  await expect.poll(async () => (await desktop.devices()).requests.length).toBe(count)
  return (await desktop.devices()).requests
}

test('a phone that shows the same code is let in after Allow, and can work', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await page.emulateMedia({ colorScheme: 'dark' })
  await startSession(page)
  const url = await showCode(page)
  const pixel = phone(url, 'Pixel 9')
  await expect(dialog(page)).toBeVisible()
  await expect(dialog(page).getByRole('heading')).toHaveText('Allow “Pixel 9”?')
  await expect(dialog(page)).toContainText('Only if the phone shows the same code')
  await expect(dialog(page)).toContainText(/From 127\.0\.0\.1\s*over plain HTTP\s*(2:00|1:5\d) left/)
  await expectSameCode(page, pixel)
  // The code behind it is another one already.
  await expect(page.getByTestId('address')).not.toHaveText(url)
  await expect(answer(page, 'Allow')).toBeEnabled()
  await picture(page, 'ask')
  await answer(page, 'Allow').click()
  await expect.poll(pixel.state).toBe('ready')
  expect(pixel.client.host?.read_only).toBe(false)
  await expect(dialog(page)).toBeHidden()
  await expect(device(page, 'Pixel 9')).toContainText('Connected now')
  await picture(page, 'let-in')
  const { session_id } = await pixel.client.create({ title: 'from the phone' })
  await expect(page.locator(`nav [data-session="${session_id}"]`)).toBeVisible()
})

test('with Look only the phone sees the sessions and can do nothing', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  const tablet = phone(await showCode(page), 'Tablet')
  await answer(page, 'Look only').click()
  await expect.poll(tablet.state).toBe('ready')
  expect(tablet.client.host?.read_only).toBe(true)
  expect(await tablet.client.list()).toHaveLength(1)
  await expect(tablet.client.create({})).rejects.toMatchObject({ code: 'device_read_only' })
  await expect(page.getByRole('switch', { name: 'Tablet: look only' })).toBeChecked()
})

test('a refused phone is told so, and is not known afterwards', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  const stranger = phone(await showCode(page), 'Stranger')
  await answer(page, 'Refuse').click()
  await expect.poll(stranger.state).toBe('closed pairing_refused')
  await expect(dialog(page)).toBeHidden()
  await expect(page.getByText('None yet. Scan the code')).toBeVisible()
})

test('what was meant for the terminal answers nothing', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  const url = await showCode(page)
  await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click()
  const desktopUrl = await showCode(page)
  expect(desktopUrl).not.toBe(url)
  // In the same moment in which it comes up: clicks on all there is, and beside it.
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
        // The moment begins again whenever the window comes to the front: for a real key it is drawn out by that.
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
  // What goes on being typed: nothing has the focus, Enter allows nothing, and the first that Tab comes to is Later.
  await expect(dialog(page)).toBeFocused()
  await page.keyboard.type('make test\n')
  for (const name of ['Decide later', 'Refuse', 'Look only', 'Allow']) {
    await page.keyboard.press('Tab')
    await expect(answer(page, name)).toBeFocused()
    if (name !== 'Decide later') await page.keyboard.press('Enter')
  }
  await expect(dialog(page)).toContainText('Enter decides nothing here')
  await picture(page, 'ask-enter')
  await page.mouse.click(5, 5)
  await expect(dialog(page)).toBeVisible()

  // Escape decides nothing either: the phone still waits, and is still listed.
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toBeHidden()
  await expect(page.getByRole('button', { name: 'Answer Pixel' })).toBeVisible()
  await picture(page, 'put-aside')
  expect(pixel.state()).toBe('awaiting_approval')
  await page.getByRole('button', { name: 'Answer Pixel' }).click()
  await expectSameCode(page, pixel)
  // By keyboard all of it can be done: the space bar presses what has the focus.
  await expect(answer(page, 'Allow')).toBeEnabled()
  for (let n = 0; n < 4; n++) await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  await expect.poll(pixel.state).toBe('ready')
})

test('a window that comes to the front takes no answer for a moment', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  const pixel = phone(await showCode(page), 'Pixel')
  await expect(answer(page, 'Allow')).toBeEnabled()
  // What a click into a window behind others is: the focus, and in the same breath the click.
  await page.evaluate(() => {
    window.dispatchEvent(new FocusEvent('focus'))
    document.querySelector<HTMLButtonElement>('dialog button.primary')!.click()
  })
  await expect(answer(page, 'Refuse')).toBeEnabled()
  await answer(page, 'Refuse').click()
  await expect.poll(pixel.state).toBe('closed pairing_refused')
})

test('several phones are asked about in turn, also when another desktop answers', async ({
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
  await expect(dialog(page)).toContainText('2 more wait')
  await expectSameCode(page, one)
  await answer(page, 'Allow').click()
  await expect.poll(one.state).toBe('ready')

  await expect(dialog(page).getByRole('heading')).toHaveText('Allow “two”?')
  await expectSameCode(page, two)
  await expect(answer(page, 'Allow')).toBeEnabled()
  // The next one comes up where this one was: a click that was meant for it comes a moment too late.
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
  await answer(page, 'Refuse').click()
  await expect.poll(three.state).toBe('closed pairing_refused')
  await expect(dialog(page)).toBeHidden()
})

test('what a phone calls itself is only ever text, and fits a small window', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await resize(app, page, 480, 320)
  const name = `<img src=x onerror=alert(1)>\u202e ${'Ungeheuerlich'.repeat(5)}`.slice(0, 64)
  const hostile = phone(await showCode(page), name)
  await expect(dialog(page).getByRole('heading')).toContainText('<img src=x onerror=alert(1)>')
  expect(await dialog(page).getByRole('heading').textContent()).not.toContain('\u202e')
  expect(await page.locator('img').count()).toBe(0)
  // Without scrolling: the code, and all three answers.
  await expectSameCode(page, hostile)
  for (const part of [dialog(page).getByTestId('short-code'), answer(page, 'Refuse'), answer(page, 'Allow')])
    await expect(part).toBeInViewport({ ratio: 1 })
  await expect(answer(page, 'Allow')).toBeEnabled()
  await picture(page, 'ask-small')
  await answer(page, 'Allow').click()
  await expect.poll(hostile.state).toBe('ready')
  await page.locator('[data-device]').scrollIntoViewIfNeeded()
  await picture(page, 'device-long-name')
  expect(await page.locator('img').count()).toBe(0)
})

test('a closed window opens when a phone asks, and at the phones', async ({ start, dataDir, phone, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  await closeWindow(app, page)
  // Where the window is closed the code comes from elsewhere, as from `otg pair`.
  const desktop = await otherDesktop(dataDir, later)
  const url = await pairingUrl(desktop)
  const [again, pixel] = await Promise.all([app.waitForEvent('window'), phone(url, 'Pixel')])
  await expectSameCode(again, pixel)
  await expect(again.getByRole('complementary', { name: 'Phone' })).toBeVisible()
  await answer(again, 'Allow').click()
  await expect.poll(pixel.state).toBe('ready')
})

test('a hidden window comes back as it was when a phone asks', async ({ start, dataDir, phone, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  const visible = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isVisible())
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.hide())
  await expect.poll(visible).toBe(false)
  const pixel = phone(await pairingUrl(await otherDesktop(dataDir, later)), 'Pixel')
  await expect.poll(visible).toBe(true)
  await expectSameCode(page, pixel)
  // The panel stays as it was, closed; the number on its button leads to who waits.
  await answer(page, 'Decide later').click()
  await expect(dialog(page)).toBeHidden()
  await expect(page.getByRole('complementary', { name: 'Phone' })).toBeHidden()
  await expect(page.getByRole('img', { name: '1 waits' })).toBeVisible()
  await picture(page, 'waits')
  await page.getByRole('button', { name: 'Phone' }).click()
  await page.getByRole('button', { name: 'Answer Pixel' }).click()
  await answer(page, 'Refuse').click()
  await expect.poll(pixel.state).toBe('closed pairing_refused')
  await expect(page.getByRole('img', { name: '1 waits' })).toBeHidden()
})

test('a phone of a joined host is let in by the app', async ({ start, dataDir, phone, later }) => {
  const headless = await startHeadless(dataDir)
  later(() => headless.stop())
  const app = await start()
  const page = await app.firstWindow()
  const pixel = phone(await showCode(page), 'Pixel')
  await expectSameCode(page, pixel)
  await answer(page, 'Allow').click()
  await expect.poll(pixel.state).toBe('ready')
  expect((await pixel.client.list()).map(session => session.title)).toEqual(['headless shell'])
  await expect(device(page, 'Pixel')).toContainText('Connected now')

  await closeWindow(app, page)
  const url = await pairingUrl(await otherDesktop(dataDir, later))
  const [again, tablet] = await Promise.all([app.waitForEvent('window'), phone(url, 'Tablet')])
  await expectSameCode(again, tablet)
  await answer(again, 'Look only').click()
  await expect.poll(tablet.state).toBe('ready')
  expect(tablet.client.host?.read_only).toBe(true)
})

test('an answer that comes too late is passed over quietly', async ({ join: joinHost, phone, later }) => {
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
  // What is said after it has arrived: the request is still listed, and then it is not.
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

test('what stands in the way of a yes is said, and the yes can be given again', async ({ start, dataDir, phone }) => {
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
  await expect(dialog(page).getByRole('alert')).toHaveText(/64 devices are paired; revoke one that is not used/)
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
