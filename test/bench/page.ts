// The page on a slow phone: bytes on the wire, and the time until a shell echoes a key.
import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import { type BrowserContext, type CDPSession, devices, type Page, chromium as playwright } from '@playwright/test'
import { hasPage, webRoot } from './support/filled-host.ts'
import { BenchHost, wait } from './support/host.ts'
import { median, ms, printTable, type Row } from './support/table.ts'

const CHROMIUM = process.env.OTG_CHROMIUM ?? '/usr/bin/chromium'
const TIMES = 3
/** How many times slower a mid-range phone is than a desktop computer. */
const CPU_SLOWDOWN = 4
/** An average mobile network: bytes per second, and latency in milliseconds. */
const MOBILE = { offline: false, downloadThroughput: 9e6 / 8, uploadThroughput: 4.5e6 / 8, latency: 60 }

export async function page(): Promise<void> {
  if (!existsSync(CHROMIUM)) return console.log(`\n(skipped: ${CHROMIUM} not found)`)
  if (!hasPage) return console.log('\n(skipped: run `npm run build` first)')
  const host = await BenchHost.start({ webRoot })
  const client = await host.connect()
  const { session_id } = await client.create({ command: ['env', 'PS1=$ ', 'bash', '--norc', '--noprofile'] })
  const browser = await playwright.launch({
    executablePath: CHROMIUM,
    // As in the browser tests: xterm.js renders to the DOM, where its text can be read.
    args: ['--no-sandbox', '--disable-gpu', '--disable-3d-apis', '--disable-background-networking', '--no-first-run'],
  })
  const rows: Row[] = []
  let wire: WireBytes = { first: new Map(), later: new Map() }
  try {
    for (const [network, name] of [
      [undefined, 'loopback'],
      [MOBILE, 'mobile network'],
    ] as const) {
      const cold: Timings[] = []
      const warm: Timings[] = []
      for (let i = 0; i < TIMES; i++) {
        const context = await browser.newContext({ ...devices['Pixel 7'], serviceWorkers: 'block' })
        const first = await visit(context, (await host.request('address')).address, session_id, network)
        cold.push(first.timings)
        wire = first.wire
        warm.push((await visit(context, new URL('/', first.url).href, session_id, network)).timings)
        await context.close()
      }
      rows.push(row(`${name}, nothing cached, including pairing`, cold))
      rows.push(row(`${name}, opened again`, warm))
    }
    const offline: Timings[] = []
    const context = await browser.newContext(devices['Pixel 7'])
    const { url } = await visit(
      context,
      (await host.request('address')).address,
      session_id,
      undefined,
      waitForServiceWorker,
    )
    for (let i = 0; i < TIMES; i++)
      offline.push((await visit(context, new URL('/', url).href, session_id, undefined)).timings)
    await context.close()
    rows.push(row('loopback, opened again, from the service worker', offline))
  } finally {
    await browser.close()
    await host.stop()
  }
  printTable('the page until a shell echoes a key: bytes over HTTP (gzip)', byteRows(wire.first))
  printTable('loaded later while idle', byteRows(wire.later))
  printTable(`from navigation until a shell echoes a key, with a CPU ${CPU_SLOWDOWN} times slower`, [
    ['', 'prompt drawn', 'key echoed'],
    ...rows,
  ])
}

/** Milliseconds since navigation, including the time that the slow page takes to focus the terminal and handle the key. */
interface Timings {
  drawn: number
  echoed: number
}

function row(what: string, visits: Timings[]): Row {
  return [what, ms(median(visits.map(({ drawn }) => drawn))), ms(median(visits.map(({ echoed }) => echoed)))]
}

function byteRows(wire: Map<string, number>): Row[] {
  const all = [...wire.values()].reduce((sum, bytes) => sum + bytes, 0)
  return [...wire, ['total', all] as const].map(([kind, bytes]) => [kind, `${(bytes / 1024).toFixed(1)} KB`])
}

