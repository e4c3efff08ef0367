// What the app shows when something is wrong with the host: in the window, the tray and the popover.
import { join } from 'node:path'
import { breakRecording } from '../support/break-recording.ts'
import { closeWindow, expect, picture, startSession, test } from './support/app.ts'
import { clickNotification, notifications, watchNotifications } from './support/notifications.ts'
import { openPopover } from './support/popover.ts'
import { labels, press, trayMark, watchTray } from './support/tray.ts'

const TITLE = 'Not recording: the history cannot be written'

test('a host that cannot record says so in the window, the tray and the popover, until it records again', async ({
  start,
  dataDir,
}) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  await page.keyboard.type('while :; do date; sleep 1; done\n')
  await expect.poll(() => labels(app)).toContain('New session')
  const repair = breakRecording(join(dataDir, 'data', 'otg.db'))

  const banner = page.getByRole('alert').filter({ hasText: TITLE })
  await expect(banner).toBeVisible()
  await expect.poll(async () => (await labels(app))[0]).toBe(`⚠ ${TITLE}…`)
  expect(await trayMark(app)).toEqual({ tip: `On the Go: ${TITLE}`, marked: true })
  await picture(page, 'trouble')

  // Hidden, it stays in the side of the window.
  await banner.getByRole('button', { name: 'Hide' }).click()
  await expect(banner).toHaveCount(0)
  await page.getByRole('navigation').getByRole('button', { name: TITLE }).click()
  const dialog = page.getByRole('dialog', { name: 'Trouble on your computer' })
  await expect(dialog).toContainText('Check that the data folder can be written')
  await picture(page, 'trouble-dialog')
  await dialog.getByRole('button', { name: 'Close' }).click()

  const small = await openPopover(app)
  const row = small.getByRole('button', { name: TITLE })
  await expect(row).toBeVisible()
  await picture(small, 'trouble-popover')
  await row.click()
  await expect(dialog).toBeVisible()
  await dialog.getByRole('button', { name: 'Close' }).click()
  await press(app, `⚠ ${TITLE}…`)
  await expect(dialog).toBeVisible()

  repair()
  await expect(page.getByRole('dialog', { name: 'The trouble is over' })).toBeVisible()
  await expect.poll(async () => (await labels(app)).some(label => label.includes('Not recording'))).toBe(false)
  await expect(small.getByRole('button', { name: TITLE })).toHaveCount(0)
})

test('trouble that lasts is notified once while no window is open, and a click shows it', async ({
  start,
  dataDir,
}) => {
  test.setTimeout(90_000)
  const app = await start()
  const page = await app.firstWindow()
  await watchNotifications(app)
  await startSession(page)
  await page.keyboard.type('while :; do date; sleep 1; done\n')
  await closeWindow(app, page)
  const repair = breakRecording(join(dataDir, 'data', 'otg.db'))
  const about = async () => (await notifications(app)).filter(({ title }) => title === TITLE)
  await expect.poll(about, { timeout: 40_000 }).toMatchObject([{ open: true }])
  const [again] = await Promise.all([app.waitForEvent('window'), clickNotification(app)])
  await expect(again.getByRole('dialog', { name: 'Trouble on your computer' })).toBeVisible()
  repair()
  await expect.poll(about).toMatchObject([{ open: false }])
})
