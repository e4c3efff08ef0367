// A phone on plain HTTP at an address that browsers do not trust: it pairs, types, reconnects and is revoked without WebCrypto
// or anything else reserved for secure pages.
import { cellOf, Fingers } from '../browser/support/fingers.ts'
import { test as base, expect, type Phone } from '../browser/support/phone.ts'
import { BrowserHost } from '../support/browser/browser-host.ts'
import { LAN_ADDRESS } from './playwright.config.ts'

const test = base.extend({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
  host: async ({}, use) => {
    const host = await BrowserHost.start(LAN_ADDRESS)
    await use(host)
    await host.stop()
  },
})

/** APIs that the page must not rely on. */
async function isInsecure(phone: Phone): Promise<void> {
  const facts = await phone.page.evaluate(() => ({
    origin: window.location.origin,
    isSecureContext: window.isSecureContext,
    subtle: crypto.subtle === undefined,
    agentData: 'userAgentData' in navigator,
  }))
  expect(facts).toEqual({ origin: phone.host.origin, isSecureContext: false, subtle: true, agentData: false })
}

test('a phone pairs, types, reloads, reconnects and is revoked over plain HTTP', async ({ phone, host }) => {
  expect(host.origin).toBe(`http://${LAN_ADDRESS}:${host.port}`)
  await host.setApproval('manual')
  await phone.scan()
  await phone.showsHeading('Waiting for your computer')
  await isInsecure(phone)
  await expect(phone.page.getByText('plain HTTP')).toBeVisible()
  expect(phone.page.url()).toBe(`${host.origin}/`)
  const request = await host.pairingRequest()
  expect(await phone.code()).toBe(request.code)
  expect(request.secure).toBe(false)
  await phone.screenshot('lan-waiting')
  await phone.page.reload()
  await phone.showsHeading('Waiting for your computer')
  expect(await phone.code()).toBe(request.code)
  await host.desktop.answerPairing(request.pairing_id, { allow: true })
  await phone.isConnected()

  await phone.newSession()
  const typed = await phone.recordTyping()
  await phone.run('typed')
  await phone.shows('typed')
  await phone.page.reload()
  await isInsecure(phone)
  await phone.shows('typed')
  await phone.page.locator('.xterm').tap()
  await phone.run('after the reload')
  await phone.shows('after the reload')

  await host.network('down')
  await expect(phone.page.getByText('Connection lost - reconnecting…')).toBeVisible()
  await phone.run('without a network')
  await host.network('up')
  await expect(phone.page.getByText(/Reconnected/)).toBeVisible({ timeout: 20_000 })
  await phone.shows('without a network')
  await phone.matchesHost()
  expect(await typed()).toEqual(['typed', 'after the reload', 'without a network'])

  // In a new page, as on another day.
  await phone.page.goto('about:blank')
  await phone.page.goto(host.origin)
  await phone.shows('taken down')

  const [device] = (await host.desktop.devices()).devices
  await host.desktop.revokeDevice(device!.device_id)
  await phone.showsHeading('This phone no longer has access')
  await phone.page.reload()
  await phone.showsHeading('Your computer does not recognize this phone')
  await host.setApproval('automatic')
  await phone.scan()
  await phone.shows('taken down')
  expect((await host.desktop.devices()).devices.map(one => one.device_id)).not.toContain(device!.device_id)
})

test('a selection is copied although the page has no clipboard API', async ({ phone }) => {
  await phone.open()
  await isInsecure(phone)
  expect(await phone.page.evaluate(() => navigator.clipboard === undefined)).toBe(true)
  await phone.newSession()
  await phone.run('clear; echo take this along')
  await phone.shows(/^take this along/)
  const fingers = new Fingers(phone)
  const from = await cellOf(phone, 'this')
  await fingers.hold(from)
  await fingers.move(from, await cellOf(phone, 'along', 4))
  await fingers.up()
  await phone.page.getByRole('toolbar', { name: 'Selection' }).getByRole('button', { name: 'Copy' }).tap()
  await expect(phone.page.getByText('Copied')).toBeVisible()
  // What a paste elsewhere gets.
  await phone.page.evaluate(() => {
    const field = document.createElement('textarea')
    field.id = 'elsewhere'
    field.style.cssText = 'position: fixed; top: 0; z-index: 99'
    document.body.append(field)
    field.focus()
  })
  await phone.page.keyboard.press('Control+v')
  await expect(phone.page.locator('#elsewhere')).toHaveValue('this along')
})

test('a read-only phone works over plain HTTP', async ({ phone, second, host }) => {
  await phone.open()
  await phone.newSession()
  await host.setApproval('manual')
  await second.scan()
  await host.desktop.answerPairing((await host.pairingRequest()).pairing_id, { allow: true, read_only: true })
  await second.page.locator('.row').first().tap()
  await second.shows('$ ')
  await isInsecure(second)
  await expect(second.page.getByText('View only')).toBeVisible()
  await phone.run('echo seen on both')
  await second.shows('seen on both\n')
  await second.page.locator('.xterm').tap()
  await second.run('echo from the looker')
  await phone.run('echo end')
  await second.shows('end\n')
  expect(await second.screen()).not.toContain('looker')
})
