// Pastes into a terminal, from the browser and from the key bar: confirmed, bracketed, and made harmless.
import { expect, type Phone, test } from '../support/phone.ts'

test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

/** What a program receives, as `cat -v` shows it, without brackets: the shell's line editor is not running. */
async function showBytes(phone: Phone, mode = ''): Promise<void> {
  await phone.run(`printf '${mode}'; stty -icanon -isig -iexten -icrnl -echo; clear; echo ready; cat -v`)
  await phone.shows(/^ready$/)
}

const copy = (phone: Phone, text: string) => phone.page.evaluate(text => navigator.clipboard.writeText(text), text)

/** Fires the browser's paste event, as after a long press. */
async function paste(phone: Phone, text: string): Promise<void> {
  await copy(phone, text)
  await phone.page.locator('.xterm-helper-textarea').focus()
  await phone.page.keyboard.press('Shift+Insert')
}

const question = (phone: Phone, name: string | RegExp) => phone.page.getByRole('dialog', { name })

test('one line is pasted without a question, including from the key bar', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await paste(phone, 'echo pasted')
  await phone.shows('$ echo pasted')
  await copy(phone, ' from the bar')
  await phone.keys('Paste', 'Enter')
  await phone.shows('\npasted from the bar')
  await expect(phone.page.locator('.xterm-helper-textarea')).toBeFocused()
  await phone.matchesHost()
})

test('several lines are confirmed, shown with hidden characters, and bracketed as one unit', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  // bash turns bracketed paste on: nothing runs before Enter.
  await paste(phone, 'echo one\necho two\n')
  await expect(question(phone, 'Paste 2 lines?')).toContainText('The program knows that this is a paste')
  await expect(question(phone, 'Paste 2 lines?').locator('pre')).toHaveText('echo one↵\necho two↵\n')
  await phone.screenshot('paste-bracketed')
  await phone.fits()
  await phone.page.getByRole('button', { name: 'Cancel' }).tap()
  await paste(phone, 'echo one\necho two')
  await question(phone, /^Paste/)
    .getByRole('button', { name: 'Paste' })
    .tap()
  await phone.shows('echo one\necho two')
  expect(await phone.screen()).not.toMatch(/^one$/m)
  await phone.page.keyboard.press('Enter')
  await phone.shows('\none\ntwo\n$')
})

test('case 48: hostile text can neither end the bracket nor press a key', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await showBytes(phone, '\\e[?2004h')
  await paste(phone, 'safe\x1b[201~touch owned\r\x03\x04')
  const dialog = question(phone, 'Paste 2 lines?')
  await expect(dialog).toContainText('pasted as harmless symbols')
  await expect(dialog.locator('pre')).toHaveText('safe^[[201~touch owned↵\n^C^D')
  await phone.screenshot('paste-hostile')
  await dialog.getByRole('button', { name: 'Paste' }).tap()
  await phone.page.keyboard.type('#')
  await phone.shows(/#$/)
  // cat -v writes the pictures' bytes as M-.
  expect((await phone.screen()).replaceAll('\n', '')).toBe(
    'ready^[[200~safeM-bM-^PM-^[[201~touch owned^MM-bM-^PM-^CM-bM-^PM-^D^[[201~#',
  )
})

test('the dialog says that each line end acts as Enter without bracketed paste', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await showBytes(phone)
  await paste(phone, 'rm -rf build\nmake\r\n')
  const dialog = question(phone, 'Paste 2 lines?')
  await expect(dialog).toContainText('every line runs as soon as it arrives')
  await phone.screenshot('paste-unbracketed')
  await dialog.getByRole('button', { name: 'Paste' }).tap()
  await phone.shows('rm -rf build^Mmake^M')
  // A single line with a line end is confirmed too.
  await paste(phone, 'reboot\n')
  await expect(question(phone, 'Paste 1 line?')).toBeVisible()
  await phone.page.getByRole('button', { name: 'Cancel' }).tap()
  await phone.page.keyboard.type('#')
  await phone.shows('make^M#')
})

test('a paste can be edited first', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await paste(phone, 'echo first\necho second')
  await question(phone, /^Paste/)
    .getByRole('button', { name: 'Edit' })
    .tap()
  await expect(phone.page.getByRole('textbox', { name: 'Text to send' })).toHaveValue('echo first\necho second')
  await expect(phone.page.getByRole('textbox', { name: 'Text to send' })).toBeFocused()
})

test('a paste above the limit is rejected without a question, and a large one arrives complete', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('stty -icanon -icrnl -echo; echo "counts"; head -c 900000 | cksum; stty sane')
  await phone.shows('\ncounts')
  await paste(phone, 'x'.repeat(1_100_000))
  await expect(phone.page.getByText('a paste can have 1 MiB')).toBeVisible()
  await expect(phone.page.getByRole('dialog')).toHaveCount(0)
  await paste(phone, 'x'.repeat(900_000))
  await phone.shows(/\n\d+ 900000\n/)
})

test('a field to paste into opens without access to the clipboard', async ({ phone }) => {
  // Like plain HTTP, where browsers have no navigator.clipboard.
  await phone.page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
  await phone.open()
  await phone.newSession()
  await phone.keys('Paste')
  await expect(phone.page.getByText('Over plain HTTP this page cannot read the clipboard')).toBeVisible()
  await expect(phone.page.getByRole('textbox', { name: 'Text to send' })).toBeFocused()
  await phone.screenshot('paste-plain-http')
  await phone.fits()
})

test('a denied clipboard permission opens the same field', async ({ phone, context }) => {
  await phone.open()
  await phone.newSession()
  await context.clearPermissions()
  await phone.keys('Paste')
  await expect(phone.page.getByText('blocked access to the clipboard')).toBeVisible()
})
