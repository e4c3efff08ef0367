// The key bar under real touches, above a real terminal that shows what arrives.
import { Fingers, type Point } from '../support/fingers.ts'
import { expect, type Phone, test } from '../support/phone.ts'

/** Shows input as `cat -vt` does; no key ends it. */
async function showBytes(phone: Phone, mode = ''): Promise<void> {
  await phone.run(`printf '${mode}'; stty -icanon -isig -iexten -ixon -icrnl -echo; clear; echo ready; cat -vt`)
  await phone.shows(/^ready$/)
}

/** The input since the last call; ends with a `#`, which no key sends. */
async function arrived(phone: Phone): Promise<string> {
  const parts = async () =>
    (await phone.screen())
      .replaceAll('\n', '')
      .replace(/^ready/, '')
      .split('#')
  const before = (await parts()).length
  await phone.page.keyboard.type('#')
  await expect.poll(async () => (await parts()).length).toBe(before + 1)
  return (await parts()).at(-2)!
}

const key = (phone: Phone, name: string | RegExp) =>
  phone.page.getByRole('toolbar', { name: 'Keys' }).getByRole('button', { name, exact: true })

async function middle(phone: Phone, name: string): Promise<Point> {
  // The new page of keys slides into place.
  await expect
    .poll(() => phone.page.locator('.key-bar .keys:not([inert])').evaluate(keys => keys.getBoundingClientRect().left))
    .toBe(0)
  const { x, y, width, height } = (await key(phone, name).boundingBox())!
  return { x: x + width / 2, y: y + height / 2 }
}

/** Keys that the key bar shares with the keyboard: their names on each. */
const SHARED_KEYS: [string, string][] = [
  ['Up', 'ArrowUp'],
  ['Left', 'ArrowLeft'],
  ['Home', 'Home'],
  ['End', 'End'],
  ['Page up', 'PageUp'],
  ['Page down', 'PageDown'],
  ['Delete', 'Delete'],
  ...Array.from({ length: 12 }, (_, index): [string, string] => [`F${index + 1}`, `F${index + 1}`]),
]

for (const [mode, title] of [
  ['', 'in normal mode'],
  ['\\e[?1h', 'in application cursor mode'],
])
  test(`each key, alone or with Ctrl, sends the same bytes as the key of a hardware keyboard, ${title}`, async ({
    phone,
  }) => {
    test.slow()
    await phone.open()
    await phone.newSession()
    await showBytes(phone, mode)
    for (const [name, real] of [
      ...SHARED_KEYS,
      ['Escape', 'Escape'],
      ['Tab', 'Tab'],
      ['Insert', 'Insert'],
      ['Enter', 'Enter'],
    ]) {
      await phone.page.keyboard.press(real!)
      await phone.page.keyboard.type('#')
      await phone.keys(name!)
      await phone.page.keyboard.type('#')
    }
    for (const [name, real] of SHARED_KEYS) {
      await phone.page.keyboard.press(`Control+${real}`)
      await phone.page.keyboard.type('#')
      await phone.keys('Control', name)
      await phone.page.keyboard.type('#')
    }
    await phone.page.keyboard.type('.')
    await expect.poll(() => phone.screen()).toMatch(/#\.$/)
    const all = (await phone.screen()).replaceAll('\n', '').replace('ready', '').split('#').slice(0, -1)
    const pairs = all.filter((_, index) => index % 2 === 0).map((real, index) => [real, all[index * 2 + 1]])
    expect(pairs).toHaveLength(SHARED_KEYS.length * 2 + 4)
    expect(pairs.filter(([real]) => real === '')).toEqual([])
    expect(pairs.map(([, bar]) => bar)).toEqual(pairs.map(([real]) => real))
  })

test('characters that soft keyboards hide arrive unchanged, and combine with Ctrl as usual', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await showBytes(phone)
  await phone.keys(
    'Pipe',
    'Tilde',
    'Slash',
    'Backslash',
    'Hyphen',
    'Underscore',
    'Backtick',
    'Left brace',
    'Right brace',
  )
  await phone.keys('Left bracket', 'Right bracket', 'Less than', 'Greater than', 'Dollar', 'Ampersand', 'Asterisk')
  expect(await arrived(phone)).toBe('|~/\\-_`{}[]<>$&*')
  await phone.keys(
    'Control D',
    'Control Z',
    'Control R',
    'Control L',
    'Control C',
    'Control',
    'Backslash',
    'Alt',
    'Slash',
  )
  expect(await arrived(phone)).toBe('^D^Z^R^L^C^\\^[/')
})

