// The paired phones in the phone panel: changes made there reach the phones at once.
import type { Page } from '@playwright/test'
import { expect, picture, resize, showCode, shownUrl, startSession, test } from './support/app.ts'
import type { Phone } from './support/phone.ts'

const row = (page: Page, name: string) => page.locator('[data-device]', { hasText: name })

async function allow(page: Page, phone: Phone): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: 'Allow', exact: true }).click()
  await expect.poll(phone.state).toBe('ready')
}

/** How often the phone has connected: a permission change reconnects it. */
function welcomes({ client }: Phone): () => number {
  let count = 0
  client.on('state', ({ name }) => {
    if (name === 'ready') count++
  })
  return () => count
}

test('makes a connected phone read-only and back', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  const pixel = phone(await showCode(page), 'Pixel')
  await allow(page, pixel)
  const back = welcomes(pixel)
  const watchOnly = page.getByRole('switch', { name: 'Pixel: watch only' })
  await expect(watchOnly).not.toBeChecked()
  await watchOnly.click()
  await expect(watchOnly).toBeChecked()
  await expect.poll(back).toBe(1)
  expect(pixel.client.host?.read_only).toBe(true)
  await expect(pixel.client.create({})).rejects.toMatchObject({ code: 'device_read_only' })
  await expect(row(page, 'Pixel')).toContainText('Connected')
  await picture(page, 'device-read-only')
  // By keyboard.
  await watchOnly.focus()
  await page.keyboard.press('Space')
  await expect(watchOnly).not.toBeChecked()
  await expect.poll(back).toBe(2)
  expect(pixel.client.host?.read_only).toBe(false)
})

test('case 103: limits a phone to chosen sessions, and ends the limit', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  const pixel = phone(await showCode(page), 'Pixel')
  await allow(page, pixel)
  const { session_id } = await pixel.client.create({ command: ['cat'], title: 'the chosen one' })
  const seen = async () => (await pixel.client.list().catch(() => [])).map(session => session.session_id)
  await expect.poll(async () => (await seen()).length).toBe(2)
  const limit = page.getByRole('button', { name: 'Sessions of Pixel' })
  await expect(limit).toHaveText('Sessions: all…')
  await limit.click()
  const dialog = page.getByRole('dialog', { name: 'Sessions of “Pixel”' })
  await dialog.getByRole('checkbox', { name: 'the chosen one' }).check()
  await picture(page, 'device-sessions')
  await dialog.getByRole('button', { name: 'Show only these' }).click()
  await expect(limit).toHaveText('Sessions: 1 chosen…')
  await expect.poll(seen).toEqual([session_id])
  await limit.click()
  await dialog.getByRole('button', { name: 'Show all sessions' }).click()
  await expect(limit).toHaveText('Sessions: all…')
  await expect.poll(async () => (await seen()).length).toBe(2)
})

test('renames a phone in place, with the keyboard only', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  const pixel = phone(await showCode(page), 'Pixel')
  await allow(page, pixel)
  const tablet = phone(await shownUrl(page), 'Tablet')
  await allow(page, tablet)
  const back = welcomes(pixel)
  const pencil = page.getByRole('button', { name: 'Rename Pixel' })
  await pencil.focus()
  await page.keyboard.press('Enter')
  const input = page.getByRole('textbox', { name: 'Name of Pixel' })
  await expect(input).toBeFocused()
  await page.keyboard.type('never mind')
  await page.keyboard.press('Escape')
  await expect(pencil).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(input).toHaveValue('Pixel')
  await page.keyboard.type('Phone of <b>Ada</b>')
  await picture(page, 'device-rename')
  await page.keyboard.press('Enter')
  const renamed = row(page, 'Phone of <b>Ada</b>')
  await expect(renamed).toBeVisible()
  await expect(page.getByRole('button', { name: 'Rename Phone of <b>Ada</b>' })).toBeFocused()
  // The host makes duplicate names unique.
  await page.getByRole('button', { name: 'Rename Tablet' }).click()
  await page.getByRole('textbox', { name: 'Name of Tablet' }).fill('phone of <b>ada</b>')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(row(page, 'phone of <b>ada</b> 2')).toBeVisible()
  // A name that the host rejects is reported and can be corrected.
  await page.getByRole('button', { name: 'Rename phone of <b>ada</b> 2' }).click()
  await page.getByRole('textbox').fill('turned \u202e round')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('A name has one to 64 printable characters')).toBeVisible()
  await page.getByRole('button', { name: 'Cancel' }).click()
  // A new name needs no reconnect.
  expect(back()).toBe(0)
})

test('case 21: disconnects a revoked phone at once, after a confirmation', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  const pixel = phone(await showCode(page), 'Pixel')
  await allow(page, pixel)
  const tablet = phone(await shownUrl(page), 'Tablet')
  await allow(page, tablet)
  await page.getByRole('button', { name: 'Revoke Pixel' }).click()
  const question = page.getByRole('dialog', { name: 'Revoke “Pixel”?' })
  await picture(page, 'revoke')
  await question.getByRole('button', { name: 'Cancel' }).click()
  expect(pixel.state()).toBe('ready')
  await page.getByRole('button', { name: 'Revoke Pixel' }).click()
  await question.getByRole('button', { name: 'Revoke' }).click()
  await expect.poll(pixel.state).toBe('closed device_revoked')
  await expect(row(page, 'Pixel')).toBeHidden()
  expect(tablet.state()).toBe('ready')
  await expect(row(page, 'Tablet')).toContainText('Connected')
})

test('shows when a phone disconnects, and scrolls a long list of phones', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  let url = await showCode(page)
  const phones: Phone[] = []
  for (const name of ['Pixel 9', 'iPhone von Grossmutter Ottilie mit dem sehr langen Namen', 'iPad']) {
    const next = phone(url, name)
    await allow(page, next)
    await expect(page.getByTestId('address')).not.toHaveText(url)
    url = await shownUrl(page)
    phones.push(next)
  }
  phones[0]!.client.close()
  await expect(row(page, 'Pixel 9')).toContainText('Seen just now')
  await expect(row(page, 'iPad')).toContainText('Connected')
  // Newest first, connected or not.
  await expect(page.locator('[data-device] .name')).toHaveText(['iPad', /^iPhone von/, 'Pixel 9'])
  await row(page, 'Pixel 9').scrollIntoViewIfNeeded()
  await picture(page, 'devices')
  await resize(app, page, 480, 320)
  await row(page, 'iPhone').scrollIntoViewIfNeeded()
  await picture(page, 'devices-small')
  // Nothing overflows horizontally.
  const panel = page.getByRole('complementary', { name: 'Phones' })
  expect(await panel.evaluate(element => element.scrollWidth - element.clientWidth)).toBe(0)
})

test('shows which phones get notifications while their page is closed', async ({ join }) => {
  const { page } = await join(message => {
    if (message.type !== 'devices') return message
    const one = { read_only: false, secure: true, created_at: 2, last_seen: Date.now(), address: '100.101.102.103' }
    const devices = [
      { ...one, device_id: 'a', name: 'Pixel', connected: 0, notified: true },
      { ...one, device_id: 'b', name: 'Tablet', created_at: 1, connected: 1, notified: false },
    ]
    return { ...message, devices }
  })
  await showCode(page)
  await expect(row(page, 'Pixel').getByText('Notifications on')).toBeVisible()
  await expect(row(page, 'Tablet').getByText('Notifications on')).toHaveCount(0)
  await row(page, 'Tablet').scrollIntoViewIfNeeded()
  await picture(page, 'device-notified')
})
