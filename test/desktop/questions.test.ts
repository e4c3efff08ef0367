// Questions of programs, answered from the tray's menu, from a notification, in the popover and in the window.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OTG } from '../support/built.ts'
import { agentScript } from './support/agent.ts'
import { closeWindow, expect, expectShown, picture, startSession, test } from './support/app.ts'
import { faults } from './support/axe.ts'
import { connectTo } from './support/host-socket.ts'
import { clickNotification, notifications, watchNotifications } from './support/notifications.ts'
import { expectVisible, openPopover } from './support/popover.ts'
import { labels, press, sublabels, trayMark, watchTray } from './support/tray.ts'

test('cases 67 and 68: a question is answered once, from the tray’s menu or from its notification, and opens the window when it changed', async ({
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

  // A muted session is marked, but not notified of.
  const wait = `until [ -e '${join(dataDir, 'ring')}' ]; do sleep 0.05; done; printf '\\a'; exec sleep 1000`
  const muted = await client.create({ title: 'muted', command: ['sh', '-c', wait] })
  await client.notifySession(muted.session_id, 'muted')
  writeFileSync(join(dataDir, 'ring'), '')
  await expect.poll(() => labels(app)).toContain('● muted: Bell rang')
  expect(await trayMark(app)).toEqual({ tip: 'On the Go: muted needs attention', marked: true })
  expect(await notifications(app)).toEqual([])
  await client.kill(muted.session_id)
  await expect.poll(() => trayMark(app)).toEqual({ tip: 'On the Go', marked: false })

  const command = [agentScript(dataDir, ['one', 'two&co', 'three', 'four'])]
  const { session_id } = await client.create({ title: 'proj', command })
  const screen = async () => (await client.screen(session_id)).lines.join('\n')
  const entry = '● proj: Do you want to proceed?'

  await expect.poll(() => trayMark(app)).toEqual({ tip: 'On the Go: proj asks', marked: true })
  expect((await labels(app))[0]).toBe(entry)
  expect(await sublabels(app, entry)).toEqual([
    'Bash command',
    'curl one',
    'Do you want to proceed?',
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
  await expect
    .poll(() => notifications(app))
    .toMatchObject([{ open: false }, { body: expect.stringMatching(/curl two&(amp;)?co/), open: true }])
  await clickNotification(app, 0)
  await expect.poll(screen).toContain('got 1 for two&co')
  await expect.poll(() => notifications(app)).toMatchObject([{ open: false }, { open: false }])

  // Another question takes the place of one whose answer is still on a menu: nothing is typed.
  writeFileSync(join(dataDir, 'two&co.done'), '')
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

test('the window and the popover show what needs a person first, and answer it', async ({ start, dataDir, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await watchNotifications(app)
  await startSession(page)
  // On a busy machine the window manager gives it the focus only now.
  const hasFocus = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some(one => one.isFocused()))
  await expect.poll(hasFocus).toBe(true)
  const client = await connectTo(dataDir)
  later(() => client.close())
  const run = (title: string, command: string[]) => client.create({ title, command })
  await run('quiet', ['sleep', '1000'])
  await run('rings', ['sh', '-c', `printf '\\a'; exec sleep 1000`])
  const { session_id } = await run('proj', [agentScript(dataDir, ['one', 'two', 'three'])])
  const screen = async () => (await client.screen(session_id)).lines.join('\n')
  const items = page.locator('nav [data-session]')
  const card = page.getByRole('article', { name: 'proj asks' })

  await expect(card).toContainText('curl one')
  await expect(page.getByRole('button', { name: /^2 sessions need you/ })).toBeVisible()
  await expect(items).toHaveCount(4)
  await expect(items.nth(0)).toContainText('Do you want to proceed?')
  await expect(items.nth(1)).toContainText('rings')
  // The user is at the window, which shows it.
  expect(await notifications(app)).toEqual([])
  await expect(card.getByRole('button', { name: 'No' })).toBeEnabled()
  await picture(page, 'window-question')
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await faults(page)).toEqual([])
  }
  const filters = page.getByRole('group', { name: 'Show sessions' })
  await filters.getByRole('button', { name: 'Needs you 2' }).click()
  await expect(items).toHaveCount(2)
  await filters.getByRole('button', { name: 'All' }).click()
  await expect(items).toHaveCount(4)

  // Marked as seen by the key: the row that has the focus.
  await items.nth(1).locator('.row').focus()
  await page.keyboard.press('Control+Shift+D')
  await expect(page.getByText('“rings” is marked as seen.')).toBeVisible()
  await expect(page.getByRole('button', { name: /^1 session needs you/ })).toBeVisible()

  // A session that failed unseen needs a person until it is opened.
  const failing = await run('fails', [
    'sh',
    '-c',
    `until [ -e '${join(dataDir, 'fail')}' ]; do sleep 0.05; done; exit 3`,
  ])
  await client.notifySession(failing.session_id, 'when_ended')
  writeFileSync(join(dataDir, 'fail'), '')
  const failed = page.locator('nav li', { hasText: 'Failed with exit code 3' })
  await expect(failed.getByRole('button', { name: 'Mark fails as seen' })).toBeVisible()
  await expect(page.getByRole('button', { name: /^2 sessions need you/ })).toBeVisible()
  await failed.locator('.row').click()
  await expect(failed).toBeHidden()
  await expect(page.getByRole('button', { name: /^1 session needs you/ })).toBeVisible()

  await card.getByRole('button', { name: 'Yes', exact: false }).first().click()
  await expect.poll(screen).toContain('got 1 for one')
  await expect(card).toBeHidden()
  await expect(page.getByRole('button', { name: /needs? you/ })).toHaveCount(0)

  writeFileSync(join(dataDir, 'one.done'), '')
  await expect(card).toContainText('curl two')
  const small = await openPopover(app)
  const smallCard = small.getByRole('article', { name: 'proj asks' })
  await expect(smallCard).toContainText('curl two')
  await expect(smallCard.getByRole('button', { name: 'No' })).toBeEnabled()
  await expect(small.getByRole('listitem').first()).toContainText('curl two')
  await picture(small, 'popover-question')
  for (const colorScheme of ['dark', 'light'] as const) {
    await small.emulateMedia({ colorScheme })
    expect(await faults(small)).toEqual([])
  }
  // Enter on what has the focus first must not approve anything.
  await expect(smallCard.getByRole('button', { name: 'Open terminal' })).toBeFocused()
  await small.keyboard.press('ArrowUp')
  await expect(smallCard.getByRole('button', { name: 'No' })).toBeFocused()
  await small.keyboard.press('Enter')
  await expect.poll(screen).toContain('got 3 for two')
  await expect(smallCard).toBeHidden()
  await small.keyboard.press('Escape')
  await expectVisible(app, false)

  writeFileSync(join(dataDir, 'two.done'), '')
  await expect(card).toContainText('curl three')
  await page.keyboard.press('Control+Shift+J')
  await expectShown(page, /curl three/)
  // Beside its own terminal, the session is a row.
  await expect(card).toBeHidden()
  await expect(page.locator('nav .current')).toContainText('Do you want to proceed?')
})

test('case 123: a permission says what each answer covers, in the window only', async ({ start, dataDir, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  await expect(page.getByText('No running sessions')).toBeVisible()
  await watchTray(app)
  const client = await connectTo(dataDir)
  later(() => client.close())
  const { session_id } = await client.create({ title: 'release 2.4', command: ['cat'] })
  const send = `'${process.execPath}' '${OTG}' send ${session_id} --enter 'npm publish'`
  const command = ['sh', '-c', `OTG_DATA_DIR='${join(dataDir, 'data')}' ${send}; cat`]
  await client.create({ title: 'fix the failing test', command })
  const card = page.locator('.question-card')
  await expect(card).toContainText('On the Go asked just now')
  await expect(card.locator('.question')).toHaveText(
    'A program in this session wants to see “release 2.4” and type into it.',
  )
  await expect(card.getByRole('button', { name: /^Allow once/ })).toHaveText(
    'Allow onceOnly this, until the program disconnects.',
  )
  await picture(page, 'permission')
  const entry = (await labels(app)).find(label => label.includes('fix the failing test'))!
  expect((await sublabels(app, entry)).join()).not.toContain('Allow')
  await card.getByRole('button', { name: /^Allow once/ }).click()
  await expect.poll(async () => (await client.screen(session_id)).lines.join()).toContain('npm publish')
  await expect(card).toHaveCount(0)
})
