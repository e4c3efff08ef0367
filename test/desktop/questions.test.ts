// Questions of programs, answered from the tray's menu, from a notification, in the popover and in the window.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { agentScript } from './support/agent.ts'
import { closeWindow, expect, expectShown, test } from './support/app.ts'
import { connectTo } from './support/host-socket.ts'
import { clickNotification, notifications, watchNotifications } from './support/notifications.ts'
import { labels, press, sublabels, trayMark, watchTray } from './support/tray.ts'

test('a question is answered once, from the tray’s menu or from its notification, and opens the window when it changed', async ({
  start,
  dataDir,
  later,
}) => {
  const app = await start()
  const page = await app.firstWindow()
  await expect(page.getByText('No running sessions')).toBeVisible()
  await watchTray(app)
  await watchNotifications(app)
  await closeWindow(app, page)
  const client = await connectTo(dataDir)
  later(() => client.close())
  const command = [agentScript(dataDir, ['one', 'two', 'three', 'four'])]
  const { session_id } = await client.create({ title: 'proj', command })
  const screen = async () => (await client.screen(session_id)).lines.join('\n')
  const entry = '● proj: Do you want to proceed?'

  await expect.poll(() => trayMark(app)).toEqual({ tip: 'On the Go: proj asks', marked: true })
  expect((await labels(app))[0]).toBe(entry)
  expect(await sublabels(app, entry)).toEqual([
    'Bash command',
    'curl one',
    '1 Yes',
    '2 Yes, and don’t ask again',
    '3 No',
    '-',
    'Open',
    'Mark as seen',
  ])
  await expect
    .poll(() => notifications(app))
    .toEqual([
      {
        title: 'proj',
        body: 'Bash command\ncurl one\nDo you want to proceed?',
        buttons: ['1 Yes', '2 Yes, and don’t ask again', '3 No'],
        silent: false,
        open: true,
      },
    ])
  await press(app, entry, '3 No')
  await expect.poll(screen).toContain('got 3 for one')
  await expect.poll(() => trayMark(app)).toEqual({ tip: 'On the Go: 1 running session', marked: false })
  expect(await notifications(app)).toMatchObject([{ open: false }])

  writeFileSync(join(dataDir, 'one.done'), '')
  await expect.poll(() => notifications(app)).toMatchObject([{ open: false }, { body: /curl two/, open: true }])
  await clickNotification(app, 0)
  await expect.poll(screen).toContain('got 1 for two')
  await expect.poll(() => notifications(app)).toMatchObject([{ open: false }, { open: false }])

  // Another question takes the place of one whose answer is still on a menu: nothing is typed.
  writeFileSync(join(dataDir, 'two.done'), '')
  await expect.poll(() => notifications(app)).toHaveLength(3)
  await app.evaluate(() => {
    const { trayMenu } = globalThis as unknown as { trayMenu: Electron.Menu }
    Object.assign(globalThis, { openMenu: trayMenu })
  })
  writeFileSync(join(dataDir, 'three.gone'), '')
  await expect.poll(() => notifications(app)).toHaveLength(4)
  expect(await notifications(app)).toMatchObject([{}, {}, { open: false }, { body: /curl four/, open: true }])
  const [window] = await Promise.all([
    app.waitForEvent('window'),
    app.evaluate(() => {
      const { openMenu } = globalThis as unknown as { openMenu: Electron.Menu }
      openMenu.items[0]!.submenu!.items.find(item => item.label === '1 Yes')!.click()
    }),
  ])
  await expectShown(window, /curl four/)
  expect(await screen()).not.toContain('got')
  await expect.poll(() => notifications(app)).toMatchObject([{}, {}, {}, { open: false }])
  await expect.poll(() => trayMark(app)).toEqual({ tip: 'On the Go: proj asks', marked: false })
})
