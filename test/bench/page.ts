// The phone's page on a slow phone: bytes on the wire, and how long until a shell answers a key. Knows nothing of the host's
// inside.
import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import { type BrowserContext, type CDPSession, devices, type Page, chromium as playwright } from '@playwright/test'
import { hasPage, webRoot } from './support/filled-host.ts'
import { BenchHost, wait } from './support/host.ts'
import { median, ms, printTable, type Row } from './support/table.ts'

const CHROMIUM = process.env.OTG_CHROMIUM ?? '/usr/bin/chromium'
const TIMES = 3
/** What a phone of the middle range is behind this kind of machine. */
const CPU_SLOWDOWN = 4
/** A mobile network in the middle of its range: bytes per second and milliseconds. */
const MOBILE = { offline: false, downloadThroughput: 9e6 / 8, uploadThroughput: 4.5e6 / 8, latency: 60 }

export async function page(): Promise<void> {
  if (!existsSync(CHROMIUM)) return console.log(`\n(no ${CHROMIUM}: nothing is measured in Chromium)`)
  if (!hasPage) return console.log('\n(no build/web-client: npm run build; nothing is measured in Chromium)')
  const host = await BenchHost.start({ webRoot })
  const client = await host.connect()
  const { session_id } = await client.create({ command: ['env', 'PS1=$ ', 'bash', '--norc', '--noprofile'] })
  const browser = await playwright.launch({
    executablePath: CHROMIUM,
    // As in the browser tests: xterm draws with the DOM, which can be read.
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
        cold.push(first.moments)
        wire = first.wire
        warm.push((await visit(context, new URL('/', first.url).href, session_id, network)).moments)
        await context.close()
      }
      rows.push(row(`${name}, nothing cached, paired on the way`, cold))
      rows.push(row(`${name}, opened again`, warm))
    }
    const kept: Timings[] = []
    const context = await browser.newContext(devices['Pixel 7'])
    const { url } = await visit(
      context,
      (await host.request('address')).address,
      session_id,
      undefined,
      waitForServiceWorker,
    )
    for (let i = 0; i < TIMES; i++)
      kept.push((await visit(context, new URL('/', url).href, session_id, undefined)).moments)
    await context.close()
    rows.push(row('loopback, opened again, kept by its service worker', kept))
  } finally {
    await browser.close()
    await host.stop()
  }
  printTable('the phone’s page until a shell answers a key: what came over HTTP (gzip)', byteRows(wire.first))
  printTable('what follows while nothing else is to do', byteRows(wire.later))
  printTable(`from navigation to a shell that answered a key, with a processor ${CPU_SLOWDOWN} times slower`, [
    ['', 'its prompt was drawn', 'it answered'],
    ...rows,
  ])
}

/** Milliseconds since navigation. Finding the terminal and pressing a key in it also costs the slow page something. */
interface Timings {
  drawn: number
  answered: number
}

function row(what: string, visits: Timings[]): Row {
  return [what, ms(median(visits.map(({ drawn }) => drawn))), ms(median(visits.map(({ answered }) => answered)))]
}

function byteRows(wire: Map<string, number>): Row[] {
  const all = [...wire.values()].reduce((sum, bytes) => sum + bytes, 0)
  return [...wire, ['all', all] as const].map(([kind, bytes]) => [kind, `${(bytes / 1024).toFixed(1)} KB`])
}

/** Bytes as they were sent, by kind of file: asked for until a key was answered, and after that. */
interface WireBytes {
  first: Map<string, number>
  later: Map<string, number>
}

interface Visit {
  moments: Timings
  url: string
  wire: WireBytes
}

/** The page asks for the rest a moment after its first picture, and sends nothing for longer than this when it has it. */
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
  const scale = await countBytes(cdp)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN })
  if (network) await cdp.send('Network.emulateNetworkConditions', network)
  await page.addInitScript(watch, session_id)
  await page.goto(address, { waitUntil: 'commit' })
  await page.waitForFunction(() => (window as unknown as Marks).otgReady > 0, undefined, {
    polling: 20,
    timeout: 60_000,
  })
  const measured = await pressMeasuredKey(page)
  const wire = await scale.rest()
  await until(page)
  const url = page.url()
  await page.close()
  return { moments: measured, url, wire }
}

interface Marks {
  otgReady: number
  otgAnswered: number
}

/** Presses a key as soon as it would be taken; how long after navigation it was seen on the screen, and the prompt before. */
async function pressMeasuredKey(page: Page): Promise<Timings> {
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.press('#')
  await page.waitForFunction(() => (window as unknown as Marks).otgAnswered > 0, undefined, {
    polling: 20,
    timeout: 60_000,
  })
  const moments = await page.evaluate(() => {
    const { otgReady, otgAnswered } = window as unknown as Marks
    return { drawn: otgReady, answered: otgAnswered }
  })
  // It is taken back, so that the next one finds the same prompt.
  await page.keyboard.press('Backspace')
  await page.waitForFunction(
    () => !document.querySelector('.xterm-rows')?.textContent?.includes('$ #'.replace(' ', '\u00a0')),
  )
  return moments
}

/** The page's service worker has all that it keeps, and is the one that answers the next time. */
async function waitForServiceWorker(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready)
}

/** `rest` resolves with what was sent once no more is asked for. */
async function countBytes(cdp: CDPSession): Promise<{ rest(): Promise<WireBytes> }> {
  const wire: WireBytes = { first: new Map(), later: new Map() }
  const asked = new Map<string, { kind: string; wire: Map<string, number> }>()
  let now = wire.first
  let last = performance.now()
  await cdp.send('Network.enable')
  // As over plain HTTP in a LAN: browsers take brotli only from localhost and over HTTPS.
  await cdp.send('Network.setExtraHTTPHeaders', { headers: { 'accept-encoding': 'gzip' } })
  cdp.on('Network.requestWillBeSent', ({ requestId, request }) => {
    last = performance.now()
    asked.set(requestId, { kind: extname(new URL(request.url).pathname) || 'the page itself', wire: now })
  })
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    last = performance.now()
    const one = asked.get(requestId)
    if (one) one.wire.set(one.kind, (one.wire.get(one.kind) ?? 0) + encodedDataLength)
  })
  const rest = async () => {
    now = wire.later
    last = performance.now()
    while (performance.now() - last < QUIET_MS) await wait(100)
    return wire
  }
  return { rest }
}

/** Runs in the page, before its own scripts. */
function watch(session_id: string): void {
  window.sessionStorage.setItem('otg.session', session_id)
  const marks = { otgReady: 0, otgAnswered: 0 }
  Object.assign(window, marks)
  const look = () => {
    const rows = document.querySelector('.xterm-rows')?.textContent?.replaceAll('\u00a0', ' ') ?? ''
    const seen = !document.querySelector('.catching-up')
    const now = performance.now()
    if (seen && rows.includes('$')) (window as unknown as Marks).otgReady ||= now
    if (seen && rows.includes('$ #')) {
      ;(window as unknown as Marks).otgAnswered ||= now
      return
    }
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
