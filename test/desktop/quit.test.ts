// Ways out of the app: each asks when it should, and leaves no process behind. Knows nothing of pages' contents.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ElectronApplication } from '@playwright/test'
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

async function withShell(app: ElectronApplication): Promise<number[]> {
  const page = await app.firstWindow()
  await startSession(page)
  // A child that ignores the hang-up, as a stubborn server does: it too must be gone.
  await page.keyboard.type('sh -c \'trap "" HUP; sleep 1000\' & echo started\n')
  await expectShown(page, /\nstarted/)
  return family(app.process().pid!)
}

test('quitting asks when sessions run, and Cancel keeps them', async ({ start }) => {
  const app = await start()
  const processes = await withShell(app)
  await answerDialogs(app, 1)
  await app.evaluate(({ app }) => app.quit())
  await expect.poll(() => asked(app)).toEqual([expect.stringContaining('Quit and end 1 session?')])
  expect(processes.filter(pid => !alive(pid))).toEqual([])
  // Asked again, it asks again.
  await app.evaluate(({ app }) => app.quit())
  await expect.poll(() => asked(app)).toHaveLength(2)
})

test('after a yes nothing is left of the app or its shells', async ({ start, dataDir }) => {
  const app = await start()
  const processes = await withShell(app)
  expect(processes.length).toBeGreaterThan(3)
  await answerDialogs(app, 0)
  const child = app.process()
  const closed = app.waitForEvent('close')
  await app.evaluate(({ app }) => app.quit())
  await closed
  await expectGone(processes)
  expect(child.exitCode).toBe(0)
  expect(existsSync(join(dataDir, 'data', 'host.json'))).toBe(false)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends everything in order and asks nobody`, async ({ start, dataDir }) => {
    const app = await start()
    const processes = await withShell(app)
    const child = app.process()
    const closed = app.waitForEvent('close')
    process.kill(app.process().pid!, signal)
    await closed
    await expectGone(processes)
    expect(child.exitCode).toBe(0)
    expect(existsSync(join(dataDir, 'data', 'host.json'))).toBe(false)
  })
}

test('a second start brings the first one to the front and ends', async ({ start, launch }) => {
  const first = await start()
  const page = await first.firstWindow()
  const closed = page.waitForEvent('close')
  await first.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close())
  await closed
  const opened = first.waitForEvent('window')
  // Without Playwright, which takes an app that ends at once for a failure.
  const second = spawn(launch.executablePath, launch.args, { cwd: launch.cwd, env: launch.env })
  let said = ''
  second.stderr.on('data', bytes => (said += bytes))
  const [code] = await once(second, 'close')
  expect(code).toBe(0)
  expect(said).toContain('On the Go runs already')
  await opened
})
