// The size of a session: the phone's or the desktop's, and how rotation and a soft keyboard affect it.
import { expect, test } from '../support/phone.ts'

const PORTRAIT = { width: 412, height: 839 }
const LANDSCAPE = { width: 863, height: 360 }

test('turning the phone resizes its own session, and the screen is right', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('seq -s " " 1 200')
  await phone.shows('200')
  const upright = await phone.ptySize()
  await phone.page.setViewportSize(LANDSCAPE)
  await expect.poll(() => phone.ptySize()).not.toBe(upright)
  const [cols, rows] = (await phone.ptySize()).split('x').map(Number)
  expect(cols).toBeGreaterThan(90)
  expect(rows).toBeLessThan(20)
  await phone.matchesHost()
  await phone.run('stty size')
  await phone.shows(`${rows} ${cols}`)
  await phone.screenshot('landscape')
  await phone.page.setViewportSize(PORTRAIT)
  await expect.poll(() => phone.ptySize()).toBe(upright)
  await phone.matchesHost()
})

for (const scale of [2.625, 3])
  test.describe(`a pixel ratio of ${scale}`, () => {
    test.use({ deviceScaleFactor: scale })
    test('leaves no remains of output at the edges of the terminal', async ({ phone, browser }) => {
      await phone.open()
      await phone.newSession()
      await phone.run('for i in $(seq 80); do echo "line $i gjpqy|MMMMMMMMMMMMMMMMMMMMMMMMM"; done')
      await phone.shows('line 80')
      for (let turn = 0; turn < 2; turn++)
        for (const size of [LANDSCAPE, PORTRAIT]) {
          const before = await phone.ptySize()
          await phone.page.setViewportSize(size)
          await expect.poll(() => phone.ptySize()).not.toBe(before)
          await phone.matchesHost()
        }
      const bar = (await phone.page.getByRole('toolbar', { name: 'Keys' }).boundingBox())!
      // The upper edge of the key bar, pixel by pixel, up to the line beside its first key.
      const clip = { x: 2, y: bar.y - 1, width: 50, height: 5 }
      const png = (await phone.page.screenshot({ clip })).toString('base64')
      const reader = await browser.newPage()
      const uneven = await reader.evaluate(async png => {
        const image = new Image()
        image.src = `data:image/png;base64,${png}`
        await image.decode()
        const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!
        context.drawImage(image, 0, 0)
        const spread = (y: number) => {
          const { data } = context.getImageData(0, y, image.width, 1)
          const reds = [...data].filter((_, at) => at % 4 === 0)
          return Math.max(...reds) - Math.min(...reds)
        }
        return Array.from({ length: image.height }, (_, y) => spread(y)).filter(of => of > 2)
      }, png)
      await reader.close()
      await phone.screenshot(`turned-back-${scale}`)
      expect(uneven).toEqual([])
    })
  })

test('the cursor is drawn as an outline before the terminal was touched', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.page.reload()
  await phone.shows('$')
  const cursor = phone.page.locator('.xterm-cursor')
  await expect(cursor).toHaveClass(/xterm-cursor-outline/)
  expect(await phone.isCursorVisible()).toBe(true)
  await phone.screenshot('cursor-untouched')
  await phone.page.locator('.xterm').tap()
  await expect(cursor).toHaveClass(/xterm-cursor-block/)
})

test('a soft keyboard never changes the size, and the cursor’s line stays above it', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  const size = await phone.ptySize()
  await phone.run('seq 1 100')
  await phone.shows('100')
  await phone.keyboard(320)
  await phone.page.waitForTimeout(400)
  expect(await phone.ptySize()).toBe(size)
  await phone.type('echo above the keyboard')
  await phone.shows('echo above the keyboard')
  await expect.poll(() => phone.isCursorVisible()).toBe(true)
  await phone.screenshot('soft-keyboard')
  // A prompt at the top stays where it is.
  await phone.page.keyboard.press('Control+u')
  await phone.run('clear')
  await expect.poll(() => phone.isCursorVisible()).toBe(true)
  await phone.keyboard(0)
  await phone.page.waitForTimeout(400)
  expect(await phone.ptySize()).toBe(size)
  await phone.matchesHost()
})

test('a slow phone that takes a session’s size over asks for one size, not for one beside the strip with the button', async ({
  phone,
  host,
}) => {
  // A shell that runs its trap at once, and as often as it is told.
  const command = ['/bin/sh', '-c', `trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done`]
  await host.desktop.create({ command, size: { cols: 120, rows: 32 }, title: 'build server' })
  // The phone asks before it has measured the room that the strip leaves.
  await phone.page.addInitScript(() => {
    window.ResizeObserver = class extends ResizeObserver {
      constructor(listener: ResizeObserverCallback) {
        super((...changes) => setTimeout(() => listener(...changes), 500))
      }
    }
  })
  await phone.open()
  await phone.page.getByText('build server').tap()
  await phone.shows('ready')
  await phone.page.getByRole('button', { name: 'Use this phone’s size' }).tap()
  await expect(phone.page.locator('.strip')).toHaveCount(0)
  await expect.poll(() => phone.ptySize()).not.toBe('120x32')
  await phone.matchesHost()
  const [cols, rows] = (await phone.ptySize()).split('x')
  await phone.shows(`\n${rows} ${cols}`)
  expect((await phone.screen()).match(/^\d+ \d+$/gm)).toHaveLength(1)
})

