// What axe finds in the window's places. Knows no sessions' inside.
import { expect, test } from './support/app.ts'
import { faults } from './support/axe.ts'

for (const colorScheme of ['dark', 'light'] as const)
  test(`axe finds nothing serious in any place of the window, ${colorScheme}`, async ({ start, phone }) => {
    const app = await start()
    const page = await app.firstWindow()
    await page.emulateMedia({ colorScheme })
    const seen: Record<string, string[]> = {}
    const look = async (place: string) => {
      seen[place] = await faults(page)
    }
    await expect(page.getByRole('heading', { name: 'No session runs' })).toBeVisible()
    await look('empty')
    await page.getByRole('button', { name: 'New session' }).first().click()
    await expect(page.locator('.xterm-rows')).toContainText('$')
    await look('session')
    await page.getByRole('button', { name: 'Phone' }).click()
    const url = await page.getByTestId('address').textContent()
    await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible()
    await look('phone')
    phone(url!, 'Pixel')
    await expect(page.getByRole('dialog', { name: /^Allow/ })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Allow', exact: true })).toBeEnabled()
    await look('question')
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await expect(page.getByText('Connected now')).toBeVisible()
    await look('devices')
    await page.getByRole('button', { name: 'Phone' }).click()
    await page.getByRole('button', { name: 'History' }).click()
    await expect(page.getByRole('searchbox')).toBeVisible()
    await look('history')
    await page.getByRole('button', { name: 'Filters' }).click()
    await look('filters')
    expect(Object.entries(seen).filter(([, found]) => found.length > 0)).toEqual([])
  })
