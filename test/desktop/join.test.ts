// The app joins a host that is already running, and leaves it running when it quits.
import {
  alive,
  answerDialogs,
  asked,
  expect,
  expectGone,
  expectShown,
  family,
  startSession,
  test,
} from './support/app.ts'
import { startHeadless } from './support/headless.ts'
import { connectTo } from './support/host-socket.ts'
import { labels, watchTray } from './support/tray.ts'

test('joins a headless host, whose sessions outlive the app', async ({ start, dataDir }) => {
  const headless = await startHeadless(dataDir)
  try {
    const app = await start()
    const page = await app.firstWindow()
    await page
      .getByRole('navigation')
      .getByRole('button', { name: /headless shell/ })
      .first()
      .click()
    await expectShown(page, /\$/)
    await page.keyboard.type('echo pid $$\n')
    await expectShown(page, new RegExp(`\\npid ${headless.shell}\\b`))

    await answerDialogs(app, 1)
    const processes = family(app.process().pid!)
    expect(processes).not.toContain(headless.shell)
    const closed = app.waitForEvent('close')
    await app.evaluate(({ app }) => app.quit())
    await closed
    await expectGone(processes)
    expect(alive(headless.shell)).toBe(true)
    expect(alive(headless.process.pid!)).toBe(true)
  } finally {
    await headless.stop()
  }
})

test('becomes the host when a joined host stops', async ({ start, dataDir }) => {
  const headless = await startHeadless(dataDir)
  const app = await start()
  const page = await app.firstWindow()
  await expect(
    page
      .getByRole('navigation')
      .getByRole('button', { name: /headless shell/ })
      .first(),
  ).toBeVisible()
  await headless.stop()
  await expect(page.getByText('No running sessions')).toBeVisible()
  await startSession(page)
  await answerDialogs(app, 1)
  await app.evaluate(({ app }) => app.quit())
  await expect.poll(() => asked(app)).toHaveLength(1)
})

test('notices a dead connection at once after sleep', async ({ join, later }) => {
  const { app, page, relay, behind } = await join()
  const hellos = () => relay.asked.filter(one => one.type === 'hello' && one.client.name === 'tray').length
  await expect.poll(hellos).toBe(1)
  await expect(page.locator('nav [data-session]')).toHaveCount(1)
  await watchTray(app)
  // Open without answers, like a socket after sleep. The heartbeat would take 30 s to notice.
  relay.change = () => undefined
  await app.evaluate(({ powerMonitor }) => void powerMonitor.emit('resume'))
  await expect.poll(hellos, { timeout: 5_000 }).toBeGreaterThan(1)
  relay.change = message => message
  const client = await connectTo(behind)
  later(() => client.close())
  await client.create({ title: 'after sleep' })
  await expect.poll(() => labels(app), { timeout: 20_000 }).toContain('after sleep')
})
