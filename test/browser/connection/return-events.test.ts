// Every way in which a page can leave and return: it shows the right screen, and input typed meanwhile arrives once.
import Database from 'better-sqlite3'
import { expect, type Phone, test } from '../support/phone.ts'

const kept = (phone: Phone) =>
  phone.page.evaluate(() => {
    const key = Object.keys(sessionStorage).find(key => key.startsWith('otg.input.'))
    return key ? (JSON.parse(sessionStorage.getItem(key)!) as { input: unknown[] }).input.length : -1
  })

test('a socket that died without a close event is replaced', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  const print = await phone.prepareOutput('seq 1 50')
  const typed = await phone.recordTyping()
  await phone.run('before')
  await host.network('silent')
  print()
  await phone.run('into the void')
  await expect.poll(() => kept(phone)).toBeGreaterThan(0)
  await phone.page.evaluate(() => window.dispatchEvent(new Event('online')))
  await expect(phone.page.getByText(/Reconnected/)).toBeVisible({ timeout: 3000 })
  await phone.matchesHost()
  await phone.shows('\n50')
  await phone.run('after')
  expect(await typed()).toEqual(['before', 'into the void', 'after'])
  await expect.poll(() => kept(phone), 'nothing is kept of what has arrived').toBe(0)
})

test('a reload while input is in transit delivers it exactly once', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  const typed = await phone.recordTyping()
  await phone.run('before')
  // Sent, but processed only after the page is gone.
  process.kill(host.pid, 'SIGSTOP')
  await phone.run('under way')
  const reload = phone.page.reload()
  await new Promise(resolve => setTimeout(resolve, 300))
  process.kill(host.pid, 'SIGCONT')
  await reload
  await phone.shows('under way')
  await phone.matchesHost()
  await phone.page.locator('.xterm').tap()
  await phone.run('between')
  // Never sent.
  await host.network('silent')
  await phone.run('never sent')
  await phone.page.reload()
  await phone.shows('never sent')
  await phone.matchesHost()
  await phone.page.locator('.xterm').tap()
  await phone.run('after')
  expect(await typed()).toEqual(['before', 'under way', 'between', 'never sent', 'after'])
  expect(await host.desktop.list()).toHaveLength(1)
})

test('old input is sent only after confirmation, even after a reload', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  const typed = await phone.recordTyping()
  for (const answer of ['Send', 'Discard']) {
    await host.network('down')
    await phone.run(`${answer} this`)
    await phone.page.waitForTimeout(5200)
    await host.network('up')
    await phone.page.reload()
    await expect(phone.page.getByRole('dialog', { name: 'Send what you typed earlier?' })).toContainText(
      `${answer} this↵`,
    )
    await phone.screenshot('stale-input')
    await phone.fits()
    await phone.page.getByRole('button', { name: answer }).tap()
    await phone.page.locator('.xterm').tap()
    await phone.run(`after ${answer}`)
    // Input still in transit when the network fails would need confirmation too.
    await phone.shows(`after ${answer}`)
  }
  expect(await typed()).toEqual(['Send this', 'after Send', 'after Discard'])
})

test('input typed without a connection is kept while the list is shown', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  const typed = await phone.recordTyping()
  await host.network('down')
  await phone.run('kept')
  await phone.page.goBack()
  await expect(phone.page.getByRole('heading', { name: 'Sessions' })).toBeVisible()
  await host.network('up')
  await phone.page.goForward()
  await phone.shows('kept')
  await phone.page.locator('.xterm').tap()
  await phone.run('after')
  expect(await typed()).toEqual(['kept', 'after'])
})

test('a duplicated tab numbers its input separately', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  const typed = await phone.recordTyping()
  await phone.run('one')
  await expect.poll(() => kept(phone)).toBe(0)
  // Like Chromium: a new page with a copy of the storage.
  const storage = await phone.page.evaluate(() => ({ ...sessionStorage }) as Record<string, string>)
  const other = await phone.page.context().newPage()
  await other.addInitScript(storage => {
    if (!sessionStorage.length) Object.assign(sessionStorage, storage)
  }, storage)
  await other.goto(`http://127.0.0.1:${host.port}/`)
  await expect(other.locator('.xterm-rows')).toContainText('one')
  await other.locator('.xterm').tap()
  await other.keyboard.type('two\n')
  await expect(phone.page.locator('.xterm-rows')).toContainText('two')
  await phone.page.bringToFront()
  await phone.run('three')
  await phone.shows('three')
  await other.close()
  expect(await typed()).toEqual(['one', 'two', 'three'])
})

