// The lock: a PIN or a passkey encrypts this phone's key, and nothing of a session is shown without it.
// Case numbers: docs/security-cases.md.
import type { Page } from '@playwright/test'
import { expect, type Phone, test } from '../support/phone.ts'

const PIN = 'correct horse'

/** The stored identity: which of its fields are bytes of a key. */
const stored = (page: Page, slot = 'paired') =>
  page.evaluate(
    slot =>
      new Promise<string[]>(resolve => {
        const request = indexedDB.open('otg')
        request.onsuccess = () => {
          const found = request.result.transaction('identities').objectStore('identities').get(slot)
          found.onsuccess = () => {
            request.result.close()
            resolve(Object.keys(found.result ?? {}).sort())
          }
        }
      }),
    slot,
  )

const pinField = ({ page }: Phone) => page.getByLabel('PIN', { exact: true })

async function openSheet({ page }: Phone) {
  await page.getByRole('button', { name: 'About this connection' }).tap()
  await page.getByRole('button', { name: /Lock this page|Change/ }).tap()
  await expect(page.getByRole('dialog', { name: 'Lock this page' })).toBeVisible()
}

async function lockWithPin(phone: Phone, pin = PIN) {
  const { page } = phone
  await openSheet(phone)
  await page.getByLabel(/^(Or with a )?PIN$/).fill(pin)
  await page.getByLabel('Repeat the PIN').fill(pin)
  await page.getByRole('button', { name: 'Lock with this PIN' }).tap()
  await expect(page.getByText('The lock is on')).toBeVisible()
}

async function unlock(phone: Phone, pin = PIN) {
  await pinField(phone).fill(pin)
  await phone.page.getByRole('button', { name: 'Unlock', exact: true }).tap()
}

test('case 116: a page that is locked with a PIN shows and connects nothing until it is unlocked', async ({
  phone,
}) => {
  const { page, host } = phone
  await phone.open()
  expect(await stored(page)).toContain('secret_key')
  await lockWithPin(phone)
  expect(await stored(page)).toEqual(['host_key', 'host_name', 'seal'])
  await host.desktop.create({ title: 'a secret title', command: ['/bin/sh'] })
  await page.reload()
  await phone.showsHeading('Locked')
  await expect(page.getByText('a secret title')).toHaveCount(0)
  expect((await host.desktop.devices()).devices.map(({ connected }) => connected)).toEqual([0])
  await unlock(phone, 'wrong horse')
  await expect(page.getByRole('alert')).toContainText('9 more tries')
  // A reload does not get around it.
  await page.reload()
  await unlock(phone, 'wrong again')
  await expect(page.getByRole('alert')).toContainText('8 more tries')
  await unlock(phone)
  await phone.isConnected()
  await expect(page.getByText('a secret title')).toBeVisible()
  // The tries begin anew.
  await page.reload()
  await unlock(phone, 'wrong again')
  await expect(page.getByRole('alert')).toContainText('9 more tries')
  await unlock(phone)
  await phone.isConnected()
  // It stays encrypted, also after it was used.
  expect(await stored(page)).toEqual(['host_key', 'host_name', 'seal'])
  await openSheet(phone)
  await page.getByRole('button', { name: 'Turn the lock off' }).tap()
  await expect(page.getByText('The lock is off')).toBeVisible()
  await page.reload()
  await phone.isConnected()
})

test('case 116: a code that is scanned while the page is locked changes nothing before it is unlocked', async ({
  phone,
}) => {
  await phone.open()
  await lockWithPin(phone)
  await phone.page.goto('about:blank')
  await phone.scan()
  await phone.showsHeading('Locked')
  await unlock(phone)
  await phone.isConnected()
  expect((await phone.host.desktop.devices()).devices).toHaveLength(1)
})

test('case 133: a new key is stored encrypted too, while its phone waits to be allowed', async ({ phone }) => {
  const { page, host } = phone
  await phone.open()
  await lockWithPin(phone)
  await page.goto('about:blank')
  const [device] = (await host.desktop.devices()).devices
  await host.desktop.revokeDevice(device!.device_id)
  await host.setApproval('manual')
  await phone.scan()
  await unlock(phone)
  const code = await phone.code()
  expect(await stored(page, 'pending')).toEqual(['code', 'host_key', 'host_name', 'seal'])
  // It waits on behind the lock.
  await page.reload()
  await phone.showsHeading('Locked')
  await unlock(phone)
  expect(await phone.code()).toBe(code)
  await host.desktop.answerPairing((await host.pairingRequest()).pairing_id, { allow: true })
  await phone.isConnected()
  expect(await stored(page)).toEqual(['host_key', 'host_name', 'seal'])
  await page.reload()
  await unlock(phone)
  await phone.isConnected()
})

