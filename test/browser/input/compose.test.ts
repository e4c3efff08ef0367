// The compose sheet: long texts into a real shell, with and without Enter; drafts and sent texts.
import { expect, type Phone, test } from '../support/phone.ts'

const field = (phone: Phone) => phone.page.getByRole('textbox', { name: 'Text to send' })
const button = (phone: Phone, name: string) => phone.page.getByRole('button', { name, exact: true })

async function compose(phone: Phone, text?: string): Promise<void> {
  await phone.keys('Compose')
  await expect(field(phone)).toBeFocused()
  if (text !== undefined) await field(phone).fill(text)
}

test('a text of several lines is sent as one paste, followed by Enter', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await compose(phone, 'echo one\necho two')
  await phone.screenshot('compose')
  await phone.fits()
  await button(phone, 'Send').tap()
  await phone.shows('\none\ntwo\n$')
  await expect(field(phone)).toHaveCount(0)
  await phone.matchesHost()
  await phone.keys('Compose')
  await expect(field(phone)).toHaveValue('')
})

test('the sheet in landscape is one growing row below whole rows of the terminal', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.page.setViewportSize({ width: 863, height: 360 })
  await phone.run('seq -f "line %g" 60')
  await phone.shows('line 60')
  const size = await phone.ptySize()
  await compose(phone)
  const sheet = phone.page.getByRole('dialog', { name: 'Compose' })
  const height = async () => (await sheet.boundingBox())!.height
  const cutAt = () =>
    phone.page.evaluate(() => {
      const { top } = document.querySelector('.terminal-view')!.getBoundingClientRect()
      const rows = [...document.querySelectorAll('.xterm-rows > div')].map(row => row.getBoundingClientRect())
      const first = rows.find(row => row.bottom > top + 1)!
      return Math.round(Math.max(0, top - first.top))
    })
  for (const [seen, name] of [
    [360, ''],
    [200, '-keyboard'],
  ] as const) {
    await phone.page.setViewportSize({ width: 863, height: seen })
    await expect.poll(height).toBeLessThan(60)
    await expect.poll(() => phone.isCursorVisible()).toBe(true)
    await expect.poll(cutAt).toBe(0)
    await phone.hasLargeTargets()
    await phone.fits()
    await phone.screenshot(`compose-landscape${name}`)
    await field(phone).fill('one\ntwo\nthree')
    await expect.poll(height).toBeGreaterThan(70)
    await expect.poll(() => phone.isCursorVisible()).toBe(true)
    await expect.poll(cutAt).toBe(0)
    await phone.screenshot(`compose-landscape${name}-text`)
    await field(phone).fill('')
  }
  await phone.page.setViewportSize({ width: 863, height: 360 })
  await button(phone, 'Close').tap()
  await expect.poll(() => phone.ptySize()).toBe(size)
})

test('the field allows autocorrect, which the terminal must not', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await compose(phone)
  expect(
    await field(phone).evaluate((element: HTMLTextAreaElement) => ({
      spellcheck: element.spellcheck,
      capitals: element.autocapitalize,
      correct: element.getAttribute('autocorrect'),
      complete: element.autocomplete,
      size: Number.parseFloat(getComputedStyle(element).fontSize) >= 16,
    })),
  ).toEqual({ spellcheck: true, capitals: 'sentences', correct: 'on', complete: 'on', size: true })
})

test('Insert presses no Enter, and Send only when the option is on', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await compose(phone, 'echo inserted\n')
  await button(phone, 'Insert').tap()
  await phone.shows('$ echo inserted')
  await phone.keys('Enter')
  await phone.shows('\ninserted')
  await compose(phone, 'echo sent')
  await button(phone, 'Press Enter after sending').tap()
  await expect(button(phone, 'Insert')).toHaveCount(0)
  await button(phone, 'Send').tap()
  await phone.shows('$ echo sent')
  await phone.page.reload()
  await phone.shows('$ echo sent')
  await phone.keys('Enter')
  await phone.shows('\nsent')
  await compose(phone)
  await expect(button(phone, 'Press Enter after sending')).toHaveAttribute('aria-pressed', 'false')
})