test('a desktop’s session keeps its size until one tap takes it over, and gets it back', async ({ phone, host }) => {
  const session = await host.desktop.create({ size: { cols: 120, rows: 32 }, title: 'build server' })
  await phone.open()
  await phone.page.getByText('build server').tap()
  await phone.shows('$ ')
  expect(await phone.ptySize()).toBe('120x32')
  expect(await phone.rows()).toHaveLength(32)
  await phone.page.locator('.xterm').tap()
  await phone.run('seq -s " " 1 60; echo the desktop decides')
  await phone.shows('the desktop decides\n')
  await expect.poll(() => phone.isCursorVisible()).toBe(true)
  await phone.screenshot('follow')
  await phone.page.getByRole('button', { name: 'Use this phone’s size' }).tap()
  await expect.poll(() => phone.ptySize()).not.toBe('120x32')
  await phone.matchesHost()
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  await phone.screenshot('menu')
  await phone.page.getByRole('button', { name: 'Stop using this phone’s size' }).tap()
  await expect.poll(() => phone.ptySize()).toBe('120x32')
  await phone.page.getByRole('button', { name: 'Use this phone’s size' }).tap()
  await expect.poll(() => phone.ptySize()).not.toBe('120x32')
  await phone.page.getByRole('button', { name: 'Back to sessions' }).tap()
  await expect.poll(() => phone.ptySize(), 'leaving gives the size back').toBe('120x32')
  await host.desktop.kill(session.session_id)
})

for (const [cols, rows] of [
  [200, 50],
  [80, 24],
] as const)
  test(`a desktop’s session of ${cols} columns is shown in portrait and landscape, and keeps its ${rows} rows`, async ({
    phone,
    host,
  }) => {
    const { session_id } = await host.desktop.create({ size: { cols, rows }, title: 'desk' })
    await phone.page.setViewportSize({ width: 360, height: 740 })
    await phone.open()
    await phone.page.getByText('desk').tap()
    await phone.shows('$ ')
    await phone.page.locator('.xterm').tap()
    await phone.run(`clear; head -${rows - 4} /etc/services`)
    await phone.shows('$')
    const box = phone.page.locator('.terminal-view')
    const sideways = () => box.evaluate(element => element.scrollWidth - element.clientWidth)
    const font = () =>
      phone.page.locator('.xterm-rows').evaluate(rows => Number.parseFloat(getComputedStyle(rows).fontSize))
    // It fits, unless the text would be too small to read.
    expect(await font()).toBeGreaterThanOrEqual(7)
    if ((await font()) > 7) expect(await sideways()).toBeLessThanOrEqual(1)
    await expect.poll(() => phone.isCursorVisible()).toBe(true)
    await phone.screenshot(`desk-${cols}-upright`)
    await phone.keyboard(300)
    await expect.poll(() => phone.isCursorVisible()).toBe(true)
    await phone.page.setViewportSize({ width: 740, height: 360 })
    await expect.poll(() => phone.isCursorVisible()).toBe(true)
    if (cols === 80) expect(await sideways()).toBeLessThanOrEqual(1)
    await phone.screenshot(`desk-${cols}-on-its-side`)
    // One tap makes the text at the cursor readable, another one fits the width again.
    await phone.page.setViewportSize({ width: 360, height: 740 })
    await phone.page.getByRole('button', { name: 'Use a readable font size' }).tap()
    await expect.poll(font).toBe(12)
    await expect.poll(() => phone.isCursorVisible()).toBe(true)
    await phone.screenshot(`desk-${cols}-readable`)
    await phone.page.getByRole('button', { name: 'Fit the width' }).tap()
    await expect.poll(font).toBeLessThan(12)
    expect(await phone.ptySize()).toBe(`${cols}x${rows}`)
    await phone.matchesHost(session_id)
  })

test('text never shrinks below a readable size: a very wide session is panned to the cursor', async ({
  phone,
  host,
}) => {
  await host.desktop.create({ size: { cols: 240, rows: 60 }, title: 'wide' })
  await phone.open()
  await phone.page.getByText('wide').tap()
  await phone.shows('$ ')
  await phone.page.locator('.xterm').tap()
  await phone.type(`echo ${'x'.repeat(200)}`)
  await phone.shows('xxxxx')
  await expect.poll(() => phone.isCursorVisible()).toBe(true)
  const box = phone.page.locator('.terminal-view')
  expect(await box.evaluate(element => element.scrollLeft)).toBeGreaterThan(100)
  await phone.swipe(1200, 0)
  await expect.poll(() => box.evaluate(element => element.scrollLeft)).toBe(0)
  await phone.screenshot('wide')
})
