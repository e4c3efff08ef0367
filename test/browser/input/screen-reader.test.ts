// What the page exposes to screen readers.
import { expect, type Phone, test } from '../support/phone.ts'

/** The accessibility tree as text. */
async function heard(phone: Phone): Promise<string> {
  const cdp = await phone.page.context().newCDPSession(phone.page)
  const { nodes } = await cdp.send('Accessibility.getFullAXTree')
  await cdp.detach()
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ name }) => name?.value ?? '')
    .join('\n')
    .replaceAll('\u00a0', ' ')
}

test('the first button of a terminal turns screen reader mode on, the phone remembers it, and the menu turns it off', async ({
  phone,
}) => {
  const { page } = phone
  await phone.open()
  await phone.newSession()
  await expect(page.locator('.xterm-accessibility')).toHaveCount(0)
  const first = page.getByRole('button', { name: 'Turn on screen reader mode' })
  await page.getByRole('button', { name: 'Back to sessions' }).focus()
  await page.keyboard.press('Shift+Tab')
  await expect(first).toBeFocused()
  await phone.screenshot('screen-reader-button')
  await page.keyboard.press('Enter')
  await expect(first).toHaveCount(0)
  await page.locator('.xterm').tap()
  await phone.run('echo said aloud')
  await phone.shows('said aloud\n')
  await expect.poll(() => heard(phone)).toMatch(/^said aloud\s*$/m)
  expect(await heard(phone)).toContain('$ echo said aloud')
  await expect(page.locator('.xterm-accessibility .live-region')).toHaveAttribute('aria-live', 'assertive')
  // A flood of output is not read out: announcements are bounded.
  await phone.run('seq 1 5000')
  await phone.shows('\n5000\n')
  const live = await page.locator('.xterm-accessibility .live-region').textContent()
  expect((live ?? '').length).toBeLessThan(2_000)
  await page.reload()
  await phone.shows('5000')
  await expect(page.locator('.xterm-accessibility')).toHaveCount(1)
  await page.getByRole('button', { name: 'Menu' }).tap()
  await phone.screenshot('screen-reader-menu')
  await page.getByRole('button', { name: /^Screen reader mode/ }).tap()
  await expect(page.locator('.xterm-accessibility')).toHaveCount(0)
})
