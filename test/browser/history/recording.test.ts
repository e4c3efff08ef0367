// A recording on the phone: played, scrubbed, stepped, marked, renamed, exported, deleted; and the timeline of a running
// session.
import { readFileSync } from 'node:fs'
import { recordSession } from '../../support/record-session.ts'
import { accessibilityViolations } from '../support/accessibility.ts'
import { expect, type Phone, test } from '../support/phone.ts'

/** Prints a line every 300 ms, and a last one after a second. */
const COUNTING = 'for i in 1 2 3 4 5 6; do echo "line $i"; sleep 0.3; done; sleep 0.7; echo "the end"'

const slider = (phone: Phone) => phone.page.getByRole('slider', { name: 'Position in the recording' })
const button = (phone: Phone, name: string | RegExp) => phone.page.getByRole('button', { name })
const at = async (phone: Phone) => Number(await phone.page.locator('.box').getAttribute('data-at'))

/** Opens the recording of the session with this title, at its end. */
async function open(phone: Phone, title: string): Promise<void> {
  await phone.open()
  await phone.page.getByRole('button', { name: 'History', exact: true }).tap()
  await phone.page.locator('[data-recorded]').filter({ hasText: title }).getByRole('button').tap()
  await expect(phone.page.locator('.box')).toHaveAttribute('data-at', /\d/)
}

test('a recording opens at its end, and dragging on the timeline seeks anywhere', async ({ phone, host }) => {
  const { session_id } = await recordSession(host.desktop, COUNTING, { title: 'counting' })
  const { from } = await host.desktop.history.timeline(session_id, 1)
  await open(phone, 'counting')
  await phone.shows('line 6\nthe end')
  await phone.screenshot('recording')
  expect(await accessibilityViolations(phone.page)).toEqual([])
  const end = await at(phone)
  const box = (await slider(phone).boundingBox())!
  expect(box.height).toBeGreaterThanOrEqual(44)
  // From the middle slightly to the left: the time is shown above the finger, and the screen follows.
  await phone.drag(slider(phone), -box.width / 4, async () => {
    await expect(phone.page.locator('.under-finger')).toHaveText(/^0:00\.\d$/)
    await expect.poll(() => at(phone)).toBeLessThan(end / 3)
    await phone.shows(/line 1(\nline 2)?(\nline 3)?$/)
    await phone.screenshot('recording-scrub')
  })
  await expect(phone.page.locator('.under-finger')).toHaveCount(0)
  await phone.drag(slider(phone), -box.width)
  await expect.poll(() => at(phone)).toBe(from)
  await phone.drag(slider(phone), box.width)
  await phone.shows('the end')
  // The keyboard works too.
  await slider(phone).focus()
  await phone.page.keyboard.press('Home')
  await expect.poll(() => at(phone)).toBe(from)
  await phone.page.keyboard.press('End')
  await phone.shows('the end')
})

test('plays in real time, skips idle time, plays faster, and steps', async ({ phone, host }) => {
  await recordSession(host.desktop, 'echo before; sleep 6; echo after; sleep 0.5; echo at last', { title: 'waiting' })
  await open(phone, 'waiting')
  const played = Date.now()
  await button(phone, 'Play from the beginning').tap()
  await phone.shows(/^before$/)
  await phone.shows('at last')
  await expect(button(phone, 'Play from the beginning')).toBeVisible()
  // Six idle seconds, of which two are played.
  expect(Date.now() - played).toBeLessThan(6_000)
  const skips = phone.page.getByRole('switch', { name: 'Skip idle time' })
  await expect(skips).toHaveAttribute('aria-checked', 'true')
  await skips.tap()
  await expect(skips).toHaveAttribute('aria-checked', 'false')
  await phone.page.getByLabel('Speed').selectOption('2×')
  await button(phone, 'Play from the beginning').tap()
  await expect(button(phone, 'Pause')).toBeVisible()
  await phone.shows(/^before$/)
  await expect(button(phone, 'Play from the beginning')).toBeVisible()
  await phone.shows('at last')
  await button(phone, 'Step back').tap()
  await phone.shows(/^before\nafter$/)
  await button(phone, 'Step back').tap()
  await phone.shows(/^before$/)
  await button(phone, 'Step forward').tap()
  await phone.shows(/^before\nafter$/)
})

