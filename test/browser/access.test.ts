// Who is let in, and what the page's origin allows. Knows no programs. Numbers are those of SECURITY-CASES.
import { expect, Phone, test } from './phone.ts'

test('case 19: the secret is gone from the address after load, and from the history', async ({ phone }) => {
  const address = await phone.host.address()
  await phone.page.goto(address)
  await expect(phone.page.getByRole('button', { name: 'New session' })).toBeEnabled()
  expect(new URL(phone.page.url()).hash).toBe('')
  await phone.newSession()
  expect(phone.page.url()).toBe(new URL('/', address).href)
  await phone.page.reload()
  await phone.shows('$ ')
  const secret = address.split('#v1.')[1]!
  const stored = await phone.page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, document.documentElement.outerHTML]),
  )
  expect(stored).not.toContain(secret)
})

test('case 12: a used address lets nobody else in, and the page says what to do', async ({ phone, browser }) => {
  const address = await phone.host.address()
  await phone.page.goto(address)
  await expect(phone.page.getByRole('button', { name: 'New session' })).toBeEnabled()
  const context = await browser.newContext()
  const other = new Phone(await context.newPage(), phone.host)
  await other.page.goto(address)
  await expect(other.page.getByRole('heading', { name: 'This address does not work any more' })).toBeVisible()
  await expect(other.page.getByText('otg pair')).toBeVisible()
  await other.picture('refused')
  // A fresh address in the same tab changes only the fragment, so the page is not loaded anew.
  await other.page.goto(await phone.host.address())
  await expect(other.page.getByRole('button', { name: 'New session' })).toBeEnabled()
  expect(other.problems).toEqual([])
  await context.close()
})

test('without any address the page asks for one and opens no socket', async ({ phone }) => {
  const sockets: string[] = []
  phone.page.on('websocket', socket => sockets.push(socket.url()))
  await phone.page.goto(`http://127.0.0.1:${phone.host.port}/`)
  await expect(phone.page.getByRole('heading', { name: 'Open the address from your computer' })).toBeVisible()
  await phone.picture('no-address')
  expect(sockets).toEqual([])
})

test('case 18: a hostile fragment does not replace the way in that the page has', async ({ phone }) => {
  await phone.open()
  await phone.page.goto(`http://127.0.0.1:${phone.host.port}/#v1.${'A'.repeat(43)}`)
  await phone.page.reload()
  await expect(phone.page.getByRole('button', { name: 'New session' })).toBeEnabled()
  expect(new URL(phone.page.url()).hash).toBe('')
})

test('case 39: scripts come from files only, and nothing of the page breaks that', async ({ phone }) => {
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