test('a swipe switches the page without pressing a key, and sliding off a key presses nothing', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await showBytes(phone)
  const fingers = new Fingers(phone)
  const swipe = async (from: Point, dx: number, dy = 0) => {
    await fingers.down(from)
    await fingers.move(from, { x: from.x + dx, y: from.y + dy }, { steps: 8 })
    await fingers.up()
  }
  await swipe(await middle(phone, 'Right'), -120)
  await expect(key(phone, 'Pipe')).toBeVisible()
  await phone.screenshot('keys-symbols')
  await swipe(await middle(phone, 'Pipe'), -120)
  await expect(key(phone, 'Home')).toBeVisible()
  await phone.screenshot('keys-moves')
  await swipe(await middle(phone, 'Home'), 120)
  await swipe(await middle(phone, 'Left brace'), 120)
  await expect(key(phone, 'Escape')).toBeVisible()
  await swipe(await middle(phone, 'Up'), 160)
  await expect(key(phone, 'F12')).toBeVisible()
  await phone.screenshot('keys-functions')
  await swipe(await middle(phone, 'F8'), -160)
  await expect(key(phone, 'Escape')).toBeVisible()
  await swipe(await middle(phone, 'Escape'), 0, -90)
  await swipe(await middle(phone, 'Control'), 30)
  await expect(key(phone, 'Control')).toHaveAttribute('aria-pressed', 'false')
  expect(await arrived(phone)).toBe('')
  await phone.keys('Tab')
  expect(await arrived(phone)).toBe('^I')
})

test('Ctrl held by one thumb applies to keys tapped by the other', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await showBytes(phone)
  const fingers = new Fingers(phone)
  const [ctrl, right] = [await middle(phone, 'Control'), await middle(phone, 'Right')]
  await fingers.down(ctrl)
  await fingers.down(ctrl, right)
  await fingers.up({ remaining: [ctrl] })
  await fingers.up()
  expect(await arrived(phone)).toBe('^[[1;5C')
  await expect(key(phone, 'Control')).toHaveAttribute('aria-pressed', 'false')
})

test('a held repeating key repeats until released, others do not', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await showBytes(phone)
  const fingers = new Fingers(phone)
  await fingers.down(await middle(phone, 'Down'))
  await expect.poll(() => phone.screen()).toMatch(/(\^\[\[B){4}/)
  await fingers.up()
  await arrived(phone)
  expect(await arrived(phone)).toBe('')
  await fingers.hold(await middle(phone, 'Escape'))
  await fingers.up()
  expect(await arrived(phone)).toBe('^[')
})

test('each key is large enough for a finger on every phone, and the bar is one row in landscape', async ({ phone }) => {
  test.slow()
  await phone.open()
  await phone.newSession()
  for (const [width, height, rows] of [
    [320, 568, 2],
    [360, 740, 2],
    [412, 839, 2],
    [667, 375, 1],
    [863, 360, 1],
    [820, 1180, 2],
  ] as const) {
    await phone.page.setViewportSize({ width, height })
    for (let page = 0; page < 4; page++) {
      const boxes = await phone.page
        .locator('.key-bar .keys:not([inert]) button')
        .evaluateAll(keys => keys.map(key => key.getBoundingClientRect().toJSON() as DOMRect))
      expect(boxes).toHaveLength(14)
      expect(
        boxes.filter(box => box.width < 44 || box.height < 44),
        `keys at ${width}x${height}`,
      ).toEqual([])
      expect(new Set(boxes.map(({ top }) => top)).size).toBe(rows)
      expect(boxes.filter(({ left, right }) => left < 0 || right > width)).toEqual([])
      await phone.screenshot(`keys-${width}-page-${page + 1}`)
      await key(phone, /^More keys/).tap()
      await expect
        .poll(() =>
          phone.page
            .locator('.key-bar .keys:not([inert])')
            .evaluate(keys => keys.getBoundingClientRect().left - keys.closest('.page')!.getBoundingClientRect().left),
        )
        .toBe(0)
    }
  }
})

for (const [title, width, tall, keyboard] of [
  ['in portrait', 412, 839, 320],
  ['in portrait on a small phone', 320, 568, 253],
  ['in landscape', 863, 360, 200],
  ['in landscape on a small phone', 667, 375, 200],
] as const)
  test(`the cursor's line stays above the key bar and the keyboard, ${title}`, async ({ phone }) => {
    const { page } = phone
    await page.setViewportSize({ width, height: tall })
    await phone.open()
    await phone.newSession()
    const size = await phone.ptySize()
    await phone.run('seq 1 100')
    await phone.shows('100')
    await page.setViewportSize({ width, height: tall - keyboard })
    await phone.type('echo is seen')
    await phone.shows('echo is seen')
    await expect.poll(() => phone.isCursorVisible()).toBe(true)
    const bar = (await page.locator('.key-bar').boundingBox())!
    expect(Math.round(bar.y + bar.height)).toBe(tall - keyboard)
    expect(bar.y).toBeGreaterThan(44)
    await phone.screenshot(`keys-above-keyboard-${width}`)
    await phone.keys('Compose')
    await expect(page.getByRole('textbox', { name: 'Text to send' })).toBeFocused()
    await expect.poll(() => phone.isCursorVisible()).toBe(true)
    await page.keyboard.type('several\nlines\nof\nwhat\nis\ncomposed\nand\nmore')
    await expect.poll(() => phone.isCursorVisible()).toBe(true)
    await phone.screenshot(`compose-above-keyboard-${width}`)
    // A requested size is sent a tenth of a second later.
    await page.waitForTimeout(400)
    expect(await phone.ptySize(), 'composing changes no size').toBe(size)
    await phone.fits()
    await page.getByRole('button', { name: 'Close' }).tap()
    await page.setViewportSize({ width, height: tall })
    await expect(page.locator('.terminal.low')).toHaveCount(0)
    await page.waitForTimeout(400)
    expect(await phone.ptySize()).toBe(size)
  })