test('a live session can be scrubbed back, its timeline grows, and one tap returns to live', async ({
  phone,
  host,
}) => {
  await host.desktop.create({
    command: [
      '/bin/sh',
      '-c',
      'wait() { until [ -e $1 ]; do sleep 0.02; done; }; echo first; wait go; clear; echo second; wait on; echo agent said more; cat',
    ],
    cwd: host.home,
    title: 'agent',
  })
  await phone.open()
  await phone.page.getByText('agent', { exact: true }).tap()
  await phone.shows('first')
  host.writeFile('go')
  await phone.shows(/^second$/)
  await button(phone, 'Menu').tap()
  await phone.screenshot('terminal-menu')
  await button(phone, 'Open timeline').tap()
  await expect(phone.page.locator('.box')).toHaveAttribute('data-at', /\d/)
  await phone.shows(/^second$/)
  await slider(phone).focus()
  await phone.page.keyboard.press('Home')
  await phone.shows(/^first$/)
  await phone.screenshot('recording-live')
  expect(await accessibilityViolations(phone.page)).toEqual([])
  const length = async () => Number(await slider(phone).getAttribute('aria-valuemax'))
  const before = await length()
  await host.desktop.rename((await host.desktop.list())[0]!.session_id, 'renamed agent')
  await phone.showsHeading('renamed agent')
  host.writeFile('on')
  await expect.poll(length, { timeout: 20_000 }).toBeGreaterThan(before)
  await button(phone, 'Back to live').tap()
  await phone.shows('agent said more')
  await button(phone, 'Back to sessions').tap()
  await phone.showsHeading('Sessions')
})

test('“Back to live” from a search hit leads to the terminal, and from there back to the list', async ({
  phone,
  host,
}) => {
  await host.desktop.create({ command: ['/bin/sh', '-c', 'echo a needle; cat'], title: 'agent' })
  await phone.open()
  await phone.page.getByRole('button', { name: 'History', exact: true }).tap()
  await phone.page.getByRole('searchbox').fill('needle')
  await phone.page.locator('.hit').tap()
  await phone.shows('a needle')
  await button(phone, 'Back to live').tap()
  await phone.showsHeading('agent')
  await phone.shows('a needle')
  await button(phone, 'Back to sessions').tap()
  await phone.showsHeading('Sessions')
})

test('marks can be set, listed, jumped to and removed', async ({ phone, host }) => {
  await recordSession(host.desktop, COUNTING, { title: 'counting' })
  await open(phone, 'counting')
  await button(phone, 'Step back').tap()
  await phone.shows(/line 6$/)
  await button(phone, 'Marks').tap()
  await button(phone, 'Mark this moment').tap()
  await phone.page.getByLabel('Label').fill('all counted')
  await phone.page.keyboard.press('Enter')
  await button(phone, 'Marks, 1').tap()
  await phone.screenshot('recording-marks')
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.hasLargeTargets()
  await phone.page.keyboard.press('Escape')
  await slider(phone).focus()
  await phone.page.keyboard.press('Home')
  await phone.shows(/^(line 1)?$/)
  await button(phone, 'Marks, 1').tap()
  await phone.page.getByRole('dialog').getByText('all counted').tap()
  await phone.shows(/line 6$/)
  await button(phone, 'Marks, 1').tap()
  await button(phone, 'Remove the mark all counted').tap()
  await expect(phone.page.getByText('Mark a moment to find it again.')).toBeVisible()
})

