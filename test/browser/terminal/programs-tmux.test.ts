// Programs used with the same keys on a phone and in tmux: both must show the same, cell by cell.
//
// The comparison is exact. These differences are expected, and each is removed where it arises:
//   TERM (xterm-256color here, tmux-256color there)  only one of them erases with a background (`bce`), so a blank may have
//                                                    an invisible text color (readShown in support/cells.ts)
//   OSC 8 links                                      tmux 3.3 drops them; here they are expected by name
//   the background color                             the host answers a program's query and tmux does not, so it is set in
//                                                    the vimrc
//   the mouse                                        a tap is a click for programs that use the mouse, so nothing is tapped
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findTerminal, readScreen, type ScreenState, screenDifferences } from '../../support/terminal/cells.ts'
import { Tmux } from '../../support/terminal/tmux.ts'
import { test as base, expect, type Phone } from '../support/phone.ts'

const PORTRAIT = { width: 412, height: 839 }
const LANDSCAPE = { width: 863, height: 360 }
const SUPPORT = join(import.meta.dirname, '..', '..', 'support', 'terminal')

/** A phone and a tmux that receive the same keys. */
class Twins {
  readonly phone: Phone
  readonly tmux: Tmux
  /** The shells' folders, with the same files in them. */
  readonly homes: readonly [string, string]

  constructor(phone: Phone, tmux: Tmux, homes: readonly [string, string]) {
    this.phone = phone
    this.tmux = tmux
    this.homes = homes
  }

  write(name: string, content: string): void {
    for (const home of this.homes) {
      mkdirSync(join(home, name, '..'), { recursive: true })
      writeFileSync(join(home, name), content)
    }
  }

  /** Creates a command of this name in both folders. */
  command(name: string, script: string): void {
    this.write(name, `#!/bin/sh\n${script}\n`)
    for (const home of this.homes) chmodSync(join(home, name), 0o755)
  }

  async type(text: string): Promise<void> {
    await this.phone.type(text)
    await this.tmux.type(text)
  }

  async run(command: string): Promise<void> {
    await this.phone.run(command)
    await this.tmux.type(command)
    await this.tmux.keys('Enter')
  }

  /** Presses keys by their names on the key bar. */
  async keys(...names: string[]): Promise<void> {
    await this.phone.keys(...names)
    await this.tmux.keys(...names)
  }

  /** Presses keys of a soft keyboard. */
  async press(...names: ('Enter' | 'Backspace')[]): Promise<void> {
    for (const name of names) await this.phone.page.keyboard.press(name)
    await this.tmux.keys(...names)
  }

  /** Pastes as with the phone's own menu. */
  async paste(text: string): Promise<void> {
    await this.phone.page.locator('.xterm-helper-textarea').evaluate((field, text) => {
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', text)
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    }, text)
    await this.tmux.paste(text)
  }

  /** Ctrl on the key bar, then a letter. */
  async control(letter: string): Promise<void> {
    await this.phone.keys('Control')
    await this.phone.type(letter)
    await this.tmux.keys(`C-${letter}`)
  }

  async shownOnPhone(): Promise<ScreenState> {
    await expect(this.phone.page.locator('.catching-up')).toHaveCount(0)
    await expect.poll(() => this.phone.page.evaluate(findTerminal), { message: 'the page has a terminal' }).toBe(true)
    return this.phone.page.evaluate(`(${readScreen})(window.otgTerminal)`) as Promise<ScreenState>
  }

  /** Waits until both show `what` and the same everything else. Returns what they show. */
  async rest(
    what: string | RegExp,
    allowed: (page: ScreenState, tmux: ScreenState) => void = () => {},
  ): Promise<ScreenState> {
    await this.phone.shows(what)
    const look = expect.poll(
      async () => {
        const [page, tmux] = [await this.shownOnPhone(), await this.tmux.readScreen()]
        const there = typeof what === 'string' ? tmux.text.includes(what) : what.test(tmux.text)
        if (!there) return [`tmux does not show ${what}:`, ...tmux.text.split('\n')]
        allowed(page, tmux)
        return screenDifferences(page, tmux).slice(0, 12)
      },
      { message: `page and tmux show the same, with ${what}` },
    )
    await look.toEqual([])
    // The page has drawn what its terminal holds.
    await this.phone.matchesHost()
    return this.shownOnPhone()
  }