test('Enter is sent separately after the paste', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run("printf '\\e[?2004h'; stty -icanon -isig -icrnl -echo; clear; echo ready; cat -v")
  await phone.shows(/^ready$/)
  await compose(phone, 'a\nb\x1b[201~c')
  await button(phone, 'Send').tap()
  await phone.shows(/~\^M$/)
  expect((await phone.screen()).replaceAll('\n', '')).toBe('ready^[[200~a^MbM-bM-^PM-^[[201~c^[[201~^M')
})

test('asks first when every line would be entered separately', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('stty -icanon -isig -icrnl -echo; clear; echo ready; cat -v')
  await phone.shows(/^ready$/)
  await compose(phone, 'a\nb')
  await button(phone, 'Send').tap()
  const dialog = phone.page.getByRole('dialog', { name: 'Send 2 lines?' })
  await expect(dialog).toContainText('every line runs as soon as it arrives')
  await dialog.getByRole('button', { name: 'Cancel' }).tap()
  await expect(field(phone)).toHaveValue('a\nb')
  await button(phone, 'Send').tap()
  await dialog.getByRole('button', { name: 'Send' }).tap()
  await phone.shows(/^ready\na\^Mb\^M$/)
})

test('a draft stays with its session across closing, reloading and switching', async ({ phone, host }) => {
  await host.desktop.create({ title: 'other session', size: { cols: 40, rows: 20 } })
  await phone.open()
  await phone.newSession()
  await compose(phone, 'a long thought')
  await button(phone, 'Close').tap()
  await expect(field(phone)).toHaveCount(0)
  await compose(phone)
  await expect(field(phone)).toHaveValue('a long thought')
  await phone.page.reload()
  await phone.shows('$')
  await compose(phone)
  await expect(field(phone)).toHaveValue('a long thought')
  // The cursor is where it was.
  await phone.page.keyboard.type(' goes on')
  await phone.page.goBack()
  await phone.page.getByText('other session').tap()
  await phone.shows('$')
  await compose(phone)
  await expect(field(phone)).toHaveValue('')
  await field(phone).fill('another thought')
  await phone.page.goBack()
  await phone.page.locator('[data-session] .title', { hasText: /^~$/ }).tap()
  await phone.shows('$')
  await compose(phone)
  await expect(field(phone)).toHaveValue('a long thought goes on')
})

test('sent texts can be used again, removed and cleared; keys typed in the terminal are never stored', async ({
  phone,
}) => {
  await phone.open()
  await phone.newSession()
  await phone.run('echo typed-by-hand')
  await phone.shows('\ntyped-by-hand')
  for (const text of ['echo one', 'echo two', 'echo three', 'echo two']) {
    await compose(phone, text)
    await button(phone, 'Send').tap()
    await phone.shows(`\n${text.slice(5)}\n$`)
  }
  await compose(phone)
  await button(phone, 'Show sent texts').tap()
  const sent = phone.page.getByRole('dialog', { name: 'Sent texts' })
  await expect(sent.locator('li bdi')).toHaveText(['echo two', 'echo three', 'echo one'])
  await phone.screenshot('compose-sent')
  await phone.fits()
  expect(await phone.page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain('typed-by-hand')
  await sent.getByRole('button', { name: 'Remove “echo three”' }).tap()
  await expect(sent.locator('li bdi')).toHaveText(['echo two', 'echo one'])
  await sent.getByText('echo one').tap()
  await expect(sent).toHaveCount(0)
  await expect(field(phone)).toHaveValue('echo one')
  await expect(field(phone)).toBeFocused()
  await button(phone, 'Show sent texts').tap()
  await sent.getByRole('button', { name: 'Clear all' }).tap()
  await expect(sent).toContainText('No texts yet')
  expect(await phone.page.evaluate(() => Object.keys(localStorage).filter(key => key.startsWith('otg.sent')))).toEqual(
    [],
  )
})

test('Escape in the sent texts closes only these, and Ctrl+Enter there sends nothing', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await compose(phone, 'echo once')
  await button(phone, 'Send').tap()
  await phone.shows('\nonce\n$')
  const before = await phone.screen()
  await compose(phone, 'a draft')
  await button(phone, 'Show sent texts').tap()
  const sent = phone.page.getByRole('dialog', { name: 'Sent texts' })
  await expect(sent).toBeVisible()
  await phone.page.keyboard.press('Control+Enter')
  await expect(sent).toBeVisible()
  await phone.page.keyboard.press('Escape')
  await expect(sent).toHaveCount(0)
  await expect(field(phone)).toHaveValue('a draft')
  await expect(field(phone)).toBeFocused()
  expect(await phone.screen()).toBe(before)
  await phone.page.keyboard.press('Escape')
  await expect(field(phone)).toHaveCount(0)
})

