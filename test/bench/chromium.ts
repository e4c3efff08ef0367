// The real page in Chromium, reloaded on a paired phone: time until a cold attach and a full replay are painted.
import { existsSync } from 'node:fs'
import { type Browser, devices, type Page, chromium as playwright } from '@playwright/test'
import { filledHost, hasPage } from './support/filled-host.ts'
import { type BenchHost, END_MARKER } from './support/host.ts'
import { ms, printTable, type Row, spread } from './support/table.ts'

const CHROMIUM = process.env.OTG_CHROMIUM ?? '/usr/bin/chromium'
const TIMES = 3

/** Milliseconds since navigation. */
interface Marks {
  opened: number
  painted: number
}

export async function chromium(): Promise<void> {
  if (!existsSync(CHROMIUM)) return console.log(`\n(skipped: ${CHROMIUM} not found)`)
  if (!hasPage) return console.log('\n(skipped: run `npm run build` first)')
  const { host, sessions } = await filledHost()
  const browser = await playwright.launch({
    executablePath: CHROMIUM,
    // As in the browser tests: xterm.js renders to the DOM, where its text can be read.
    args: ['--no-sandbox', '--disable-gpu', '--disable-3d-apis', '--disable-background-networking', '--no-first-run'],
  })
  const rows: Row[] = []
  try {
    for (const { megabytes, session_id } of sessions)
      rows.push(...(await measure(browser, host, session_id, `cold attach with ${megabytes} MB`, false, TIMES)))
    for (const { megabytes, session_id } of sessions)
      rows.push(...(await measure(browser, host, session_id, `full replay of ${megabytes} MB`, true, 1)))
  } finally {
    await browser.close()
  }
  printTable('Chromium, the real page with the DOM renderer, from the open socket until painted', rows)
}

async function measure(
  browser: Browser,
  host: BenchHost,
  id: string,
  what: string,
  everything: boolean,
  times: number,
) {
  const visits: Marks[] = []
  for (let i = 0; i < times; i++) visits.push(await visit(browser, host, id, everything))
  const painted = spread(
    visits.map(({ painted, opened }) => painted - opened),
    ms,
  )
  const whole = spread(
    visits.map(({ painted }) => painted),
    ms,
  )
  return [[what, ...painted, `${whole[0]} since navigation`]] as Row[]
}

async function visit(browser: Browser, host: BenchHost, session_id: string, everything: boolean): Promise<Marks> {
  const context = await browser.newContext(devices['Pixel 7'])
  try {
    const page = await context.newPage()
    await page.addInitScript(watch, { session_id, everything, endMarker: END_MARKER })
    const { address } = await host.request('address')
    await page.goto(address)
    // Pairing, which waits for approval, is not measured.
    await painted(page)
    await page.evaluate(() => {
      Object.assign(window, { otgMarks: undefined })
    })
    await page.reload()
    return await painted(page)
  } finally {
    await context.close()
  }
}

async function painted(page: Page): Promise<Marks> {
  const marks = await page.waitForFunction(
    () => {
      const { otgMarks } = window as unknown as { otgMarks?: Marks }
      return otgMarks && otgMarks.painted > 0 ? otgMarks : undefined
    },
    undefined,
    { polling: 50, timeout: 60_000 },
  )
  return (await marks.jsonValue()) as Marks
}

/** Runs in the page, before its own scripts. */
function watch(given: { session_id: string; everything: boolean; endMarker: string }): void {
  const { session_id, everything, endMarker } = given
  // Where the page remembers which session it showed.
  window.sessionStorage.setItem('otg.session', session_id)
  const marks = { opened: 0, painted: 0 }
  Object.assign(window, { otgMarks: marks })
  const Real = window.WebSocket
  window.WebSocket = class extends Real {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      this.addEventListener('open', () => {
        marks.opened = performance.now()
      })
    }
  }
  if (everything) {
    // The page never requests this much, and its frames are encrypted: change the message where it is serialized.
    const stringify = JSON.stringify
    JSON.stringify = (value: unknown, ...rest: never[]) => {
      const unlimited = { history: Number.MAX_SAFE_INTEGER, budget: Number.MAX_SAFE_INTEGER }
      const isAttach = (value as { type?: unknown } | undefined)?.type === 'attach'
      return stringify(isAttach ? { ...(value as object), ...unlimited } : value, ...rest)
    }
  }
  const check = () => {
    const rows = document.querySelector('.xterm-rows')?.textContent?.replaceAll('\u00a0', ' ')
    // What the document holds in one animation frame is painted before the next.
    if (!document.querySelector('.catching-up') && rows?.includes(endMarker))
      requestAnimationFrame(() => {
        marks.painted = performance.now()
      })
    else requestAnimationFrame(check)
  }
  requestAnimationFrame(check)
}