test('missed output appears at once without an animation, even when it is too long to send', async ({
  phone,
  host,
}) => {
  test.slow()
  await phone.open()
  await phone.newSession()
  for (const count of [100_000, 400_000]) {
    const print = await phone.prepareOutput(`seq 1 ${count}`)
    await host.network('down')
    const size = await phone.ptySize()
    const film = await phone.recordFrames()
    print()
    await phone.hostShows(`\n${count}`)
    await host.network('up')
    await expect(phone.page.getByText(/Reconnected/)).toBeVisible({ timeout: 15_000 })
    await phone.shows(`\n${count}`)
    await phone.matchesHost()
    expect(await phone.ptySize()).toBe(size)
    const seen = await film()
    expect(
      seen.map(text => JSON.stringify([text.split('\n').length, text.slice(0, 30), text.slice(-30)])),
    ).toHaveLength(2)
    await phone.run('clear')
    await expect(phone.page.getByText(/Reconnected/)).toHaveCount(0)
  }
})

test('a slow phone shows missed output without an animation', async ({ phone, host }) => {
  test.slow()
  await phone.open()
  await phone.newSession()
  const cdp = await phone.page.context().newCDPSession(phone.page)
  const print = await phone.prepareOutput('seq 1 100000')
  await host.network('down')
  const film = await phone.recordFrames()
  print()
  await phone.hostShows('\n100000')
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 25 })
  await host.network('up')
  await expect.poll(() => phone.screen(), { timeout: 60_000 }).toContain('\n100000')
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  await phone.matchesHost()
  expect((await film()).map(text => text.slice(-30))).toHaveLength(2)
})

test('reconnecting stops visibly and can be started again', async ({ phone, host }) => {
  await phone.page.clock.install()
  await phone.open()
  await phone.newSession()
  const typed = await phone.recordTyping()
  await host.network('down')
  await expect(phone.page.getByText('Connection lost - reconnecting…')).toBeVisible()
  await phone.run('kept')
  await phone.page.clock.fastForward('11:00')
  await expect(phone.page.getByText('No connection for ten minutes. Your input is kept.')).toBeVisible()
  await phone.screenshot('gave-up')
  await phone.fits()
  await host.network('up')
  await phone.page.getByRole('button', { name: 'Try again' }).tap()
  await phone.page.getByRole('button', { name: 'Send' }).tap()
  await phone.page.locator('.xterm').tap()
  await phone.run('after')
  await phone.matchesHost()
  expect(await typed()).toEqual(['kept', 'after'])
})

test('missing output is reported', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  // Small enough that a terminal starts with all of it.
  await phone.run('seq 1 9000')
  await phone.shows('\n9000')
  const { session_id } = (await host.desktop.list())[0]!
  await host.stopProcess()
  const database = new Database(host.database)
  database.exec('UPDATE pieces SET blob = zeroblob(length(blob))')
  database.close()
  await expect(phone.page.getByText('Ended when the host stopped')).toBeVisible()
  await host.startProcess()
  await phone.page.reload()
  await expect(
    phone.page.getByText(/^Part of the output is missing: [\d.]+ (bytes|KB) is damaged and cannot be read\.$/),
  ).toBeVisible()
  await phone.screenshot('history-gone')
  await phone.fits()
  await phone.matchesHost(session_id)
  await phone.page.getByRole('button', { name: 'Dismiss' }).tap()
  await expect(phone.page.getByText('Part of the output')).toHaveCount(0)
})

for (const way of ['stopped', 'crashed'] as const)
  test(`the page reconnects after the host ${way} and was restarted, and shows how the session ended`, async ({
    phone,
    host,
  }) => {
    await phone.open()
    await phone.newSession()
    await phone.run('seq 1 30')
    await phone.shows(/30\n\$$/)
    await phone.page.waitForTimeout(1100) // output older than a second is recorded
    const before = await phone.screen()
    const { session_id } = (await host.desktop.list())[0]!
    if (way === 'stopped') await host.stopProcess()
    else await host.crash()
    await expect(phone.page.getByText('Connection lost - reconnecting…')).toBeVisible()
    expect(await phone.screen(), 'the screen stays until the outcome is known').toBe(before)
    // A page that the host notified knows that the session accepts no input; the other one still accepts typing.
    if (way === 'stopped') await expect(phone.page.getByText('Ended when the host stopped')).toBeVisible()
    await phone.run('too late')
    await host.startProcess()
    const words = way === 'stopped' ? 'Ended when the host stopped' : 'Lost in a crash'
    await expect(phone.page.getByText('Connection lost')).toHaveCount(0, { timeout: 15_000 })
    await expect(phone.page.getByText(words)).toBeVisible()
    if (way === 'crashed')
      await expect(phone.page.getByText('What you typed arrived too late and was discarded.')).toBeVisible()
    await phone.matchesHost(session_id)
    expect(await phone.screen()).toBe(before)
    await phone.screenshot(`host-${way}`)
    await phone.fits()
    await phone.page.getByRole('button', { name: 'New session' }).tap()
    await phone.shows(/^\$$/)
    await phone.run('echo goes on')
    await phone.shows('goes on\n')
    await phone.matchesHost()
    await phone.page.getByRole('button', { name: 'Back to sessions' }).tap()
    await expect(phone.page.getByRole('heading', { name: 'Sessions' })).toBeVisible()
  })
