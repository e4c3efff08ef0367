// Quitting the app: each way asks when it should, and leaves no process behind.
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
  // A child that ignores SIGHUP must end, too.
  await page.keyboard.type('sh -c \'trap "" HUP; sleep 1000\' & echo started\n')
  await expectShown(page, /\nstarted/)
  return family(app.process().pid!)
}

test('quitting asks for confirmation while sessions run, and Cancel keeps them', async ({ start }) => {
  const app = await start()
  const processes = await withShell(app)
  await answerDialogs(app, 1)
  await app.evaluate(({ app }) => app.quit())
  await expect.poll(() => asked(app)).toEqual([expect.stringContaining('Quit and end 1 session?')])
  expect(processes.filter(pid => !alive(pid))).toEqual([])
  // A second attempt asks again.
  await app.evaluate(({ app }) => app.quit())
  await expect.poll(() => asked(app)).toHaveLength(2)
})

test('no process of the app or its shells is left after the confirmation', async ({ start, dataDir }) => {
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
  test(`${signal} quits without asking`, async ({ start, dataDir }) => {
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

test('a second start brings the first app to the front and exits', async ({ start, launch }) => {
  const first = await start()
  const page = await first.firstWindow()
  const closed = page.waitForEvent('close')
  await first.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close())
  await closed
  const opened = first.waitForEvent('window')
  // Without Playwright, which reports an app that exits at once as a failure.
  const second = spawn(launch.executablePath, launch.args, { cwd: launch.cwd, env: launch.env })
  let said = ''
  second.stderr.on('data', bytes => (said += bytes))
  const [code] = await once(second, 'close')
  expect(code).toBe(0)
  expect(said).toContain('On the Go is already running')
  await opened
})
