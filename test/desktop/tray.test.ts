// The tray: its menu, pressed as Electron presses it, and what the window then shows. Knows no tray of a desktop.
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

const ALWAYS = ['-', 'New Session', 'History', 'Show QR Code', 'Show Sessions', 'Open Window', 'Settings', '-', 'Quit']

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
  await press(app, 'New Session')
  await expect.poll(() => labels(app)).toHaveLength(2 + ALWAYS.length)
  await expect(page.locator('nav [data-session]')).toHaveCount(2)
  await expectPrompt(page)
  await app.evaluate(() => {
    const { trayMenu } = globalThis as unknown as { trayMenu: Electron.Menu }
    trayMenu.items[1]!.click()
  })
  await expectShown(page, /\nthe first/)
})

test('the tray shows the QR code, also when the window was closed', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  await expect.poll(() => labels(app)).toContain('Show QR Code')
  await press(app, 'Show QR Code')
  await expect(page.getByRole('img', { name: 'QR code of the address' })).toBeVisible()

  await Promise.all([
    page.waitForEvent('close'),
    app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close()),
  ])
  const [again] = await Promise.all([app.waitForEvent('window'), press(app, 'Show QR Code')])
  await expect(again.getByRole('img', { name: 'QR code of the address' })).toBeVisible()
  // The session went on without a window.
  await expectShown(again, /\$/)
})

test('the tray says that a phone waits, and leads to it', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  const pixel = phone(await showCode(page), 'Pixel')
  await expect.poll(() => labels(app)).toContain('1 phone asks to be let in…')
  await page.getByRole('dialog').getByRole('button', { name: 'Decide later' }).click()
  await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click()
  await expect(page.getByRole('button', { name: 'Answer Pixel' })).toBeHidden()
  // The page says where it is a moment after it is there; who presses sooner is taken to be there still.
  const url = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.getURL())
  await expect.poll(url).not.toContain('phone')
  await press(app, '1 phone asks to be let in…')
  await page.getByRole('button', { name: 'Answer Pixel' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Refuse' }).click()
  await expect.poll(pixel.state).toBe('closed pairing_refused')
  await expect.poll(() => labels(app)).not.toContain('1 phone asks to be let in…')
})

test('the tray marks a session that rang until the window is seen', async ({ start, dataDir }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  const tip = () => app.evaluate(() => (globalThis as { trayTip?: string }).trayTip)
  const images = () => app.evaluate(() => (globalThis as { trayImages?: number }).trayImages ?? 0)
  await expect.poll(tip).toBe('On the Go: 1 session runs')
  // Rings when nobody looks: the session waits for the window to be gone.
  await page.keyboard.type(`while [ ! -e ring ]; do sleep 0.1; done; printf '\\a'\n`)
  await closeWindow(app, page)
  writeFileSync(join(dataDir, 'ring'), '')
  await expect.poll(tip).toMatch(/^On the Go: .+ rang$/)
  expect((await labels(app))[0]).toMatch(/^● /)
  expect(await images()).toBe(1)
  await press(app, 'Open Window')
  await expect.poll(tip).toBe('On the Go: 1 session runs')
  expect((await labels(app))[0]).not.toMatch(/^● /)
  expect(await images()).toBe(2)
})

test('Settings in the tray opens them, also when the window was closed', async ({ start }) => {
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

test('Quit in the tray ends everything, without a question when nothing runs', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  await page.keyboard.type('exit\n')
  await expect(page.getByText('This session has ended')).toBeVisible()
  await expect.poll(() => labels(app)).toContain('No sessions')
  const processes = family(app.process().pid!)
  const closed = app.waitForEvent('close')
  await press(app, 'Quit')
  await closed
  await expectGone(processes)
})
