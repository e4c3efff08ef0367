// The history in the window: searching output, listing and filtering sessions.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import type { HostMessage } from '../../protocol/messages.ts'
import { expect, expectShown, picture, resize, shownText, startSession, test } from './support/app.ts'
import { connectTo, recordSession } from './support/host-socket.ts'

const rows = (page: Page) => page.locator('[data-recorded] .title')
const hits = (page: Page) => page.locator('.hit')

/** Opens the history with its shortcut and waits for the list. */
async function openHistory(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'History' })).toBeVisible()
  await page.keyboard.press('Control+Shift+H')
  await expect(page.getByRole('searchbox')).toBeFocused()
}

test('finds a line with its context and opens the recording at that moment', async ({ start, dataDir, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  const client = await connectTo(dataDir)
  later(() => client.close())
  // The window must not attach to it, which would change its size.
  await openHistory(page)
  await recordSession(
    client,
    'for i in 1 2 3 4 5 6 7 8 9; do echo "step $i of the build"; sleep 0.1; done; clear; echo over',
    {
      title: 'build',
    },
  )
  await recordSession(client, 'echo nothing of interest', { title: 'other' })
  await expect(rows(page)).toHaveText(['other', 'build'])
  await page.keyboard.type('step 5')
  await expect(hits(page)).toHaveCount(1)
  await expect(hits(page).locator('.line')).toHaveText('step 5 of the build')
  await expect(hits(page).locator('.around')).toHaveText(['step 4 of the build', 'step 6 of the build'])
  await expect(hits(page).locator('mark')).toHaveText(['step', '5'])
  await expect(page.locator('[data-found] h2')).toContainText('build')
  await picture(page, 'history-found')

  await page.keyboard.press('ArrowDown')
  await expect(hits(page)).toBeFocused()
  await page.keyboard.press('Enter')
  // The screen as it was at that moment, not later.
  await expectShown(
    page,
    /^step 1 of the build\nstep 2 of the build\nstep 3 of the build\nstep 4 of the build\nstep 5 of the build\s*$/,
  )
  await expect(page.locator('.recording h1')).toHaveText('build')
  await picture(page, 'recording-hit')

  // Back in the history, the result has the focus.
  await page.keyboard.press('Escape')
  await expect(hits(page)).toBeFocused()
  await expect(page.getByRole('searchbox')).toHaveValue('step 5')
})

test('matches the last word as a prefix, but not a quoted or finished word', async ({ start, dataDir, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  const client = await connectTo(dataDir)
  later(() => client.close())
  await recordSession(client, 'echo exit code 7; echo code of exit; echo recorded', { title: 'codes' })
  await openHistory(page)
  await page.keyboard.type('recor')
  await expect(hits(page).locator('.line')).toHaveText('recorded')
  await page.getByRole('searchbox').fill('recor ')
  await expect(page.getByText('No lines found')).toBeVisible()
  await expect(page.getByText('No output matches.')).toBeVisible()
  await picture(page, 'history-nothing')
  await page.getByRole('searchbox').fill('exit code')
  await expect(hits(page).locator('.line')).toHaveText(['code of exit', 'exit code 7'])
  await page.getByRole('searchbox').fill('"exit code"')
  await expect(hits(page).locator('.line')).toHaveText(['exit code 7'])
  // A title matches, too.
  await page.getByRole('searchbox').fill('codes')
  await expect(rows(page)).toHaveText(['codes'])
  await page.keyboard.press('Escape')
  await expect(page.getByRole('searchbox')).toHaveValue('')
  await expect(rows(page)).toHaveText(['codes'])
})

test('lists sessions and filters them by state, day, command and folder', async ({ start, dataDir, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  const client = await connectTo(dataDir)
  later(() => client.close())
  await startSession(page)
  await recordSession(client, 'echo fine', { title: 'good build' })
  await recordSession(client, 'exit 3', { title: 'bad build', cwd: '/usr/share' })
  const long = await client.create({ command: ['/bin/sleep', '1000'], title: 'sleeper', cwd: '/usr' })
  await client.kill(long.session_id)
  await openHistory(page)
  await expect(rows(page)).toHaveText(['sleeper', 'bad build', 'good build', /.*/])
  const bad = page.locator('[data-recorded]').nth(1)
  await expect(bad).toContainText(`/bin/sh ${join(tmpdir(), 'otg-script-')}`)
  await expect(bad).toContainText('/usr/share')
  await expect(bad).toContainText('failed (exit code 3)')
  await expect(bad).toContainText('no output')
  await expect(page.locator('[data-recorded]').nth(0)).toContainText('ended by user')
  await expect(page.locator('[data-recorded]').nth(2)).toContainText('finished')
  await expect(page.locator('[data-recorded]').nth(3)).toContainText('running')
  await picture(page, 'history')

  const filters = page.getByRole('button', { name: /^Filters/ })
  await expect(page.getByLabel('State')).toBeHidden()
  await filters.click()
  await expect(filters).toHaveAttribute('aria-expanded', 'true')
  await page.getByLabel('State').selectOption('Running')
  await expect(rows(page)).toHaveCount(1)
  await page.getByLabel('State').selectOption('Ended by user')
  await expect(rows(page)).toHaveText(['sleeper'])
  await page.getByLabel('State').selectOption('Finished or failed')
  await expect(rows(page)).toHaveText(['bad build', 'good build'])
  await page.getByLabel('Command contains').fill('SLEEP 1')
  await expect(rows(page)).toHaveCount(0)
  await page.getByLabel('State').selectOption('Ended')
  await expect(rows(page)).toHaveText(['sleeper'])
  await expect(filters).toHaveText('Filters (2)')
  await picture(page, 'history-filters')
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(rows(page)).toHaveCount(4)
  await page.getByLabel('In this folder').fill('/usr')
  await expect(rows(page)).toHaveText(['sleeper', 'bad build'])
  await page.getByLabel('In this folder').fill('/us')
  await expect(page.getByText('No session matches the filters.')).toBeVisible()
  await page.getByRole('button', { name: 'Clear filters' }).first().click()

  const day = (days: number) => {
    const date = new Date()
    date.setDate(date.getDate() + days)
    return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`
  }
  await page.getByLabel('From', { exact: true }).fill(day(1))
  await expect(rows(page)).toHaveCount(0)
  await page.getByLabel('From', { exact: true }).fill(day(0))
  await expect(rows(page)).toHaveCount(4)
  await page.getByLabel('To', { exact: true }).fill(day(0))
  await expect(rows(page)).toHaveCount(4)
  await page.getByLabel('From', { exact: true }).fill('')
  await page.getByLabel('To', { exact: true }).fill(day(-1))
  await expect(rows(page)).toHaveCount(0)
  // Filters also apply to a search.
  await page.getByRole('searchbox').fill('fine')
  await expect(page.getByText('No matches in the filtered sessions.')).toBeVisible()
  await page.getByRole('button', { name: 'Clear filters' }).last().click()
  await expect(hits(page)).not.toHaveCount(0)
  await resize(app, page, 480, 320)
  await picture(page, 'history-small')
})

test('loads a long list page by page', async ({ join, later }) => {
  const { page, behind } = await join()
  const client = await connectTo(behind)
  later(() => client.close())
  for (let i = 0; i < 54; i++) await client.create({ command: ['/bin/true'], title: `short ${i}` })
  await openHistory(page)
  await expect(rows(page)).toHaveCount(50)
  await page.getByRole('button', { name: 'Show older' }).click()
  await expect(rows(page)).toHaveCount(55)
  await expect(page.getByRole('button', { name: 'Show older' })).toBeHidden()
  await expect(rows(page).last()).toHaveText('headless shell')
  expect(new Set(await rows(page).allTextContents()).size).toBe(55)
})

test('shows markup in titles and lines as text', async ({ start, dataDir, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  const client = await connectTo(dataDir)
  later(() => client.close())
  const html = '<img src=x onerror="window.hit=1"><b>bold</b>'
  const session = await recordSession(
    client,
    `printf '%s\\n' 'needle ${html} \u202egnirts'; printf '\\033]0;<b>x</b>\\007\\033]52;c;aGFja2Vk\\007\\033[?1000h\\033[6n\\033[c\\033[>q'; printf 'needle\\033[31m red\\033[0m\\n'`,
    { title: `\u202e${html}\u0007` },
  )
  await openHistory(page)
  await page.keyboard.type('needle')
  await expect(hits(page)).toHaveCount(2)
  await expect(hits(page).locator('.line').last()).toHaveText(`needle ${html} \ufffdgnirts`)
  await expect(page.locator('[data-found] h2 .title')).not.toContainText('\u202e')
  await picture(page, 'history-hostile')
  await hits(page).first().click()
  await expectShown(page, /needle red/)
  await page.keyboard.press('Home')
  await page.keyboard.press(' ')
  await expect(page.getByRole('button', { name: 'Play from the beginning' })).toBeVisible()
  expect(await page.evaluate(() => 'hit' in window)).toBe(false)
  await expect(page.locator('main :is(img, b)')).toHaveCount(0)
  expect(await app.evaluate(({ clipboard }) => clipboard.readText())).not.toContain('hacked')
  // Playing a recording sends no replies to the queries in it.
  const after = (await client.history.sessions({ filter: { session_id: session.session_id } })).sessions[0]!
  expect(after.bytes).toBe(session.bytes)
})

/** Holds back the host's replies until released. */
function hold(type: HostMessage['type']) {
  const held: HostMessage[] = []
  let holding = true
  return {
    held,
    change: (message: HostMessage) => {
      if (!holding || message.type !== type) return message
      held.push(message)
      return undefined
    },
    release: () => {
      holding = false
    },
  }
}

test('shows when a search takes long, and can stop it', async ({ join, later }) => {
  const found = hold('search_results')
  const { page, relay, behind } = await join(found.change)
  const client = await connectTo(behind)
  later(() => client.close())
  await recordSession(client, 'echo needle', { title: 'hay' })
  await openHistory(page)
  await page.keyboard.type('needle')
  await expect.poll(() => found.held.length).toBe(1)
  await expect(page.getByText('Searching…')).toBeVisible()
  await picture(page, 'history-searching')
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByText('Stopped after 0 lines')).toBeVisible()
  const asked = relay.asked.find(one => one.type === 'search')!
  await expect.poll(() => relay.asked).toContainEqual({ type: 'cancel', request_id: asked.request_id })
  found.release()
  await page.getByRole('searchbox').fill('needle ')
  await expect(hits(page)).toHaveCount(1)
})

test('searches a partly indexed history until a page is full, and says so', async ({ join, later }) => {
  let answers = 0
  const { page, relay, behind } = await join(message => {
    if (message.type !== 'search_results' || ++answers > 3) return message
    // The time limit was reached before anything was found.
    return {
      ...message,
      hits: [],
      sessions: [],
      cursor: '999999999.0',
      complete: false,
      indexed: { bytes: 6e8, total: 1e9 },
    }
  })
  const client = await connectTo(behind)
  later(() => client.close())
  await recordSession(client, 'echo needle', { title: 'hay' })
  await openHistory(page)
  await page.keyboard.type('needle')
  await expect(hits(page)).toHaveCount(1)
  expect(relay.asked.filter(one => one.type === 'search').map(one => one.cursor)).toEqual([
    undefined,
    '999999999.0',
    '999999999.0',
    '999999999.0',
  ])
  relay.change = message =>
    message.type === 'search_results' ? { ...message, indexed: { bytes: 6e8, total: 1e9 } } : message
  await page.getByRole('searchbox').fill('needle ')
  await expect(page.getByText('60% of the history is indexed so far')).toBeVisible()
  await picture(page, 'history-partly')
})

test('shows an error without a host, and recovers when it is back', async ({ join, later }) => {
  const refuse = (message: HostMessage): HostMessage =>
    message.type === 'history_page' || message.type === 'search_results'
      ? { type: 'error', request_id: message.request_id, code: 'store_damaged', message: 'the database cannot be read' }
      : message
  const { page, relay, behind } = await join(refuse)
  const client = await connectTo(behind)
  later(() => client.close())
  await recordSession(client, 'echo needle', { title: 'hay' })
  await openHistory(page)
  await expect(page.getByRole('alert')).toContainText('The history cannot be loaded: the database cannot be read.')
  await page.keyboard.type('needle')
  await expect(page.getByRole('alert')).toContainText('The search failed: the database cannot be read.')
  await picture(page, 'history-failed')
  relay.change = message => message
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(hits(page)).toHaveCount(1)
  await page.keyboard.press('Control+Shift+H')
  await expect(page.locator('.history')).toBeHidden()
})

test('selecting a session leaves the history, and a reload returns to it', async ({ start, dataDir, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  const client = await connectTo(dataDir)
  later(() => client.close())
  await startSession(page)
  const past = await recordSession(client, 'echo long ago', { title: 'past' })
  const toggle = page.getByRole('button', { name: 'History' })
  await toggle.click()
  await expect(toggle).toHaveAttribute('aria-pressed', 'true')
  await expect(rows(page).first()).toHaveText('past')
  await rows(page).first().click()
  await expectShown(page, /^long ago/)
  expect(new URL(page.url()).hash).toContain(`history&recording=${past.session_id}`)
  await page.reload()
  await expectShown(page, /^long ago/)
  await expect(page.locator('.recording h1')).toHaveText('past')
  await page.locator('nav [data-session]').first().getByRole('button').first().click()
  await expect(page.locator('.pane .xterm')).toBeVisible()
  await expect(toggle).toHaveAttribute('aria-pressed', 'false')
  expect(await shownText(page)).toContain('$')
})
