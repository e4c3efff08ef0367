// A phone that shows the page, and its host: what a user does and sees.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test as base, expect, type Locator, type Page } from '@playwright/test'
import { BrowserHost } from '../../support/browser/browser-host.ts'
import { Fingers } from './fingers.ts'

const SCREENSHOTS = join(import.meta.dirname, '..', '..', '..', 'test-output', 'screenshots')

export class Phone {
  /** Errors and CSP violations in the page's console. */
  readonly problems: string[] = []
  readonly page: Page
  readonly host: BrowserHost
  /** Outputs that were prepared. */
  #prepared = 0

  constructor(page: Page, host: BrowserHost) {
    this.page = page
    this.host = host
    page.on('pageerror', error => this.problems.push(String(error)))
    page.on('console', message => {
      // Some tests take the host away, and Chromium logs every socket that fails.
      const { url } = message.location()
      if (
        message.type() === 'error' &&
        !url.endsWith('/favicon.ico') &&
        !/WebSocket connection to|ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/.test(message.text())
      )
        this.problems.push(message.text())
    })
  }

  /** Opens a new pairing address, as scanning the code does. */
  async scan(): Promise<void> {
    await this.page.goto(await this.host.address())
  }

  /** Pairs and waits for the session list. */
  async open(): Promise<void> {
    await this.scan()
    await this.isConnected()
  }

  /** Waits until the phone has access and may start sessions. */
  async isConnected(): Promise<void> {
    await expect(this.page.getByRole('button', { name: 'New session' })).toBeEnabled()
  }

  /** Waits for a heading. */
  async showsHeading(title: string | RegExp): Promise<void> {
    await expect(this.page.getByRole('heading', { name: title })).toBeVisible()
  }

  /** The pairing code on the screen. */
  async code(): Promise<string> {
    const label = await this.page.getByRole('img', { name: /^Digits/ }).getAttribute('aria-label')
    return label!.replace(/\D/g, '')
  }

  async newSession(): Promise<void> {
    await this.page.getByRole('button', { name: 'New session' }).tap()
    await this.shows('$ ')
  }

  /** The terminal's rows, without trailing blanks. */
  async rows(): Promise<string[]> {
    const rows = await this.page.locator('.xterm-rows > div').allTextContents()
    return rows.map(row => row.replaceAll('\u00a0', ' ').trimEnd())
  }

  async screen(): Promise<string> {
    return (await this.rows()).join('\n').trimEnd()
  }

  /** Waits until the terminal visibly shows `what`. */
  async shows(what: string | RegExp): Promise<void> {
    await expect(this.page.locator('.catching-up')).toHaveCount(0)
    const there = expect.poll(() => this.screen(), { message: `the terminal shows ${what}` })
    await (typeof what === 'string' ? there.toContain(what.trimEnd()) : there.toMatch(what))
  }

  /** Types on a hardware keyboard. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text)
  }

  async run(command: string): Promise<void> {
    await this.type(command)
    await this.page.keyboard.press('Enter')
  }

  /** Taps keys of the key bar by name, switching its page with `More keys` if necessary. */
  async keys(...names: string[]): Promise<void> {
    const bar = this.page.getByRole('toolbar', { name: 'Keys' })
    for (const name of names) {
      const key = bar.getByRole('button', { name, exact: true })
      await expect(async () => {
        if (!(await key.isVisible())) await bar.getByRole('button', { name: /^More keys/ }).tap()
        await expect(key).toBeVisible({ timeout: 250 })
      }).toPass()
      await key.tap()
    }
  }

  /** The PTY's size as the host reports it. */
  async ptySize(): Promise<string> {
    const [session] = (await this.host.desktop.list()).filter(one => one.state === 'running')
    return `${session?.cols}x${session?.rows}`
  }

  /** Waits until the terminal shows exactly the host's screen of the viewed session. */
  async matchesHost(session_id?: string): Promise<void> {
    await expect(this.page.locator('.catching-up')).toHaveCount(0)
    const id = session_id ?? (await this.host.desktop.list()).find(one => one.clients > 0)!.session_id
    await expect
      .poll(async () => {
        const onHost = await hostScreen(this.host, id)
        const onPage = await this.screen()
        return onPage === onHost ? 'the same' : `page:\n${onPage}\nhost:\n${onHost}`
      })
      .toBe('the same')
  }

  /** Sends further typing to a file. The returned function ends that and returns the lines. */
  async recordTyping(): Promise<() => Promise<string[]>> {
    const file = join(this.host.home, 'typed')
    await this.run('echo listening; cat > typed; echo taken down')
    // Before that, the shell's line editor handles the keys.
    await this.shows('\nlistening')
    return async () => {
      await this.page.keyboard.press('Control+d')
      await this.shows('\ntaken down')
      return readFileSync(file, 'utf8').trimEnd().split('\n')
    }
  }

  /** Waits until the host's screen of the only session has `text`, also while the phone is away. */
  async hostShows(text: string): Promise<void> {
    const [session] = await this.host.desktop.list()
    await expect.poll(() => hostScreen(this.host, session!.session_id), { timeout: 60_000 }).toContain(text)
  }

