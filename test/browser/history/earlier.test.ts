// After reopening a long session: the top of the terminal's scrollback, and the way from there to earlier output.
import { Fingers } from '../support/fingers.ts'
import { expect, type Phone, test } from '../support/phone.ts'

const earlier = (phone: Phone) => phone.page.getByRole('button', { name: 'Earlier output' })
const firstRow = (phone: Phone) => phone.page.locator('.xterm-rows > div').first()
const topOf = async (phone: Phone) => (await firstRow(phone).boundingBox())!.y

async function flingDown(phone: Phone): Promise<void> {
  const fingers = new Fingers(phone)
  await fingers.down({ x: 206, y: 150 })
  await fingers.move({ x: 206, y: 150 }, { x: 206, y: 600 }, { steps: 4 })
  await fingers.up()
  // Wait until the fling has ended.
  const at = () => phone.page.locator('.xterm-screen').evaluate(screen => screen.textContent + screen.style.transform)
  await expect(async () => {
    const before = await at()
    await phone.page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
    expect(await at()).toBe(before)
  }).toPass()
}

test('a reopened long session has a thousand rows of scrollback, and leads from their top to all earlier output', async ({
  phone,
}) => {
  await phone.open()
  await phone.newSession()
  await phone.run('seq 1 100000; echo the end')
  await phone.shows('\nthe end')
  const film = await phone.recordFrames('next')
  await phone.page.reload()
  await phone.shows('\nthe end')
  await phone.matchesHost()
  // Drawn once, in its final state.
  expect((await film()).filter(text => text !== '' && text !== '(hidden)')).toHaveLength(1)
  await expect(async () => {
    await flingDown(phone)
    await expect(earlier(phone)).toBeVisible({ timeout: 1 })
  }).toPass({ timeout: 60_000 })
  const first = (await phone.rows())[0]!
  const { rows } = await phone.page.evaluate(() => ({ rows: document.querySelectorAll('.xterm-rows > div').length }))
  // The last row is the prompt, below "the end".
  expect(100_000 - Number(first)).toBe(1_000 + rows - 3)
  // The button is above the first line, not on it, and large enough for a thumb.
  const box = (await earlier(phone).boundingBox())!
  expect(box.height).toBeGreaterThanOrEqual(44)
  await expect.poll(() => topOf(phone)).toBeGreaterThanOrEqual(box.y + 43)
  await phone.screenshot('earlier-output')
  await phone.fits()
  // Scrolling down hides it.
  const fingers = new Fingers(phone)
  await fingers.down({ x: 206, y: 500 })
  await fingers.move({ x: 206, y: 500 }, { x: 206, y: 300 })
  await fingers.up({ rested: 150 })
  await expect(earlier(phone)).toHaveCount(0)
  await flingDown(phone)
  await earlier(phone).tap()
  const line = phone.page.locator('.reading .line').filter({ hasText: new RegExp(`^${first}$`) })
  await expect(line).toBeInViewport()
  const before = phone.page.locator('.reading .line').filter({ hasText: new RegExp(`^${Number(first) - 1}$`) })
  await expect(before).toBeInViewport()
  await phone.page.getByRole('button', { name: 'Back', exact: true }).tap()
  await phone.shows('$')
  // Typing returns to the prompt, and nothing stays pulled down.
  await phone.page.locator('.xterm').tap()
  await phone.run('echo typed')
  await phone.shows(/\ntyped\n/)
  await expect(earlier(phone)).toHaveCount(0)
  await phone.matchesHost()
})

test('nothing can be pulled down if there is no earlier output', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('seq 1 200')
  await phone.shows('\n200')
  await phone.page.reload()
  await phone.shows('\n200')
  const top = await topOf(phone)
  await expect(async () => {
    await flingDown(phone)
    expect((await phone.rows()).slice(0, 3)).toContain('1')
  }).toPass()
  await flingDown(phone)
  expect(await topOf(phone)).toBe(top)
  await expect(earlier(phone)).toHaveCount(0)
})

test('a program that starts while the terminal is pulled down is drawn in the right place', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('seq 1 60000')
  await phone.shows('60000')
  const go = await phone.prepareOutput("printf '\\033[?1049h\\033[Hfull screen'; sleep 1000")
  await phone.page.reload()
  await phone.shows(/ready/)
  const top = await topOf(phone)
  await expect(async () => {
    await flingDown(phone)
    await expect(earlier(phone)).toBeVisible({ timeout: 1 })
  }).toPass({ timeout: 60_000 })
  go()
  await phone.shows('full screen')
  await expect(earlier(phone)).toHaveCount(0)
  await expect.poll(() => topOf(phone)).toBe(top)
})
