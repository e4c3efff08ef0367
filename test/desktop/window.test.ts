// The main window: its terminal, its sessions, crashes and pastes.
import { join } from 'node:path'
import { expect, expectPrompt, expectShown, picture, screenshots, startSession, test } from './support/app.ts'

test('opens, starts a session and echoes what is typed into it', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect(page.getByRole('button', { name: 'New session' }).first()).toBeVisible()
  await expect(page.getByText('No running sessions')).toBeVisible()
  await page.screenshot({ path: join(screenshots, 'empty.png') })

  await startSession(page)
  await expect(page.locator('nav [data-session]')).toHaveCount(1)

  await page.keyboard.type('echo $((40 + 2)) times; printf "\\033[32mgreen\\033[0m %s\\n" "$(tput cols)"\n')
  await expectShown(page, /42 times\s*\n\s*green \d+/)
  await page.screenshot({ path: join(screenshots, 'session.png') })
})

test('the terminal has the size of the window', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  const size = async (tag: string) => {
    await page.keyboard.type(`echo ${tag} $(stty size)\n`)
    await expectShown(page, new RegExp(`\\n${tag} \\d+ \\d+`))
    const rows = (await page.locator('.xterm-rows > div').allTextContents()).join('\n')
    return new RegExp(`\\n${tag} (\\d+) (\\d+)`).exec(rows)!.slice(1).map(Number) as [number, number]
  }
  const before = await size('before')
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setSize(720, 480))
  await expect.poll(() => page.locator('.xterm-rows > div').count()).toBeLessThan(before[0])
  const after = await size('after')
  expect(after[0]).toBeLessThan(before[0])
  expect(after[1]).toBeLessThan(before[1])
  await page.screenshot({ path: join(screenshots, 'small.png') })
})

test('lists several sessions, switches with the keyboard, and ends one after a confirmation', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  const entries = page.locator('nav [data-session]')
  await startSession(page)
  await page.keyboard.type('echo first\n')
  await expectShown(page, /\nfirst/)
  await page.keyboard.press('Control+Shift+N')
  await expect(entries).toHaveCount(2)
  await expectPrompt(page)
  await page.keyboard.type('echo second\n')
  await expectShown(page, /\nsecond/)
  await page.keyboard.press('Control+Shift+PageDown')
  await expectShown(page, /\nfirst/)
  await page.screenshot({ path: join(screenshots, 'two-sessions.png') })

  await page.getByRole('button', { name: 'End session' }).click()
  const question = page.getByRole('dialog')
  await expect(question).toBeVisible()
  await page.screenshot({ path: join(screenshots, 'end-session.png') })
  await question.getByRole('button', { name: 'End session' }).click()
  await expect(page.getByText('Session ended by user')).toBeVisible()
  await page.screenshot({ path: join(screenshots, 'ended.png') })
})

test('has a light theme', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await page.emulateMedia({ colorScheme: 'light' })
  await startSession(page)
  await page.keyboard.type('ls -la --color=always /\n')
  await expectShown(page, /usr/)
  await page.getByRole('button', { name: 'Phones' }).click()
  await expect(page.getByTestId('address')).toHaveText(/^http/)
  // The panel makes the terminal smaller, and the shell gets the new size.
  await expect.poll(() => page.locator('.xterm-screen').evaluate(e => e.clientWidth)).toBeLessThan(520)
  await page.screenshot({ path: join(screenshots, 'light.png') })
})

test('reloads a crashed page, and the session loses nothing', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  await page.keyboard.type('MARK=kept; echo before the crash\n')
  await expectShown(page, /\nbefore the crash/)
  const state = () =>
    app.evaluate(({ BrowserWindow }) => {
      const { webContents } = BrowserWindow.getAllWindows()[0]!
      return { crashed: webContents.isCrashed(), url: webContents.getURL(), pid: webContents.getOSProcessId() }
    })
  const before = await state()
  expect(before.url).toContain('#session=')
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.forcefullyCrashRenderer())
  await expect.poll(async () => (await state()).pid).not.toBe(before.pid)
  await expect.poll(state).toMatchObject({ crashed: false, url: before.url })

  // Playwright has lost this page (its debugger holds the new process), so this uses another window.
  const opened = app.waitForEvent('window')
  await app.evaluate(({ app, BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]!.destroy()
    app.emit('activate')
  })
  const again = await opened
  await expectShown(again, /\nbefore the crash/)
  await again.keyboard.type('echo still $MARK\n')
  await expectShown(again, /\nstill kept/)
})

test('asks for confirmation before a paste that would run lines at once or hides characters', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  const paste = async (text: string) => {
    await app.evaluate(({ clipboard }, text) => clipboard.writeText(text), text)
    await page.locator('.xterm textarea').focus()
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.paste())
  }
  await page.keyboard.type('stty -echo; printf "\\033[?2004l"; echo; echo plain; cat\n')
  await expectShown(page, /\nplain/)
  const question = page.getByRole('dialog', { name: 'Paste 2 lines?' })
  await paste('one\ntwo\n')
  await expect(question).toBeVisible()
  await expect(question.getByText('every line runs as soon as it arrives')).toBeVisible()
  await expect(question.getByRole('button', { name: 'Edit' })).toHaveCount(0)
  await picture(page, 'paste-question')
  await question.getByRole('button', { name: 'Cancel' }).click()
  await expect(question).toHaveCount(0)
  await paste('three\nfour\n')
  await question.getByRole('button', { name: 'Paste', exact: true }).click()
  await expectShown(page, /plain\s*\n\s*three\s*\n\s*four/)
  await paste('hidden \u202etxt')
  await expect(page.getByRole('dialog', { name: 'Paste 1 line?' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  // A program with bracketed paste waits for Enter.
  await page.keyboard.press('Control+d')
  await page.keyboard.type('printf "\\033[?2004h"; echo bracketed; cat -v\n')
  await expectShown(page, /\$ bracketed/)
  await paste('five\nsix\n')
  await expectShown(page, /\[200~five/)
  await expect(page.getByRole('dialog')).toHaveCount(0)
})
