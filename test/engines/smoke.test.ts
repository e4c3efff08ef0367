// The phone's page in engines other than Chromium: the most common actions. test/browser has the details.
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BrowserHost } from '../support/browser/browser-host.ts'
import { type Engine, EnginePhone } from './engine.ts'
import { Firefox } from './firefox.ts'
import { WebKit } from './webkit.ts'

const ENGINES: readonly [string, () => Promise<Engine>][] = [
  ['Firefox', () => Firefox.start()],
  ['a private window of Firefox', () => Firefox.start({ isPrivate: true })],
  ['WebKit', () => WebKit.start()],
]

describe.each(ENGINES)('in %s', (_, start) => {
  let engine: Engine
  let host: BrowserHost
  let phone: EnginePhone

  beforeAll(async () => {
    engine = await start()
  })
  afterAll(() => engine?.close())
  beforeEach(async () => {
    host = await BrowserHost.start()
    phone = new EnginePhone(engine)
  })
  afterEach(async () => {
    await engine.goto('about:blank')
    await host.stop()
    // One test takes the host away.
    const problems = engine.problems.splice(0).filter(text => !/WebSocket|wss?:\/\//.test(text))
    expect(problems, 'errors in the console').toEqual([])
  })

  test('a phone waits for approval with the same digits as the desktop, and gets access', async () => {
    await host.setApproval('manual')
    await engine.goto(await host.address())
    await phone.sees('Waiting for your computer')
    const { code, pairing_id } = await host.pairingRequest()
    const shown = () => engine.evaluate(() => document.querySelector('[role=img][aria-label^=Digits]')?.ariaLabel ?? '')
    expect((await shown()).replace(/\D/g, '')).toBe(code)
    await phone.picture('waiting')
    await host.desktop.answerPairing(pairing_id, { allow: true })
    await phone.sees('New session')
    expect(await engine.evaluate(() => location.hash)).toBe('')
    await phone.picture('sessions-empty')
  })

  test('a shell receives input and shows its output', async () => {
    await phone.open(await host.address())
    await phone.newSession()
    await phone.run('echo $((6 * 7)) answers; printf "\\e[31;1mred\\e[0m \\e[7minverse\\e[0m 日本\\n"')
    await phone.shows('42 answers')
    await phone.shows('red inverse 日本')
    const [session] = await host.desktop.list()
    const { lines } = await host.desktop.screen(session!.session_id)
    await phone.showsExactly(
      lines
        .map(line => line.trimEnd())
        .join('\n')
        .trimEnd(),
    )
    await phone.picture('shell')
  })

  test('the key bar sends keys to the program, and the keyboard stays open', async () => {
    await phone.open(await host.address())
    await phone.takesFingers()
    await phone.newSession()
    await phone.run('cat -v')
    await phone.tap('Up')
    await phone.tap('Control')
    await phone.tap('Left')
    await phone.tap('Control')
    await phone.engine.type('g')
    await phone.engine.enter()
    await phone.shows('^[[A^[[1;5D^G')
    await phone.tap('Escape')
    await phone.tap('Shift Tab')
    await phone.engine.enter()
    await phone.shows('^[^[[Z')
    await phone.tap('Control C')
    await phone.shows(/\^C\n\$$/)
    await phone.picture('key-bar')
  })

  test('a reload returns to the same screen and accepts input', async () => {
    await phone.open(await host.address())
    await phone.newSession()
    await phone.run('seq 1 100; tput setaf 2; echo before the reload')
    await phone.shows(/\nbefore the reload\n\$$/)
    const before = await phone.screen()
    await engine.reload()
    await phone.showsExactly(before)
    await phone.tapTerminal()
    await phone.run('echo after it')
    await phone.shows(/\nafter it\n\$$/)
    expect(await host.desktop.list()).toHaveLength(1)
  })

  test('a lost connection is shown; input typed meanwhile and missed output arrive afterwards', async () => {
    await phone.open(await host.address())
    await phone.newSession()
    await phone.run('sleep 1; echo during the drop')
    await host.network('down')
    await phone.sees('Connection lost')
    await phone.run('echo typed without a network')
    await phone.picture('drop')
    await pause(1_000) // the program's own pause, while disconnected
    await host.network('up')
    await phone.shows('during the drop')
    await phone.shows(/\ntyped without a network\n\$$/)
  })

  test('a word selected by a long press is copied, and the page says so', async () => {
    await phone.open(await host.address())
    await phone.takesFingers()
    await phone.newSession()
    await phone.run('echo; echo to-be-copied')
    await phone.shows('\nto-be-copied')
    const { x, y } = await phone.placeOf('to-be-copied')
    await engine.hold(x, y)
    await phone.sees('Copy')
    await phone.picture('selection')
    await phone.tap('Copy')
    await phone.sees('Copied')
  })

  test('the list shows running sessions and opens one', async () => {
    await host.desktop.create({ title: 'build server' })
    await phone.open(await host.address())
    await phone.sees('build server')
    await phone.picture('sessions')
    await engine.evaluate(() => {
      const rows = [...document.querySelectorAll<HTMLElement>('.row')]
      rows.find(row => row.innerText.includes('build server'))!.click()
    })
    await phone.shows('$')
    await phone.sees('Use this phone’s size')
    await phone.tap('Menu')
    await phone.sees('Rename')
    await phone.picture('menu')
    await engine.evaluate(() => history.back())
    await phone.sees('New session')
  })

  test('nothing is wider than the phone, and the page follows the system’s theme', async () => {
    await phone.open(await host.address())
    await phone.newSession()
    const facts = await engine.evaluate(() => ({
      wider: [...document.querySelectorAll('button, header, main')]
        .filter(element => element.getBoundingClientRect().right > innerWidth + 0.5)
        .map(element => element.outerHTML.slice(0, 80)),
      dark: matchMedia('(prefers-color-scheme: dark)').matches,
      ground: getComputedStyle(document.documentElement).backgroundColor,
    }))
    expect(facts.wider).toEqual([])
    const [red] = /\d+/.exec(facts.ground)!
    expect(Number(red) < 128).toBe(facts.dark)
  })
})
