// What the session list shows while sessions run: attention, last lines, viewers.
import { accessibilityViolations } from '../support/accessibility.ts'
import { expect, type Phone, test } from '../support/phone.ts'

const rows = (phone: Phone) => phone.page.locator('[data-session] .title')

/** A session that prints, and needs attention once the file `go` exists. */
const CALLER = (go: string) =>
  `echo working on it; until [ -e ${go} ]; do sleep 0.02; done; printf '\\033]9;May I delete the build folder?\\007'; sleep 600`

test('a session that needs attention is listed first with its reason, until it is viewed', async ({ phone, host }) => {
  const { desktop } = host
  const go = `${host.home}/go`
  const agent = await desktop.create({ command: ['/bin/sh', '-c', CALLER(go)], title: 'agent' })
  await desktop.create({ command: ['/bin/sh', '-c', 'echo compiling 7 of 9; sleep 600'], title: 'build' })
  await desktop.create({ command: ['/bin/sh', '-c', 'printf "ready> "; sleep 600'], title: 'server' })
  await phone.open()
  await expect(rows(phone)).toHaveText(['server', 'build', 'agent'])
  await expect(phone.page.locator('.last-line')).toHaveText(['ready>', 'compiling 7 of 9', 'working on it'])
  await expect(phone.page).toHaveTitle('On the Go')

  host.writeFile('go')
  await expect(rows(phone)).toHaveText(['agent', 'server', 'build'])
  const row = phone.page.locator(`[data-session="${agent.session_id}"]`)
  await expect(row.locator('.attention:not(.dot)')).toContainText('May I delete the build folder?')
  await expect(phone.page).toHaveTitle('(1) On the Go')
  await expect(phone.page.getByRole('status').filter({ hasText: 'agent needs attention' })).toHaveCount(1)
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.screenshot('list-calling')
  await phone.page.emulateMedia({ colorScheme: 'light' })
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.page.setViewportSize({ width: 320, height: 568 })
  await phone.screenshot('list-calling-320-light')
  await phone.fits()
  await phone.hasLargeTargets()
  await phone.page.setViewportSize({ width: 863, height: 360 })
  await phone.screenshot('list-calling-landscape')
  await phone.page.setViewportSize({ width: 412, height: 839 })

  await row.getByRole('button').first().tap()
  await phone.shows('working on it')
  await expect(phone.page).toHaveTitle('agent · On the Go')
  await phone.page.getByRole('button', { name: 'Back to sessions' }).tap()
  await expect(rows(phone)).toHaveText(['server', 'build', 'agent'])
  await expect(phone.page.locator('.attention')).toHaveCount(0)
})

test('the badge of the installed page counts sessions that need attention', async ({ phone, host }) => {
  await phone.page.addInitScript(() => {
    const told: number[] = []
    Object.assign(window, { told })
    Object.assign(navigator, {
      setAppBadge: async (count: number) => void told.push(count),
      clearAppBadge: async () => void told.push(0),
    })
  })
  const go = `${host.home}/go`
  await host.desktop.create({ command: ['/bin/sh', '-c', CALLER(go)], title: 'one' })
  await host.desktop.create({ command: ['/bin/sh', '-c', CALLER(go)], title: 'two' })
  await phone.open()
  const last = () => phone.page.evaluate(() => (window as unknown as { told: number[] }).told.at(-1))
  expect(await last()).toBe(0)
  host.writeFile('go')
  await expect.poll(last).toBe(2)
  await phone.page.getByText('one', { exact: true }).tap()
  await phone.shows('working on it')
  await expect.poll(last).toBe(1)
})

test('shells are titled by the program that runs in them, in the list and above the terminal', async ({
  phone,
  host,
}) => {
  const { session_id } = await host.desktop.create({ command: ['bash', '--norc'] })
  await host.desktop.create({ command: ['bash', '--norc'] })
  await phone.open()
  await expect(rows(phone)).toHaveText(['~ 2', '~'])
  await phone.page.locator(`[data-session="${session_id}"] .row`).tap()
  await phone.shows('$')
  await phone.page.locator('.xterm').tap()
  await phone.run('sleep 600')
  await phone.showsHeading('sleep')
  await expect(phone.page).toHaveTitle('sleep · On the Go')
  await phone.page.getByRole('button', { name: 'Back to sessions' }).tap()
  await expect(rows(phone)).toHaveText(['~ 2', 'sleep'])
  await phone.screenshot('list-foreground')
})

test('rows name the viewers', async ({ phone, second, host }) => {
  const session = await host.desktop.create({ command: ['/bin/sh', '-c', 'echo here; sleep 600'], title: 'shared' })
  await phone.open()
  const row = phone.page.locator(`[data-session="${session.session_id}"]`)
  await expect(row.locator('.facts')).toHaveText('running')
  await second.open()
  await second.page.getByText('shared').tap()
  await second.shows('here')
  const [device] = (await host.desktop.devices()).devices.filter(one => one.connected > 0)
  await expect(row.locator('.viewers')).toContainText(`viewed by ${device!.name}`)
  await second.page.getByRole('button', { name: 'Back to sessions' }).tap()
  await expect(row.locator('.facts')).toHaveText('running')
})

test('a tablet shows the list beside the terminal', async ({ phone, host }) => {
  await phone.page.setViewportSize({ width: 820, height: 1100 })
  await host.desktop.create({ command: ['/bin/sh', '-c', 'echo the first; sleep 600'], title: 'first' })
  await host.desktop.create({ command: ['/bin/sh', '-c', 'echo the second; sleep 600'], title: 'second' })
  await phone.open()
  await phone.screenshot('list-tablet')
  await rows(phone).filter({ hasText: 'first' }).tap()
  await phone.shows('the first')
  await expect(phone.page.locator('.current .title')).toHaveText('first')
  await rows(phone).filter({ hasText: 'second' }).tap()
  await phone.shows('the second')
  await expect(phone.page.locator('.current .title')).toHaveText('second')
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.fits()
  await phone.screenshot('terminal-tablet')
  expect((await host.desktop.list()).map(one => one.clients).sort()).toEqual([0, 1])
})
