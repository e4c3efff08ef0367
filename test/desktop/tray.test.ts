// The tray's menu, pressed through Electron, and what the window then shows.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  closeWindow,
  expect,
  expectGone,
  expectPrompt,
  expectShown,
  family,
  showCode,
  startSession,
  test,
} from './support/app.ts'
import { labels, press, watchTray } from './support/tray.ts'

const ALWAYS = ['-', 'New session', 'History', 'Pair a phone', 'Show sessions', 'Open window', 'Settings', '-', 'Quit']

test('the tray lists running sessions and opens them', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  await expect.poll(() => labels(app)).toHaveLength(1 + ALWAYS.length)
  expect((await labels(app)).slice(1)).toEqual(ALWAYS)
  expect(await app.evaluate(() => (globalThis as unknown as { tray: Electron.Tray }).tray.isDestroyed())).toBe(false)

  await page.keyboard.type('echo the first\n')
  await expectShown(page, /\nthe first/)
  await press(app, 'New session')
  await expect.poll(() => labels(app)).toHaveLength(2 + ALWAYS.length)
  await expect(page.locator('nav [data-session]')).toHaveCount(2)
  await expectPrompt(page)
  await app.evaluate(() => {
    const { trayMenu } = globalThis as unknown as { trayMenu: Electron.Menu }
    trayMenu.items[1]!.click()
  })
  await expectShown(page, /\nthe first/)
})

test('the tray shows the pairing code, even when the window is closed', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  await expect.poll(() => labels(app)).toContain('Pair a phone')
  await press(app, 'Pair a phone')
  await expect(page.getByRole('img', { name: 'QR code of the address' })).toBeVisible()

  await Promise.all([
    page.waitForEvent('close'),
    app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close()),
  ])
  const [again] = await Promise.all([app.waitForEvent('window'), press(app, 'Pair a phone')])
  await expect(again.getByRole('img', { name: 'QR code of the address' })).toBeVisible()
  // The session kept running without a window.
  await expectShown(again, /\$/)
})

test('the tray shows that a phone wants to pair, and opens its request', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  const pixel = phone(await showCode(page), 'Pixel')
  await expect.poll(() => labels(app)).toContain('1 phone wants to pair…')
  await page.getByRole('dialog').getByRole('button', { name: 'Decide later' }).click()
  await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click()
  await expect(page.getByRole('button', { name: 'Answer Pixel' })).toBeHidden()
  // The page reports its location with a delay; pressing earlier would count as being there already.
  const url = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.getURL())
  await expect.poll(url).not.toContain('phone')
  await press(app, '1 phone wants to pair…')
  await page.getByRole('button', { name: 'Answer Pixel' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Decline' }).click()
  await expect.poll(pixel.state).toBe('closed pairing_refused')
  await expect.poll(() => labels(app)).not.toContain('1 phone wants to pair…')
})

test('the tray marks a session that needs attention until the window gets the focus', async ({ start, dataDir }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  const tip = () => app.evaluate(() => (globalThis as { trayTip?: string }).trayTip)
  const images = () => app.evaluate(() => (globalThis as { trayImages?: number }).trayImages ?? 0)
  await expect.poll(tip).toBe('On the Go: 1 running session')
  // The session waits until the window is gone before it rings.
  await page.keyboard.type(`while [ ! -e ring ]; do sleep 0.1; done; printf '\\a'\n`)
  await closeWindow(app, page)
  writeFileSync(join(dataDir, 'ring'), '')
  await expect.poll(tip).toMatch(/^On the Go: .+ needs attention$/)
  expect((await labels(app))[0]).toMatch(/^● /)
  expect(await images()).toBe(1)
  await press(app, 'Open window')
  await expect.poll(tip).toBe('On the Go: 1 running session')
  expect((await labels(app))[0]).not.toMatch(/^● /)
  expect(await images()).toBe(2)
})

test('Settings in the tray opens the settings, even when the window is closed', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  await expect.poll(() => labels(app)).toContain('Settings')
  await press(app, 'Settings')
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeHidden()
  await closeWindow(app, page)
  const [again] = await Promise.all([app.waitForEvent('window'), press(app, 'Settings')])
  await expect(again.getByRole('dialog', { name: 'Settings' }).getByLabel('Shell')).toBeVisible()
})

test('Quit in the tray quits without asking when no session is running', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  await page.keyboard.type('exit\n')
  await expect(page.getByText('Session finished')).toBeVisible()
  await expect.poll(() => labels(app)).toContain('No running sessions')
  const processes = family(app.process().pid!)
  const closed = app.waitForEvent('close')
  await press(app, 'Quit')
  await closed
  await expectGone(processes)
})
