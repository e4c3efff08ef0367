// The phone panel: the code, its lifetime and its address.

import type { Page } from '@playwright/test'
import qrcode from 'qrcode'
import type { HostMessage, HostMessageOf, PairingAddress } from '../../protocol/messages.ts'
import { closeWindow, expect, picture, resize, showCode, shownUrl, startSession, test } from './support/app.ts'
import type { Relay } from './support/relay.ts'

const code = (page: Page) => page.getByRole('img', { name: 'QR code of the address' })

/** The dark modules of the code on screen, and of one for `text`. */
async function expectCodeOf(page: Page, text: string): Promise<void> {
  const { data, size } = qrcode.create(text, { errorCorrectionLevel: 'M' }).modules
  const dark = [...data].flatMap((module, at) => (module ? [`${(at % size) + 4} ${Math.floor(at / size) + 4}`] : []))
  const path = await code(page).locator('path').getAttribute('d')
  expect([...path!.matchAll(/M(\d+ \d+)h1v1h-1z/g)].map(found => found[1])).toEqual(dark)
}

test('shows the address as a QR code and as text, with a countdown', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await page.emulateMedia({ colorScheme: 'dark' })
  await startSession(page)
  const url = await showCode(page)
  await expect(code(page)).toBeVisible()
  await expectCodeOf(page, url)
  const left = page.getByTestId('countdown')
  await expect(left).toHaveText(/^(2:00|1:5\d)$/)
  const first = await left.textContent()
  await expect(left).not.toHaveText(first!)
  await expect(left).toHaveText(/^1:5\d$/)
  await expect(page.getByText('None yet. Scan the code')).toBeVisible()
  await picture(page, 'phone')
  await page.getByRole('button', { name: 'Copy' }).click()
  await expect(page.getByText('Copied')).toBeVisible()
  expect(await app.evaluate(({ clipboard }) => clipboard.readText())).toBe(url)
  await resize(app, page, 480, 320)
  // The whole code is visible without scrolling.
  const box = (await code(page).boundingBox())!
  expect(box.y + box.height).toBeLessThanOrEqual(320)
  await picture(page, 'phone-small')
})

test('case 17: closing the panel voids the code', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  const url = await showCode(page)
  await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click()
  await expect(code(page)).toBeHidden()
  const late = phone(url)
  await expect.poll(late.state).toBe('closed channel_refused')
  const again = await showCode(page)
  expect(again).not.toBe(url)
  const inTime = phone(again)
  await expect.poll(inTime.state).toBe('awaiting_approval')
})

test('case 17: closing the window voids the code', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  const url = await showCode(page)
  await closeWindow(app, page)
  const late = phone(url)
  await expect.poll(late.state).toBe('closed channel_refused')
})

test('case 12: replaces a used code at once', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  const url = await showCode(page)
  const first = phone(url, 'first')
  await expect.poll(first.state).toBe('awaiting_approval')
  await expect(page.getByTestId('address')).not.toHaveText(url)
  const second = phone(url, 'second')
  await expect.poll(second.state).toBe('closed channel_refused')
  expect(first.state()).toBe('awaiting_approval')
})

/** A host that reports these addresses instead of its own, with the real secret. */
function told(addresses: PairingAddress[]): Relay['change'] {
  return message => {
    if (message.type !== 'pairing') return message
    const { hash } = new URL(message.addresses[0]!.url)
    return { ...message, addresses: addresses.map(one => ({ ...one, url: one.url + hash })) }
  }
}

const address = (kind: PairingAddress['kind'], name: string, scheme = 'http'): PairingAddress => ({
  kind,
  name,
  url: `${scheme}://${name}:7317/`,
})

const ADDRESSES = [
  address('named', 'workstation.tail1234.ts.net', 'https'),
  address('tailnet', '100.101.102.103'),
  address('lan', '192.168.1.34'),
  address('lan', '[fd00:1234:5678:9abc:def0:1234:5678:9abc]'),
  address('public', '[2001:db8::1]'),
  address('container', '172.17.0.1'),
  address('link_local', '169.254.10.20'),
  address('loopback', '127.0.0.1'),
]

const choices = (page: Page) => page.getByRole('group', { name: 'Address in the code' }).locator('label')

/** A `pairing` message in which everything is new. */
function push(relay: Relay, secret: string, more: Partial<HostMessageOf<'pairing'>> = {}): void {
  const addresses = ADDRESSES.map(one => ({ ...one, url: `${one.url}#v1.${'k'.repeat(43)}.${secret.repeat(43)}` }))
  const expires_at = Date.now() + 120_000
  const state = { addresses, expires_at, reached: null, spent: 0, exhausted: false }
  const message: HostMessage = { type: 'pairing', ...state, ...more }
  relay.say(message)
}

