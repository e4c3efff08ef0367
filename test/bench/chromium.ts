// The real page in Chromium, loaded again by a phone that was let in before: cold attach and full replay until they are
// painted. Knows nothing of the host's inside.
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
  if (!existsSync(CHROMIUM)) return console.log(`\n(no ${CHROMIUM}: nothing is measured in Chromium)`)
  if (!hasPage) return console.log('\n(no build/web-client: npm run build; nothing is measured in Chromium)')
  const { host, sessions } = await filledHost()
  const browser = await playwright.launch({
    executablePath: CHROMIUM,
    // As in the browser tests: xterm draws with the DOM, which can be read.
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
  printTable('Chromium, the real page drawn by DOM, from the open socket until painted', rows)
}

async function measure(
  browser: Browser,
  host: BenchHost,
  id: string,
  what: string,
  everything: boolean,
  times: number,
) {
  const all: Marks[] = []
  for (let i = 0; i < times; i++) all.push(await visit(browser, host, id, everything))
  const painted = spread(
    all.map(one => one.painted - one.opened),
    ms,
  )
  const whole = spread(
    all.map(one => one.painted),
    ms,
  )
  return [[what, ...painted, `${whole[0]} since navigation`]] as Row[]
}

async function visit(browser: Browser, host: BenchHost, session_id: string, everything: boolean): Promise<Marks> {
  const context = await browser.newContext(devices['Pixel 7'])
  try {
    const page = await context.newPage()
    await page.addInitScript(watch, { session_id, everything, lastWords: END_MARKER })
    const { address } = await host.request('address')
    await page.goto(address)
    // Being let in, which waits for somebody's yes, is no part of it.
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
function watch(given: { session_id: string; everything: boolean; lastWords: string }): void {
  const { session_id, everything, lastWords } = given
  // The page remembers which session it showed.
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
    // The page itself never asks for so much, and what it sends is encrypted: so where its messages are made.
    const stringify = JSON.stringify
    JSON.stringify = (value: unknown, ...rest: never[]) => {
      const all = { history: Number.MAX_SAFE_INTEGER, budget: Number.MAX_SAFE_INTEGER }
      const isAttach = (value as { type?: unknown } | undefined)?.type === 'attach'
      return stringify(isAttach ? { ...(value as object), ...all } : value, ...rest)
    }
  }
  const look = () => {
    const rows = document.querySelector('.xterm-rows')?.textContent?.replaceAll('\u00a0', ' ')
    // What is in the document in one frame is painted before the next.
    if (!document.querySelector('.catching-up') && rows?.includes(lastWords))
      requestAnimationFrame(() => {
        marks.painted = performance.now()
      })
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
