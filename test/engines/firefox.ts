// Debian's Firefox, driven over WebDriver BiDi by puppeteer, as a phone with a dark theme.
import { setTimeout as pause } from 'node:timers/promises'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import { type Engine, HOLD_MS } from './engine.ts'

export const FIREFOX = process.env.OTG_FIREFOX ?? '/usr/bin/firefox-esr'

/** Firefox's value for a coarse pointer. */
const COARSE = 1

export class Firefox implements Engine {
  readonly name: string
  readonly #browser: Browser
  readonly #page: Page
  readonly problems: string[] = []

  private constructor(name: string, browser: Browser, page: Page) {
    this.name = name
    this.#browser = browser
    this.#page = page
    page.on('pageerror', error => this.problems.push(String(error)))
    page.on('console', message => {
      if (message.type() === 'error') this.problems.push(message.text())
    })
  }

  static async start({
    isPrivate = false,
    preferences = {},
  }: {
    isPrivate?: boolean
    preferences?: Record<string, string | number | boolean>
  } = {}): Promise<Firefox> {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: FIREFOX,
      headless: true,
      extraPrefsFirefox: {
        'browser.privatebrowsing.autostart': isPrivate,
        'ui.primaryPointerCapabilities': COARSE,
        'ui.allPointerCapabilities': COARSE,
        'ui.systemUsesDarkTheme': 1,
        'dom.w3c_touch_events.enabled': 1,
        ...preferences,
      },
    })
    const [first] = await browser.pages()
    const page = first ?? (await browser.newPage())
    await page.setViewport({ width: 412, height: 839 })
    return new Firefox(isPrivate ? 'firefox-private' : 'firefox', browser, page)
  }

  async goto(url: string): Promise<void> {
    await this.#page.goto(url)
  }

  async reload(): Promise<void> {
    await this.#page.reload()
  }

  evaluate<T, A extends unknown[]>(run: (...args: A) => T, ...args: A): Promise<T> {
    return this.#page.evaluate(run as (...args: unknown[]) => T, ...args) as Promise<T>
  }

  async tapAt(x: number, y: number): Promise<void> {
    await this.#page.touchscreen.tap(x, y)
  }

  async type(text: string): Promise<void> {
    await this.#page.keyboard.type(text)
  }

  async enter(): Promise<void> {
    await this.#page.keyboard.press('Enter')
  }

  async hold(x: number, y: number): Promise<void> {
    await this.#page.touchscreen.touchStart(x, y)
    await pause(HOLD_MS)
    await this.#page.touchscreen.touchEnd()
  }

  async screenshot(): Promise<Buffer> {
    return Buffer.from(await this.#page.screenshot())
  }

  async close(): Promise<void> {
    await this.#browser.close()
  }
}