test('a recording can be renamed, exported without secrets, and deleted', async ({ phone, host }) => {
  const { session_id } = await recordSession(host.desktop, 'echo plain words; echo password=hunter22hunter22', {
    title: 'task',
  })
  await open(phone, 'task')
  await button(phone, 'Menu').tap()
  await phone.screenshot('recording-menu')
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await button(phone, 'Rename').tap()
  await phone.page.getByRole('textbox', { name: 'Name' }).fill('the task')
  await phone.page.keyboard.press('Enter')
  await phone.showsHeading('the task')

  await button(phone, 'Menu').tap()
  await button(phone, 'Export').tap()
  await phone.screenshot('recording-export')
  expect(await accessibilityViolations(phone.page)).toEqual([])
  const downloading = phone.page.waitForEvent('download')
  await button(phone, 'Export').tap()
  const download = await downloading
  expect(download.suggestedFilename()).toMatch(/^the task \d{4}-\d\d-\d\d\.txt$/)
  const text = readFileSync(await download.path(), 'utf8')
  expect(text).toContain('plain words')
  expect(text).not.toContain('hunter22')
  await expect(phone.page.getByText(/exported, 1 match redacted/)).toBeVisible()

  await button(phone, 'Menu').tap()
  await button(phone, 'Delete').tap()
  await expect(phone.page.getByRole('heading', { name: 'Delete “the task”?' })).toBeVisible()
  await button(phone, 'Delete').tap()
  await phone.showsHeading('History')
  await expect(phone.page.getByText('Nothing has been recorded yet.')).toBeVisible()
  expect((await host.desktop.history.sessions({ filter: { session_id } })).sessions).toEqual([])
})

test('“Start again” runs the recorded command', async ({ phone, host }) => {
  await recordSession(host.desktop, '', {
    command: ['/bin/sh', '-c', 'echo "it runs in $(pwd)"'],
    cwd: '/usr',
    title: 'task',
  })
  await open(phone, 'task')
  await button(phone, 'Menu').tap()
  await button(phone, 'Start again').tap()
  await phone.shows('it runs in /usr')
  expect((await host.desktop.history.sessions()).sessions).toHaveLength(2)
  await phone.page.goBack()
  await phone.showsHeading('Sessions')
})

test('the player works in portrait and landscape, dark and light', async ({ phone, host }) => {
  await recordSession(
    host.desktop,
    `for i in $(seq 1 60); do printf '\\033[3%dm%-118s|\\033[m\\n' $((i % 7 + 1)) "row $i"; done`,
    {
      title: 'a wide build with a name that is longer than the header of a phone',
      size: { cols: 120, rows: 40 },
    },
  )
  await open(phone, 'a wide build')
  await phone.shows('row 60')
  await phone.screenshot('recording-wide')
  await phone.fits()
  await phone.hasLargeTargets()
  await phone.page.setViewportSize({ width: 320, height: 568 })
  await phone.page.emulateMedia({ colorScheme: 'light' })
  await phone.screenshot('recording-320-light')
  await phone.fits()
  await phone.hasLargeTargets()
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.page.setViewportSize({ width: 863, height: 360 })
  await phone.screenshot('recording-landscape')
  await phone.fits()
  await phone.hasLargeTargets()
  await phone.page.setViewportSize({ width: 820, height: 1100 })
  await phone.screenshot('recording-tablet')
})

test('playback that a lost connection stopped continues after reconnecting', async ({ phone, host }) => {
  // The page waits ten seconds for the host's reply.
  test.slow()
  await recordSession(host.desktop, COUNTING, { title: 'counting' })
  await open(phone, 'counting')
  await phone.shows('the end')
  await host.network('down')
  await expect(phone.page.getByText('Connection lost - reconnecting…')).toBeVisible()
  // Beyond what the player has loaded.
  await button(phone, 'Play from the beginning').tap()
  await expect(phone.page.getByText(/^Playback stopped/)).toBeVisible({ timeout: 20_000 })
  await phone.screenshot('recording-lost')
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await host.network('up')
  await expect(phone.page.getByText(/^Playback stopped/)).toHaveCount(0, { timeout: 20_000 })
  await expect(phone.page.locator('.box')).toHaveAttribute('data-at', /\d/)
  await slider(phone).focus()
  await phone.page.keyboard.press('Home')
  await phone.shows(/^(line 1)?$/)
})

test('a recording that was deleted elsewhere is removed from the list, and says so if it is open', async ({
  phone,
  host,
}) => {
  const { session_id } = await recordSession(host.desktop, 'echo gone soon', { title: 'gone' })
  await open(phone, 'gone')
  await phone.page.goBack()
  await expect(phone.page.locator('[data-recorded]')).toHaveCount(1)
  await host.desktop.history.delete(session_id)
  await expect(phone.page.locator('[data-recorded]')).toHaveCount(0)
  await phone.page.goForward()
  await expect(phone.page.getByText('This recording was deleted.')).toBeVisible()
  await phone.page.getByRole('alert').getByRole('button', { name: 'Go back' }).tap()
  await phone.showsHeading('History')
})
