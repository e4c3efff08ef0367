// The settings in the window: they apply at once, show errors at their field, and persist.
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ElectronApplication, Locator, Page } from '@playwright/test'
import { answerDialogs, expect, picture, resize, startSession, test } from './support/app.ts'

async function openSettings(page: Page): Promise<Locator> {
  // Keys pressed before the page has loaded are lost.
  await expect(page.getByRole('button', { name: 'Settings' })).toBeVisible()
  await page.keyboard.press('Control+,')
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await expect(dialog.getByLabel('Shell')).toBeVisible()
  return dialog
}

const settingsFile = (dataDir: string) => join(dataDir, 'data', 'settings.json')
const inFile = (dataDir: string) => JSON.parse(readFileSync(settingsFile(dataDir), 'utf8')) as Record<string, unknown>

async function quit(app: ElectronApplication): Promise<void> {
  const closed = app.waitForEvent('close')
  await app.evaluate(({ app }) => void setTimeout(() => app.quit(), 0))
  await closed
}

test('applies settings at once, writes them to the file, and keeps them after a restart', async ({
  start,
  dataDir,
}) => {
  const app = await start()
  const page = await app.firstWindow()
  const dialog = await openSettings(page)
  // No field has the focus.
  await expect(dialog).toBeFocused()
  const days = dialog.getByLabel('Keep ended sessions for')
  await expect(days).toHaveValue('30')
  await days.fill('7')
  await days.press('Enter')
  await expect.poll(() => existsSync(settingsFile(dataDir)) && inFile(dataDir).retention_days).toBe(7)
  await dialog.getByLabel('Allow only one viewer per session').check()
  await expect.poll(() => inFile(dataDir).single_client).toBe(true)
  await dialog.getByLabel('Notify phones while the page is closed').uncheck()
  await expect.poll(() => inFile(dataDir).push).toBe(false)
  const log = dialog.getByLabel('Write to the log')
  await expect(log).toHaveValue('info')
  await log.selectOption('Everything, for a bug report')
  await expect.poll(() => inFile(dataDir).log_level).toBe('debug')
  await log.scrollIntoViewIfNeeded()
  await picture(page, 'settings-log')

  await dialog.getByLabel('Shell').fill('["/bin/sh", "-c", "echo my own shell; exec cat"]')
  // Leaving the field saves, too.
  await dialog.getByLabel('Output to keep in total').focus()
  await expect.poll(() => inFile(dataDir).shell).toEqual(['/bin/sh', '-c', 'echo my own shell; exec cat'])
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await page.getByRole('button', { name: 'New session' }).first().click()
  await expect(page.locator('.xterm-rows')).toContainText('my own shell')

  await answerDialogs(app, 0)
  await quit(app)
  const again = await (await start()).firstWindow()
  const after = await openSettings(again)
  await expect(after.getByLabel('Keep ended sessions for')).toHaveValue('7')
  await expect(after.getByLabel('Allow only one viewer per session')).toBeChecked()
  await expect(after.getByLabel('Write to the log')).toHaveValue('debug')
  await after.getByLabel('Keep ended sessions for').fill('')
  await after.getByLabel('Keep ended sessions for').press('Enter')
  await expect(after.getByLabel('Keep ended sessions for')).toHaveValue('30')
  expect(inFile(dataDir)).not.toHaveProperty('retention_days')
})

test('shows an error at its field and changes nothing', async ({ start, dataDir }) => {
  const before = inFile(dataDir)
  const app = await start()
  const page = await app.firstWindow()
  const dialog = await openSettings(page)
  const wrong = async (label: string, text: string, why: string) => {
    const field = dialog.getByLabel(label, { exact: true })
    await field.fill(text)
    await field.press('Enter')
    await expect(field).toHaveAttribute('aria-invalid', 'true')
    await expect(field).toHaveAccessibleDescription(why)
  }
  await wrong('Port', 'seventy', 'Takes a whole number from 0 to 65535')
  await wrong('Output to keep per session', '0', 'Takes a number from 1 to 100000')
  await wrong('Shell', '/no/such/shell', '/no/such/shell is not a command that can be run here')
  await wrong('Proxy or tunnel names', 'ok.example, ?', '? is not a host name')
  await wrong('Terminal font size', '2', 'Takes a number from 8 to 32')
  await dialog.getByLabel('Listen on').selectOption('Selected addresses')
  await wrong('Addresses', 'here', 'Here is not an address; use loopback, private, all, or IP addresses')
  expect(inFile(dataDir)).toEqual(before)
  await dialog.getByLabel('Port').scrollIntoViewIfNeeded()
  await picture(page, 'settings-errors')
  const port = dialog.getByLabel('Port')
  await port.fill('0')
  await port.press('Enter')
  await expect(port).toHaveAttribute('aria-invalid', 'false')
  await expect.poll(() => inFile(dataDir).port).toBe(0)
})

