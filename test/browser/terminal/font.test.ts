// The terminal's font on phones: it is loaded before the first session gets its size, and box drawing has no seams.
import { type Browser, devices, type Page } from '@playwright/test'
import { expect, Phone, test } from '../support/phone.ts'

interface Picture {
  width: number
  height: number
  /** The difference of each pixel from the background, 0 to 255, row by row. */
  ink: number[]
}

/** The terminal's upper left corner as drawn. */
async function look(page: Page, browser: Browser): Promise<Picture> {
  const { x, y } = (await page.locator('.xterm-rows').boundingBox())!
  const png = (await page.screenshot({ clip: { x, y, width: 120, height: 180 } })).toString('base64')
  // The page's CSP allows no image, so another page decodes it.
  const reader = await browser.newPage()
  const picture = await reader.evaluate(async png => {
    const image = new Image()
    image.src = `data:image/png;base64,${png}`
    await image.decode()
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!
    context.drawImage(image, 0, 0)
    const { data } = context.getImageData(0, 0, image.width, image.height)
    const ground = [...data.slice(-4)]
    const ink: number[] = []
    for (let at = 0; at < data.length; at += 4)
      ink.push(Math.max(...[0, 1, 2].map(part => Math.abs(data[at + part]! - ground[part]!))))
    return { width: image.width, height: image.height, ink }
  }, png)
  await reader.close()
  return picture
}

/** Thresholds; a lit pixel has 230. A line thinner than two pixels may fall between pixels, a block may not. */
const SEEN = 90
const LIT = 215

for (const dpr of [1, 2, 2.625, 3])
  test(`boxes and blocks have no gaps at a pixel ratio of ${dpr}`, async ({ browser, host }) => {
    const context = await browser.newContext({ ...devices['Pixel 7'], deviceScaleFactor: dpr, colorScheme: 'dark' })
    const phone = new Phone(await context.newPage(), host)
    await phone.open()
    await phone.newSession()
    // A box of six rows and ten columns with its middle lines, then four rows of blocks.
    await phone.run(
      "clear; printf '\\e[97m┌────┬────┐\\n│    │    │\\n│    │    │\\n├────┼────┤\\n│    │    │\\n╰────┴────╯\\n██████\\n██████\\n██████\\e[0m\\n'; read",
    )
    await phone.shows('██████')
    await phone.screenshot(`font-box-${dpr}`)
    const { width, ink } = await look(phone.page, browser)
    const { row, column } = await phone.page.evaluate(() => {
      const rows = document.querySelector('.xterm-rows')!
      const row = rows.children[0]!.getBoundingClientRect().height * devicePixelRatio
      const text = rows.children[6]!.querySelector('span')!.getBoundingClientRect().width * devicePixelRatio
      return { row, column: text / 6 }
    })
    const at = (x: number, y: number) => ink[Math.round(y) * width + Math.round(x)]!
    const most = (from: number, to: number, of: (i: number) => number) => {
      let best = 0
      for (let i = Math.ceil(from); i < to; i++) best = Math.max(best, of(i))
      return best
    }
    const gaps: string[] = []
    for (const line of [0, 5, 10])
      for (let y = row * 0.6; y < row * 5.4; y++)
        if (most(line * column, (line + 1) * column, x => at(x, y)) < SEEN) gaps.push(`column ${line}, row ${y / row}`)
    for (const line of [0, 3, 5])
      for (let x = column * 0.7; x < column * 10.3; x++)
        if (most(line * row, (line + 1) * row, y => at(x, y)) < SEEN) gaps.push(`row ${line}, column ${x / column}`)
    for (let y = row * 6.1; y < row * 8.9; y++)
      for (let x = column * 0.1; x < column * 5.9; x++)
        if (at(x, y) < LIT) gaps.push(`block at row ${y / row}, column ${x / column}`)
    expect(gaps).toEqual([])
    await context.close()
  })

test('a session is measured once, in the font that draws it', async ({ phone }) => {
  // Slower than any wait except the one for the font itself.
  await phone.open()
  await phone.newSession()
  expect(await phone.page.evaluate(() => document.fonts.check('14px "On the Go Mono"', 'W│⏺'))).toBe(true)
  const size = await phone.ptySize()
  await phone.run("trap 'echo resized' WINCH; printf 'a \\e[1mbold\\e[0m Ω \\e[1mΩЖ\\e[0m ⌚ \\ue0b4 ⠋⠙ ⏺ ⎿ ✻\\n'")
  await phone.shows('ΩЖ')
  await expect
    .poll(() => phone.page.evaluate(() => [...document.fonts].filter(one => one.status === 'loaded').length))
    .toBeGreaterThanOrEqual(5)
  await phone.run('echo done')
  await phone.shows('done')
  expect(await phone.screen()).not.toMatch(/^resized/m)
  expect(await phone.ptySize()).toBe(size)
  await phone.screenshot('font-letters')
})

test('only the fonts that draw the first prompt are loaded before it appears', async ({ phone }) => {
  const asked: string[] = []
  phone.page.on('request', request => {
    const file = /\/assets\/(.+)-[\w-]{8}(\.\w+)$/.exec(request.url())
    if (file) asked.push(`${file[1]}${file[2]}`)
  })
  await phone.open()
  await phone.newSession()
  const first = ['main.css', 'main.js', 'terminal.css', 'terminal.js', 'bold.woff2', 'marks.woff2', 'text.woff2']
  // Later, while the page is idle, the files that may be needed offline are loaded.
  const later = [
    'compose.css',
    'compose.js',
    'paste-dialog.js',
    'upload-strip.css',
    'upload-strip.js',
    'terminal-overlays.js',
    'touch-select.js',
  ]
  await expect.poll(() => later.filter(file => !asked.includes(file))).toEqual([])
  // The list loads them while it is idle, which a slow machine is before the terminal is opened.
  const idleList = ['question-card.css', 'question-card.js', 'question-sheet.js', 'use-now.js']
  const early = asked.slice(
    0,
    asked.findIndex(file => later.includes(file)),
  )
  expect([...new Set(early)].filter(file => !idleList.includes(file)).sort()).toEqual(first.sort())
  expect(asked.filter(file => file.endsWith('.woff2')).every(file => first.includes(file))).toBe(true)
})

test('a font that loads late is used, and one that never loads delays nothing', async ({ phone }) => {
  let let_go = () => {}
  const held = new Promise<void>(resolve => {
    let_go = resolve
  })
  await phone.page.route('**/*.woff2', async route => {
    await held
    await route.continue()
  })
  // The page's load event waits for its preloads.
  await phone.page.goto(await phone.host.address(), { waitUntil: 'commit' })
  await phone.isConnected()
  await phone.newSession()
  const width = () => phone.page.evaluate(() => document.querySelector('.xterm-screen')!.clientWidth)
  await phone.run('echo one')
  await phone.shows('one')
  expect(await phone.page.evaluate(() => document.fonts.check('14px "On the Go Mono"', 'W'))).toBe(false)
  let_go()
  await expect.poll(() => phone.page.evaluate(() => document.fonts.check('14px "On the Go Mono"', 'W'))).toBe(true)
  await expect.poll(width).toBeGreaterThan(380)
  await phone.run('echo two')
  await phone.shows('two')
  await phone.matchesHost()
})
