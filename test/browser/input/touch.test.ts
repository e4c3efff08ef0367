// Touch gestures on a terminal: pan, fling, the mouse wheel of programs, and pinch.
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fingers } from '../support/fingers.ts'
import { expect, type Phone, test } from '../support/phone.ts'

const MIDDLE = { x: 206, y: 400 }

async function topLine(phone: Phone): Promise<number> {
  let line: string | undefined
  // Between two frames there may be none.
  while (!line) line = (await phone.rows()).find(row => /^\d+$/.test(row))
  return Number(line)
}

const font = (phone: Phone) =>
  phone.page.locator('.xterm-rows').evaluate(rows => Number.parseFloat(getComputedStyle(rows).fontSize))

async function numbers(phone: Phone): Promise<void> {
  await phone.open()
  await phone.newSession()
  await phone.run('seq 1 2000')
  // Not the 2000 of the command itself.
  await phone.shows(/\n2000\n\$/)
}

test('a pan scrolls by pixels, and a partial line then snaps into place', async ({ phone }) => {
  await numbers(phone)
  const fingers = new Fingers(phone)
  const before = await topLine(phone)
  const { y } = (await phone.page.locator('.xterm-screen').boundingBox())!
  await fingers.down(MIDDLE)
  await fingers.move(MIDDLE, { x: MIDDLE.x, y: MIDDLE.y + 40 })
  // Less than a line beyond whole lines.
  const moved = y - (await phone.page.locator('.xterm-screen').boundingBox())!.y
  const lines = before - (await topLine(phone))
  const high = (await phone.page.locator('.xterm-rows > div').first().boundingBox())!.height
  expect(moved).toBeGreaterThan(0)
  expect(lines * high - moved).toBeCloseTo(40, 0)
  // A finger that rested before lifting causes no fling.
  await fingers.up({ rested: 150 })
  await expect
    .poll(async () => (await phone.page.locator('.xterm-screen').boundingBox())!.y, { message: 'whole lines again' })
    .toBe(y)
  expect(Math.abs(before - (await topLine(phone)) - lines)).toBeLessThanOrEqual(1)
})

test('a fling continues and slows down, and a touch stops it without a tap', async ({ phone }) => {
  await numbers(phone)
  const fingers = new Fingers(phone)
  const start = await topLine(phone)
  await fingers.down({ x: 206, y: 250 })
  await fingers.move({ x: 206, y: 250 }, { x: 206, y: 450 }, { steps: 8 })
  await fingers.up()
  // The finger itself moved twelve lines.
  await expect.poll(() => topLine(phone), { message: 'it glides on' }).toBeLessThan(start - 17)
  // Another fling, stopped while it runs.
  await fingers.down({ x: 206, y: 250 })
  await fingers.move({ x: 206, y: 250 }, { x: 206, y: 600 }, { steps: 6 })
  await fingers.up()
  await fingers.down(MIDDLE)
  await fingers.handled()
  // Rendering follows by a frame or two.
  await phone.page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
  const stopped = await topLine(phone)
  await phone.page.waitForTimeout(300)
  expect(await topLine(phone)).toBe(stopped)
  await phone.page.evaluate(() => (document.activeElement as HTMLElement).blur())
  await fingers.up()
  await expect(phone.page.locator('.xterm-helper-textarea')).not.toBeFocused()
  // The terminal was at rest, so this is a tap.
  await phone.page.locator('.xterm').tap()
  await expect(phone.page.locator('.xterm-helper-textarea')).toBeFocused()
})

test('less scrolls line by line with the finger, and stops when it is lifted', async ({ phone, host }) => {
  writeFileSync(join(host.home, 'lines'), Array.from({ length: 500 }, (_, i) => `${i + 1}\n`).join(''))
  await phone.open()
  await phone.newSession()
  await phone.run('less lines')
  await phone.shows(/^1\n2\n/)
  const high = (await phone.page.locator('.xterm-rows > div').first().boundingBox())!.height
  const fingers = new Fingers(phone)
  const from = { x: 206, y: 600 }
  await fingers.down(from)
  await fingers.move(from, { x: 206, y: 600 - high * 10.5 }, { steps: 6 })
  await fingers.up()
  await expect.poll(() => topLine(phone)).toBe(11)
  await phone.page.waitForTimeout(300)
  expect(await topLine(phone)).toBe(11)
  await phone.matchesHost()
})