test('says at its field when there is no keystore, and encrypts nothing (case 138)', async ({
  start,
  launch,
  dataDir,
}) => {
  launch.env.DBUS_SESSION_BUS_ADDRESS = 'unix:path=/no/such/bus'
  const app = await start()
  const page = await app.firstWindow()
  const dialog = await openSettings(page)
  const field = dialog.getByLabel('Encrypt on this computer')
  await field.selectOption('all')
  await expect(field).toHaveAttribute('aria-invalid', 'true')
  await expect(field).toHaveAccessibleDescription(/keystore cannot be reached; it takes a Secret Service/)
  await expect(field).toHaveValue('off')
  await field.scrollIntoViewIfNeeded()
  await picture(page, 'settings-keystore')
  expect(inFile(dataDir)).not.toHaveProperty('keystore')
  expect(readFileSync(join(dataDir, 'data', 'host.key'), 'utf8')).not.toContain('otg-encrypted')
})

test('keeps the theme and the font of the window after a restart', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  // The app's theme, not the one that the test's browser emulates.
  await page.emulateMedia({ colorScheme: null })
  await startSession(page)
  const fontSize = () => page.locator('.xterm-rows').evaluate(rows => getComputedStyle(rows).fontSize)
  await expect.poll(fontSize).toBe('14px')
  const dialog = await openSettings(page)
  await dialog.getByLabel('Terminal font size').fill('20')
  await dialog.getByLabel('Terminal font size').press('Enter')
  await expect.poll(fontSize).toBe('20px')
  for (const theme of ['light', 'dark'] as const) {
    await dialog.getByLabel('Theme').selectOption(theme)
    await expect
      .poll(() => page.evaluate(() => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')))
      .toBe(theme)
  }
  await answerDialogs(app, 0)
  await quit(app)
  const after = await start()
  const window = await after.firstWindow()
  const again = await openSettings(window)
  await expect(again.getByLabel('Theme')).toHaveValue('dark')
  await expect(again.getByLabel('Terminal font size')).toHaveValue('20')
  expect(await after.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark')
})

test('start at login writes and removes the system’s autostart file', async ({ start, launch, dataDir }) => {
  const config = join(dataDir, 'config')
  launch.env.XDG_CONFIG_HOME = config
  const file = join(config, 'autostart', 'on-the-go.desktop')
  const page = await (await start()).firstWindow()
  const dialog = await openSettings(page)
  const box = dialog.getByLabel('Start when I log in')
  await expect(box).not.toBeChecked()
  await box.check()
  await expect.poll(() => existsSync(file)).toBe(true)
  const entry = readFileSync(file, 'utf8')
  expect(entry).toMatch(/^\[Desktop Entry\]\nType=Application\nName=On the Go\nExec="[^"]+"( "[^"]+")* "--at-login"\n/)
  await box.uncheck()
  await expect.poll(() => existsSync(file)).toBe(false)
})

test('keeps the computer awake only while sessions run', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  // The active blockers, by Electron's ID.
  await app.evaluate(({ powerSaveBlocker }) => {
    const blocking = new Set<number>()
    Object.assign(globalThis, { blocking })
    const { start, stop } = powerSaveBlocker
    powerSaveBlocker.start = type => {
      const id = start.call(powerSaveBlocker, type)
      blocking.add(id)
      return id
    }
    powerSaveBlocker.stop = id => {
      blocking.delete(id)
      return stop.call(powerSaveBlocker, id)
    }
  })
  const blocking = () => app.evaluate(() => (globalThis as unknown as { blocking: Set<number> }).blocking.size)
  let dialog = await openSettings(page)
  await dialog.getByLabel('Keep the computer awake while sessions run').check()
  await expect(dialog.getByText('The screen can still turn off.')).toBeVisible()
  expect(await blocking()).toBe(0)
  await page.keyboard.press('Escape')
  await startSession(page)
  await expect.poll(blocking).toBe(1)
  dialog = await openSettings(page)
  await expect(dialog.getByText('The computer is kept awake now.')).toBeVisible()
  await page.keyboard.press('Escape')
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type('exit\n')
  await expect.poll(blocking).toBe(0)
})