test('Ctrl+Enter sends only what the Send button can send', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  await compose(phone, '  ')
  await expect(button(phone, 'Send')).toBeDisabled()
  await phone.page.keyboard.press('Control+Enter')
  await expect(field(phone)).toHaveValue('  ')
  await field(phone).fill('cksum ')
  const chooser = phone.page.waitForEvent('filechooser')
  await button(phone, 'Upload a photo or file').tap()
  process.kill(host.pid, 'SIGSTOP')
  await (await chooser).setFiles([{ name: 'shot.jpeg', mimeType: 'image/jpeg', buffer: Buffer.alloc(12_345, 7) }])
  await expect(button(phone, 'Send')).toBeDisabled()
  await field(phone).press('Control+Enter')
  await expect(field(phone)).toHaveValue('cksum ')
  process.kill(host.pid, 'SIGCONT')
  await expect(field(phone)).toHaveValue(/^cksum .*shot\.jpeg $/)
  expect(await phone.screen()).toBe('$')
  await field(phone).press('Control+Enter')
  await phone.shows(/\n\d+ 12345 /)
})

test('a read-only phone has no compose sheet', async ({ phone, host }) => {
  await host.desktop.create({ title: 'watched', size: { cols: 40, rows: 20 } })
  await phone.open()
  const [device] = (await host.desktop.devices()).devices
  await host.desktop.updateDevice(device!.device_id, { read_only: true })
  await expect(phone.page.getByText('This phone can view sessions')).toBeVisible()
  await phone.page.getByText('watched').tap()
  await phone.shows('$')
  await expect(phone.page.getByRole('toolbar', { name: 'Keys' })).toHaveCount(0)
  await button(phone, 'Menu').tap()
  await expect(button(phone, 'Read as text')).toBeVisible()
  for (const name of ['Compose text', 'Paste', 'Upload a photo or file'])
    await expect(button(phone, name)).toHaveCount(0)
})

test('asks about invisible characters, including those pasted into the sheet', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await compose(phone, 'echo hello\u{e0068}\u{e0069}')
  await button(phone, 'Send').tap()
  const question = phone.page.getByRole('dialog', { name: 'Send 1 line?' })
  await expect(question.getByText('echo hello<U+E0068><U+E0069>')).toBeVisible()
  await phone.screenshot('compose-unseen')
  await question.getByRole('button', { name: 'Cancel' }).tap()
  await expect(field(phone)).toHaveValue('echo hello\u{e0068}\u{e0069}')
})

test('revoking a phone removes its sent texts and drafts', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  await compose(phone, 'echo sent')
  await button(phone, 'Send').tap()
  await phone.shows('\nsent')
  await compose(phone, 'a draft')
  const texts = () => phone.page.evaluate(() => Object.keys(localStorage).filter(key => /^otg\.(sent|draft)/.test(key)))
  expect(await texts()).toHaveLength(2)
  const [device] = (await host.desktop.devices()).devices
  await host.desktop.revokeDevice(device!.device_id)
  await phone.showsHeading('This phone no longer has access')
  expect(await texts()).toEqual([])
})
