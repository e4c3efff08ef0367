// The popover: sessions, buttons, and the pairing code.
import type { SessionInfo } from '../../protocol/messages.ts'
import {
  answerDialogs,
  asked,
  closeWindow,
  expect,
  expectPrompt,
  expectShown,
  picture,
  shownUrl,
  startSession,
  test,
} from './support/app.ts'
import { faults } from './support/axe.ts'
import { expectVisible, openPopover, popover } from './support/popover.ts'
import { clickTray, labels, press, watchTray } from './support/tray.ts'

test('a click on the tray icon shows the running sessions, a second one hides them, and a row opens its session', async ({
  start,
}) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  await page.keyboard.type('echo in the first\n')
  await expectShown(page, /\nin the first/)
  const icon = { x: 600, y: 0, width: 24, height: 24 }
  const small = await openPopover(app, () => clickTray(app, icon))
  await expect(small.getByRole('listitem')).toHaveCount(1)
  // Centered below the icon, which is at the top.
  expect((await popover(app))?.bounds).toEqual({ x: 432, y: 30, width: 360, height: 480 })
  await clickTray(app, icon)
  await expectVisible(app, false)
  await closeWindow(app, page)
  await press(app, 'Show sessions')
  await expectVisible(app, true)
  const [again] = await Promise.all([
    app.waitForEvent('window'),
    small.getByRole('listitem').getByRole('button').click(),
  ])
  await expectShown(again, /\nin the first/)
  await expectVisible(app, false)
})

test('reuses one window, which stays up to date while hidden', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  const small = await openPopover(app)
  await expect(small.getByRole('listitem')).toHaveCount(1)
  await small.keyboard.press('Escape')
  await expectVisible(app, false)
  await startSession(page)
  await expect(small.getByRole('listitem')).toHaveCount(2)
  await press(app, 'Show sessions')
  await expectVisible(app, true)
  expect(app.windows()).toHaveLength(2)
})

test('hides when it loses the focus', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  await openPopover(app)
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()
      .find(one => one.webContents.getURL().endsWith('/popover.html'))!
      .emit('blur')
  })
  await expectVisible(app, false)
})

test('shows each session’s last line, viewers and need for attention, and lists those that need attention first', async ({
  join,
}) => {
  let calls = false
  let real: SessionInfo[] = []
  const tell = (sessions: SessionInfo[]): SessionInfo[] => {
    const [first] = sessions
    if (!first) return sessions
    const last_line = '✓ 128 tests passed <img src=x onerror=alert(1)>'
    return [
      { ...first, clients: 2, last_line, viewers: ['Pixel 8', 'desktop'] },
      {
        ...first,
        session_id: 'two',
        title: 'agent \u202eevil with a name that is much longer than the window is wide',
        created_at: first.created_at - 90 * 60_000,
        clients: 0,
        last_line: '> Do you want to proceed? (y/n) and this line too is longer than anything that fits',
        attention: calls ? { at: Date.now(), text: 'May I run \u202enpm publish?', kind: 'message' } : null,
      },
      { ...first, session_id: 'three', title: 'over', state: 'exited', exit_code: 0 },
    ]
  }
  const { app, relay } = await join(message => {
    if (message.type !== 'sessions') return message
    real = message.sessions
    return { ...message, sessions: tell(real) }
  })
  await watchTray(app)
  await expect.poll(() => real.length).toBe(1)
  // A change, so that the tray gets a new menu.
  relay.say({ type: 'sessions', sessions: real })
  await expect.poll(() => labels(app)).toContain('Show sessions')
  relay.say({ type: 'sessions', sessions: tell(real) })
  const small = await openPopover(app)
  const rows = small.getByRole('listitem')
  await expect(rows).toHaveCount(2)
  await expect(rows.first()).toContainText('✓ 128 tests passed <img src=x onerror=alert(1)>')
  await expect(rows.first().getByRole('button').first()).toHaveAccessibleName(/viewed by Pixel 8, desktop/)
  await expect(rows.nth(1)).toContainText('agent evil')
  await expect(rows.nth(1)).toContainText('1 h')
  await expect(small.locator('img')).toHaveCount(0)
  calls = true
  relay.say({ type: 'sessions', sessions: tell(real) })
  await expect(rows.first()).toContainText('May I run npm publish?')
  await picture(small, 'popover-sessions')
  for (const colorScheme of ['dark', 'light'] as const) {
    await small.emulateMedia({ colorScheme })
    expect(await faults(small)).toEqual([])
  }
})