test('shows the best address, and remembers the choice of another one', async ({ join }) => {
  const { app, page, relay } = await join(told(ADDRESSES))
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await showCode(page)).toContain('https://workstation.tail1234.ts.net:7317/#v1.')
  await expect(choices(page)).toHaveText([
    'workstation.tail1234.ts.netCustom name',
    '100.101.102.103Tailnet',
    '192.168.1.34Local network',
    '[fd00:1234:5678:9abc:def0:1234:5678:9abc]Local network',
    '[2001:db8::1]Public internet',
    '172.17.0.1Virtual network',
    '169.254.10.20Direct link',
    '127.0.0.1This computer only',
  ])
  await expect(page.getByText('Plain HTTP')).toBeHidden()
  await picture(page, 'addresses')

  await page.getByText('192.168.1.34').click()
  const chosen = page.getByRole('radio', { name: '192.168.1.34' })
  await expect(chosen).toBeChecked()
  expect(await shownUrl(page)).toMatch(/^http:\/\/192\.168\.1\.34:7317\/#v1\./)
  await expectCodeOf(page, await shownUrl(page))
  await expect(page.getByText('Plain HTTP: sessions are encrypted')).toBeVisible()
  await picture(page, 'address-chosen')
  // Arrow keys choose, too.
  await page.keyboard.press('ArrowUp')
  expect(await shownUrl(page)).toContain('http://100.101.102.103')
  await expect(page.getByText('Plain HTTP')).toBeHidden()
  await page.keyboard.press('ArrowDown')
  await expect(chosen).toBeChecked()

  // The host renews the code.
  push(relay, 'b')
  await expect(page.getByTestId('address')).toHaveText(
    `http://192.168.1.34:7317/#v1.${'k'.repeat(43)}.${'b'.repeat(43)}`,
  )
  await expect(page.getByTestId('countdown')).toHaveText(/^(2:00|1:5\d)$/)
  await expectCodeOf(page, await shownUrl(page))

  await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click()
  expect(await showCode(page)).toContain('http://192.168.1.34')
  await closeWindow(app, page)
  const [again] = await Promise.all([app.waitForEvent('window'), app.evaluate(({ app }) => void app.emit('activate'))])
  expect(await showCode(again)).toContain('http://192.168.1.34')
  // When that network is gone, the best remaining address replaces it.
  relay.change = told(ADDRESSES.slice(0, 2))
  await again.getByRole('complementary').getByRole('button', { name: 'Close' }).click()
  expect(await showCode(again)).toContain('https://workstation.tail1234.ts.net')
})

test('shows when a phone opens the link', async ({ join }) => {
  const { page, relay } = await join(told(ADDRESSES.slice(2)))
  await showCode(page)
  const line = page.getByTestId('reached')
  await expect(line).toHaveText('No phone has opened the link yet')
  push(relay, 'c', { reached: { address: '::ffff:192.168.1.77', at: Date.now() } })
  await expect(line).toHaveText('A phone has opened the link (192.168.1.77)now')
  await picture(page, 'reached')
})

test('case 112: says when a code was used, and shows another one after several only on request', async ({ join }) => {
  const { page, relay } = await join(told(ADDRESSES.slice(2)))
  await showCode(page)
  push(relay, 'd', { spent: 1 })
  await expect(page.getByText('A phone has used the last code.')).toBeVisible()
  await picture(page, 'code-used')
  relay.say({ type: 'pairing', addresses: [], expires_at: 0, reached: null, spent: 5, exhausted: true })
  await expect(page.getByText('5 codes were used, and no phone was allowed.')).toBeVisible()
  await expect(code(page)).toBeHidden()
  await picture(page, 'codes-exhausted')
  await page.getByRole('button', { name: 'Show a new code' }).click()
  await expect(code(page)).toBeVisible()
  expect(relay.asked.filter(message => message.type === 'show_pairing').at(-1)).toMatchObject({ renew: true })
})

test('says why there is no code while the host cannot save its key, and shows one when it can', async ({ join }) => {
  const { page, relay } = await join(told(ADDRESSES))
  const { change } = relay
  relay.change = message =>
    message.type === 'pairing'
      ? { type: 'error', code: 'data_dir_unusable', message: 'no space left', request_id: message.request_id }
      : message
  await page.getByRole('button', { name: 'Phones' }).click()
  await expect(page.getByText('No phone can be paired yet: the host cannot save its key')).toBeVisible()
  await expect(code(page)).toBeHidden()
  await picture(page, 'key-not-saved')
  relay.change = change
  await expect(code(page)).toBeVisible()
  await expect(page.getByText('No phone can be paired yet')).toBeHidden()
})

test('says when there is no network', async ({ join }) => {
  const { page } = await join(told([address('loopback', '127.0.0.1'), address('loopback', '[::1]')]))
  await showCode(page)
  await expect(page.getByText('No network found. Only this computer can open the link.')).toBeVisible()
  await picture(page, 'no-network')
})

test('requests a new code when the old one expired during sleep', async ({ join }) => {
  const { page, relay } = await join(told(ADDRESSES))
  const { change } = relay
  let slept = false
  relay.change = message => {
    if (message.type !== 'pairing' || slept) return change(message)
    slept = true
    return change({ ...message, expires_at: Date.now() + 2_000 })
  }
  const url = await showCode(page)
  await expect(page.getByTestId('countdown')).toHaveText(/^0:0[12]$/)
  await expect(page.getByTestId('countdown')).toHaveText(/^1:\d\d$/)
  // The real host's secret is still valid.
  expect(await shownUrl(page)).toBe(url)
  expect(relay.asked.filter(message => message.type === 'show_pairing')).toHaveLength(2)
})

test('shows no code without a host, and a new one when it is back', async ({ join }) => {
  const { page, relay } = await join(told(ADDRESSES))
  const url = await showCode(page)
  relay.away = true
  relay.say({ type: 'error', code: 'host_stopping', message: 'the host is stopping' })
  await expect(page.getByText('Waiting for the host…')).toBeVisible()
  await expect(code(page)).toBeHidden()
  await picture(page, 'phone-without-host')
  relay.away = false
  await expect(code(page)).toBeVisible()
  expect(await shownUrl(page)).not.toBe(url)
})
