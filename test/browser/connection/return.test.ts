// Returning after a reload, a lost connection, the Back button, or a restart of the host.
import { expect, test } from '../support/phone.ts'

test('a reload returns to the same session and screen', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('PS1="still here> "; seq 1 30')
  await phone.shows(/30\nstill here>$/)
  const before = await phone.screen()
  await phone.page.reload()
  await phone.shows('still here>')
  expect(await phone.screen()).toBe(before)
  expect(await host.desktop.list()).toHaveLength(1)
  // It still has the phone's size, so there is nothing to take over.
  await expect(phone.page.getByRole('button', { name: 'Use this phone’s size' })).toHaveCount(0)
  await phone.matchesHost()
  await phone.page.locator('.xterm').tap()
  await phone.run('echo goes on')
  await phone.shows('goes on\n')
})

test('a lost connection is shown, input typed without it is kept, and the session is restored', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('(sleep 1; echo printed meanwhile) & cat')
  // bash takes what arrives together with the command for itself.
  await phone.shows(/\n\[1\] \d+/)
  await phone.host.network('down')
  await expect(phone.page.getByText('Connection lost - reconnecting…')).toBeVisible()
  await phone.run('typed meanwhile')
  await expect(phone.page.getByText('Your input is kept.')).toBeVisible()
  await phone.screenshot('connection-lost')
  await phone.page.waitForTimeout(1200)
  await phone.host.network('up')
  await phone.page
    .getByRole('button', { name: 'Reconnect now' })
    .tap({ timeout: 2000 })
    .catch(() => {}) // it may have reconnected already
  await expect(phone.page.getByText(/Reconnected after \d+ s\./)).toBeVisible()
  await phone.screenshot('restored')
  await expect(phone.page.getByText('Connection lost')).toHaveCount(0)
  await phone.shows('printed meanwhile')
  await expect.poll(async () => (await phone.screen()).split('typed meanwhile').length - 1, 'echo and cat').toBe(2)
  await phone.matchesHost()
})

test('a page that wakes up checks its connection at once', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  const { pid } = phone.host
  // The network drops everything: the socket stays OPEN without answers.
  process.kill(pid, 'SIGSTOP')
  await phone.page.evaluate(() => window.dispatchEvent(new Event('online')))
  await expect(phone.page.getByText('Connection lost - reconnecting…')).toBeVisible({ timeout: 3000 })
  process.kill(pid, 'SIGCONT')
  await expect(phone.page.getByText(/Reconnected/)).toBeVisible({ timeout: 20_000 })
  await phone.run('echo awake')
  await phone.shows('awake\n')
})

test('Back goes from a terminal to the list, and Forward returns to it', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('echo first')
  await phone.shows('first\n')
  await phone.page.goBack()
  await expect(phone.page.getByRole('heading', { name: 'Sessions' })).toBeVisible()
  await expect(phone.page.locator('.session-list .row')).toBeVisible()
  await phone.page.goForward()
  await phone.shows('first\n')
  await phone.page.getByRole('button', { name: 'Back to sessions' }).tap()
  await expect(phone.page.getByRole('heading', { name: 'Sessions' })).toBeVisible()
})

test('the phone has access by its key after a restart of the host', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  await host.stopProcess()
  await expect(phone.page.getByText('Connection lost - reconnecting…')).toBeVisible()
  await host.startProcess()
  await expect(phone.page.getByText('Ended when the host stopped')).toBeVisible({ timeout: 15_000 })
  await phone.page.getByRole('button', { name: 'New session' }).tap()
  await phone.shows('$ ')
  expect((await host.desktop.devices()).devices).toHaveLength(1)
})

test('a shell that exits says so and leads back to the list, which shows it as ended', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('exit 3')
  await expect(phone.page.getByText('Failed (exit code 3)')).toBeVisible()
  await phone.screenshot('ended')
  await phone.page.getByRole('button', { name: 'All sessions' }).tap()
  await expect(phone.page.getByRole('heading', { name: 'Ended' })).toBeVisible()
  await phone.page.getByText('failed (exit code 3)').tap()
  await phone.shows('exit 3')
})
