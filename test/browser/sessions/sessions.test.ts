// The list of sessions: its rows, ending and renaming, and all screens in other shapes.
import { expect, test } from '../support/phone.ts'

test('rows show command, folder, age and viewers; ending asks first', async ({ phone, host }) => {
  const { desktop } = host
  const build = await desktop.create({
    command: ['/bin/sh', '-c', 'echo building; sleep 600'],
    cwd: '/usr/share/doc',
    title: 'build the whole thing from scratch, all variants',
    size: { cols: 120, rows: 40 },
  })
  await desktop.create({ title: 'shell' })
  const failed = await desktop.create({ command: ['/bin/sh', '-c', 'exit 7'], title: 'tests' })
  await desktop.create({ command: ['/bin/true'], title: 'lint' })
  await expect
    .poll(async () => (await desktop.list()).find(one => one.session_id === failed.session_id)?.state)
    .toBe('exited')
  await phone.open()
  const row = phone.page.locator(`[data-session="${build.session_id}"]`)
  await expect(row).toContainText('/usr/share/doc')
  await expect(row.locator('.facts')).toHaveText('running')
  await expect(phone.page.getByText('failed (exit code 7)')).toBeVisible()
  await phone.screenshot('sessions')

  await phone.page.setViewportSize({ width: 320, height: 568 })
  await phone.screenshot('sessions-320')
  await phone.fits()
  await phone.page.emulateMedia({ colorScheme: 'light' })
  await phone.screenshot('sessions-light')

  await row.getByRole('button', { name: /^End / }).tap()
  await phone.page.getByRole('button', { name: 'Cancel' }).tap()
  await expect(row).toContainText('running')
  await row.getByRole('button', { name: /^End / }).tap()
  await phone.page.getByRole('button', { name: 'End session' }).tap()
  await expect(row).toContainText('ended by user')
})

test('a session can be renamed and ended from its terminal', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  await phone.page.getByRole('button', { name: 'Rename' }).tap()
  await phone.page.getByLabel('Name', { exact: true }).fill('my agent')
  await phone.screenshot('rename')
  await phone.page.keyboard.press('Enter')
  await expect(phone.page.getByRole('heading', { name: 'my agent' })).toBeVisible()
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  await phone.page.getByRole('button', { name: 'End session' }).tap()
  await phone.page.getByRole('button', { name: 'End session' }).tap()
  await expect(phone.page.getByText('ended by user')).toBeVisible()
})

test('a session can be muted, and can notify when it ends, from its terminal', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  const choice = async () => (await phone.host.desktop.list())[0]!.notify ?? 'default'
  const menu = phone.page.getByRole('button', { name: 'Menu' })
  const atEnd = phone.page.getByRole('button', { name: /^Notify me when it ends/ })
  const mute = phone.page.getByRole('button', { name: /^Mute notifications/ })
  await menu.tap()
  await expect(atEnd).toHaveAttribute('aria-pressed', 'false')
  await atEnd.tap()
  await expect.poll(choice).toBe('when_ended')
  await menu.tap()
  await expect(atEnd).toHaveAttribute('aria-pressed', 'true')
  await phone.screenshot('menu-notify')
  // One choice replaces the other.
  await mute.tap()
  await expect.poll(choice).toBe('muted')
  await menu.tap()
  await mute.tap()
  await expect.poll(choice).toBe('default')
})

test('every screen works at 320 pixels and in the light theme, with targets large enough for thumbs', async ({
  phone,
}) => {
  await phone.page.setViewportSize({ width: 320, height: 568 })
  await phone.page.emulateMedia({ colorScheme: 'light' })
  await phone.open()
  await phone.fits()
  await phone.newSession()
  await phone.run('for c in 1 2 3 4 5 6 7; do printf "\\e[3%dmcolor %d \\e[9%dmbright\\e[0m\\n" $c $c $c; done')
  await phone.shows('color 7 bright')
  await phone.fits()
  await phone.screenshot('terminal-320-light')
  await phone.hasLargeTargets()
})
