// Every byte that typing sends: published soft-keyboard event sequences, Chromium's own input method, hardware keys.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CDPSession } from '@playwright/test'
import { inputTraces, play, type Trace, type TraceEvent } from '../../support/terminal/input-trace.ts'
import { expect, type Phone, test } from '../support/phone.ts'

/** F12, which nothing else here types: separates the sequences that are compared. */
const MARK = '\x1b[24~'

/** Starts a program that records every byte; the returned function gives those since its last call. */
async function bytes(phone: Phone): Promise<() => Promise<string>> {
  await phone.open()
  await phone.newSession()
  await phone.run('stty raw -echo; printf "\\033cready"; cat > typed')
  await phone.shows(/^ready$/)
  const file = join(phone.host.home, 'typed')
  let asked = 0
  return async () => {
    asked++
    await phone.page.keyboard.press('F12')
    const parts = () => readFileSync(file, 'utf8').split(MARK)
    await expect.poll(() => parts().length, { message: 'the mark arrives' }).toBe(asked + 1)
    return parts()[asked - 1]!
  }
}

/** Makes the page believe that it runs on this system. */
async function pretend(phone: Phone, os: Trace['os'], language: string): Promise<void> {
  const platform = { android: 'Linux armv8l', apple: 'iPhone', other: 'Win32' }[os]
  const userAgent = { android: 'Mozilla/5.0 (Linux; Android 16)', apple: 'Mozilla/5.0 (iPhone)', other: 'Mozilla/5.0' }[
    os
  ]
  await phone.page.addInitScript(
    values => {
      for (const [name, value] of Object.entries(values))
        Object.defineProperty(navigator, name, { get: () => value, configurable: true })
    },
    { platform, userAgent, language, languages: [language] },
  )
}

/** Plays a sequence on the terminal's field with scripted events. */
async function replay(phone: Phone, events: TraceEvent[]): Promise<void> {
  const dispatch = (event: TraceEvent): boolean => {
    const field = document.querySelector<HTMLTextAreaElement>('.xterm-helper-textarea')!
    const { type, key, keyCode, data, inputType, isComposing, repeat } = event
    const init = { bubbles: true, cancelable: type !== 'input', composed: true, isComposing, repeat, data }
    const charCode = type === 'keypress' ? keyCode : 0
    if (type.startsWith('key'))
      return field.dispatchEvent(new KeyboardEvent(type, { ...init, key, keyCode, charCode } as KeyboardEventInit))
    if (type.startsWith('composition'))
      return field.dispatchEvent(new CompositionEvent(type, init as CompositionEventInit))
    return field.dispatchEvent(new InputEvent(type, { ...init, inputType } as InputEventInit))
  }
  const field = `document.querySelector('.xterm-helper-textarea')`
  await phone.page.evaluate(`(${play})(${field}, ${JSON.stringify(events)}, ${dispatch})`)
}

for (const [os, language] of [
  ['android', 'en'],
  ['android', 'zh-CN'],
  ['apple', 'en'],
  ['other', 'en'],
] as const)
  test(`published sequences send exactly their bytes (${os}, ${language})`, async ({ phone }) => {
    await pretend(phone, os, language)
    const traces = inputTraces().filter(trace => trace.os === os && trace.language === language)
    expect(traces).not.toEqual([])
    const typed = await bytes(phone)
    for (const { file, events, expected } of traces)
      await test.step(file, async () => {
        await replay(phone, events)
        expect(await typed(), file).toBe(expected)
      })
  })

