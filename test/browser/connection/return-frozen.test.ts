// Pages that the phone freezes in the background and resumes.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlainBrowser } from '../../support/browser/browser-plain.ts'
import { CHROMIUM } from '../playwright.config.ts'
import { expect, test } from '../support/phone.ts'

for (const meanwhile of ['whole', 'cut', 'silent'] as const)
  test(`a frozen page resumes with its connection ${meanwhile} meanwhile`, async ({ host }) => {
    const browser = await PlainBrowser.start(CHROMIUM)
    try {
      const page = await browser.open(await host.address())
      const shows = (what: string | RegExp) => expect.poll(() => page.screen()).toMatch(what)
      await expect.poll(() => page.evaluate("!!document.querySelector('footer button.primary:enabled')")).toBe(true)
      await page.evaluate("document.querySelector('footer button.primary').click()")
      await shows(/^\$$/)
      await page.evaluate(`window.heard = []
        for (const name of ['freeze', 'resume']) document.addEventListener(name, () => heard.push(name))
        window.ticks = 0
        setInterval(() => ticks++, 50)
        document.querySelector('.xterm textarea').focus()`)
      await page.type('(until [ -e go ]; do sleep 0.02; done; seq 1 60) & clear; cat > typed; echo taken down\n')
      await shows(/^$/)
      // Its last input is in transit when it is frozen.
      await page.type('before\n')
      if (meanwhile === 'silent') await host.network('silent')
      await page.type('under way\n')
      await browser.open('about:blank')
      await page.lifecycle('frozen')
      if (meanwhile === 'cut') await host.network('down')
      writeFileSync(join(host.home, 'go'), '')
      await new Promise(resolve => setTimeout(resolve, 2000))
      await host.network('up')
      await page.lifecycle('active')
      await page.toFront()
      await page.type('at once\n')
      await shows(/\n60\n/)
      const [session] = await host.desktop.list()
      const theirs = async () => {
        const { lines } = await host.desktop.screen(session!.session_id)
        return lines
          .map(line => line.trimEnd())
          .join('\n')
          .trimEnd()
      }
      await expect.poll(async () => (await page.screen()) === (await theirs())).toBe(true)
      if (meanwhile !== 'whole') expect(await page.evaluate('document.body.innerText')).toContain('Session restored')
      await page.type('after\n')
      await shows(/after/)
      await page.type('\u0004')
      await shows('taken down')
      const typed = readFileSync(join(host.home, 'typed'), 'utf8')
      expect(typed.trimEnd().split('\n')).toEqual(['before', 'under way', 'at once', 'after'])
      expect(await page.evaluate('heard')).toEqual(['freeze', 'resume'])
    } finally {
      await browser.stop()
    }
  })

test('a frozen page does not count as viewed: a bell marks its session until it resumes', async ({ host }) => {
  const browser = await PlainBrowser.start(CHROMIUM)
  try {
    const page = await browser.open(await host.address())
    await expect.poll(() => page.evaluate("!!document.querySelector('footer button.primary:enabled')")).toBe(true)
    await page.evaluate("document.querySelector('footer button.primary').click()")
    await expect.poll(() => page.screen()).toMatch(/^\$$/)
    await page.evaluate("document.querySelector('.xterm textarea').focus()")
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