test('a program that tracks the mouse receives wheel events, one per three lines, in the finger’s direction', async ({
  phone,
}) => {
  await phone.open()
  await phone.newSession()
  await phone.run("printf '\\033[?1049h\\033[?1002h\\033[?1006h'; stty -icanon -echo; cat -v")
  await expect.poll(() => phone.screen()).toBe('')
  const high = (await phone.page.locator('.xterm-rows > div').first().boundingBox())!.height
  const fingers = new Fingers(phone)
  const from = { x: 206, y: 500 }
  await fingers.down(from)
  await fingers.move(from, { x: 206, y: 500 - high * 6.5 })
  await fingers.up()
  // 65: wheel down; and neither presses (0) nor releases.
  await expect.poll(async () => (await phone.screen()).match(/\^\[\[<\d+/g)).toEqual(['^[[<65', '^[[<65'])
  await fingers.down(from)
  await fingers.move(from, { x: 206, y: 500 + high * 3.5 })
  await fingers.up()
  await expect.poll(async () => (await phone.screen()).match(/\^\[\[<\d+/g)?.at(-1)).toBe('^[[<64')
})

for (const [how, command] of [
  ['with the mouse', "vim -u NONE -c 'set mouse=a' services"],
  ['by its cursor', 'vim -u NONE services'],
] as const)
  test(`vim scrolls by touch, ${how}`, async ({ phone, host }) => {
    copyFileSync('/etc/services', join(host.home, 'services'))
    await phone.open()
    await phone.newSession()
    await phone.run(command)
    await phone.shows('Network services')
    // Without the mouse the cursor moves first, and the text once the cursor is at the edge.
    for (let times = 0; times < 2; times++) await phone.swipe(0, -600)
    await expect.poll(() => phone.screen()).not.toContain('Network services')
    await phone.matchesHost()
    for (let times = 0; times < 3; times++) await phone.swipe(0, 600)
    await phone.shows('Network services')
  })

test('htop scrolls by touch', async ({ phone }) => {
  // Only a few processes fit, so that there is always something to scroll to.
  await phone.page.setViewportSize({ width: 412, height: 420 })
  await phone.open()
  await phone.newSession()
  await phone.run('htop --sort-key PID')
  await phone.shows('Load average')
  const first = async () => {
    const rows = await phone.rows()
    return rows[rows.findIndex(row => /^\s*PID/.test(row)) + 1]?.trim().split(' ')[0]
  }
  const before = await first()
  await phone.swipe(0, -150)
  await expect.poll(first).not.toBe(before)
})

test('a pinch changes the font size of the phone’s own session: one resize after the fingers are lifted, remembered on this phone', async ({
  phone,
}) => {
  await phone.open()
  await phone.newSession()
  await phone.run("trap 'echo resized' WINCH; clear")
  await phone.shows(/^\$$/)
  const before = await phone.ptySize()
  const fingers = new Fingers(phone)
  await fingers.spread(MIDDLE, 1.5)
  await phone.screenshot('pinch')
  expect(await phone.ptySize()).toBe(before)
  await fingers.up()
  await expect.poll(() => phone.ptySize()).not.toBe(before)
  expect(await font(phone)).toBe(21)
  await phone.type('\n')
  await phone.shows(/resized/)
  expect((await phone.screen()).match(/resized/g)).toHaveLength(1)
  await phone.matchesHost()
  // The page itself is not zoomed.
  expect(await phone.page.evaluate(() => window.visualViewport!.scale)).toBe(1)
  await phone.page.reload()
  await phone.shows('resized')
  await expect.poll(() => font(phone)).toBe(21)
  // Limited to readable sizes.
  await fingers.spread(MIDDLE, 0.1, 380)
  await fingers.up()
  await expect.poll(() => font(phone)).toBe(7)
  await fingers.spread(MIDDLE, 9, 40)
  await fingers.up()
  await expect.poll(() => font(phone)).toBe(32)
  await phone.screenshot('pinch-largest')
  await fingers.twoFingerDoubleTap(MIDDLE)
  await expect.poll(() => phone.ptySize()).toBe(before)
  expect(await font(phone)).toBe(14)
})

test('a pinch in a desktop session zooms in to pan over it, without resizing the session', async ({ phone, host }) => {
  await host.desktop.create({ size: { cols: 120, rows: 40 }, title: 'wide' })
  await phone.open()
  await phone.page.getByText('wide').tap()
  await phone.shows('$ ')
  await phone.page.locator('.xterm').tap()
  await phone.run('clear; seq -s " " 1 900')
  await phone.shows(/ 900\n/)
  const fitted = await font(phone)
  const box = phone.page.locator('.terminal-view')
  const fingers = new Fingers(phone)
  await fingers.spread({ x: 206, y: 200 }, 2)
  await fingers.up()
  await expect.poll(() => font(phone)).toBeGreaterThan(fitted * 1.9)
  // The text between the fingers stayed in place.
  expect(await box.evaluate(element => element.scrollLeft)).toBeGreaterThan(150)
  expect(await phone.ptySize()).toBe('120x40')
  await phone.screenshot('zoomed')
  await phone.swipe(-300, 0)
  await expect.poll(() => box.evaluate(element => element.scrollLeft)).toBeGreaterThan(300)
  await phone.page.getByRole('button', { name: 'Fit the width' }).tap()
  await expect.poll(() => font(phone)).toBe(fitted)
  await expect.poll(() => box.evaluate(element => element.scrollLeft)).toBe(0)
  await phone.page.getByRole('button', { name: 'Use a readable font size' }).tap()
  await expect.poll(() => font(phone)).toBe(12)
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  await phone.screenshot('menu-font-size')
  await phone.page.getByRole('button', { name: 'Increase font size' }).tap()
  await expect(phone.page.getByText('13 px')).toBeVisible()
  await phone.page.getByRole('button', { name: 'Reset', exact: true }).tap()
  await phone.page.keyboard.press('Escape')
  await expect.poll(() => font(phone)).toBe(fitted)
  expect(await phone.ptySize()).toBe('120x40')
})
