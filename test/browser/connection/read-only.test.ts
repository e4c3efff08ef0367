// Read-only phones: what they see, what they are not offered, and that none of their input arrives. Case numbers:
// docs/security-cases.md.
import { expect, type Phone, test } from '../support/phone.ts'

async function pair(phone: Phone, read_only: boolean): Promise<string> {
  const { host } = phone
  await host.setApproval('manual')
  await phone.scan()
  const before = new Set((await host.desktop.devices()).devices.map(one => one.device_id))
  await host.desktop.answerPairing((await host.pairingRequest()).pairing_id, { allow: true, read_only })
  await phone.showsHeading('Sessions')
  return (await host.desktop.devices()).devices.find(one => !before.has(one.device_id))!.device_id
}

/** Checks that no control is offered, and types, which must have no effect. */
async function isReadOnly(phone: Phone): Promise<void> {
  const { page } = phone
  await expect(page.getByText('View only')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Use this phone’s size' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Menu' }).tap()
  await expect
    .poll(() => page.getByRole('dialog').locator('.menu > button').allTextContents())
    .toEqual([' Open timeline', ' Read as text', ' Screen reader mode'])
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Increase font size' })).toBeVisible()
  await phone.screenshot('read-only-menu')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('toolbar', { name: 'Keys' })).toHaveCount(0)
  await page.locator('.xterm').tap()
  // Neither Android nor iOS opens a keyboard for a field like this.
  await expect(page.locator('.xterm textarea')).toHaveJSProperty('readOnly', true)
  await expect(page.locator('.xterm textarea')).toHaveJSProperty('inputMode', 'none')
  await phone.run('echo from the viewer')
}

test('case 24: a read-only phone sees what another one types, and can do nothing', async ({ phone, second }) => {
  await pair(phone, false)
  await phone.newSession()
  await pair(second, true)
  await expect(second.page.getByText('This phone can view sessions, but not control them.')).toBeVisible()
  await expect(second.page.getByRole('button', { name: 'New session' })).toHaveCount(0)
  await expect(second.page.getByRole('button', { name: /^End / })).toHaveCount(0)
  await second.screenshot('read-only-list')
  await second.fits()
  await second.page.locator('.row').first().tap()
  await second.shows('$ ')
  const size = await phone.ptySize()
  const typed = await phone.recordTyping()
  await phone.run('from the typer')
  await second.shows('from the typer')
  await isReadOnly(second)
  await phone.run('once more')
  await second.shows('once more')
  await second.matchesHost()
  await phone.matchesHost()
  await second.screenshot('read-only')
  await second.fits()
  // Its own size does not change the session's.
  await second.page.setViewportSize({ width: 839, height: 412 })
  await second.screenshot('read-only-landscape')
  await second.fits()
  await second.page.setViewportSize({ width: 320, height: 568 })
  await second.page.emulateMedia({ colorScheme: 'light' })
  await second.screenshot('read-only-320-light')
  await second.fits()
  await second.matchesHost()
  expect(await phone.ptySize()).toBe(size)
  expect(await typed()).toEqual(['from the typer', 'once more'])
  await phone.run('exit')
  await expect(second.page.getByText('Finished')).toBeVisible()
  await expect(second.page.getByRole('button', { name: 'New session' })).toHaveCount(0)
  await second.screenshot('read-only-ended')
})

test('case 24: the host rejects the requests of a read-only page that was modified to act', async ({
  phone,
  second,
  host,
}) => {
  await pair(phone, false)
  await phone.newSession()
  const typed = await phone.recordTyping()
  // A modified page: it takes every welcome for one that allows everything.
  await second.page.addInitScript(() => {
    const parse = JSON.parse
    JSON.parse = (text, reviver) => {
      const value = parse(text, reviver)
      if (value?.type === 'welcome' || value?.type === 'session') value.read_only = false
      return value
    }
  })
  await pair(second, true)
  await second.page.locator('.row').first().tap()
  await second.shows('taken down')
  await second.page.getByRole('button', { name: 'Use this phone’s size' }).tap()
  await second.page.locator('.xterm').tap()
  await second.run('from the viewer')
  await second.keys('Up')
  await second.page.getByRole('button', { name: 'Menu' }).tap()
  await second.page.getByRole('button', { name: 'End session' }).tap()
  await second.page.getByRole('button', { name: 'End session' }).tap()
  await expect(second.page.getByText('This device is read-only.', { exact: true })).toBeVisible()
  await second.page.getByRole('button', { name: 'New session' }).tap()
  await expect(second.page.getByText('This device is read-only', { exact: true })).toBeVisible()
  await phone.run('from the typer')
  await phone.matchesHost()
  expect(await typed()).toEqual(['from the typer'])
  expect((await host.desktop.list()).map(one => one.state)).toEqual(['running'])
})

test('permissions change while the terminal is open, in both directions', async ({ phone, host }) => {
  const device = await pair(phone, false)
  await phone.newSession()
  const typed = await phone.recordTyping()
  await phone.run('before')
  await phone.shows('before')
  await host.desktop.updateDevice(device, { read_only: true })
  await isReadOnly(phone)
  await phone.shows('before')
  await phone.page.reload()
  await isReadOnly(phone)
  await host.desktop.updateDevice(device, { read_only: false })
  await expect(phone.page.getByRole('toolbar', { name: 'Keys' })).toBeVisible()
  await expect(phone.page.getByText('View only')).toHaveCount(0)
  await phone.shows('before')
  await phone.page.locator('.xterm').tap()
  await phone.run('after')
  await phone.matchesHost()
  expect(await typed()).toEqual(['before', 'after'])
})
