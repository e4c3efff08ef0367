// Leaving the page into the back-forward cache, and returning.
import { expect, type Phone, test } from '../support/phone.ts'

// Playwright disables that cache in Chromium by default.
test.use({
  launchOptions: async ({ launchOptions }, use) =>
    use({ ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
})

const watch = (phone: Phone) =>
  phone.page.evaluate(() => {
    const shown: boolean[] = []
    Object.assign(window, { shown })
    window.addEventListener('pageshow', event => shown.push(event.persisted))
  })

const shown = (phone: Phone) => phone.page.evaluate(() => (window as unknown as { shown?: boolean[] }).shown)

test('a page restored from the back-forward cache reconnects and sends its input once', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  const print = await phone.prepareOutput('seq 1 50')
  const typed = await phone.recordTyping()
  await watch(phone)
  await phone.run('before')
  await phone.type('under way')
  await phone.page.goto(`http://127.0.0.1:${host.port}/icon.svg`)
  print()
  await phone.page.waitForTimeout(1000)
  await phone.page.goBack({ waitUntil: 'commit' })
  const why = await phone.page.evaluate(() =>
    JSON.stringify(
      (performance.getEntriesByType('navigation')[0] as { notRestoredReasons?: unknown }).notRestoredReasons,
    ),
  )
  expect(await shown(phone), why).toEqual([true])
  await phone.shows('\n50')
  await phone.matchesHost()
  await phone.page.locator('.xterm').tap()
  await phone.run('')
  await phone.run('after')
  expect(await typed()).toEqual(['before', 'under way', 'after'])
})

test('a restored page reloads if another page of its tab continued the session', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  const typed = await phone.recordTyping()
  await phone.run('first page')
  await watch(phone)
  // The same page loaded again rather than restored; it continues the numbering.
  await phone.page.goto(`http://127.0.0.1:${host.port}/?again`)
  await phone.shows('first page')
  await phone.page.locator('.xterm').tap()
  await phone.run('second page')
  await phone.shows('second page')
  await phone.page.evaluate(() => window.history.go(-2)).catch(() => {})
  await expect.poll(() => phone.page.url()).not.toContain('again')
  await phone.shows('second page')
  await phone.page.locator('.xterm').tap()
  await phone.run('first again')
  await phone.matchesHost()
  expect(await typed()).toEqual(['first page', 'second page', 'first again'])
})
