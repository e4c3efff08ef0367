// Pairing: the code on both screens, every answer, and what may happen while a phone waits. Case numbers:
// docs/security-cases.md.
import { expect, type Phone, test } from '../support/phone.ts'

const waits = (phone: Phone) => phone.showsHeading('Waiting for your computer')
const devices = async ({ host }: Phone) => (await host.desktop.devices()).devices

test.beforeEach(({ host }) => host.setApproval('manual'))

test('case 16: both sides show the same six digits, and the phone has no access before approval', async ({
  phone,
  host,
}) => {
  await host.desktop.create({ title: 'not for strangers' })
  await phone.scan()
  await waits(phone)
  const request = await host.pairingRequest()
  expect(await phone.code()).toBe(request.code)
  await expect(phone.page.getByText(`allow “${request.name}” if it shows the same six digits`)).toBeVisible()
  await expect(phone.page.getByRole('timer')).toHaveText(/^(2:00|1:5\d) left$/)
  await expect(phone.page.getByText('plain HTTP')).toBeVisible()
  await phone.screenshot('waiting')
  expect(await devices(phone)).toEqual([])
  await expect(phone.page.getByText('not for strangers')).toHaveCount(0)
  await host.desktop.answerPairing(request.pairing_id, { allow: true })
  await phone.isConnected()
  await expect(phone.page.getByText('not for strangers')).toBeVisible()
  expect((await devices(phone)).map(({ name, read_only }) => ({ name, read_only }))).toEqual([
    { name: request.name, read_only: false },
  ])
})

test('case 117: a phone that has to be confirmed again shows six digits, and nothing of a session before', async ({
  phone,
  host,
}) => {
  await host.setApproval('automatic')
  await phone.open()
  await host.setApproval('manual')
  await host.desktop.create({ title: 'not yet' })
  // About ten milliseconds.
  await host.desktop.changeSettings({ ask_again_days: 1e-7 })
  await phone.page.reload()
  await waits(phone)
  const request = await host.pairingRequest()
  expect(request.again).toBe(true)
  expect(await phone.code()).toBe(request.code)
  await expect(phone.page.getByText('not yet')).toHaveCount(0)
  await phone.screenshot('confirm-again')
  await host.desktop.changeSettings({ ask_again_days: 0 })
  await host.desktop.answerPairing(request.pairing_id, { allow: true })
  await phone.isConnected()
  await expect(phone.page.getByText('not yet')).toBeVisible()
  await phone.page.reload()
  await phone.isConnected()
})

test('a declined phone says so, and can ask again with a new code in the same tab', async ({ phone, host }) => {
  await phone.scan()
  await host.desktop.answerPairing((await host.pairingRequest()).pairing_id, { allow: false })
  await phone.showsHeading('Your computer declined')
  await phone.screenshot('said-no')
  await phone.fits()
  expect(await devices(phone)).toEqual([])
  await phone.page.reload()
  await phone.showsHeading('The pairing request has ended')
  await phone.screenshot('request-gone')
  await host.setApproval('automatic')
  await phone.open()
})

test('a request that no one answers times out, and the page says so', async ({ phone, host }) => {
  await phone.scan()
  await waits(phone)
  await host.pairingRequest()
  await host.expirePairingRequests()
  await phone.showsHeading('The request timed out')
  await phone.screenshot('expired')
  expect((await host.desktop.devices()).requests).toEqual([])
})

test('the time left keeps running while the phone sleeps', async ({ phone }) => {
  await phone.page.clock.install()
  await phone.scan()
  await waits(phone)
  await phone.page.clock.fastForward('01:30')
  await expect(phone.page.getByRole('timer')).toHaveText(/^0:(30|2\d) left$/)
  await phone.page.clock.fastForward('00:31')
  await expect(phone.page.getByRole('timer')).toHaveText('0:00 left')
})

test('a reload while waiting keeps the request and its code', async ({ phone, host }) => {
  await phone.scan()
  await waits(phone)
  const code = await phone.code()
  await phone.page.reload()
  await waits(phone)
  expect(await phone.code()).toBe(code)
  await expect(phone.page.getByRole('timer')).toHaveText(/^(2:00|1:\d\d) left$/)
  const { requests } = await host.desktop.devices()
  expect(requests.map(request => request.code)).toEqual([code])
  await host.desktop.answerPairing(requests[0]!.pairing_id, { allow: true })
  await phone.isConnected()
  await phone.page.reload()
  await phone.isConnected()
  expect(await devices(phone)).toHaveLength(1)
})

