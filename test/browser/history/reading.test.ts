// A session read as text: opened, scrolled back, searched, copied, followed while it runs.
import AxeBuilder from '@axe-core/playwright'
import { cellOf, Fingers } from '../support/fingers.ts'
import { expect, type Phone, test } from '../support/phone.ts'

const text = (phone: Phone) => phone.page.getByRole('main', { name: 'Text of the session' })
const lines = (phone: Phone) => phone.page.locator('.reading .line')

async function read(phone: Phone): Promise<void> {
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  await phone.page.getByRole('button', { name: 'Read as text' }).tap()
  await expect(text(phone)).toBeVisible()
}

/** The lines that are completely visible. */
function seen(phone: Phone): Promise<string[]> {
  return text(phone).evaluate(main => {
    const { top, bottom } = main.getBoundingClientRect()
    return [...main.querySelectorAll('.line')]
      .filter(line => {
        const box = line.getBoundingClientRect()
        return box.top >= top - 1 && box.bottom <= bottom + 1
      })
      .map(line => line.textContent)
  })
}

/** Like a fling, but at once. */
async function scrollTo(phone: Phone, where: 'top' | 'bottom'): Promise<void> {
  await text(phone).evaluate((main, where) => {
    main.scrollTop = where === 'top' ? 0 : main.scrollHeight
  }, where)
}

test('a long history is read from its end to its beginning, and the visible lines never jump', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('seq 1 8000; echo the end')
  await phone.shows('\nthe end')
  await read(phone)
  await expect(lines(phone).filter({ hasText: /^the end$/ })).toBeVisible()
  await phone.screenshot('reading')
  await phone.fits()
  // Lines are inserted above: the visible ones keep their place from frame to frame.
  const jumps = await text(phone).evaluate(async main => {
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve))
    const jumps: string[] = []
    while (!main.querySelector('.edge')?.textContent.startsWith('Start of')) {
      main.scrollTop = 0
      const line = main.querySelector('.line')!
      const before = line.getBoundingClientRect().top
      while (main.querySelector('.line') === line) await frame()
      const now = line.getBoundingClientRect().top
      if (Math.abs(now - before) > 1.5) jumps.push(`${line.textContent}: ${before} to ${now}`)
      if (main.querySelectorAll('.line').length > 3_200) jumps.push('too many lines')
    }
    return jumps
  })
  expect(jumps).toEqual([])
  await scrollTo(phone, 'top')
  await expect(phone.page.getByText('Start of the output')).toBeVisible()
  expect((await seen(phone)).slice(0, 4).join('\n')).toContain('1\n2')
  await phone.page.getByRole('button', { name: 'Go to the end' }).tap()
  await expect(lines(phone).filter({ hasText: /^the end$/ })).toBeVisible()
})

test('line wrapping and font size can be changed, and both are kept', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run(`printf '${'wide '.repeat(40)}\\nshort\\n'`)
  await phone.shows('short\n')
  await read(phone)
  const long = lines(phone)
    .filter({ hasText: /^wide wide/ })
    .last()
  await expect(long).toBeVisible()
  const high = async (of = long) => (await of.boundingBox())!.height
  const one = lines(phone).filter({ hasText: /^short$/ })
  expect(await high()).toBeGreaterThan((await high(one)) * 3)
  expect(await text(phone).evaluate(main => main.scrollWidth - main.clientWidth)).toBe(0)
  const before = await high(one)
  const fingers = new Fingers(phone)
  await fingers.spread({ x: 206, y: 300 }, 1.5)
  await fingers.up()
  await expect.poll(() => high(one)).toBeCloseTo(before * 1.5, 0)
  expect(await phone.page.evaluate(() => window.visualViewport!.scale)).toBe(1)
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  await phone.screenshot('reading-menu')
  await phone.page.getByRole('button', { name: 'Stop wrapping lines' }).tap()
  await expect.poll(() => high()).toBe(await high(one))
  expect(await text(phone).evaluate(main => main.scrollWidth - main.clientWidth)).toBeGreaterThan(500)
  await phone.screenshot('reading-unwrapped')
  await phone.page.reload()
  await expect(long).toBeVisible()
  expect(await high()).toBeCloseTo(before * 1.5, 0)
})

