// The stored identity of a phone and what may change it: repeated codes, hostile links, lost or refused storage, revocation.
// Case numbers: docs/security-cases.md.
import { generateKeyPair, generateSecret, pairingFragment } from '../../../protocol/channel/keys.ts'
import { expect, type Phone, test } from '../support/phone.ts'

const devices = async ({ host }: Phone) => (await host.desktop.devices()).devices
const ids = async (phone: Phone) => (await devices(phone)).map(({ device_id }) => device_id)
const question = (phone: Phone) => phone.page.getByRole('dialog', { name: 'This link is for another computer' })

/** A pairing address as a hostile page would make it. */
const hostile = ({ host }: Phone) =>
  `${host.origin}/${pairingFragment({ hostKey: generateKeyPair().publicKey, secret: generateSecret() })}`

test('scanning another code of the paired computer changes nothing', async ({ phone, second }) => {
  await phone.open()
  const before = await ids(phone)
  // In the open page, and in a new one.
  const address = await phone.host.address()
  await phone.page.goto(address)
  await expect.poll(() => phone.page.url()).toBe(`${phone.host.origin}/`)
  await phone.isConnected()
  await phone.page.goto('about:blank')
  await phone.page.goto(address)
  await phone.isConnected()
  await expect(question(phone)).toHaveCount(0)
  expect(await ids(phone)).toEqual(before)
  // The secret was not used.
  await second.page.goto(address)
  await second.isConnected()
})

for (const how of ['in the page that is open', 'in a new page'] as const)
  test(`case 18: a hostile link ${how} changes nothing without confirmation`, async ({ phone, host }) => {
    await phone.open()
    await phone.newSession()
    const before = await ids(phone)
    if (how === 'in a new page') await phone.page.goto('about:blank')
    await phone.page.goto(hostile(phone))
    await expect(question(phone)).toBeVisible()
    expect(phone.page.url()).toBe(`${host.origin}/`)
    await phone.screenshot(`other-host-${how === 'in a new page' ? 'new' : 'open'}`)
    await phone.fits()
    await question(phone).getByRole('button', { name: 'Keep' }).tap()
    await expect(question(phone)).toHaveCount(0)
    await phone.shows('$ ')
    await phone.page.locator('.xterm').tap()
    await phone.run('echo goes on')
    await phone.shows('goes on\n')
    await phone.page.reload()
    await phone.shows('goes on\n')
    await expect(question(phone)).toHaveCount(0)
    expect(await ids(phone)).toEqual(before)
  })

test('case 18: Escape and a reload do not confirm a hostile link', async ({ phone }) => {
  await phone.open()
  await phone.page.goto(hostile(phone))
  await expect(question(phone)).toBeVisible()
  await phone.page.keyboard.press('Escape')
  await expect(question(phone)).toHaveCount(0)
  await phone.page.goto(hostile(phone))
  await expect(question(phone)).toBeVisible()
  await phone.page.reload()
  await phone.isConnected()
  await expect(question(phone)).toHaveCount(0)
  expect(await devices(phone)).toHaveLength(1)
})

test('case 18: the user can go back even after confirming a hostile link', async ({ phone }) => {
  await phone.open()
  const before = await ids(phone)
  await phone.page.goto(hostile(phone))
  await question(phone).getByRole('button', { name: 'Replace' }).tap()
  await phone.showsHeading('This code no longer works')
  await phone.screenshot('replaced-in-vain')
  await phone.fits()
  await phone.page.getByRole('button', { name: /^Back to / }).tap()
  await phone.isConnected()
  await phone.page.reload()
  await phone.isConnected()
  expect(await ids(phone)).toEqual(before)
})

test('another computer at the address replaces the paired one if the user confirms', async ({ phone, host }) => {
  await phone.open()
  await host.stopProcess()
  host.replaceIdentity()
  await host.startProcess()
  await phone.showsHeading('Your computer does not recognize this phone')
  await phone.screenshot('unknown')
  await phone.scan()
  await question(phone).getByRole('button', { name: 'Keep' }).tap()
  await phone.showsHeading('Your computer does not recognize this phone')
  await phone.page.getByRole('button', { name: 'Try again' }).tap()
  await phone.showsHeading('Your computer does not recognize this phone')
  expect(await devices(phone)).toEqual([])
  await host.setApproval('manual')
  await phone.scan()
  await question(phone).getByRole('button', { name: 'Replace' }).tap()
  await phone.showsHeading('Waiting for your computer')
  const { pairing_id } = await host.pairingRequest()
  await phone.page.reload()
  await phone.showsHeading('Waiting for your computer')
  await host.desktop.answerPairing(pairing_id, { allow: true })
  await phone.isConnected()
  await phone.page.reload()
  await phone.isConnected()
  expect(await devices(phone)).toHaveLength(1)
})

