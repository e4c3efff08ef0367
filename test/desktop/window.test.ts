// The main window: what it shows and what is typed into it reach the shell. Knows no message of the protocol.
import { join } from 'node:path'
import { expect, expectShown, screenshots, test } from './support/app.ts'

test('the window comes up, starts a session and echoes what is typed into it', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await expect(page.getByRole('button', { name: 'New session' }).first()).toBeVisible()
  await expect(page.getByText('No session runs')).toBeVisible()
  await page.screenshot({ path: join(screenshots, 'empty.png') })

  await page.getByRole('button', { name: 'New session' }).first().click()
  await expect(page.locator('nav [data-session]')).toHaveCount(1)
  await expectShown(page, /\$/)
  await page.keyboard.type('echo $((40 + 2)) times; printf "\\033[32mgreen\\033[0m %s\\n" "$(tput cols)"\n')
  await expectShown(page, /42 times\s*\n\s*green \d+/)
  await page.screenshot({ path: join(screenshots, 'session.png') })
})

test('the terminal takes the size of the window', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await page.getByRole('button', { name: 'New session' }).first().click()
  await expectShown(page, /\$/)
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

test('several sessions are listed, chosen by keyboard, and ended after a question', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  const entries = page.locator('nav [data-session]')
  await page.getByRole('button', { name: 'New session' }).first().click()
  await expectShown(page, /\$/)
  await page.keyboard.type('echo first\n')
  await expectShown(page, /\nfirst/)
  await page.keyboard.press('Control+Shift+N')
  await expect(entries).toHaveCount(2)
  await expectShown(page, /^\$ *\n/)
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
  await expect(page.getByText('This session has ended')).toBeVisible()
  await page.screenshot({ path: join(screenshots, 'ended.png') })
})

test('the phone panel shows the address as a QR code and as text, and a new one when asked', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await page.getByRole('button', { name: 'Phone' }).click()
  const address = page.getByTestId('address')
  await expect(address).toHaveText(/^http:\/\/127\.0\.0\.1:\d+\/#v1\.[\w-]{43}$/)
  await expect(page.getByRole('img', { name: 'QR code of the address' })).toBeVisible()
  await expect(page.getByText('this computer only')).toBeVisible()
  await page.screenshot({ path: join(screenshots, 'phone.png') })
  const first = await address.textContent()
  await page.getByRole('button', { name: 'New address' }).click()
  await expect(address).not.toHaveText(first!)
  await page.getByRole('button', { name: 'Copy' }).click()
  await expect(page.getByText('Copied')).toBeVisible()
  const copied = await app.evaluate(({ clipboard }) => clipboard.readText())
  expect(copied).toBe(await address.textContent())
})

test('the window is legible in the light', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await page.emulateMedia({ colorScheme: 'light' })
  await page.getByRole('button', { name: 'New session' }).first().click()
  await expectShown(page, /\$/)
  await page.keyboard.type('ls -la --color=always /\n')
  await expectShown(page, /usr/)
  await page.getByRole('button', { name: 'Phone' }).click()
  await expect(page.getByTestId('address')).toHaveText(/^http/)
  await page.screenshot({ path: join(screenshots, 'light.png') })
})

test('a page that crashes comes back to the session, which has lost nothing', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await page.getByRole('button', { name: 'New session' }).first().click()
  await expectShown(page, /\$/)
  await page.keyboard.type('MARK=kept; echo before the crash\n')
  await expectShown(page, /\nbefore the crash/)
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.forcefullyCrashRenderer())
  // Playwright gives a crashed page up, so the one that came back is asked by the main process.
  const inPage = (script: string) =>
    app.evaluate(
      ({ BrowserWindow }, code) => BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript(code),
      script,
    )
  const rows = `[...document.querySelectorAll('.xterm-rows > div')].map(row => row.textContent).join('\\n')`
  await expect.poll(() => inPage(rows).catch(() => ''), { timeout: 15_000 }).toContain('before the crash')
  await app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]!.webContents
    for (const key of 'echo still $MARK') contents.sendInputEvent({ type: 'char', keyCode: key })
    contents.sendInputEvent({ type: 'keyDown', keyCode: 'Enter' })
    contents.sendInputEvent({ type: 'char', keyCode: '\r' })
  })
  await expect.poll(() => inPage(rows)).toContain('still kept')
})
