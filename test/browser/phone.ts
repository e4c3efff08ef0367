// A phone in front of the page, and the host that it talks to: what a thumb does and what an eye reads. Knows no test.
import { join } from 'node:path'
import { test as base, expect, type Page } from '@playwright/test'
import { BrowserHost } from '../support/browser-host.ts'

const SCREENSHOTS = join(import.meta.dirname, '..', '..', 'test-output', 'screenshots')

export class Phone {
  /** Errors and violations that the page's console showed. */
  readonly problems: string[] = []
  readonly page: Page
  readonly host: BrowserHost

  constructor(page: Page, host: BrowserHost) {
    this.page = page
    this.host = host
    page.on('pageerror', error => this.problems.push(String(error)))
    page.on('console', message => {
      // A host that is away is part of some tests, and Chromium logs every socket that fails.
      if (message.type() === 'error' && !/WebSocket connection to|ERR_CONNECTION/.test(message.text()))
        this.problems.push(message.text())
    })
  }

  /** Opens a fresh address. */
  async open(): Promise<void> {
    await this.page.goto(await this.host.address())
    await expect(this.page.getByRole('button', { name: 'New session' })).toBeEnabled()
  }

  async newSession(): Promise<void> {
    await this.page.getByRole('button', { name: 'New session' }).tap()
    await this.shows('$ ')
  }

  /** The terminal's rows, without the blanks at their ends. */
  async rows(): Promise<string[]> {
    const rows = await this.page.locator('.xterm-rows > div').allTextContents()
    return rows.map(row => row.replaceAll('\u00a0', ' ').trimEnd())
  }

  async screen(): Promise<string> {
    return (await this.rows()).join('\n').trimEnd()
  }

  /** Waits until the terminal shows it, and can be seen. */
  async shows(what: string | RegExp): Promise<void> {
    await expect(this.page.locator('.catching-up')).toHaveCount(0)
    const there = expect.poll(() => this.screen(), { message: `the terminal shows ${what}` })
    await (typeof what === 'string' ? there.toContain(what.trimEnd()) : there.toMatch(what))
  }

  /** Types on real keys. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text)
  }

  async run(command: string): Promise<void> {
    await this.type(command)
    await this.page.keyboard.press('Enter')
  }

  /** Taps keys of the key bar, by their names. */
  async keys(...names: string[]): Promise<void> {
    for (const name of names)
      await this.page.getByRole('toolbar', { name: 'Keys' }).getByRole('button', { name, exact: true }).tap()
  }

  /** The PTY's size, by the host's word. */
  async ptySize(): Promise<string> {
    const [session] = (await this.host.desktop.list()).filter(one => one.state === 'running')
    return `${session?.cols}x${session?.rows}`
  }

  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' })
  }
}

interface Fixtures {
  host: BrowserHost
  phone: Phone
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
})

export { expect }