  /** Prepares output that is printed when the returned function is called. */
  async prepareOutput(command: string): Promise<() => void> {
    const file = join(this.host.home, `go-${++this.#prepared}`)
    await this.run(`(until [ -e ${file} ]; do sleep 0.02; done; ${command}) & clear; echo ready`)
    await this.shows(/^ready\n\$$/)
    return () => writeFileSync(file, '')
  }

  /** Records the screen at every frame. The returned function gives the distinct ones in order. `next`: of the next page. */
  async recordFrames(next?: 'next'): Promise<() => Promise<string[]>> {
    const begin = () => {
      const seen: string[] = []
      Object.assign(window, { film: seen })
      const record = () => {
        const hidden = document.querySelector('.catching-up') !== null
        const rows = [...document.querySelectorAll('.xterm-rows > div')].map(row => row.textContent.trimEnd())
        const text = hidden ? '(hidden)' : rows.join('\n').trimEnd()
        if (seen.at(-1) !== text) seen.push(text)
        requestAnimationFrame(record)
      }
      record()
    }
    await (next ? this.page.addInitScript(begin) : this.page.evaluate(begin))
    return () => this.page.evaluate(() => (window as unknown as { film: string[] }).film)
  }

  /** Swipes over the terminal, by CSS pixels. */
  async swipe(dx: number, dy: number): Promise<void> {
    const box = (await this.page.locator('.terminal-view').boundingBox())!
    const x = dx > 0 ? box.x + 20 : box.x + box.width - 20
    const y = dy > 0 ? box.y + 20 : box.y + box.height - 20
    const fingers = new Fingers(this)
    await fingers.down({ x, y })
    await fingers.move({ x, y }, { x: x + dx, y: y + dy })
    await fingers.up()
  }

  /** Drags sideways from the middle of `what`, in steps; `held` runs before the finger is lifted. */
  async drag(what: Locator, dx: number, held?: () => Promise<void>): Promise<void> {
    const box = (await what.boundingBox())!
    const touch = await this.page.context().newCDPSession(this.page)
    const y = box.y + box.height / 2
    const point = (part: number) => [{ x: box.x + box.width / 2 + dx * part, y }]
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: point(0) })
    for (let step = 1; step <= 10; step++)
      await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: point(step / 10) })
    await held?.()
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    await touch.detach()
  }

  /** Checks that every button and field is large enough for a thumb. */
  async hasLargeTargets(): Promise<void> {
    const small = await this.page.evaluate(() =>
      [...document.querySelectorAll('button:not(.unseen), input:not([type=checkbox]), select')]
        .map(element => ({ element, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && Math.min(box.width, box.height) < 43.9)
        .map(({ element }) => element.outerHTML.slice(0, 90)),
    )
    expect(small).toEqual([])
  }

  async tapCell(column: number, row: number): Promise<void> {
    const line = (await this.page.locator('.xterm-rows > div').nth(row).boundingBox())!
    await this.page.touchscreen.tap(line.x + column * 8.4 + 4, line.y + line.height / 2)
  }

  /** Opens a soft keyboard of this height; 0 closes it. */
  async keyboard(height: number): Promise<void> {
    await this.page.setViewportSize({ width: 412, height: 839 - height })
  }

  /** Whether the cursor's cell is inside the terminal's box. */
  isCursorVisible(): Promise<boolean> {
    return this.page.evaluate(() => {
      const cursor = document.querySelector('.xterm-cursor')?.getBoundingClientRect()
      const box = document.querySelector('.terminal-view')?.getBoundingClientRect()
      if (!cursor || !box) return false
      const { top, bottom, left, right } = cursor
      return top >= box.top && bottom <= box.bottom + 1 && left >= box.left && right <= box.right + 1
    })
  }

  /** Checks that nothing is wider than the phone. */
  async fits(): Promise<void> {
    const wide = await this.page.evaluate(() =>
      [...document.querySelectorAll('button, header, footer, main, li, p, h1')]
        .filter(element => element.getBoundingClientRect().right > window.innerWidth + 0.5)
        .map(element => element.outerHTML.slice(0, 80)),
    )
    expect(wide).toEqual([])
  }

  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' })
  }
}

/** The host's screen of a session, without trailing blanks. */
export async function hostScreen(host: BrowserHost, session_id: string): Promise<string> {
  const { lines } = await host.desktop.screen(session_id)
  return lines
    .map(line => line.trimEnd())
    .join('\n')
    .trimEnd()
}

export interface Fixtures {
  host: BrowserHost
  phone: Phone
  /** Another phone of the same host. */
  second: Phone
  whole: undefined
}

export const test = base.extend<Fixtures>({
  whole: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from this pattern
    async ({}, use, info) => {
      const missing = info.config.metadata.missing as string[]
      info.skip(missing.length > 0, `missing: ${missing.join(', ')}`)
      await use(undefined)
    },
    { auto: true },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: as above
  host: async ({}, use) => {
    const host = await BrowserHost.start()
    await use(host)
    await host.stop()
  },
  phone: async ({ page, host }, use) => {
    const phone = new Phone(page, host)
    await use(phone)
    expect(phone.problems, 'errors in the console').toEqual([])
  },
  second: async ({ browser, host }, use) => {
    const context = await browser.newContext()
    const phone = new Phone(await context.newPage(), host)
    await use(phone)
    expect(phone.problems, 'errors in the console of the second phone').toEqual([])
    await context.close()
  },
})

export { expect }