  /** Reloads the page: it shows exactly the same again. */
  async reload(): Promise<void> {
    const before = await this.shownOnPhone()
    await this.phone.page.reload()
    await expect.poll(async () => (await this.shownOnPhone()).text).toBe(before.text)
    await expect.poll(async () => screenDifferences(await this.shownOnPhone(), before)).toEqual([])
    const { links, scrollback } = await this.shownOnPhone()
    expect({ links, scrollback }).toEqual({ links: before.links, scrollback: before.scrollback })
    // Not with a tap: programs that use the mouse would get a click.
    await this.phone.page.locator('.xterm-helper-textarea').focus()
  }

  /** Turns the phone; its new size becomes the session's. */
  async turn(to: typeof PORTRAIT): Promise<void> {
    const before = await this.phone.ptySize()
    await this.phone.page.setViewportSize(to)
    await expect.poll(() => this.phone.ptySize()).not.toBe(before)
    const [cols, rows] = (await this.phone.ptySize()).split('x').map(Number)
    this.tmux.resize(cols!, rows!)
    await expect.poll(() => this.tmux.size()).toBe(`${cols}x${rows}`)
  }
}

// Dozens of steps, each compared on both sides.
base.describe.configure({ timeout: 120_000 })

const test = base.extend<{ twins: Twins }>({
  twins: async ({ phone, host }, use) => {
    await phone.open()
    await phone.newSession()
    const [cols, rows] = (await phone.ptySize()).split('x').map(Number)
    const home = mkdtempSync(join(tmpdir(), 'otg-twin-'))
    const tmux = new Tmux({ cols: cols!, rows: rows!, home })
    const twins = new Twins(phone, tmux, [host.home, home])
    await twins.rest('$')
    await use(twins)
    tmux.stop()
    // The shell may still be writing its history file.
    rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  },
})

const VIMRC = `
syntax on
set number hlsearch ruler laststatus=2 noswapfile viminfo= nomodeline
set background=dark termguicolors
let &t_8f = "\\<Esc>[38;2;%lu;%lu;%lum"
let &t_8b = "\\<Esc>[48;2;%lu;%lu;%lum"
highlight Comment cterm=italic gui=italic guifg=#7fb069
highlight Error cterm=undercurl gui=undercurl
`

test('vim shows on a phone what it shows in tmux', async ({ twins }) => {
  twins.write('.vimrc', VIMRC)
  twins.write('agent.ts', readFileSync(join(SUPPORT, 'agent-like.ts'), 'utf8'))
  await twins.run('vim agent.ts')
  await twins.rest('A program that draws')
  await twins.keys('Down', 'Down', 'Down')
  await twins.type('Onot there before: 日本語 ✅')
  await twins.rest('-- INSERT --')
  await twins.keys('Escape', 'Up', 'Home')
  await twins.type('V')
  await twins.keys('Down', 'Down')
  await twins.rest('-- VISUAL LINE --')
  await twins.keys('Escape')
  await twins.run('/const')
  await twins.rest(/\/const/)
  await twins.reload()
  await twins.run(':split')
  await twins.keys('Page down', 'Page down')
  await twins.control('w')
  await twins.type('w')
  await twins.type('dd')
  await twins.rest(/\[\+\] +\d+,3.*\n[\s\S]*\[\+\] +\d+,1 /)
  await twins.turn(LANDSCAPE)
  await twins.type('gg')
  await twins.rest('A program that draws')
  await twins.turn(PORTRAIT)
  await twins.run(':only')
  await twins.run(':qa!')
  await twins.rest(/\$ vim agent.ts\n\$$/)
})

test('less shows on a phone what it shows in tmux', async ({ twins }) => {
  const lines = readFileSync('/etc/services', 'utf8').split('\n')
  const colored = lines.map(
    (line, index) => `\x1b[38;5;${index % 256}m${line.slice(0, 20)}\x1b[0;1m${line.slice(20)}\x1b[m`,
  )
  twins.write('services', lines.join('\n'))
  twins.write('colored', colored.join('\n'))
  await twins.run('less services')
  await twins.rest('Network services')
  await twins.keys('Page down', 'Down', 'Down')
  await twins.type('=')
  await twins.rest(/^services lines \d+-\d+\/\d+ byte/m)
  await twins.run('/^https')
  await twins.rest(/^https\s+443/m)
  await twins.reload()
  await twins.turn(LANDSCAPE)
  await twins.rest(/^:$/m)
  await twins.type('n=')
  await twins.rest(/^services lines \d+-\d+\/\d+ byte/m)
  await twins.type('g')
  await twins.rest('Network services')
  await twins.turn(PORTRAIT)
  await twins.type('G')
  await twins.rest('(END)')
  await twins.type('q')
  await twins.rest(/\$ less services\n\$$/)
  await twins.run('less -R colored')
  await twins.rest('Network services')
  await twins.keys('Page down')
  await twins.type('=')
  await twins.rest(/^colored lines/m)
  await twins.type('h')
  await twins.rest('SUMMARY OF LESS COMMANDS')
  await twins.type('qq')
  await twins.rest(/less -R colored\n\$$/)
})

