// The app beside a host that runs already: it joins, and its end is nobody else's. Knows nothing of the host's inside.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import {
  alive,
  answerDialogs,
  asked,
  environment,
  expect,
  expectGone,
  expectShown,
  family,
  root,
  startSession,
  test,
} from './support/app.ts'

interface Headless {
  process: ChildProcess
  shell: number
}

async function startHeadless(dataDir: string): Promise<Headless> {
  const script = join(import.meta.dirname, 'support', 'headless-host.ts')
  const child = spawn(process.execPath, [script, join(dataDir, 'data')], {
    cwd: root,
    env: environment(dataDir),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout!, 'data')) as [Buffer]
  return { process: child, shell: Number(line.toString()) }
}

test('a headless host is joined: its sessions are there, and outlive the app', async ({ start, dataDir }) => {
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
    headless.process.kill('SIGTERM')
    await once(headless.process, 'exit')
  }
})

test('when a joined host ends, the app becomes the host', async ({ start, dataDir }) => {
  const headless = await startHeadless(dataDir)
  const app = await start()
  const page = await app.firstWindow()
  await expect(
    page
      .getByRole('navigation')
      .getByRole('button', { name: /headless shell/ })
      .first(),
  ).toBeVisible()
  headless.process.kill('SIGTERM')
  await once(headless.process, 'exit')
  await expect(page.getByText('No session runs')).toBeVisible()
  await startSession(page)
  await answerDialogs(app, 1)
  await app.evaluate(({ app }) => app.quit())
  await expect.poll(() => asked(app)).toHaveLength(1)
})
