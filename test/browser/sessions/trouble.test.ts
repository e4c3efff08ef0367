// What the phone shows when something is wrong with the host.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { breakRecording } from '../../support/break-recording.ts'
import { expect, test } from '../support/phone.ts'

test('a host that cannot record says so on every screen, what to do, and that it is over', async ({ phone, host }) => {
  const { page } = phone
  await phone.open()
  await phone.newSession()
  await phone.run('while :; do date; sleep 1; done')
  const repair = breakRecording(host.database)
  const banner = page.getByRole('alert').filter({ hasText: 'Not recording' })
  await expect(banner).toBeVisible()
  await banner.getByRole('button', { name: /^Not recording/ }).tap()
  const dialog = page.getByRole('dialog', { name: 'Trouble on your computer' })
  await expect(dialog).toContainText('what they print is not recorded')
  await expect(dialog).toContainText('Check that the data folder can be written')
  await expect(dialog.getByRole('button', { name: 'I have read this' })).toHaveCount(0)
  await dialog.getByRole('button', { name: 'Close' }).tap()

  // Hidden, it is not forgotten: a mark opens the same dialog, in the list, too.
  await banner.getByRole('button', { name: 'Hide' }).tap()
  await expect(banner).toHaveCount(0)
  const mark = page.getByRole('button', { name: /^Trouble: Not recording/ })
  await expect(mark).toBeVisible()
  await page.getByRole('button', { name: /^Back to sessions/ }).tap()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await mark.tap()
  await expect(dialog).toBeVisible()

  repair()
  await expect(page.getByRole('dialog', { name: 'The trouble is over' })).toBeVisible()
  await page.getByRole('button', { name: 'Close' }).tap()
  await expect(mark).toHaveCount(0)
})

test('what has happened already stays until someone has read it', async ({ phone, host }) => {
  const { page } = phone
  await host.stopProcess()
  const lost = { kind: 'history_lost', since: Date.now() - 3_600_000, sessions: [], path: '/data/otg.db' }
  writeFileSync(join(host.dataDir, 'health.json'), JSON.stringify({ troubles: [lost] }))
  await host.startProcess()
  await phone.open()
  await page.getByRole('button', { name: /^The history is gone/ }).tap()
  await expect(page.getByRole('dialog')).toContainText('1 h ago')
  await page.getByRole('button', { name: 'I have read this' }).tap()
  await expect(page.getByRole('dialog', { name: 'The trouble is over' })).toBeVisible()
  await page.getByRole('button', { name: 'Close' }).tap()
  await expect(page.getByText('The history is gone')).toHaveCount(0)
})

test('a phone that may only look sees what concerns it, without paths', async ({ phone, host }) => {
  const { page } = phone
  await host.stopProcess()
  const of = (kind: string) => ({ kind, since: Date.now(), sessions: [], path: '/data/otg.db' })
  writeFileSync(
    join(host.dataDir, 'health.json'),
    JSON.stringify({ troubles: [of('history_lost'), of('copy_failed')] }),
  )
  await host.startProcess()
  await phone.open()
  await expect(page.getByText('The history is gone, and 1 more')).toBeVisible()
  const [device] = (await host.desktop.devices()).devices
  await host.desktop.updateDevice(device!.device_id, { read_only: true })
  await expect(page.getByText('This phone can view sessions')).toBeVisible()
  await page.getByRole('button', { name: /^The history is gone/ }).tap()
  await expect(page.getByRole('dialog')).not.toContainText('could not be copied')
  await expect(page.getByRole('dialog')).not.toContainText('/data/otg.db')
  await expect(page.getByRole('button', { name: 'I have read this' })).toHaveCount(0)
})