test('fzf shows on a phone what it shows in tmux, whole and inline', async ({ twins }) => {
  const names = Array.from({ length: 300 }, (_, n) => `src/part-${n % 7}/${n}-file.ts`).join('\n')
  const found = (query: string) =>
    execFileSync('fzf', ['--filter', query], { input: names, encoding: 'utf8' }).trimEnd().split('\n').length
  twins.write('names', names)
  await twins.run('fzf --multi < names')
  await twins.rest('300/300')
  await twins.type('part-3 1f')
  await twins.rest(`${found('part-3 1f')}/300`)
  await twins.keys('Up', 'Tab', 'Shift Tab')
  await twins.rest('(2)')
  await twins.reload()
  await twins.press('Backspace')
  await twins.rest(`${found('part-3 1')}/300 (2)`)
  await twins.press('Backspace')
  await twins.rest(`${found('part-3')}/300 (2)`)
  await twins.turn(LANDSCAPE)
  await twins.rest(`${found('part-3')}/300 (2)`)
  await twins.turn(PORTRAIT)
  await twins.rest(`${found('part-3')}/300 (2)`)
  await twins.press('Enter')
  await twins.rest(/file\.ts\n.*file\.ts\n\$$/)
  await twins.run('clear; fzf --height 40% --border --reverse --preview "echo {}" < names')
  await twins.rest('300/300')
  await twins.keys('Down', 'Down')
  await twins.type('5')
  await twins.rest(`${found('5')}/300`)
  await twins.keys('Escape')
  await twins.rest(/^\$$/m)
})

/** Fixed sources for htop, since the machine's own change all the time; its processes have their own namespace. */
const PROC: Record<string, string> = {
  uptime: '93784.21 170012.88\n',
  loadavg: '0.42 1.07 0.99 1/213 4711\n',
  stat: 'cpu  400 10 300 9000 40 0 5 0 0 0\ncpu0 200 5 150 4500 20 0 3 0 0 0\ncpu1 200 5 150 4500 20 0 2 0 0 0\nbtime 1700000000\nprocesses 4711\n',
  meminfo: `MemTotal: 8000000 kB
MemFree: 2100000 kB
MemAvailable: 5000000 kB
Buffers: 300000 kB
Cached: 2400000 kB
SwapTotal: 2000000 kB
SwapFree: 1500000 kB
SwapCached: 0 kB
Shmem: 200000 kB
SReclaimable: 150000 kB
`,
}

/** Only columns that do not change while a process sleeps. */
const HTOPRC = `htop_version=3.2.2
config_reader_min_version=3
fields=0 48 17 18 2 49 1
tree_view=0
header_layout=two_50_50
column_meters_0=AllCPUs Memory Swap
column_meter_modes_0=1 1 1
column_meters_1=Tasks LoadAverage Uptime
column_meter_modes_1=2 2 2
screen:Main=PID USER PRIORITY NICE STATE TIME Command
`

const HTOP = `
for name in ${Object.keys(PROC).join(' ')}; do mount --bind proc/$name /proc/$name || exit; done
sleep 1001 & sleep 1002 & sleep 1003 &
until [ "$(pgrep -c sleep)" = 3 ]; do :; done
exec htop --pid=$(pgrep -d, sleep) --delay=50
`

test('htop shows on a phone what it shows in tmux', async ({ twins }) => {
  for (const [name, content] of Object.entries(PROC)) twins.write(`proc/${name}`, content)
  twins.write('inside', HTOP)
  twins.write('.config/htop/htoprc', HTOPRC)
  twins.command('top', 'exec unshare -rmpf --mount-proc sh inside')
  await twins.run('./top')
  await twins.rest(/Tasks: 4[\s\S]*sleep 1003[\s\S]*F1Help/)
  await twins.keys('Down', 'Down')
  await twins.type('I')
  await twins.rest(/sleep 1003[\s\S]*sleep 1001/)
  await twins.type('t')
  await twins.rest('F5List')
  await twins.reload()
  await twins.type('u')
  await twins.rest('Show processes of')
  await twins.phone.screenshot('htop-users')
  await twins.keys('Escape')
  await twins.rest('F5List')
  await twins.turn(LANDSCAPE)
  await twins.rest('F10Quit')
  await twins.turn(PORTRAIT)
  await twins.rest('F5List')
  await twins.type('h')
  await twins.rest('Press any key to return')
  await twins.type('xq')
  await twins.rest(/\$ \.\/top\n\$$/)
})