test('shows the code on demand, and voids it when hidden', async ({ start, phone }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  const small = await openPopover(app)
  await page.keyboard.type('exit\n')
  await expect(small.getByText('No running sessions')).toBeVisible()
  await picture(small, 'popover-empty')
  await small.getByRole('button', { name: 'Phones' }).click()
  const first = await shownUrl(small)
  await expect(small.getByRole('img', { name: 'QR code of the address' })).toBeInViewport({ ratio: 1 })
  await expect(small.getByTestId('countdown')).toBeInViewport()
  await expect(small.getByTestId('countdown')).toHaveText(/^[12]:\d\d$/)
  await picture(small, 'popover-code')
  for (const colorScheme of ['dark', 'light'] as const) {
    await small.emulateMedia({ colorScheme })
    expect(await faults(small)).toEqual([])
  }
  await small.keyboard.press('Escape')
  await expectVisible(app, false)
  await expect(small.getByTestId('address')).toBeHidden()
  const late = phone(first, 'late')
  await expect.poll(late.state).toBe('closed channel_refused')
  await press(app, 'Show sessions')
  await expectVisible(app, true)
  await expect(small.getByRole('heading', { name: 'Sessions' })).toBeVisible()
  await small.getByRole('button', { name: 'Phones' }).click()
  const second = await shownUrl(small)
  expect(second).not.toBe(first)
  const pixel = phone(second, 'Pixel')
  await expect.poll(pixel.state).toBe('awaiting_approval')
  // The dialog appears in the main window, which takes the focus; the button here leads to it, too.
  await expect(page.getByRole('dialog', { name: 'Allow “Pixel”?' })).toBeVisible()
  await press(app, 'Show sessions')
  await expectVisible(app, true)
  await expect(small.getByRole('button', { name: '1 phone wants to pair…' })).toBeVisible()
  await picture(small, 'popover-asked')
  await small.getByRole('button', { name: '1 phone wants to pair…' }).click()
  await expectVisible(app, false)
  await page.getByRole('dialog').getByRole('button', { name: 'Decline' }).click()
  await expect.poll(pixel.state).toBe('closed pairing_refused')
})

test('can be used with the keyboard only', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  await page.keyboard.type('echo the first\n')
  await expectShown(page, /\nthe first/)
  await page.keyboard.press('Control+Shift+N')
  await expectPrompt(page)
  const small = await openPopover(app)
  const rows = small.locator('.row')
  await expect(rows.first()).toBeFocused()
  await small.keyboard.press('ArrowUp')
  await expect(rows.first()).toBeFocused()
  await small.keyboard.press('ArrowDown')
  await expect(rows.nth(1)).toBeFocused()
  await small.keyboard.press('Home')
  await expect(rows.first()).toBeFocused()
  await small.keyboard.press('End')
  await expect(rows.nth(1)).toBeFocused()
  await picture(small, 'popover-keyboard')
  await small.keyboard.press('Enter')
  await expectVisible(app, false)
  await expectShown(page, /\nthe first/)
  const reach = async (name: string) => {
    await press(app, 'Show sessions')
    await expectVisible(app, true)
    const button = small.getByRole('button', { name, exact: true })
    for (let tabs = 0; tabs < 12; tabs++) {
      if (await button.evaluate(element => element === document.activeElement)) break
      await small.keyboard.press('Tab')
    }
    await expect(button).toBeFocused()
    await small.keyboard.press('Enter')
    await expectVisible(app, false)
  }
  await reach('History')
  await expect(page.getByRole('searchbox')).toBeVisible()
  await reach('Settings')
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible()
  await page.keyboard.press('Escape')
  await reach('New session')
  await expect(page.locator('nav [data-session]')).toHaveCount(3)
  await expectPrompt(page)
  await answerDialogs(app, 1)
  await reach('Quit')
  await expect.poll(() => asked(app)).toEqual([expect.stringContaining('Quit and end 3 sessions?')])
})

test('cases 56 to 59: is guarded like the main window', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  await answerDialogs(app, 1)
  const small = await openPopover(app)
  expect(small.url()).toBe('app://ui/popover.html')
  const preferences = await app.evaluate(({ BrowserWindow }) => {
    const window = BrowserWindow.getAllWindows().find(one => one.webContents.getURL().endsWith('/popover.html'))
    // Missing in Electron's types.
    return (window!.webContents as unknown as { getLastWebPreferences(): object }).getLastWebPreferences()
  })
  expect(preferences).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webviewTag: false,
  })
  // It cannot navigate, open windows or reach the network.
  for (const url of ['https://example.com/', 'file:///etc/passwd', 'app://other/index.html']) {
    await small.evaluate(target => void location.assign(target), url).catch(() => {})
    expect(await small.evaluate(target => window.open(target) === null, url)).toBe(true)
  }
  const reached = small.evaluate(() =>
    fetch('http://127.0.0.1:9/').then(
      () => 'reached',
      error => String(error),
    ),
  )
  expect(await reached).toBe('TypeError: Failed to fetch')
  expect(small.url()).toBe('app://ui/popover.html')
  // Invalid actions are ignored.
  await small.evaluate(() => {
    const act = (globalThis as unknown as { otg: { act(action: unknown): void } }).otg.act
    for (const wrong of [
      null,
      'quit',
      {},
      { type: 'run' },
      { type: 'open', location: '../x' },
      { type: 'quit', now: true },
      [],
    ])
      act(wrong)
    act({ type: 'open', location: { session: 'x'.repeat(65) } })
  })
  // Locators would wait for the navigation that was prevented.
  expect(await small.evaluate(() => document.querySelectorAll('.row').length)).toBe(1)
  await expectVisible(app, true)
})

test('the next click replaces a crashed page', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await watchTray(app)
  await startSession(page)
  const small = await openPopover(app)
  await expect(small.getByRole('listitem')).toHaveCount(1)
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()
      .find(one => one.webContents.getURL().endsWith('/popover.html'))!
      .webContents.forcefullyCrashRenderer()
  })
  await expect.poll(() => popover(app)).toBeUndefined()
  const again = await openPopover(app)
  await expect(again.getByRole('listitem')).toHaveCount(1)
})