test.describe("the page with Chromium's input method", () => {
  let ime: CDPSession
  const compose = (text: string) =>
    ime.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
  const commit = (text: string) => ime.send('Input.insertText', { text })
  const field = (phone: Phone) => phone.page.locator('.xterm-helper-textarea')

  test.beforeEach(async ({ page }) => {
    ime = await page.context().newCDPSession(page)
  })

  test('sends composed words as they are typed, corrected and committed once', async ({ phone }) => {
    const typed = await bytes(phone)
    for (const text of ['t', 'te', 'teh', 'the']) await compose(text)
    await commit('the')
    await commit(' ')
    expect(await typed()).toBe('teh\x7f\x7fhe ')
    await commit('status')
    await phone.page.keyboard.press('Backspace')
    await phone.page.keyboard.press('Enter')
    expect(await typed()).toBe('status\x7f\r')
  })

  test('shows composed syllables at the cursor and sends them when complete', async ({ phone }) => {
    const typed = await bytes(phone)
    const preedit = phone.page.locator('.preedit')
    await compose('하')
    await expect(preedit).toHaveText('하')
    await compose('한')
    await expect(preedit).toHaveText('한')
    expect(await preedit.locator('span').boundingBox()).toMatchObject(await cursorCorner(phone))
    await commit('한')
    await expect(preedit).toHaveCount(0)
    expect(await typed()).toBe('한')
    await compose('ㄱ')
    await compose('')
    await expect(preedit).toHaveCount(0)
    expect(await typed()).toBe('')
  })

  const long = '長い文章を変換する前にここに見えます。とても長いので二行になることもありますね'

  /** Whether all of it is within the terminal's box. */
  const isSeen = (phone: Phone) =>
    expect(async () => {
      const text = phone.page.locator('.preedit span')
      await expect(text).toHaveText(long)
      const box = (await text.boundingBox())!
      const view = (await phone.page.locator('.terminal-view').boundingBox())!
      expect(box.x).toBeGreaterThanOrEqual(view.x)
      expect(box.x + box.width).toBeLessThanOrEqual(view.x + view.width + 1)
      expect(box.y).toBeGreaterThanOrEqual(view.y)
      expect(box.y + box.height).toBeLessThanOrEqual(view.y + view.height + 2)
    }).toPass()

  test('wraps a long composition to the next line, and sends it as shown', async ({ phone }) => {
    await phone.open()
    await phone.newSession()
    await phone.type('echo 一二三四五六七八九十')
    await phone.shows('八九十')
    await compose('変換')
    await expect(phone.page.locator('.preedit')).toHaveText('変換')
    await phone.screenshot('preedit')
    await compose(long)
    await isSeen(phone)
    await phone.screenshot('preedit-long')
    await phone.page.emulateMedia({ colorScheme: 'light' })
    await phone.page.setViewportSize({ width: 320, height: 500 })
    await isSeen(phone)
    await phone.screenshot('preedit-narrow-light')
    await commit(long)
    await expect(phone.page.locator('.preedit')).toHaveCount(0)
    await phone.page.keyboard.press('Enter')
    await expect
      .poll(async () => (await phone.screen()).replaceAll('\n', '').split(`一二三四五六七八九十${long}`).length)
      .toBe(3)
    await phone.run('clear; seq 1 50; seq -s " " 1 30; clear; seq 1 40')
    await phone.shows('40')
    await compose(long)
    await isSeen(phone)
    await phone.screenshot('preedit-bottom')
    await commit(long)
  })

  test('keeps a composition visible on a screen wider than the phone', async ({ phone, host }) => {
    await host.desktop.create({ size: { cols: 240, rows: 60 }, title: 'wide' })
    await phone.open()
    await phone.page.getByText('wide').tap()
    await phone.shows('$ ')
    await phone.page.locator('.xterm').tap()
    await phone.type(`echo ${'x'.repeat(150)}`)
    await phone.shows('xxxxx')
    await expect.poll(() => phone.isCursorVisible()).toBe(true)
    await compose(long)
    await isSeen(phone)
    await phone.screenshot('preedit-panned')
    await commit(long)
    await phone.shows(long.slice(0, 8))
  })

  test('applies Ctrl of the key bar to one composed letter, and starts the word again', async ({ phone }) => {
    const typed = await bytes(phone)
    await compose('l')
    await compose('ls')
    await phone.keys('Control')
    await compose('lsc')
    await expect(phone.page.getByRole('button', { name: 'Control', exact: true })).toHaveAttribute(
      'aria-pressed',
      'false',
    )
    await expect(field(phone)).toHaveValue(' ')
    expect(await typed()).toBe('ls\x03')
    for (const text of ['g', 'gi', 'git']) await compose(text)
    await commit('git')
    expect(await typed()).toBe('git')
  })

  test('does not type a finished word again that a keyboard still holds', async ({ phone }) => {
    const typed = await bytes(phone)
    await compose('l')
    await compose('ls')
    await phone.keys('Tab')
    await expect(field(phone)).toHaveValue(' ')
    await compose('lsx')
    await commit('lsx')
    expect(await typed()).toBe('ls\tx')
  })

  test('sends the composition before a key of the key bar', async ({ phone }) => {
    const typed = await bytes(phone)
    await compose('한')
    await phone.keys('Tab')
    await expect(phone.page.locator('.preedit')).toHaveCount(0)
    expect(await typed()).toBe('한\t')
  })

  test('sends a composition once when the field loses the focus', async ({ phone }) => {
    const typed = await bytes(phone)
    await compose('한')
    await field(phone).blur()
    await field(phone).focus()
    expect(await typed()).toBe('한')
    await compose('l')
    await field(phone).blur()
    await field(phone).focus()
    // After returning, the shell may show another line.
    await expect(field(phone)).toHaveValue(' ')
    expect(await typed()).toBe('l')
  })
})

