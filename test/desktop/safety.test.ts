// What the windows may not do: cases 56 to 60 of docs/security-cases.md.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { answerDialogs, asked, expect, root, startSession, test } from './support/app.ts'

test('case 56: every webContents is sandboxed, isolated, and without Node', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  const preferences = await app.evaluate(({ webContents }) =>
    webContents.getAllWebContents().map(contents => {
      // Missing in Electron's types, but the only way to read the preferences that are in effect.
      return (contents as unknown as { getLastWebPreferences(): Electron.WebPreferences }).getLastWebPreferences()
    }),
  )
  expect(preferences).toHaveLength(1)
  for (const one of preferences)
    expect(one).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      webSecurity: true,
    })
  // Present only if it is on.
  for (const one of preferences) expect(one.nodeIntegrationInWorker).not.toBe(true)
  const seen = await page.evaluate(() => ({
    node: ['require', 'process', 'module', 'global'].filter(name => name in globalThis),
    bridge: Object.keys((globalThis as unknown as { otg: object }).otg),
  }))
  expect(seen).toEqual({ node: [], bridge: ['openPort', 'preferences', 'updates', 'act', 'onShown'] })
})

test('case 57: app:// serves only the built files', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  // The page's CSP forbids fetch; the session's fetch uses the same handler.
  const get = (url: string) =>
    app.evaluate(async ({ session }, what) => {
      const answer = await session.defaultSession.fetch(what)
      return { status: answer.status, text: await answer.text(), rules: answer.headers.get('content-security-policy') }
    }, url)
  const index = await get('app://ui/index.html')
  expect(index.status).toBe(200)
  expect(index.rules).toContain("default-src 'none'")
  expect(index.rules).not.toContain('unsafe-eval')
  const assets = readdirSync(join(root, 'build', 'renderer', 'assets')).filter(name => name.endsWith('.js'))
  expect((await get(`app://ui/assets/${assets[0]}`)).status).toBe(200)
  for (const path of [
    '/',
    '/../package.json',
    '/%2e%2e/package.json',
    '/..%2f..%2fpackage.json',
    '/assets/',
    '/assets/../../web-client/index.html',
    '/index.html/',
    '/INDEX.HTML',
    '//etc/passwd',
    '/assets/%00',
  ]) {
    const { status, text } = await get(`app://ui${path}`)
    expect({ path, status, text }).toEqual({ path, status: 404, text: 'not found' })
  }
  expect((await get('app://other/index.html')).status).toBe(404)
  const fetched = await page.evaluate(() =>
    fetch('app://ui/index.html').then(
      () => 'fetched',
      () => 'refused',
    ),
  )
  expect(fetched).toBe('refused')
})

test('case 58: a page cannot navigate away, open windows, or reach the network', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  const here = page.url()
  await app.evaluate(({ shell, dialog }) => {
    const opened: string[] = []
    Object.assign(globalThis, { opened })
    shell.openExternal = async url => void opened.push(url)
    dialog.showMessageBox = (async () => ({ response: 1, checkboxChecked: false })) as typeof dialog.showMessageBox
  })
  for (const url of ['https://example.com/', 'file:///etc/passwd', 'data:text/html,hi', 'app://other/index.html']) {
    await page.evaluate(target => void location.assign(target), url).catch(() => {})
    expect(await page.evaluate(target => window.open(target) === null, url)).toBe(true)
  }
  expect(
    await page.evaluate(() =>
      fetch('http://127.0.0.1:7317/health').then(
        () => 'reached',
        () => 'refused',
      ),
    ),
  ).toBe('refused')
  expect(page.url()).toBe(here)
  expect(await app.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(1)
  // A link opens only after a confirmation (case 60), and only web links get one.
  expect(await app.evaluate(() => (globalThis as unknown as { opened: string[] }).opened)).toEqual([])
  await page.evaluate(() => {
    document.body.append(document.createElement('webview'))
  })
  expect(await app.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(1)
})

test('case 60: opens web links, and no others, in the browser after a confirmation', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await app.evaluate(({ shell }) => {
    const opened: string[] = []
    Object.assign(globalThis, { opened })
    shell.openExternal = async url => void opened.push(url)
  })
  const opened = () => app.evaluate(() => (globalThis as unknown as { opened: string[] }).opened)
  await answerDialogs(app, 0)
  for (const url of [
    'file:///etc/passwd',
    'javascript:alert(1)',
    'ssh://host',
    `https://example.com/${'x'.repeat(3000)}`,
  ])
    await page.evaluate(target => void window.open(target), url)
  await page.evaluate(() => void window.open('https://b\u00fccher.example/x'))
  await expect.poll(opened).toEqual(['https://xn--bcher-kva.example/x'])
  expect(await asked(app)).toEqual(['Open this link in the browser?\nhttps://xn--bcher-kva.example/x'])
})

test('case 58: the only permission of a page is to write text to the clipboard', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  const states = await page.evaluate(async () => {
    const names = [
      'geolocation',
      'notifications',
      'camera',
      'microphone',
      'clipboard-read',
      'midi',
      'persistent-storage',
    ]
    const found: Record<string, string> = {}
    for (const name of names)
      found[name] = await navigator.permissions.query({ name: name as PermissionName }).then(
        status => status.state,
        () => 'denied',
      )
    found.media = await navigator.mediaDevices.getUserMedia({ audio: true }).then(
      () => 'granted',
      () => 'denied',
    )
    return found
  })
  expect(new Set(Object.values(states))).toEqual(new Set(['denied']))
})

test('case 59: an invalid frame closes the port, and the page reconnects', async ({ start }) => {
  const app = await start()
  const page = await app.firstWindow()
  await startSession(page)
  const answers = await page.evaluate(async () => {
    const { otg } = globalThis as unknown as { otg: { openPort(): void } }
    const said = (send: (port: MessagePort) => void) =>
      new Promise(resolve => {
        window.addEventListener(
          'message',
          event => {
            const port = event.ports[0]!
            port.onmessage = ({ data }) => {
              if (!(data instanceof Uint8Array)) resolve(data.code)
            }
            send(port)
          },
          { once: true },
        )
        otg.openPort()
      })
    return [
      await said(port => port.postMessage('hello')),
      await said(port => port.postMessage({ type: 'list' })),
      await said(port => port.postMessage(new Uint8Array(100_000))),
      await said(port => port.postMessage(new Float64Array(2))),
      await said(port => port.postMessage(new Uint8Array([9, 9, 9]))),
    ]
  })
  expect(answers).toEqual(Array(5).fill('bad_frame'))
  // The test's port has replaced the page's own, whose client has reconnected meanwhile.
  await page.getByRole('button', { name: 'New session' }).first().click()
  await expect(page.locator('nav [data-session]')).toHaveCount(2)
})
