// The phone's page on a slow phone: bytes on the wire, and how long until a shell answers a key. Knows nothing of the host's
// inside.
import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import { type BrowserContext, type CDPSession, devices, type Page, chromium as playwright } from '@playwright/test'
import { hasPage, webRoot } from './filled.ts'
import { BenchHost } from './host.ts'
import { median, ms, print, type Row } from './table.ts'

const CHROMIUM = process.env.OTG_CHROMIUM ?? '/usr/bin/chromium'
const TIMES = 3
/** What a phone of the middle range is behind this kind of machine. */
const SLOWER = 4
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
  let wire = new Map<string, number>()
  try {
    for (const [network, name] of [
      [undefined, 'loopback'],
      [MOBILE, 'mobile network'],
    ] as const) {
      const cold: number[] = []
      const warm: number[] = []
      for (let i = 0; i < TIMES; i++) {
        const context = await browser.newContext({ ...devices['Pixel 7'], serviceWorkers: 'block' })
        const first = await visit(context, (await host.ask('address')).address, session_id, network)
        cold.push(first.ms)
        wire = first.wire
        warm.push((await visit(context, new URL('/', first.url).href, session_id, network)).ms)
        await context.close()
      }
      rows.push([`${name}, nothing cached, paired on the way`, ms(median(cold))])
      rows.push([`${name}, opened again`, ms(median(warm))])
    }
  } finally {
    await browser.close()
    await host.stop()
  }
  const kb = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`
  print(
    'the phone’s page until a shell answers a key: what came over HTTP (gzip)',
    [...wire, ['all', [...wire.values()].reduce((sum, bytes) => sum + bytes, 0)] as const].map(([kind, bytes]) => [
      kind,
      kb(bytes),
    ]),
  )
  print(`from navigation to a shell that answered a key, with a processor ${SLOWER} times slower`, rows)
}

interface Visit {
  ms: number
  url: string
  /** Bytes of bodies as they were sent, by kind of file. */
  wire: Map<string, number>
}

async function visit(
  context: BrowserContext,
  address: string,
  session_id: string,
  network: typeof MOBILE | undefined,
): Promise<Visit> {
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  const wire = await weigh(cdp)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  if (network) await cdp.send('Network.emulateNetworkConditions', network)
  await page.addInitScript(watch, session_id)
  await page.goto(address, { waitUntil: 'commit' })
  await page.waitForFunction(() => (window as unknown as Watched).otgReady > 0, undefined, {
    polling: 20,
    timeout: 60_000,
  })
  const measured = await typed(page)
  const url = page.url()
  await page.close()
  return { ms: measured, url, wire }
}

interface Watched {
  otgReady: number
  otgAnswered: number
}

/** Presses a key as soon as it would be taken; how long after navigation it was seen on the screen. */
async function typed(page: Page): Promise<number> {
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.press('#')
  await page.waitForFunction(() => (window as unknown as Watched).otgAnswered > 0, undefined, {
    polling: 20,
    timeout: 60_000,
  })
  const answered = await page.evaluate(() => (window as unknown as Watched).otgAnswered)
  // It is taken back, so that the next one finds the same prompt.
  await page.keyboard.press('Backspace')
  await page.waitForFunction(
    () => !document.querySelector('.xterm-rows')?.textContent?.includes('$ #'.replace(' ', '\u00a0')),
  )
  return answered
}

async function weigh(cdp: CDPSession): Promise<Map<string, number>> {
  const wire = new Map<string, number>()
  const kinds = new Map<string, string>()
  await cdp.send('Network.enable')
  // As over plain HTTP in a LAN: browsers take brotli only from localhost and over HTTPS.
  await cdp.send('Network.setExtraHTTPHeaders', { headers: { 'accept-encoding': 'gzip' } })
  cdp.on('Network.responseReceived', ({ requestId, response }) => {
    kinds.set(requestId, extname(new URL(response.url).pathname) || 'the page itself')
  })
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId)
    if (kind) wire.set(kind, (wire.get(kind) ?? 0) + encodedDataLength)
  })
  return wire
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
    if (seen && rows.includes('$')) (window as unknown as Watched).otgReady ||= now
    if (seen && rows.includes('$ #')) {
      ;(window as unknown as Watched).otgAnswered ||= now
      return
    }
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