test('hardware keys send their usual bytes', async ({ phone }) => {
  const typed = await bytes(phone)
  const { keyboard } = phone.page
  await keyboard.type('Hello, "world"! ~/x {1}|2&3 é€😀')
  expect(await typed()).toBe('Hello, "world"! ~/x {1}|2&3 é€😀')
  for (const [key, expected] of [
    ['Enter', '\r'],
    ['Tab', '\t'],
    ['Shift+Tab', '\x1b[Z'],
    ['Escape', '\x1b'],
    ['Backspace', '\x7f'],
    ['Delete', '\x1b[3~'],
    ['ArrowUp', '\x1b[A'],
    ['Control+ArrowLeft', '\x1b[1;5D'],
    ['Home', '\x1bOH'],
    ['F5', '\x1b[15~'],
    ['Control+c', '\x03'],
    ['Control+z', '\x1a'],
    ['Control+v', '\x16'],
    ['Control+Space', '\0'],
    ['Alt+x', '\x1bx'],
    ['Alt+Backspace', '\x1b\x7f'],
    ['Shift+A', 'A'],
  ] as const) {
    await keyboard.press(key)
    expect(await typed(), key).toBe(key === 'Home' ? '\x1b[H' : expected)
  }
  await keyboard.down('Backspace')
  for (let n = 0; n < 4; n++) await keyboard.down('Backspace')
  await keyboard.up('Backspace')
  await keyboard.down('j')
  await keyboard.down('j')
  await keyboard.up('j')
  expect(await typed()).toBe(`${'\x7f'.repeat(5)}jj`)
  // Selecting everything that was typed is allowed, and the next letter replaces nothing.
  await keyboard.type('ab')
  await phone.page.evaluate(() => document.querySelector<HTMLTextAreaElement>('.xterm-helper-textarea')!.select())
  await keyboard.type('c')
  expect(await typed()).toBe('abc')
})

test('a paste arrives once, whichever way it is made', async ({ phone }) => {
  const { page } = phone
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const typed = await bytes(phone)
  await page.keyboard.type('a')
  await page.evaluate(() => navigator.clipboard.writeText('one two'))
  await page.keyboard.press('Shift+Insert')
  expect(await typed()).toBe('aone two')
  // A soft keyboard's own clipboard.
  await replay(phone, [{ type: 'beforeinput', inputType: 'insertFromPaste', data: 'three' }])
  expect(await typed()).toBe('three')
  await replay(phone, [{ type: 'input', inputType: 'insertText', data: 'x\ny\n', edit: [0, 'x\ny\n'] }])
  // Several lines are confirmed, wherever they come from.
  await page.getByRole('dialog').getByRole('button', { name: 'Paste', exact: true }).tap()
  expect(await typed()).toBe('x\ry\r')
})

test('words arrive in the shell as shown', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  const letters = (word: string): TraceEvent[] => [
    { type: 'compositionstart', data: '' },
    ...[...word].map((letter, index): TraceEvent => {
      const data = word.slice(0, index + 1)
      return { type: 'input', inputType: 'insertCompositionText', data, isComposing: true, edit: [0, letter] }
    }),
  ]
  await replay(phone, [
    ...letters('ecoh'),
    { type: 'input', inputType: 'insertCompositionText', data: 'echo', isComposing: true, edit: [4, 'echo'] },
    { type: 'compositionend', data: 'echo' },
    { type: 'input', inputType: 'insertText', data: ' ', edit: [0, ' '] },
    ...letters('done'),
    { type: 'compositionend', data: 'done' },
    { type: 'input', inputType: 'insertLineBreak', data: null, edit: [0, '\n'] },
  ])
  await phone.shows(/\$ echo done\ndone\n/)
  await phone.matchesHost()
})

/** The position of the cursor's cell. */
async function cursorCorner(phone: Phone): Promise<{ x: unknown; y: unknown }> {
  const cursor = (await phone.page.locator('.xterm-cursor').boundingBox())!
  const near = (value: number) => ({ asymmetricMatch: (other: number) => Math.abs(other - value) <= 1.5 })
  return { x: near(cursor.x), y: near(cursor.y) }
}
