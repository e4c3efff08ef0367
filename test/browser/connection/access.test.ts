// What a pairing address reveals and allows, and what the page's origin may do. Case numbers: docs/security-cases.md.
import { parsePairingUrl } from '../../support/pairing.ts'
import { expect, type Phone, test } from '../support/phone.ts'

/** Everything that the page's origin stores; bytes become lists of numbers. */
function everythingKept(phone: Phone): Promise<string> {
  return phone.page.evaluate(async () => {
    const kept: unknown[] = [
      { ...localStorage },
      { ...sessionStorage },
      history.state,
      document.documentElement.outerHTML,
    ]
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>(resolve => {
        const request = indexedDB.open(name!)
        request.onsuccess = () => resolve(request.result)
      })
      for (const store of database.objectStoreNames)
        kept.push(
          await new Promise<unknown>(resolve => {
            const request = database.transaction(store).objectStore(store).getAll()
            request.onsuccess = () => resolve(request.result)
          }),
        )
      database.close()
    }
    return JSON.stringify(kept, (_key, value) => (value instanceof Uint8Array ? [...value] : value))
  })
}

test('case 19: the secret is removed from the address and the history after load', async ({ phone, host }) => {
  await host.setApproval('manual')
  const address = await host.address()
  await phone.page.goto(`${host.origin}/icon.svg`)
  await phone.page.goto(address)
  await phone.showsHeading('Waiting for your computer')
  expect(phone.page.url()).toBe(`${host.origin}/`)
  await host.setApproval('automatic')
  await phone.isConnected()
  await phone.newSession()
  expect(phone.page.url()).toBe(`${host.origin}/`)
  await phone.page.reload()
  await phone.shows('$ ')
  const kept = await everythingKept(phone)
  expect(kept).not.toContain(address.split('#v1.')[1]!)
  expect(kept).not.toContain([...parsePairingUrl(address).secret].join(','))
  expect(kept, 'this reads what is stored in IndexedDB').toContain([...parsePairingUrl(address).hostKey].join(','))
  expect(await phone.page.evaluate(() => localStorage.length)).toBe(0)
  // Goes back and forward: no history entry contains it.
  await phone.page.evaluate(() => window.history.go(-2))
  await expect.poll(() => phone.page.url()).toContain('icon.svg')
  await phone.page.goForward()
  await phone.shows('$ ')
  expect(phone.page.url()).toBe(`${host.origin}/`)
})

test('case 12: a used address gives no second phone access, and the page says what to do', async ({
  phone,
  second,
  host,
}) => {
  const address = await host.address()
  await phone.page.goto(address)
  await phone.isConnected()
  await second.page.goto(address)
  await second.showsHeading('This code no longer works')
  await expect(second.page.getByText('otg pair')).toBeVisible()
  await second.screenshot('refused')
  expect((await host.desktop.devices()).devices).toHaveLength(1)
  // A new address in the same tab changes only the fragment, which does not reload the page.
  await second.open()
  expect((await host.desktop.devices()).devices).toHaveLength(2)
})

test('the page asks for a code and opens no socket without a pairing address', async ({ phone }) => {
  const sockets: string[] = []
  phone.page.on('websocket', socket => sockets.push(socket.url()))
  await phone.page.goto(phone.host.origin)
  await phone.showsHeading('Scan the code on your computer')
  await phone.screenshot('no-address')
  expect(sockets).toEqual([])
})

test('case 39: only files of the origin run as scripts, and the page causes no CSP violation', async ({ phone }) => {
  const response = await phone.page.goto(await phone.host.address())
  const policy = response?.headers()['content-security-policy'] ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toMatch(/script-src 'self'(;|$)/)
  expect(policy).toContain("frame-ancestors 'none'")
  await phone.page.evaluate(() => {
    const seen: string[] = []
    Object.assign(window, { violations: seen })
    document.addEventListener('securitypolicyviolation', event =>
      seen.push(`${event.violatedDirective} ${event.blockedURI}`),
    )
  })
  await phone.newSession()
  await phone.run('printf "\\e[31mred\\e[0m \\e]8;;http://example.com\\e\\\\link\\e]8;;\\e\\\\ \\u4f60\\u597d\\n"')
  await phone.shows('red link')
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  expect(await phone.page.evaluate(() => (window as unknown as { violations: string[] }).violations)).toEqual([])
  const foreign = await phone.page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(entry => entry.name)
      .filter(name => new URL(name).host !== location.host),
  )
  expect(foreign).toEqual([])
})