/** Bytes on the wire by file type: requested before a key was echoed, and afterwards. */
interface WireBytes {
  first: Map<string, number>
  later: Map<string, number>
}

interface Visit {
  timings: Timings
  url: string
  wire: WireBytes
}

/** The page requests the rest shortly after its first paint; once it has everything, it sends no request for this long. */
const QUIET_MS = 3_000

async function visit(
  context: BrowserContext,
  address: string,
  session_id: string,
  network: typeof MOBILE | undefined,
  until: (page: Page) => Promise<unknown> = async () => {},
): Promise<Visit> {
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  const counter = await countBytes(cdp)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN })
  if (network) await cdp.send('Network.emulateNetworkConditions', network)
  await page.addInitScript(watch, session_id)
  await page.goto(address, { waitUntil: 'commit' })
  await page.waitForFunction(() => (window as unknown as Marks).otgReady > 0, undefined, {
    polling: 20,
    timeout: 60_000,
  })
  const timings = await pressMeasuredKey(page)
  const wire = await counter.rest()
  await until(page)
  const url = page.url()
  await page.close()
  return { timings, url, wire }
}

interface Marks {
  otgReady: number
  otgEchoed: number
}

/** Presses a key as soon as the terminal accepts it; returns when the prompt and the key appeared on the screen. */
async function pressMeasuredKey(page: Page): Promise<Timings> {
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.press('#')
  await page.waitForFunction(() => (window as unknown as Marks).otgEchoed > 0, undefined, {
    polling: 20,
    timeout: 60_000,
  })
  const timings = await page.evaluate(() => {
    const { otgReady, otgEchoed } = window as unknown as Marks
    return { drawn: otgReady, echoed: otgEchoed }
  })
  // Deletes the key, so that the next visit finds the same prompt.
  await page.keyboard.press('Backspace')
  await page.waitForFunction(
    () => !document.querySelector('.xterm-rows')?.textContent?.includes('$ #'.replace(' ', '\u00a0')),
  )
  return timings
}

/** Waits until the service worker has cached the page and serves it from now on. */
async function waitForServiceWorker(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready)
}

/** Counts bytes; `rest` resolves once no more requests are made. */
async function countBytes(cdp: CDPSession): Promise<{ rest(): Promise<WireBytes> }> {
  const wire: WireBytes = { first: new Map(), later: new Map() }
  const requests = new Map<string, { kind: string; wire: Map<string, number> }>()
  let current = wire.first
  let last = performance.now()
  await cdp.send('Network.enable')
  // As over plain HTTP in a LAN: browsers accept Brotli only from localhost and over HTTPS.
  await cdp.send('Network.setExtraHTTPHeaders', { headers: { 'accept-encoding': 'gzip' } })
  cdp.on('Network.requestWillBeSent', ({ requestId, request }) => {
    last = performance.now()
    requests.set(requestId, { kind: extname(new URL(request.url).pathname) || 'HTML page', wire: current })
  })
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    last = performance.now()
    const found = requests.get(requestId)
    if (found) found.wire.set(found.kind, (found.wire.get(found.kind) ?? 0) + encodedDataLength)
  })
  const rest = async () => {
    current = wire.later
    last = performance.now()
    while (performance.now() - last < QUIET_MS) await wait(100)
    return wire
  }
  return { rest }
}

/** Runs in the page, before its own scripts. */
function watch(session_id: string): void {
  window.sessionStorage.setItem('otg.session', session_id)
  const marks = { otgReady: 0, otgEchoed: 0 }
  Object.assign(window, marks)
  const check = () => {
    const rows = document.querySelector('.xterm-rows')?.textContent?.replaceAll('\u00a0', ' ') ?? ''
    const current = !document.querySelector('.catching-up')
    const now = performance.now()
    if (current && rows.includes('$')) (window as unknown as Marks).otgReady ||= now
    if (current && rows.includes('$ #')) {
      ;(window as unknown as Marks).otgEchoed ||= now
      return
    }
    requestAnimationFrame(check)
  }
  requestAnimationFrame(check)
}