for (const screen of ['inline', 'full'] as const)
  test(`an agent that draws ${screen} shows on a phone what it shows in tmux`, async ({ twins }) => {
    twins.command('agent', `exec ${process.execPath} ${join(SUPPORT, 'agent-like.ts')} ${screen}`)
    await twins.run('./agent')
    await twins.rest('? for shortcuts')
    await twins.type('please mend the parser, 日本')
    await twins.rest('日本')
    await twins.press('Backspace', 'Enter')
    const { links, scrollback } = await twins.rest('Make this edit?')
    // tmux 3.3 drops OSC 8 links.
    expect(links).toContainEqual({ uri: 'https://example.org/spec', row: expect.any(Number), text: 'the spec' })
    if (screen === 'inline') {
      expect(scrollback.length).toBeGreaterThan(20)
      expect(scrollback).toEqual((await twins.tmux.readScreen()).scrollback)
    }
    await twins.phone.screenshot(`agent-${screen}`)
    await twins.reload()
    await twins.keys('Down', 'Down', 'Up')
    await twins.rest('❯ 2.')
    await twins.press('Enter')
    await twins.rest('You said: Yes, and do not ask again')
    await twins.keys('Shift Tab')
    await twins.rest('accept edits on')
    await twins.type('a word that is thrown away')
    await twins.rest('thrown away')
    await twins.keys('Escape')
    await twins.rest(/│ > +│/)
    await twins.paste('pasted text')
    await twins.rest('[Pasted 11 characters]')
    await twins.turn(LANDSCAPE)
    await twins.rest('[Pasted 11 characters]')
    await twins.press('Enter')
    await twins.rest('Make this edit?')
    await twins.turn(PORTRAIT)
    await twins.rest('Make this edit?')
    await twins.press('Enter')
    await twins.rest('You said: Yes\n')
    await twins.run('/disputed')
    await twins.rest(/^flag/m)
    await twins.keys('Control C')
    await twins.rest(screen === 'full' ? /\$ \.\/agent\n\$$/ : /accept edits on\n\$$/)
  })

/** An agent that redraws only the block below its conversation, and waits for a word. */
async function talked(twins: Twins, how: 'kept' | 'ruled'): Promise<ScreenState> {
  twins.command('agent', `exec ${process.execPath} ${join(SUPPORT, 'agent-like.ts')} ${how}`)
  await twins.run('./agent')
  await twins.rest('? for shortcuts')
  await twins.type('please mend the parser')
  await twins.press('Enter')
  await twins.rest('Make this edit?')
  await twins.press('Enter')
  await twins.rest('You said: Yes\n')
  await twins.type('and now')
  return twins.rest('> and now')
}

test('an agent shows the same after the phone was turned and turned back', async ({ twins }) => {
  const all = ({ scrollback, text }: ScreenState) => [...scrollback, ...text.split('\n')].join('\n')
  const before = all(await talked(twins, 'kept'))
  await twins.phone.screenshot('turned-before')
  let first: ScreenState | undefined
  for (let turn = 0; turn < 2; turn++) {
    await twins.turn(LANDSCAPE)
    const wide = await twins.rest('> and now')
    // The prompt and its hint are at the bottom, with as much of the conversation above as fits.
    expect(wide.text).toMatch(/You said: Yes\n[\s\S]*\? for shortcuts$/)
    await twins.phone.screenshot('turned-landscape')
    await twins.turn(PORTRAIT)
    const after = await twins.rest('> and now')
    await twins.phone.screenshot('turned-back')
    expect(all(after)).toBe(before)
    // The answered question left blank rows below; now the hint is in the last one, and stays there.
    expect(after.text.split('\n')).toHaveLength(after.rows)
    first ??= after
    expect(after).toEqual(first)
    expect(after.scrollback).toEqual((await twins.tmux.readScreen()).scrollback)
  }
  await twins.type(', go on')
  await twins.rest('> and now, go on')
  await twins.reload()
})

test('horizontal rules that wrap when the phone is turned leave no more behind than in tmux', async ({ twins }) => {
  await talked(twins, 'ruled')
  for (const to of [LANDSCAPE, PORTRAIT, LANDSCAPE, PORTRAIT]) {
    await twins.turn(to)
    const { scrollback } = await twins.rest('> and now')
    expect(scrollback).toEqual((await twins.tmux.readScreen()).scrollback)
    await twins.phone.screenshot(`turned-ruled-${to === PORTRAIT ? 'portrait' : 'landscape'}`)
  }
})
