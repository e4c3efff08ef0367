// Exporting a recording: formats, range, redaction, stopping.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ElectronApplication, Locator, Page } from '@playwright/test'
import { expect, expectShown, picture, test } from './support/app.ts'
import { connectTo, recordSession } from './support/host-socket.ts'

const SCRIPT =
  'printf "\\033[32mgreen\\033[0m start\\n"; sleep 0.6; echo "password=hunter2secret"; sleep 0.6; echo "call 555-1234 <b>"'

/** Replaces the system's save dialog with a folder. */
async function saveInto(app: ElectronApplication, folder: string): Promise<void> {
  await app.evaluate(({ session }, folder) => {
    session.defaultSession.on('will-download', (_event, item) => item.setSavePath(`${folder}/${item.getFilename()}`))
  }, folder)
}

/** Waits for the file with this extension and returns its text. */
async function saved(folder: string, ending: string): Promise<string> {
  const find = () => readdirSync(folder).find(name => name.endsWith(ending))
  await expect.poll(find).toBeTruthy()
  return readFileSync(join(folder, find()!), 'utf8')
}

async function openExport(page: Page): Promise<Locator> {
  await page.keyboard.press('e')
  const dialog = page.getByRole('dialog', { name: 'Export' })
  await expect(dialog).toBeVisible()
  return dialog
}

const temporary = (later: (undo: () => unknown) => void): string => {
  const folder = mkdtempSync(join(tmpdir(), 'otg-export-'))
  later(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function openRecording(page: Page, title: string): Promise<void> {
  await page.locator('[data-recorded]').filter({ hasText: title }).first().getByRole('button').click()
  await expect(page.locator('.stage')).toHaveAttribute('data-at', /\d/)
}

async function openHistory(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'History' })).toBeVisible()
  await page.keyboard.press('Control+Shift+H')
  await expect(page.getByRole('searchbox')).toBeFocused()
}

