// A shell and real programs used in a phone's browser.
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '../support/phone.ts'

test('the address opens the list, and one tap starts a shell', async ({ phone }) => {
  await phone.open()
  await phone.screenshot('sessions-empty')
  await phone.newSession()
  await phone.run('echo $((6 * 7)) answers')
  await phone.shows('42 answers')
  await phone.matchesHost()
  await phone.screenshot('shell')
})

test('vim edits a real file, with Esc and arrows from the key bar', async ({ phone, host }) => {
  const file = join(host.home, 'passwd')
  copyFileSync('/etc/passwd', file)
  const before = readFileSync(file, 'utf8').split('\n')
  await phone.open()
  await phone.newSession()
  await phone.run('vim passwd')
  await phone.shows(before[1]!.slice(0, 20))
  // vim turns on application cursor keys; fixed codes would insert letters here.
  await phone.keys('Down', 'Down')
  await phone.type('Oa line from the phone')
  await phone.shows('a line from the phone')
  await phone.screenshot('vim-insert')
  await phone.keys('Escape', 'Up', 'Home')
  await phone.type('x')
  await phone.matchesHost()
  await phone.run(':wq')
  await phone.shows(/\$ vim passwd\n\$$/)
  const after = readFileSync(file, 'utf8').split('\n')
  expect(after[2]).toBe('a line from the phone')
  expect(after[1]).toBe(before[1]!.slice(1))
})

test('less pages through a real file by keys, by touch and by search', async ({ phone, host }) => {
  copyFileSync('/etc/services', join(host.home, 'services'))
  await phone.open()
  await phone.newSession()
  await phone.run('less services')
  await phone.shows('Network services')
  await phone.keys('Page down')
  await expect.poll(() => phone.screen()).not.toContain('Network services')
  await phone.matchesHost()
  const paged = await phone.screen()
  await phone.swipe(0, -200)
  await expect.poll(() => phone.screen()).not.toBe(paged)
  await phone.swipe(0, 3000)
  await phone.shows('Network services')
  await phone.run('/^https')
  await phone.shows(/https\s+443/)
  await phone.matchesHost()
  await phone.screenshot('less')
})

test('htop draws its meters, and leaves the screen as it was', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('htop')
  await phone.shows('Load average')
  await phone.screenshot('htop')
  await phone.type('q')
  await phone.shows(/\$ htop\n\$$/)
})

test('a finger scrolls back through the output, and typing returns to the prompt', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('seq 1 500')
  await phone.shows('500')
  await phone.swipe(0, 1500)
  await expect.poll(() => phone.screen()).not.toContain('500')
  await phone.type('echo back')
  await phone.shows('echo back')
})

test('Ctrl stays on for one key or, tapped twice, until tapped again', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('cat -v')
  await phone.keys('Control')
  const control = phone.page.getByRole('button', { name: 'Control', exact: true })
  await expect(control).toHaveAttribute('aria-pressed', 'true')
  await phone.type('g')
  await expect(control).toHaveAttribute('aria-pressed', 'false')
  await phone.run('g')
  await phone.shows('^Gg')
  await control.tap({ force: true })
  await control.tap({ force: true })
  await expect(phone.page.getByRole('button', { name: 'Control, locked' })).toBeVisible()
  await phone.type('abe')
  await phone.page.getByRole('button', { name: 'Control, locked' }).tap()
  await phone.page.keyboard.press('Enter')
  await phone.shows('^A^B^E')
  await phone.keys('Alt')
  await phone.type('x')
  await phone.keys('Control', 'Right', 'Shift Tab')
  await phone.page.keyboard.press('Enter')
  await phone.shows('^[x^[[1;5C^[[Z')
  await phone.keys('Control C')
  await phone.shows(/\n\$$/)
})

test('a held key repeats, and the soft keyboard stays open', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('cat -v')
  const up = phone.page.getByRole('button', { name: 'Up', exact: true })
  await up.dispatchEvent('pointerdown', { pointerType: 'touch', button: 0, isPrimary: true })
  await expect.poll(async () => (await phone.screen()).split('^[[A').length).toBeGreaterThan(4)
  await up.dispatchEvent('pointerup', { pointerType: 'touch', button: 0, isPrimary: true })
  await phone.keys('Left')
  await expect(phone.page.locator('.xterm-helper-textarea')).toBeFocused()
})

for (const colorScheme of ['dark', 'light'] as const)
  test(`inverse text swaps the colors of plain text, ${colorScheme}`, async ({ phone }) => {
    await phone.page.emulateMedia({ colorScheme })
    await phone.open()
    await phone.newSession()
    await phone.run("printf '\\e[7mturned\\e[0m\\n'")
    await phone.shows('\nturned')
    const [ground, letters] = await phone.page.evaluate(() => {
      const turned = [...document.querySelectorAll('.xterm-rows span')].find(span => span.textContent === 'turned')!
      const { color, backgroundColor } = getComputedStyle(turned)
      const viewport = getComputedStyle(document.querySelector('.xterm-scrollable-element')!).backgroundColor
      const plain = getComputedStyle(document.querySelector('.xterm-rows')!).color
      return [
        [backgroundColor, plain],
        [color, viewport],
      ]
    })
    expect(ground![0]).toBe(ground![1])
    expect(letters![0]).toBe(letters![1])
  })