test('finds text in the whole session, steps from hit to hit, and shows their number', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('seq 1 3000 | sed "1000s/$/ needle one/; 2500s/$/ needle two/"; echo needle last')
  await phone.shows('\nneedle last')
  await read(phone)
  await phone.page.getByRole('button', { name: 'Find' }).tap()
  const field = phone.page.getByRole('searchbox', { name: 'Find in this session' })
  await expect(field).toBeFocused()
  await field.fill('needle')
  const status = phone.page.locator('.find [role=status]')
  await expect(status).toHaveText(/^1 of \d+\+?$/)
  const here = phone.page.locator('.reading .line.current')
  await expect(here.locator('mark')).toHaveText(/needle/)
  for (const hit of ['2500 needle two', '1000 needle one']) {
    for (let times = 0; times < 4 && (await here.textContent()) !== hit; times++) {
      const before = await status.textContent()
      await phone.page.getByRole('button', { name: 'Go to older match' }).tap()
      await expect(status).not.toHaveText(before!)
      await expect(here).toHaveCount(1)
    }
    await expect(here).toHaveText(hit)
    expect(await seen(phone)).toContain(hit)
  }
  await phone.screenshot('reading-find')
  await phone.page.getByRole('button', { name: 'Go to newer match' }).tap()
  await expect(here).toHaveText('2500 needle two')
  await field.fill('nothinglikethis')
  await expect(status).toHaveText('No matches')
  await field.press('Escape')
  await expect(field).toHaveCount(0)
})

test('new output is followed at the end, and announced further up', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('seq 1 500')
  await phone.shows('500')
  const first = await phone.prepareOutput('echo first news')
  const second = await phone.prepareOutput('echo second news')
  await read(phone)
  await expect(lines(phone).filter({ hasText: /^400$/ })).toBeAttached()
  first()
  await expect(lines(phone).filter({ hasText: /^first news|first news$/ })).toBeVisible()
  await text(phone).evaluate(main => main.scrollBy(0, -600))
  const before = await seen(phone)
  second()
  await expect(phone.page.getByRole('button', { name: 'Show new output' })).toBeVisible()
  await phone.screenshot('reading-newer')
  expect(await seen(phone)).toEqual(before)
  await phone.page.getByRole('button', { name: 'Show new output' }).tap()
  await expect(lines(phone).filter({ hasText: 'second news' }).last()).toBeVisible()
  await expect(phone.page.getByRole('button', { name: 'Show new output' })).toHaveCount(0)
})

test('the text opens at the terminal’s selection, and everything shown can be copied', async ({ phone }) => {
  await phone.page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', {
      value: { writeText: (text: string) => Promise.resolve(void Object.assign(window, { copied: text })) },
    })
  })
  await phone.open()
  await phone.newSession()
  await phone.run('seq 1 900')
  await phone.shows('900')
  const fingers = new Fingers(phone)
  const [from, to] = [
    { x: 206, y: 100 },
    { x: 206, y: 700 },
  ]
  await fingers.down(from)
  await fingers.move(from, to)
  await fingers.up({ rested: 150 })
  await expect.poll(() => phone.screen()).not.toContain('900')
  const middle = (await phone.rows())[10]!
  await fingers.hold(await cellOf(phone, middle))
  await fingers.up()
  await phone.page.getByRole('toolbar', { name: 'Selection' }).getByRole('button', { name: 'Read as text' }).tap()
  await expect.poll(() => seen(phone)).toContain(middle)
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  await phone.page.getByRole('button', { name: 'Copy loaded text' }).tap()
  await expect(phone.page.getByText('Copied the loaded text')).toBeVisible()
  const copied = await phone.page.evaluate(() => (window as unknown as { copied: string }).copied)
  expect(copied).toContain('\n800\n801\n802\n')
  await phone.page.getByRole('button', { name: 'Back' }).tap()
  await phone.shows(/\d/)
})

for (const colorScheme of ['dark', 'light'] as const)
  test(`the text is accessible and fits a small phone in portrait and landscape, ${colorScheme}`, async ({ phone }) => {
    const { page } = phone
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width: 320, height: 568 })
    await phone.open()
    await phone.newSession()
    await phone.run('head -40 /etc/services')
    await phone.shows('$')
    await read(phone)
    await expect(lines(phone).filter({ hasText: 'ssh' }).first()).toBeAttached()
    await page.getByRole('button', { name: 'Find' }).tap()
    await page.getByRole('searchbox').fill('tcp')
    await expect(page.locator('.find [role=status]')).toHaveText(/^1 of/)
    await phone.screenshot(`reading-320-${colorScheme}`)
    await phone.fits()
    const axe = new AxeBuilder({ page }).setLegacyMode()
    const { violations } = await axe.analyze()
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([])
    // After turning the phone it shows the same lines.
    await expect(async () => {
      // The first hit may still be scrolling into view.
      const top = await text(phone).evaluate(async main => {
        main.scrollTo(0, 200)
        for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame)
        return main.scrollTop
      })
      expect(top).toBe(200)
    }).toPass()
    const [first] = await seen(phone)
    await page.setViewportSize({ width: 863, height: 360 })
    await expect.poll(async () => (await seen(phone)).slice(0, 2)).toContain(first)
    await phone.screenshot(`reading-landscape-${colorScheme}`)
    await phone.fits()
  })