test('case 59: a page can use only the listed app messages', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await openSettings(page)
  const answers = await page.evaluate(async () => {
    const { otg } = globalThis as unknown as { otg: { preferences(change: unknown): Promise<unknown> } }
    const wrong: unknown[] = [
      undefined,
      null,
      'theme',
      [],
      { theme: 'pink' },
      { keep_awake: 'yes' },
      { start_at_login: 1 },
      { exec: '/bin/sh' },
      { constructor: 1 },
    ]
    return Promise.all(
      wrong.map(value =>
        otg.preferences(value).then(answer => (answer as { error?: { code: string } }).error?.code ?? 'accepted'),
      ),
    )
  })
  expect(answers).toEqual(Array(9).fill('settings_invalid'))
  expect(await app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('system')
})

test('fits the smallest window, and closing returns the focus', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  const dialog = await openSettings(page)
  await expect(dialog.getByLabel('Theme')).toBeVisible()
  await picture(page, 'settings')
  await dialog.getByLabel('TLS', { exact: true }).selectOption('Certificate files')
  await dialog.getByLabel('Private key (PEM file)').scrollIntoViewIfNeeded()
  await picture(page, 'settings-network')
  await resize(app, page, 480, 320)
  expect(await dialog.evaluate(box => box.scrollWidth <= box.clientWidth)).toBe(true)
  await picture(page, 'settings-small')
  await expect(dialog.getByRole('button', { name: 'Close' })).toBeInViewport()
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(page.locator('.xterm-helper-textarea')).toBeFocused()
  await picture(page, 'settings-closed')
  await page.getByRole('button', { name: 'Settings' }).click()
  await expect(dialog).toBeVisible()
  await page.keyboard.press('Control+,')
  await expect(dialog).toBeHidden()
})

