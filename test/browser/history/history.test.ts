// The history on the phone: finding a line in everything that was printed, the list of all sessions, filters, and back to
// where one was. Knows no player.
import { record } from '../../support/record.ts'
import { accessibilityViolations } from '../support/accessibility.ts'
import { expect, type Phone, test } from '../support/phone.ts'

const hits = (phone: Phone) => phone.page.locator('.hit')
const rows = (phone: Phone) => phone.page.locator('[data-recorded] .title')
const search = (phone: Phone) => phone.page.getByRole('searchbox')

async function openHistory(phone: Phone): Promise<void> {
  await phone.page.getByRole('button', { name: 'History', exact: true }).tap()
  await phone.showsHeading('History')
}

test('a line is found while it is typed, with what is around it, and opens at its moment', async ({ phone, host }) => {
  const steps = 'for i in 1 2 3 4 5 6 7 8 9; do echo "step $i of the build"; done; clear; echo over'
  await record(host.desktop, steps, { title: 'build', cwd: '/usr/share' })
  await record(host.desktop, 'echo nothing of interest', { title: 'other' })
  await phone.open()
  await openHistory(phone)
  await expect(rows(phone)).toHaveText(['other', 'build'])
  await phone.screenshot('past-list')
  await search(phone).fill('step 5')
  await expect(hits(phone)).toHaveCount(1)
  await expect(hits(phone).locator('.line')).toHaveText('step 5 of the build')
  await expect(hits(phone).locator('.around')).toHaveText(['step 4 of the build', 'step 6 of the build'])
  await expect(hits(phone).locator('mark')).toHaveText(['step', '5'])
  await expect(phone.page.locator('[data-found] h2')).toContainText('build')
  await expect(phone.page.getByRole('status').filter({ hasText: '1 line found' })).toBeVisible()
  await phone.screenshot('past-found')
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await hits(phone).tap()
  // The screen as it was then, not what it became; and the line is marked.
  await expect(phone.page.locator('.box')).toHaveAttribute('data-at', /\d/)
  await phone.shows(/step 4 of the build\nstep 5 of the build$/)
  await expect(phone.page.locator('.xterm-selection div').first()).toBeAttached()
  await phone.screenshot('past-opened')
  await phone.page.goBack()
  await expect(search(phone)).toHaveValue('step 5')
  await expect(hits(phone)).toHaveCount(1)
})

test('words, beginnings and quotes are looked for as in the window', async ({ phone, host }) => {
  await record(host.desktop, 'echo exit code 7; echo code of exit; echo recorded', { title: 'codes' })
  await phone.open()
  await openHistory(phone)
  await search(phone).fill('recor')
  await expect(hits(phone).locator('.line')).toHaveText('recorded')
  await search(phone).fill('recor ')
  await expect(phone.page.getByText('No output matches.')).toBeVisible()
  await phone.screenshot('past-nothing')
  await search(phone).fill('"exit code"')
  await expect(hits(phone).locator('.line')).toHaveText(['exit code 7'])
  // A session is found by what it is called, too.
  await search(phone).fill('codes')
  await expect(rows(phone)).toHaveText(['codes'])
  await phone.page.getByRole('button', { name: 'Clear search' }).tap()
  await expect(search(phone)).toHaveValue('')
  await expect(rows(phone)).toHaveText(['codes'])
})

test('what is found comes page after page while it is scrolled, and stays scrolled', async ({ phone, host }) => {
  await record(host.desktop, 'for i in $(seq 1 200); do echo "needle $i"; done', { title: 'many' })
  await phone.open()
  await openHistory(phone)
  await search(phone).fill('needle')
  await expect(hits(phone).first()).toBeVisible()
  const items = phone.page.locator('.history-page .items')
  const bottom = () => items.evaluate(element => element.scrollTo(0, element.scrollHeight))
  await expect
    .poll(async () => {
      await bottom()
      return hits(phone).count()
    })
    .toBe(200)
  await expect(phone.page.getByRole('button', { name: 'Show more' })).toHaveCount(0)
  await expect(phone.page.getByText('200 lines found')).toBeAttached()
  await bottom()
  const at = await items.evaluate(element => element.scrollTop)
  expect(at).toBeGreaterThan(2000)
  await hits(phone).last().tap()
  await phone.shows('needle')
  await phone.page.getByRole('button', { name: 'Back', exact: true }).tap()
  await expect(hits(phone)).toHaveCount(200)
  expect(await items.evaluate(element => element.scrollTop)).toBe(at)
})

test('all sessions are listed page after page, and filtered in a sheet', async ({ phone, host }) => {
  const { desktop } = host
  await record(desktop, 'exit 3', { title: 'bad build', cwd: '/usr/share' })
  for (let i = 0; i < 6; i++)
    await Promise.all(
      Array.from({ length: 10 }, (_, j) => desktop.create({ command: ['/bin/true'], title: `short ${i}${j}` })),
    )
  await desktop.create({ command: ['/bin/sh', '-c', 'sleep 600'], title: 'runs' })
  await expect.poll(async () => (await desktop.list()).filter(one => one.state === 'running').length).toBe(1)
  await phone.open()
  await phone.page.getByRole('button', { name: 'All recorded sessions' }).tap()
  await expect(rows(phone).first()).toHaveText('runs')
  const items = phone.page.locator('.history-page .items')
  await expect
    .poll(async () => {
      await items.evaluate(element => element.scrollTo(0, element.scrollHeight))
      return rows(phone).count()
    })
    .toBe(62)
  await phone.page.getByRole('button', { name: 'Filters' }).tap()
  await phone.page.getByLabel('State').selectOption('Finished or failed')
  await phone.page.getByLabel('In this folder').fill('/usr')
  await phone.screenshot('past-filters')
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.page.setViewportSize({ width: 320, height: 568 })
  await phone.page.emulateMedia({ colorScheme: 'light' })
  await phone.screenshot('past-filters-320-light')
  await phone.hasLargeTargets()
  await phone.page.getByRole('button', { name: 'Done' }).tap()
  await expect(rows(phone)).toHaveText(['bad build'])
  await expect(phone.page.getByRole('button', { name: 'Filters, 2 in use' })).toBeVisible()
  await phone.screenshot('past-320-light')
  await phone.fits()
  await phone.hasLargeTargets()
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.page.setViewportSize({ width: 863, height: 360 })
  await phone.screenshot('past-landscape')
  await phone.page.getByRole('button', { name: 'Filters, 2 in use' }).tap()
  await phone.page.getByRole('button', { name: 'Clear filters' }).tap()
  await phone.page.getByRole('button', { name: 'Done' }).tap()
  await expect(rows(phone).first()).toHaveText('runs')
})

test('who may only look finds and looks at everything, and is offered nothing else', async ({ phone, host }) => {
  await record(host.desktop, 'echo the secret of the build', { title: 'build' })
  await host.answers('by_hand')
  await phone.scan()
  await host.desktop.answerPairing((await host.request()).pairing_id, { allow: true, read_only: true })
  await phone.showsHeading('Sessions')
  await phone.screenshot('list-looking')
  await openHistory(phone)
  await search(phone).fill('secret')
  await hits(phone).tap()
  await phone.shows('the secret of the build')
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  const offered = phone.page.getByRole('dialog').getByRole('button')
  await expect(offered).toHaveText([/Read as text/, /Export/])
  await phone.page.keyboard.press('Escape')
  await phone.page.getByRole('button', { name: 'Marks' }).tap()
  await expect(phone.page.getByRole('dialog').getByRole('button')).toHaveText(['Close'])
})