test('case 116: after ten wrong PINs the key is deleted, also when they are tried in two tabs', async ({
  phone,
  context,
}) => {
  test.slow()
  await phone.open()
  await lockWithPin(phone)
  await phone.page.reload()
  await phone.showsHeading('Locked')
  const other = await context.newPage()
  await other.goto(`${phone.host.origin}/`)
  await other.getByLabel('PIN', { exact: true }).fill('other tab')
  for (let left = 9; left > 1; left--) {
    await unlock(phone, 'wrong horse')
    await expect(phone.page.getByRole('alert')).toContainText(`${left} more tries`)
  }
  await other.getByRole('button', { name: 'Unlock', exact: true }).tap()
  await expect(other.getByRole('alert')).toContainText('1 more try')
  await unlock(phone, 'wrong horse')
  await phone.showsHeading('Scan the code on your computer')
  expect(await stored(phone.page)).toEqual([])
})

test('case 118: an unused page locks itself, and a hidden one is covered', async ({ phone }) => {
  const { page } = phone
  await phone.open()
  await phone.newSession()
  await page
    .getByRole('button', { name: /Sessions|Back/ })
    .first()
    .tap()
  await lockWithPin(phone)
  const hidden = (state: string) =>
    page.evaluate(value => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, state)
  await hidden('hidden')
  await expect(page.locator('body')).toHaveCSS('visibility', 'hidden')
  await hidden('visible')
  await expect(page.locator('body')).toHaveCSS('visibility', 'visible')
  // As after a sleep of six minutes.
  await page.evaluate(() => {
    const now = Date.now
    Date.now = () => now() + 6 * 60_000
  })
  await hidden('visible')
  await phone.showsHeading('Locked')
})

test('case 116: a passkey encrypts the key, and locks the page without it', async ({ phone }) => {
  const { page } = phone
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      hasPrf: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await phone.page.goto((await phone.host.address()).replace('127.0.0.1', 'localhost'))
  await phone.isConnected()
  await openSheet(phone)
  await page.getByRole('button', { name: 'Lock with a passkey' }).tap()
  await expect(page.getByText('The lock is on')).toBeVisible()
  expect(await stored(page)).toEqual(['host_key', 'host_name', 'seal'])
  // The browser asks by itself, and the person is recognized.
  await page.reload()
  await phone.isConnected()
  // Someone else, whom the phone does not recognize.
  await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  await page.reload()
  await phone.showsHeading('Locked')
  await expect(page.getByRole('alert')).toContainText('Not unlocked')
  await page.getByRole('button', { name: 'Unlock with passkey' }).tap()
  await expect(page.getByRole('alert')).toContainText('Not unlocked')
  await phone.showsHeading('Locked')
  expect((await phone.host.desktop.devices()).devices.map(({ connected }) => connected)).toEqual([0])
  await page.getByRole('button', { name: 'Forget this computer' }).tap()
  await page.getByRole('button', { name: 'Forget', exact: true }).tap()
  await phone.showsHeading('Scan the code on your computer')
  expect(await stored(page)).toEqual([])
})

for (const [width, height] of [
  [412, 839],
  [360, 640],
] as const)
  for (const colorScheme of ['dark', 'light'] as const)
    test.describe(() => {
      test.use({ viewport: { width, height }, colorScheme })
      test(`the lock's screens work at ${width}×${height} in the ${colorScheme} theme`, async ({ phone }) => {
        await phone.open()
        await openSheet(phone)
        await phone.screenshot(`lock-sheet-${width}-${colorScheme}`)
        await phone.fits()
        await phone.hasLargeTargets()
        await phone.page.getByRole('button', { name: 'Cancel' }).tap()
        await phone.page.getByRole('button', { name: 'Close' }).tap()
        await lockWithPin(phone)
        await phone.page.reload()
        await phone.showsHeading('Locked')
        await unlock(phone, 'wrong horse')
        await expect(phone.page.getByRole('alert')).toContainText('9 more tries')
        await phone.screenshot(`lock-screen-${width}-${colorScheme}`)
        await phone.fits()
        await phone.hasLargeTargets()
      })
    })
