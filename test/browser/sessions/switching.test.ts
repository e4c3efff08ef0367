// Switching sessions without the list: by a swipe over the header, and by the switcher.
import { accessibilityViolations } from '../support/accessibility.ts'
import { expect, type Phone, test } from '../support/phone.ts'

const header = (phone: Phone) => phone.page.locator('.terminal > header h1')
const isOpen = (phone: Phone, title: string) => expect(phone.page.getByRole('heading', { name: title })).toBeVisible()

async function three(phone: Phone): Promise<void> {
  for (const title of ['one', 'two', 'three'])
    await phone.host.desktop.create({
      command: ['/bin/sh', '-c', `echo this is ${title}; cat`],
      title,
      size: { cols: 60, rows: 20 },
    })
  await phone.open()
  await expect(phone.page.locator('[data-session] .title')).toHaveText(['three', 'two', 'one'])
}

test('a swipe over the header goes to the next session in the list, whose name is shown first', async ({
  phone,
  host,
}) => {
  await three(phone)
  await phone.page.getByText('two', { exact: true }).tap()
  await phone.shows('this is two')
  await phone.drag(header(phone), -130, async () => {
    await expect(phone.page.locator('.adjacent.will-switch')).toHaveText('one')
    await phone.screenshot('switching-swipe')
  })
  await phone.shows('this is one')
  await isOpen(phone, 'one')
  await expect(phone.page.locator('.adjacent')).toHaveCount(0)
  // The last session: the header resists.
  await phone.drag(header(phone), -130, () => expect(phone.page.locator('.adjacent')).toHaveText('No more sessions'))
  await phone.drag(header(phone), 130)
  await phone.shows('this is two')
  await phone.drag(header(phone), 130)
  await phone.shows('this is three')
  // A finger that moves back cancels.
  await phone.drag(header(phone), -40)
  await isOpen(phone, 'three')
  await expect(phone.page.getByRole('dialog')).toHaveCount(0)
  // Only one session is attached, and Back always leads to the list.
  expect((await host.desktop.list()).filter(one => one.clients > 0).map(one => one.title)).toEqual(['three'])
  await phone.page.goBack()
  await phone.showsHeading('Sessions')
})

test('the order stays after a session is viewed, so that swiping back returns to the previous one', async ({
  phone,
  host,
}) => {
  const { desktop } = host
  const call = (go: string) => `echo called ${go}; until [ -e ${go} ]; do sleep 0.02; done; printf '\\007'; cat`
  await desktop.create({ command: ['/bin/sh', '-c', call('go')], cwd: host.home, title: 'caller' })
  await desktop.create({ command: ['/bin/sh', '-c', 'echo quiet; cat'], title: 'quiet' })
  await desktop.create({ command: ['/bin/sh', '-c', 'echo other; cat'], title: 'other' })
  await phone.open()
  host.writeFile('go')
  await expect(phone.page.locator('[data-session] .title')).toHaveText(['caller', 'other', 'quiet'])
  await phone.page.locator('.title', { hasText: 'other' }).tap()
  await phone.shows('other')
  await phone.drag(header(phone), 130)
  await phone.shows('called go')
  await expect.poll(async () => (await desktop.list()).filter(one => one.attention).length).toBe(0)
  await phone.drag(header(phone), -130)
  await phone.shows('other')
})

test('the Back button of an open session marks that another one needs attention', async ({ phone, host }) => {
  const { desktop } = host
  const call = `until [ -e go ]; do sleep 0.02; done; printf '\\033]9;done with it\\007'; cat`
  await desktop.create({ command: ['/bin/sh', '-c', call], cwd: host.home, title: 'agent' })
  await desktop.create({ command: ['/bin/sh', '-c', 'echo here I am; cat'], title: 'shell' })
  await phone.open()
  await phone.page.getByText('shell', { exact: true }).tap()
  await phone.shows('here I am')
  await expect(phone.page.getByRole('button', { name: 'Back to sessions', exact: true })).toBeVisible()
  host.writeFile('go')
  await expect(phone.page.getByRole('button', { name: 'Back to sessions, 1 needs attention' })).toBeVisible()
  await expect(phone.page).toHaveTitle('(1) shell · On the Go')
  await phone.screenshot('switching-marked')

  await header(phone).getByRole('button').tap()
  const sheet = phone.page.getByRole('dialog')
  await expect(sheet.locator('.title')).toHaveText(['agent', 'shell'])
  await expect(sheet.locator('.attention:not(.dot)')).toContainText('done with it')
  await expect(sheet.locator('.current .title')).toHaveText('shell')
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.screenshot('switching-sheet')
  await phone.page.setViewportSize({ width: 320, height: 568 })
  await phone.page.emulateMedia({ colorScheme: 'light' })
  await phone.screenshot('switching-sheet-320-light')
  await phone.fits()
  await phone.hasLargeTargets()
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await sheet.getByText('agent').tap()
  await isOpen(phone, 'agent')
  await expect(phone.page.getByRole('button', { name: 'Back to sessions', exact: true })).toBeVisible()
  await expect(phone.page).toHaveTitle('agent · On the Go')
})

test('the switcher can start a session', async ({ phone, host }) => {
  await three(phone)
  await phone.page.getByText('two', { exact: true }).tap()
  await phone.shows('this is two')
  await header(phone).getByRole('button').tap()
  await phone.page.getByRole('dialog').getByRole('button', { name: 'New session' }).tap()
  await phone.shows('$ ')
  expect(await host.desktop.list()).toHaveLength(4)
  await phone.drag(header(phone), -130)
  await phone.shows('this is three')
})

test('a switch is a single visual change, without an intermediate frame', async ({ phone }) => {
  await three(phone)
  await phone.page.getByText('two', { exact: true }).tap()
  await phone.shows('this is two')
  // The topmost text of the first row, frame by frame.
  await phone.page.evaluate(() => {
    const seen: string[] = []
    Object.assign(window, { seen })
    const look = () => {
      const stage = document.querySelector('.stage')
      const { left, top } = stage!.getBoundingClientRect()
      const box = document.elementsFromPoint(left + 30, top + 10).find(one => one.matches('.box'))
      const picture = stage!.querySelector('.last-frame') ?? box ?? stage!.querySelector('.box')
      const hidden = picture?.classList.contains('catching-up')
      const text = hidden ? '(nothing)' : (picture?.querySelector('.xterm-rows > div')?.textContent.trim() ?? '(none)')
      if (seen.at(-1) !== text) seen.push(text)
      requestAnimationFrame(look)
    }
    look()
  })
  await phone.drag(header(phone), -130)
  await phone.shows('this is one')
  await phone.drag(header(phone), 130)
  await phone.shows('this is two')
  // Its last frame is yet to come.
  const seen = () => phone.page.evaluate(() => (window as unknown as { seen: string[] }).seen)
  await expect.poll(seen).toEqual(['this is two', 'this is one', 'this is two'])
})