test('exports a recording in every format', async ({ start, dataDir, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  const client = await connectTo(dataDir)
  later(() => client.close())
  const folder = temporary(later)
  await saveInto(app, folder)
  await openHistory(page)
  const session = await recordSession(client, SCRIPT, { title: '../build: <one>' })
  await openRecording(page, '../build: <one>')
  const day = new Date(session.created_at).toISOString().slice(0, 10)
  const take = async (format: string, ending: string) => {
    const dialog = await openExport(page)
    await dialog.getByRole('radio', { name: format }).check()
    if (format === 'HTML') await picture(page, 'export')
    await dialog.getByRole('button', { name: 'Export' }).click()
    await expect(dialog).toBeHidden()
    await expect(page.getByText(/exported$/).last()).toBeVisible()
    const text = await saved(folder, ending)
    // A path in the title does not become a path of the file.
    expect(readdirSync(folder)).toEqual([`build one ${day}.${ending}`])
    rmSync(join(folder, `build one ${day}.${ending}`))
    return text
  }
  const printed = '\u001b[32mgreen\u001b[0m start\r\npassword=hunter2secret\r\ncall 555-1234 <b>\r\n'
  expect(await take('Raw', 'raw')).toBe(printed)
  expect(await take('Plain text', 'txt')).toBe('green start\npassword=hunter2secret\ncall 555-1234 <b>\n')

  const v2 = (await take('asciicast v2', 'cast'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(v2[0]).toMatchObject({ version: 2, width: 80, height: 24 })
  expect(
    v2
      .slice(1)
      .map(([, kind, data]) => (kind === 'o' ? data : ''))
      .join(''),
  ).toBe(printed)
  const at = v2.slice(1).map(([time]) => time as number)
  expect(at.at(-1)! - at[0]!).toBeGreaterThan(1)

  const v3 = (await take('asciicast v3', 'cast'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(v3[0]).toMatchObject({ version: 3, term: { cols: 80, rows: 24 } })
  expect(
    v3
      .slice(1)
      .map(([, kind, data]) => (kind === 'o' ? data : ''))
      .join(''),
  ).toBe(printed)

  const html = await take('HTML', 'html')
  expect(html).toContain('green')
  expect(html).toContain('call 555-1234 &lt;b&gt;')
  expect(html).not.toContain('<b>')
})

test('redacts matches and reports how many', async ({ start, dataDir, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  const client = await connectTo(dataDir)
  later(() => client.close())
  const folder = temporary(later)
  await saveInto(app, folder)
  await openHistory(page)
  await recordSession(client, SCRIPT, { title: 'secrets' })
  await openRecording(page, 'secrets')
  let dialog = await openExport(page)
  await dialog.getByRole('radio', { name: 'Plain text' }).check()
  await dialog.getByLabel('Redact passwords, keys and tokens').check()
  await dialog.getByLabel('Redact matches of these').fill('(\n\\d{3}-\\d{4}')
  await dialog.getByRole('button', { name: 'Export' }).click()
  // An invalid pattern is reported, and the input stays.
  await expect(dialog.getByRole('alert')).not.toBeEmpty()
  await picture(page, 'export-wrong')
  await dialog.getByLabel('Redact matches of these').fill('\\d{3}-\\d{4}')
  await dialog.getByRole('button', { name: 'Export' }).click()
  await expect(page.getByText(/exported, \d+ match(es)? redacted$/)).toBeVisible()
  const text = await saved(folder, '.txt')
  expect(text).toContain('green start')
  expect(text).not.toContain('hunter2')
  expect(text).not.toContain('555')
  expect(text).toContain('<b>')

  // The patterns of the last export are gone.
  rmSync(folder, { recursive: true })
  dialog = await openExport(page)
  await expect(dialog.getByLabel('Redact matches of these')).toHaveValue('')
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(page.locator('.recording')).toBeFocused()
})

test('exports a range that is chosen on the timeline or typed', async ({ start, dataDir, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  const client = await connectTo(dataDir)
  later(() => client.close())
  const folder = temporary(later)
  await saveInto(app, folder)
  await openHistory(page)
  await recordSession(client, SCRIPT, { title: 'parts' })
  await openRecording(page, 'parts')
  await expectShown(page, /call/)
  const at = async () => Number(await page.locator('.stage').getAttribute('data-at'))
  const end = await at()
  await page.keyboard.press('Home')
  await expect.poll(at).toBeLessThan(end)
  // Before its first output a recording shows nothing, and that comes late on a busy computer. Then a line every 600 ms.
  const from = Math.ceil((await at()) / 100 + 2) / 10
  const to = from + 0.6
  const seek = async (seconds: number) => {
    await page.keyboard.press('g')
    await page.keyboard.type(seconds.toFixed(1))
    await page.keyboard.press('Enter')
    await expect.poll(at).toBe(Math.round(seconds * 1000))
  }
  await seek(from)
  await page.keyboard.press('[')
  await seek(to)
  await page.keyboard.press(']')
  await expect(page.locator('.timeline .range')).toBeVisible()
  await picture(page, 'recording-range')
  const dialog = await openExport(page)
  await expect(dialog.getByLabel('From')).toHaveValue(`0:0${from.toFixed(1)}`)
  await expect(dialog.getByLabel('To', { exact: true })).toHaveValue(`0:0${to.toFixed(1)}`)
  await dialog.getByRole('radio', { name: 'Raw' }).check()
  await dialog.getByLabel('To', { exact: true }).fill('later')
  await dialog.getByRole('button', { name: 'Export' }).click()
  await expect(dialog.getByRole('alert')).toContainText('“To” is not a valid time')
  await dialog.getByLabel('To', { exact: true }).fill(to.toFixed(1))
  await dialog.getByRole('button', { name: 'Export' }).click()
  await expect(dialog).toBeHidden()
  expect(await saved(folder, '.raw')).toBe('password=hunter2secret\r\n')
})

test('shows the progress of a long export, and saves nothing when it is stopped', async ({ join: joined, later }) => {
  const { app, page, relay, behind } = await joined()
  const client = await connectTo(behind)
  later(() => client.close())
  const folder = temporary(later)
  await saveInto(app, folder)
  await openHistory(page)
  await recordSession(client, SCRIPT, { title: 'long' })
  await openRecording(page, 'long')
  relay.change = message =>
    message.type === 'exported'
      ? { type: 'progress', request_id: message.request_id, done: 1, total: 2 }
      : message.type === 'progress'
        ? undefined
        : message
  const dialog = await openExport(page)
  await dialog.getByRole('button', { name: 'Export' }).click()
  await expect(dialog.getByRole('progressbar', { name: 'Exporting' })).toHaveAttribute('value', '0.5')
  await expect(dialog.getByText('Exporting, 50%')).toBeVisible()
  await picture(page, 'export-running')
  // Escape does not stop it.
  await page.keyboard.press('Escape')
  await expect(dialog).toBeVisible()
  await dialog.getByRole('button', { name: 'Stop' }).click()
  await expect(dialog.getByRole('button', { name: 'Export' })).toBeEnabled()
  const asked = relay.asked.findLast(one => one.type === 'export')!
  expect(relay.asked).toContainEqual({ type: 'cancel', request_id: asked.request_id })
  relay.change = message => message
  await dialog.getByRole('radio', { name: 'Raw' }).check()
  await dialog.getByRole('button', { name: 'Export' }).click()
  expect(await saved(folder, '.raw')).toContain('green')
  expect(readdirSync(folder).filter(name => name.endsWith('.cast'))).toEqual([])
})

test('a page can save only files that it made itself', async ({ start, dataDir, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  const folder = temporary(later)
  void dataDir
  await app.evaluate(({ session }) => {
    const asked: string[] = []
    Object.assign(globalThis, { downloads: asked })
    session.defaultSession.on('will-download', (event, item) => {
      asked.push(`${item.getURL().slice(0, 5)} ${event.defaultPrevented}`)
    })
  })
  await expect(page.getByRole('button', { name: 'History' })).toBeVisible()
  await page.evaluate(() => {
    const link = document.createElement('a')
    link.href = 'data:text/plain,hello'
    link.download = 'hello.txt'
    link.click()
  })
  const downloads = () => app.evaluate(() => (globalThis as unknown as { downloads: string[] }).downloads)
  await expect.poll(downloads).toEqual(['data: true'])
  expect(existsSync(join(folder, 'hello.txt'))).toBe(false)
})