test('explains what is missing with a joined host of an older version, and keeps the app’s own settings usable', async ({
  join,
}) => {
  // A host's reply to an unknown message.
  const { app, page } = await join(message => {
    if (message.type === 'welcome') return { ...message, host: { ...message.host, version: '0.0.9' } }
    if (message.type !== 'settings') return message
    const { request_id } = message
    return { type: 'error', code: 'bad_message', message: 'the message "settings" is not valid at type', request_id }
  })
  await expect(page.getByRole('button', { name: 'Settings' })).toBeVisible()
  await page.keyboard.press('Control+,')
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await expect(dialog).toContainText('The running host (version 0.0.9) is older than this app')
  await expect(dialog).not.toContainText('Loading…')
  await expect(dialog.getByLabel('Shell')).toHaveCount(0)
  await dialog.getByLabel('Theme').selectOption('dark')
  await expect.poll(() => app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark')
  await dialog.getByText('older than this app').scrollIntoViewIfNeeded()
  await picture(page, 'settings-older-host')
})

test('shows the host’s settings when the host is back', async ({ join }) => {
  const { page, relay } = await join()
  await expect(page.getByRole('button', { name: 'Settings' })).toBeVisible()
  relay.away = true
  relay.drop()
  await page.keyboard.press('Control+,')
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await expect(dialog.getByLabel('Theme')).toBeVisible()
  await expect(dialog.getByLabel('Shell')).toHaveCount(0)
  await expect(dialog.getByText('The host does not answer')).toBeVisible({ timeout: 20_000 })
  relay.away = false
  await expect(dialog.getByLabel('Shell')).toBeVisible()
})

test('shows a setting that an option of the host decides, and does not let it change', async ({ join }) => {
  // The host was started with --port 0.
  const { page, relay } = await join()
  const dialog = await openSettings(page)
  const port = dialog.getByLabel('Port')
  await expect(port).toBeDisabled()
  // The stored value is not the one in effect.
  await expect(port).toHaveValue('')
  await expect(port).toHaveAttribute('placeholder', 'Set by an option')
  await expect(port).toHaveAccessibleDescription('Set by an option that the host was started with.')
  await expect(dialog.getByLabel('Listen on')).toBeEnabled()
  relay.change = message =>
    message.type === 'settings'
      ? { ...message, fixed: ['port', 'bind', 'tls', 'single_client', 'idle_hours'] }
      : message
  const next = dialog.getByLabel('Keep ended sessions for')
  await next.fill('8')
  await next.press('Enter')
  for (const label of ['Listen on', 'TLS']) {
    await expect(dialog.getByLabel(label, { exact: true })).toBeDisabled()
    await expect(dialog.getByLabel(label, { exact: true })).toHaveValue('')
  }
  const toggle = dialog.getByLabel('Allow only one viewer per session')
  await expect(toggle).toBeDisabled()
  expect(await toggle.evaluate((box: HTMLInputElement) => box.indeterminate)).toBe(true)
  await port.scrollIntoViewIfNeeded()
  await picture(page, 'settings-fixed')
})

test('notifications: kinds, quiet hours, and test buttons that say what happened', async ({ start, dataDir }) => {
  const posts: { headers: IncomingHttpHeaders; body: string }[] = []
  let status = 200
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => (body += chunk))
    request.on('end', () => {
      posts.push({ headers: request.headers, body })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  try {
    const page = await (await start()).firstWindow()
    const dialog = await openSettings(page)
    const fill = async (label: string, text: string) => {
      await dialog.getByLabel(label, { exact: true }).fill(text)
      await dialog.getByLabel(label, { exact: true }).press('Enter')
    }
    await dialog.getByLabel('A program rings the bell').uncheck()
    await expect.poll(() => inFile(dataDir).notify_kinds).toEqual(['blocked', 'done', 'ended', 'failed', 'message'])
    await dialog.getByLabel('Quiet hours').check()
    await expect(dialog.getByLabel('From', { exact: true })).toHaveValue('22:00')
    await fill('From', 'ten')
    await expect(dialog.getByLabel('From', { exact: true })).toHaveAccessibleDescription('Takes a time like 22:00')
    await fill('From', '21:30')
    await dialog.getByLabel('Sat').uncheck()
    await expect
      .poll(() => inFile(dataDir).quiet_hours)
      .toEqual({
        from: '21:30',
        to: '07:00',
        days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sun'],
        except_blocked: false,
      })

    await fill('ntfy topic', 'my-topic')
    await fill('ntfy server', address)
    await expect.poll(() => inFile(dataDir).ntfy).toMatchObject({ server: address, topic: 'my-topic' })
    const token = dialog.getByLabel('ntfy access token', { exact: true })
    await token.fill('tk_canary')
    await token.press('Enter')
    await expect(token).toHaveValue('')
    await expect(token).toHaveAttribute('placeholder', 'Set')
    await dialog.getByRole('button', { name: 'Send ntfy test' }).click()
    await expect(dialog.getByText('The server accepted a test notification.')).toBeVisible()
    expect(posts[0]!.headers.authorization).toBe('Bearer tk_canary')
    status = 401
    await dialog.getByRole('button', { name: 'Send ntfy test' }).click()
    await expect(
      dialog.getByText('The server refused access (status 401); check the token and the topic'),
    ).toBeVisible()
    status = 200

    await fill('Webhook address', 'http://example.com/')
    await expect(dialog.getByLabel('Webhook address')).toHaveAccessibleDescription(/only for localhost/)
    await fill('Webhook address', address)
    await dialog.getByRole('button', { name: 'Send webhook test' }).click()
    await expect(dialog.getByText('There is no signing secret; create one first')).toBeVisible()
    await dialog.getByRole('button', { name: 'Create secret' }).click()
    const secret = dialog.locator('code')
    await expect(secret).toHaveText(/^whsec_/)
    await dialog.getByRole('button', { name: 'Send webhook test' }).click()
    await expect.poll(() => posts.length).toBe(3)
    expect(posts[2]!.headers['webhook-signature']).toMatch(/^v1,/)
    await dialog.getByText('Notify me when').scrollIntoViewIfNeeded()
    await picture(page, 'settings-notifications')
    await secret.scrollIntoViewIfNeeded()
    await picture(page, 'settings-webhook')
    await page.keyboard.press('Escape')
    const again = await openSettings(page)
    await expect(again.getByRole('button', { name: 'Replace secret' })).toBeVisible()
    await expect(again.locator('code')).toHaveCount(0)
    const sent = await again.innerText()
    expect(sent).not.toContain('tk_canary')
  } finally {
    server.close()
  }
})

test('a session can be muted in its header', async ({ start }) => {
  const page = await (await start()).firstWindow()
  await startSession(page)
  const choice = page.getByLabel('Notifications of this session')
  await expect(choice).toHaveValue('default')
  await choice.selectOption('Muted')
  await expect(choice).toHaveValue('muted')
  await picture(page, 'session-muted')
})