test('a phone approved while its page was away has access when it returns', async ({ phone, host }) => {
  await phone.scan()
  await waits(phone)
  const { pairing_id } = await host.pairingRequest()
  await phone.page.goto('about:blank')
  await host.desktop.answerPairing(pairing_id, { allow: true })
  await phone.page.goto(host.origin)
  await phone.isConnected()
})

test('a connection lost while waiting keeps the code, and the approval arrives afterwards', async ({ phone, host }) => {
  await phone.scan()
  await waits(phone)
  const request = await host.pairingRequest()
  await host.network('down')
  await expect(phone.page.getByText('Connection lost - reconnecting…')).toBeVisible()
  expect(await phone.code()).toBe(request.code)
  await phone.screenshot('waiting-offline')
  await phone.fits()
  await host.desktop.answerPairing(request.pairing_id, { allow: true })
  await host.network('up')
  await phone.isConnected()
})

test('a phone that slept past the time limit says that the request has ended', async ({ phone, host }) => {
  await phone.scan()
  await waits(phone)
  await host.pairingRequest()
  await host.network('down')
  await host.expirePairingRequests()
  await host.network('up')
  await phone.showsHeading('The pairing request has ended')
  await phone.page.getByRole('button', { name: 'Try again' }).tap()
  await phone.showsHeading('The pairing request has ended')
})

test('another tab takes the request over, and can give it back', async ({ phone, host }) => {
  await phone.scan()
  await waits(phone)
  const code = await phone.code()
  const tab = await phone.page.context().newPage()
  await tab.goto(host.origin)
  await expect(tab.getByRole('heading', { name: 'Waiting for your computer' })).toBeVisible()
  await phone.showsHeading('Pairing continues in another tab')
  await phone.screenshot('elsewhere')
  await phone.page.getByRole('button', { name: 'Pair here' }).tap()
  await waits(phone)
  expect(await phone.code()).toBe(code)
  await expect(tab.getByRole('heading', { name: 'Pairing continues in another tab' })).toBeVisible()
  await host.setApproval('automatic')
  await phone.isConnected()
  await tab.getByRole('button', { name: 'Pair here' }).tap()
  await expect(tab.getByRole('button', { name: 'New session' })).toBeEnabled()
  expect(await devices(phone)).toHaveLength(1)
})

test('a phone beyond the limit of waiting phones sees that too many are waiting', async ({ phone, browser, host }) => {
  const contexts = []
  for (let waiting = 1; waiting <= 3; waiting++) {
    const context = await browser.newContext()
    contexts.push(context)
    const page = await context.newPage()
    await page.goto(await host.address())
    await expect(page.getByRole('heading', { name: 'Waiting for your computer' })).toBeVisible()
  }
  await phone.scan()
  await phone.showsHeading('Too many phones are waiting')
  await phone.screenshot('busy')
  for (const context of contexts) await context.close()
})

test('case 13: when two phones scan one code, one requests access and the other is rejected', async ({
  phone,
  second,
  host,
}) => {
  const address = await host.address()
  await Promise.all([phone.page.goto(address), second.page.goto(address)])
  const titles = () =>
    Promise.all([phone, second].map(one => one.page.getByRole('heading', { level: 1 }).textContent()))
  await expect
    .poll(async () => (await titles()).sort())
    .toEqual(['This code no longer works', 'Waiting for your computer'])
  expect((await host.desktop.devices()).requests).toHaveLength(1)
})

for (const [shape, width, height] of [
  ['320', 320, 568],
  ['landscape', 839, 412],
] as const)
  for (const colorScheme of ['dark', 'light'] as const)
    test(`the pairing screens work at ${shape} in the ${colorScheme} theme`, async ({ phone, host }) => {
      await phone.page.setViewportSize({ width, height })
      await phone.page.emulateMedia({ colorScheme })
      await phone.scan()
      await waits(phone)
      await phone.screenshot(`waiting-${shape}-${colorScheme}`)
      await phone.fits()
      await expect(phone.page.getByRole('img', { name: /^Digits/ })).toBeInViewport({ ratio: 1 })
      await expect(phone.page.getByRole('timer')).toBeInViewport({ ratio: 1 })
      await host.desktop.answerPairing((await host.pairingRequest()).pairing_id, { allow: false })
      await phone.showsHeading('Your computer declined')
      await phone.screenshot(`said-no-${shape}-${colorScheme}`)
      await phone.fits()
      await phone.page.reload()
      await phone.showsHeading('has ended')
      await phone.screenshot(`request-gone-${shape}-${colorScheme}`)
      await phone.fits()
      const again = (await phone.page.getByRole('button', { name: 'Try again' }).boundingBox())!
      expect(again.height).toBeGreaterThanOrEqual(44)
    })
