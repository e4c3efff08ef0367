// Pages that the phone freezes in the background and resumes.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserHost } from '../../support/browser/browser-host.ts'
import { PlainBrowser, type PlainPage } from '../../support/browser/browser-plain.ts'
import { CHROMIUM } from '../playwright.config.ts'
import { expect, hostScreen, test } from '../support/phone.ts'

/** Pairs, starts a session, and focuses its terminal. */
async function openSession(browser: PlainBrowser, host: BrowserHost): Promise<PlainPage> {
  const page = await browser.open(await host.address())
  await expect.poll(() => page.evaluate("!!document.querySelector('footer button.primary:enabled')")).toBe(true)
  await page.evaluate("document.querySelector('footer button.primary').click()")
  await expect.poll(() => page.screen()).toMatch(/^\$$/)
  await page.evaluate("document.querySelector('.xterm textarea').focus()")
  return page
}

for (const connection of ['stayed open', 'was cut', 'went silent'] as const)
  test(`a frozen page resumes after its connection ${connection}`, async ({ host }) => {
    const browser = await PlainBrowser.start(CHROMIUM)
    try {
      const page = await openSession(browser, host)
      const shows = (what: string | RegExp) => expect.poll(() => page.screen()).toMatch(what)
      await page.evaluate(`window.events = []
        for (const name of ['freeze', 'resume']) document.addEventListener(name, () => events.push(name))
        window.ticks = 0
        setInterval(() => ticks++, 50)`)
      await page.type('(until [ -e go ]; do sleep 0.02; done; seq 1 60) & clear; cat > typed; echo taken down\n')
      await shows(/^$/)
      // Its last input is in transit when it is frozen.
      await page.type('before\n')
      if (connection === 'went silent') await host.network('silent')
      await page.type('under way\n')
      await browser.open('about:blank')
      await page.lifecycle('frozen')
      if (connection === 'was cut') await host.network('down')
      writeFileSync(join(host.home, 'go'), '')
      await new Promise(resolve => setTimeout(resolve, 2000))
      await host.network('up')
      await page.lifecycle('active')
      await page.toFront()
      await page.type('at once\n')
      await shows(/\n60\n/)
      const [session] = await host.desktop.list()
      await expect.poll(async () => (await page.screen()) === (await hostScreen(host, session!.session_id))).toBe(true)
      if (connection !== 'stayed open') expect(await page.evaluate('document.body.innerText')).toContain('Reconnected')
      await page.type('after\n')
      await shows(/after/)
      await page.type('\u0004')
      await shows('taken down')
      const typed = readFileSync(join(host.home, 'typed'), 'utf8')
      expect(typed.trimEnd().split('\n')).toEqual(['before', 'under way', 'at once', 'after'])
      expect(await page.evaluate('events')).toEqual(['freeze', 'resume'])
    } finally {
      await browser.stop()
    }
  })

test('a frozen page does not count as viewed: a bell marks its session until it resumes', async ({ host }) => {
  const browser = await PlainBrowser.start(CHROMIUM)
  try {
    const page = await openSession(browser, host)
    const mark = async () => (await host.desktop.list())[0]?.attention?.text
    const rings = (file: string) => `(until [ -e ${file} ]; do sleep 0.02; done; printf '\\033]9;${file}\\007') &`
    await page.type(`${rings('one')} ${rings('two')} clear; echo ready\n`)
    await expect.poll(() => page.screen()).toMatch(/^ready/)
    writeFileSync(join(host.home, 'one'), '')
    await page.type('echo so$(printf me)\n')
    await expect.poll(() => page.screen()).toMatch(/\nsome/)
    expect(await mark(), 'while it is seen').toBeUndefined()
    await browser.open('about:blank')
    // A phone freezes a background page after minutes, when the host knows that it is hidden.
    await expect.poll(() => page.evaluate('document.visibilityState')).toBe('hidden')
    await page.lifecycle('frozen')
    writeFileSync(join(host.home, 'two'), '')
    await expect.poll(mark).toBe('two')
    await page.lifecycle('active')
    await page.toFront()
    await expect.poll(mark).toBeUndefined()
  } finally {
    await browser.stop()
  }
})
