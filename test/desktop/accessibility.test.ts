// Accessibility of the window, checked with axe.
import { expect, startSession, test } from './support/app.ts'
import { faults } from './support/axe.ts'

for (const colorScheme of ['dark', 'light'] as const)
  test(`axe finds no serious problem in the window, ${colorScheme}`, async ({ start, phone }) => {
    const app = await start()
    const page = await app.firstWindow()
    await page.emulateMedia({ colorScheme })
    const seen: Record<string, string[]> = {}
    const look = async (place: string) => {
      seen[place] = await faults(page)
    }
    await expect(page.getByRole('heading', { name: 'No running sessions' })).toBeVisible()
    await look('empty')
    await page.getByRole('button', { name: 'New session' }).first().click()
    await expect(page.locator('.xterm-rows')).toContainText('$')
    await look('session')
    await page.getByRole('button', { name: 'Phones' }).click()
    const url = await page.getByTestId('address').textContent()
    await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible()
    await look('phone')
    phone(url!, 'Pixel')
    await expect(page.getByRole('dialog', { name: /^Allow/ })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Allow', exact: true })).toBeEnabled()
    await look('question')
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await expect(page.getByText('Connected', { exact: true })).toBeVisible()
    await look('devices')
    await page.getByRole('button', { name: 'Phones' }).click()
    await page.getByRole('button', { name: 'History' }).click()
    await expect(page.getByRole('searchbox')).toBeVisible()
    await look('history')
    await page.getByRole('button', { name: 'Filters' }).click()
    await look('filters')
    expect(Object.entries(seen).filter(([, found]) => found.length > 0)).toEqual([])
  })

for (const colorScheme of ['dark', 'light'] as const)
  test(`axe finds no serious problem in the settings and the recording dialogs, ${colorScheme}`, async ({ start }) => {
    const app = await start()
    const page = await app.firstWindow()
    await page.emulateMedia({ colorScheme })
    const seen: Record<string, string[]> = {}
    const dialog = page.getByRole('dialog')
    const look = async (place: string) => {
      seen[place] = await faults(page)
    }
    const lookAt = async (place: string, open: () => Promise<void>) => {
      await open()
      await expect(dialog).toBeVisible()
      await look(place)
      await page.keyboard.press('Escape')
      await expect(dialog).toBeHidden()
    }
    await startSession(page)
    await page.keyboard.press('Control+,')
    await expect(dialog.getByLabel('Shell')).toBeVisible()
    await dialog.getByLabel('Port').fill('seventy')
    await dialog.getByLabel('Port').press('Enter')
    await expect(dialog.getByRole('alert')).toBeVisible()
    await look('settings')
    await dialog.getByLabel('TLS', { exact: true }).selectOption('Certificate files')
    await dialog.getByLabel('Private key (PEM file)').scrollIntoViewIfNeeded()
    await look('settings, the end')
    await page.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
    await page.keyboard.type('exit\n')
    await expect(page.getByText('Session finished')).toBeVisible()
    await page.getByRole('button', { name: 'Play recording' }).click()
    await expect(page.locator('.recording .xterm-rows')).toContainText('$')
    await look('player')
    await lookAt('mark', () => page.keyboard.press('m'))
    await lookAt('keys', () => page.keyboard.press('?'))
    await lookAt('export', () => page.keyboard.press('e'))
    await lookAt('rename', () => page.getByRole('button', { name: 'Rename' }).click())
    await lookAt('delete', () => page.getByRole('button', { name: 'Delete' }).click())
    expect(Object.entries(seen).filter(([, found]) => found.length > 0)).toEqual([])
  })