test('the phone can go back to the previous computer after another one declines', async ({ phone, host }) => {
  await phone.open()
  await host.stopProcess()
  host.replaceIdentity()
  await host.startProcess()
  await host.setApproval('manual')
  await phone.scan()
  await question(phone).getByRole('button', { name: 'Replace' }).tap()
  await host.desktop.answerPairing((await host.pairingRequest()).pairing_id, { allow: false })
  await phone.showsHeading('Your computer declined')
  await phone.page.getByRole('button', { name: /^Back to / }).tap()
  await phone.showsHeading('Your computer does not recognize this phone')
  await phone.page.reload()
  await phone.showsHeading('Your computer does not recognize this phone')
})

test('a phone with wiped storage pairs again with one scan', async ({ phone }) => {
  await phone.open()
  await phone.page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name!)
  })
  await phone.page.reload()
  await phone.showsHeading('Scan the code on your computer')
  await phone.open()
  await phone.page.reload()
  await phone.isConnected()
  expect(await devices(phone)).toHaveLength(2)
})

test('case 21: revoking a phone with an open terminal is shown at once, and one scan restores access', async ({
  phone,
  host,
}) => {
  await phone.open()
  await phone.newSession()
  await phone.run('echo private')
  await phone.shows('private\n')
  const typed = await phone.recordTyping()
  await phone.run('before')
  await phone.shows('before')
  const [device] = await devices(phone)
  await host.desktop.revokeDevice(device!.device_id)
  await expect(phone.page.getByRole('heading', { name: 'This phone no longer has access' })).toBeVisible({
    timeout: 1000,
  })
  await expect(phone.page.locator('.xterm')).toHaveCount(0)
  await phone.screenshot('revoked')
  await phone.fits()
  await phone.page.keyboard.type('into the void\n')
  await phone.page.reload()
  await phone.showsHeading('Your computer does not recognize this phone')
  await phone.page.getByRole('button', { name: 'Try again' }).tap()
  await phone.showsHeading('Your computer does not recognize this phone')
  expect(await devices(phone)).toEqual([])
  await phone.scan()
  await phone.shows('before')
  await phone.page.locator('.xterm').tap()
  await phone.run('after')
  expect(await typed()).toEqual(['before', 'after'])
  // A revoked key stays revoked.
  expect(await ids(phone)).not.toContain(device!.device_id)
  expect(await devices(phone)).toHaveLength(1)
})

for (const [how, refuse] of [
  ['refuses', 'IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError") }'],
  ['never answers about', 'IDBFactory.prototype.open = () => ({})'],
] as const)
  test(`the page works until a reload in a browser that ${how} its storage, and says so`, async ({ phone, host }) => {
    await host.setApproval('manual')
    await phone.page.addInitScript(refuse)
    await phone.page.goto(host.origin)
    await phone.showsHeading('Scan the code on your computer')
    await expect(phone.page.getByText('This browser does not let the page store anything')).toBeVisible()
    await phone.scan()
    await phone.showsHeading('Waiting for your computer')
    await expect(phone.page.getByText('This browser does not let the page store anything')).toBeVisible()
    await phone.screenshot('waiting-forgetful')
    await phone.fits()
    await host.setApproval('automatic')
    await phone.isConnected()
    await expect(phone.page.getByText('This browser does not let the page store anything')).toBeVisible()
    await phone.screenshot('sessions-forgetful')
    // A lost connection does not lose the key.
    await host.network('down')
    await expect(phone.page.getByText('Connection lost - reconnecting…')).toBeVisible()
    await host.network('up')
    await phone.newSession()
    await phone.page.reload()
    await phone.showsHeading('Scan the code on your computer')
    await phone.scan()
    await phone.shows('$ ')
  })
