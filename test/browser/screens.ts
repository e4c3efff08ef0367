// Takes screenshots of every screen of the phone's page in every variant, into test-output/screens:
// `npm run screenshots [NAME…]`. People review them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, devices } from '@playwright/test'
import { BrowserHost } from '../support/browser/browser-host.ts'
import { recordSession } from '../support/record-session.ts'
import { CHROMIUM } from './playwright.config.ts'
import { asksPermission, writeAgent } from './support/agents.ts'
import { cellOf, Fingers } from './support/fingers.ts'
import { expect, Phone } from './support/phone.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'test-output', 'screens')

interface Look {
  name: string
  width: number
  height: number
  scheme: 'dark' | 'light'
}

const VARIANTS: Look[] = [
  { name: 'dark', width: 412, height: 839, scheme: 'dark' },
  { name: 'light', width: 412, height: 839, scheme: 'light' },
  { name: '360', width: 360, height: 640, scheme: 'dark' },
  { name: '320', width: 320, height: 568, scheme: 'light' },
  { name: 'landscape', width: 839, height: 412, scheme: 'dark' },
  { name: 'tablet', width: 820, height: 1180, scheme: 'light' },
]

interface Screen {
  name: string
  /** Opens the screen, starting with a new host and an unpaired phone. */
  show: (phone: Phone, host: BrowserHost) => Promise<unknown>
}

/** Output like a coding agent's. */
const AGENT = String.raw`clear; printf '\e[38;5;173m╭──────────────────────────────────────╮\n│\e[0m ✻ Welcome back                       \e[38;5;173m│\n╰──────────────────────────────────────╯\e[0m\n\n\e[2m> fix the failing test\e[0m\n\n⏺ \e[1mI will look at the test first.\e[0m\n\n\e[32m⏺\e[0m \e[1mRead\e[0m(test/unit/colors.test.ts)\n  ⎿  Read 62 lines\n\n\e[32m⏺\e[0m \e[1mUpdate\e[0m(src/colors.ts)\n  ⎿  \e[42;30m + const black = [0, 0, 0] \e[0m\n     \e[41;30m - const black = [1, 1, 1] \e[0m\n\n  ☒ Find the cause\n  ☐ Fix it\n\n\e[38;5;173m✽ Thinking…\e[0m \e[2m(12s · ↑ 1.2k tokens · esc to interrupt)\e[0m\n  ⠋ ⠙ ⠹ ⠸ ⠼ ⠴ ⠦ ⠧   ⏵⏵ accept edits on\n'; read`

/** Starts the host again, with two troubles that it was left. */
async function leaveTrouble(host: BrowserHost): Promise<void> {
  await host.stopProcess()
  const of = (kind: string) => ({ kind, since: Date.now() - 300_000, sessions: [], path: '/home/me/data/otg.db' })
  const troubles = [{ ...of('history_lost'), bytes: 219_000 }, of('copy_failed')]
  writeFileSync(join(host.dataDir, 'health.json'), JSON.stringify({ troubles }))
  await host.startProcess()
}

/** Pairs, and locks the page with a PIN. */
async function lock(phone: Phone): Promise<void> {
  await phone.open()
  await phone.page.getByRole('button', { name: 'About this connection' }).tap()
  await phone.page.getByRole('button', { name: 'Lock this page' }).tap()
  await phone.page.getByLabel(/^(Or with a )?PIN$/).fill('correct horse')
  await phone.page.getByLabel('Repeat the PIN').fill('correct horse')
  await phone.page.getByRole('button', { name: 'Lock with this PIN' }).tap()
  await expect(phone.page.getByText('The lock is on')).toBeVisible()
}

const SCREENS: Screen[] = [
  {
    name: 'no-code',
    show: async (phone, host) => {
      await phone.page.goto(host.origin)
      await phone.showsHeading('Scan the code on your computer')
    },
  },
  {
    name: 'pairing',
    show: async (phone, host) => {
      await host.setApproval('manual')
      await phone.scan()
      await phone.showsHeading('Waiting for your computer')
    },
  },
  {
    name: 'refused',
    show: async (phone, host) => {
      await host.setApproval('manual')
      await phone.scan()
      await host.desktop.answerPairing((await host.pairingRequest()).pairing_id, { allow: false })
      await phone.showsHeading('Your computer declined')
    },
  },
  {
    name: 'revoked',
    show: async (phone, host) => {
      await phone.open()
      const [device] = (await host.desktop.devices()).devices
      await host.desktop.revokeDevice(device!.device_id)
      await phone.showsHeading('This phone no longer has access')
    },
  },
  {
    name: 'trouble',
    show: async (phone, host) => {
      await leaveTrouble(host)
      await phone.open()
      await host.desktop.create({ title: 'npm run watch', command: ['cat'] })
      await expect(phone.page.getByRole('alert')).toBeVisible()
    },
  },
  {
    name: 'trouble-dialog',
    show: async (phone, host) => {
      await leaveTrouble(host)
      await phone.open()
      await phone.page.getByRole('button', { name: /^The history is gone/ }).tap()
      await expect(phone.page.getByRole('dialog')).toBeVisible()
    },
  },
  {
    name: 'trouble-terminal',
    show: async (phone, host) => {
      await leaveTrouble(host)
      await phone.open()
      await phone.newSession()
    },
  },
  {
    name: 'trouble-hidden',
    show: async (phone, host) => {
      await leaveTrouble(host)
      await phone.open()
      await phone.newSession()
      await phone.page.getByRole('button', { name: 'Hide' }).tap()
    },
  },
  { name: 'sessions-none', show: phone => phone.open() },
  {
    name: 'sessions',
    show: async (phone, host) => {
      await phone.open()
      for (const title of ['npm run watch', 'agent: fix the colors of the terminal and its tests', 'ssh production'])
        await host.desktop.create({ title, command: ['cat'] })
      const ask = String.raw`printf '\033]9;May I run npm test?\a Do you want to proceed?'; cat`
      await host.desktop.create({ title: 'agent', command: ['sh', '-c', ask], cwd: '/usr/share' })
      const { session_id } = await host.desktop.create({ title: 'make', command: ['sh', '-c', 'exit 2'] })
      await expect(phone.page.getByText('May I run npm test?')).toBeVisible()
      await expect(phone.page.getByText('failed (exit code 2)')).toBeVisible()
      return session_id
    },
  },
  {
    name: 'inbox',
    show: async (phone, host) => {
      await startAgents(host)
      await host.desktop.create({ title: 'server', command: ['sh', '-c', 'echo listening on 5173; cat'] })
      await phone.open()
      await expect(phone.page.locator('.question-card')).toHaveCount(1)
      await phone.page.getByRole('button', { name: 'Dismiss' }).tap()
    },
  },
  {
    name: 'inbox-password',
    show: async (phone, host) => {
      const file = writeAgent(host, `printf '[sudo] password for me: '; read -r line`, '.', 'sudo')
      await host.desktop.create({ title: 'sudo apt upgrade', command: [file] })
      await phone.open()
      await phone.page.getByLabel('Password').fill('a long password')
    },
  },
  {
    name: 'permission',
    show: async (phone, host) => {
      await asksPermission(host)
      await phone.open()
      await expect(phone.page.getByText('wants to see “release 2.4” and type into it')).toBeVisible()
    },
  },
  {
    name: 'permission-terminal',
    show: async (phone, host) => {
      await asksPermission(host)
      await phone.open()
      await phone.page.getByRole('button', { name: 'Open terminal' }).tap()
      await expect(phone.page.getByText('asks for your permission')).toBeVisible()
    },
  },
  {
    name: 'confirm-again',
    show: async (phone, host) => {
      await phone.open()
      await host.desktop.changeSettings({ ask_again_days: 1 })
      await host.stopProcess()
      const file = join(host.dataDir, 'devices.json')
      const list = JSON.parse(readFileSync(file, 'utf8'))
      for (const device of list.devices) device.created_at -= 2 * 24 * 3_600_000
      writeFileSync(file, JSON.stringify(list))
      await host.startProcess()
      await host.setApproval('manual')
      await phone.page.reload()
      await expect(phone.page.getByRole('img', { name: /^Digits/ })).toBeVisible()
    },
  },
  {
    name: 'locked',
    show: async phone => {
      await lock(phone)
      await phone.page.reload()
      await phone.showsHeading('Locked')
    },
  },
  {
    name: 'locked-wrong',
    show: async phone => {
      await lock(phone)
      await phone.page.reload()
      await phone.page.getByLabel('PIN', { exact: true }).fill('wrong horse')
      await phone.page.getByRole('button', { name: 'Unlock', exact: true }).tap()
      await expect(phone.page.getByRole('alert')).toContainText('9 more tries')
    },
  },
  {
    name: 'lock-sheet',
    show: async phone => {
      await phone.open()
      await phone.page.getByRole('button', { name: 'About this connection' }).tap()
      await phone.page.getByRole('button', { name: 'Lock this page' }).tap()
      await expect(phone.page.getByRole('dialog', { name: 'Lock this page' })).toBeVisible()
    },
  },
  {
    name: 'question-sheet',
    show: async (phone, host) => {
      const ask = writeAgent(host, `work; until_file go; ask 'npm test'; key`)
      await host.desktop.create({ title: 'fix the failing test', command: [ask] })
      await phone.open()
      await phone.newSession()
      host.writeFile('go')
      await phone.page.getByRole('button', { name: /^fix the failing test: / }).tap()
      await expect(phone.page.locator('.question-card')).toBeVisible()
    },
  },
  {
    name: 'unreached',
    show: async (phone, host) => {
      await phone.open()
      await phone.page.evaluate(() => document.body.append('')) // waits for a paint
      await host.network('down')
      await expect(phone.page.getByText('Connection lost - reconnecting…')).toBeVisible()
    },
  },
  {
    name: 'about',
    show: async phone => {
      await phone.open()
      await phone.page.getByRole('button', { name: 'About this connection' }).tap()
      await expect(phone.page.getByRole('dialog')).toBeVisible()
    },
  },
  {
    name: 'terminal',
    show: async phone => {
      await phone.open()
      await phone.newSession()
      await phone.run('ls -la / | head -20')
      await phone.shows('total')
    },
  },
  {
    name: 'terminal-agent',
    show: async phone => {
      await phone.open()
      await phone.newSession()
      await phone.run(AGENT)
      await phone.shows('Thinking…')
    },
  },
  {
    name: 'terminal-vim',
    show: async phone => {
      await phone.open()
      await phone.newSession()
      await phone.run('vi -u NONE +"set number" /etc/services')
      await phone.shows('services')
    },
  },
  {
    name: 'terminal-earlier',
    show: async phone => {
      await phone.open()
      await phone.newSession()
      await phone.run('seq 1 60000')
      await phone.shows('60000')
      await phone.page.reload()
      await phone.shows('60000')
      const fingers = new Fingers(phone)
      await expect(async () => {
        await fingers.down({ x: 150, y: 100 })
        await fingers.move({ x: 150, y: 100 }, { x: 150, y: 280 }, { steps: 3 })
        await fingers.up()
        await expect(phone.page.getByRole('button', { name: 'Earlier output' })).toBeVisible({ timeout: 500 })
      }).toPass({ timeout: 60_000 })
    },
  },
  {
    name: 'terminal-menu',
    show: async phone => {
      await phone.open()
      await phone.newSession()
      await phone.page.getByRole('button', { name: 'Menu' }).tap()
      await expect(phone.page.getByRole('dialog')).toBeVisible()
    },
  },
  {
    name: 'terminal-lost',
    show: async (phone, host) => {
      await phone.open()
      await phone.newSession()
      await phone.run('echo before')
      await phone.shows('before\n')
      await host.network('down')
      await expect(phone.page.getByText('Connection lost - reconnecting…')).toBeVisible()
      await phone.type('typed meanwhile')
      await expect(phone.page.getByText('Your input is kept.')).toBeVisible()
    },
  },
  {
    name: 'terminal-gave-up',
    show: async (phone, host) => {
      await phone.page.clock.install()
      await phone.open()
      await phone.newSession()
      await host.network('down')
      await expect(async () => {
        await phone.page.clock.runFor(60_000)
        await expect(phone.page.getByText('No connection for ten minutes.')).toBeVisible({ timeout: 500 })
      }).toPass({ timeout: 30_000 })
    },
  },
  {
    name: 'terminal-ended',
    show: async phone => {
      await phone.open()
      await phone.newSession()
      await phone.run('exit 3')
      await expect(phone.page.getByText('Failed (exit code 3)')).toBeVisible()
    },
  },
  ...[1, 2, 3].map(turns => ({
    name: `keys-${turns + 1}`,
    show: async (phone: Phone) => {
      await phone.open()
      await phone.newSession()
      for (let turn = 0; turn < turns; turn++) await phone.page.getByRole('button', { name: /more keys/i }).tap()
    },
  })),
  {
    name: 'compose',
    show: async phone => {
      await phone.open()
      await phone.newSession()
      await phone.keys('Compose')
      await phone.page
        .getByRole('textbox', { name: 'Text to send' })
        .fill('Please look at the failing test first.\nThen tell me what you would change, and why.')
    },
  },
  {
    name: 'paste-dialog',
    show: async phone => {
      await phone.open()
      await phone.newSession()
      await phone.page.evaluate(() => {
        const data = new DataTransfer()
        data.setData('text/plain', 'git fetch\ngit rebase origin/main\nnpm test\n')
        const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
        document.querySelector('.xterm-helper-textarea')!.dispatchEvent(event)
      })
      await expect(phone.page.getByRole('dialog')).toBeVisible()
    },
  },
  {
    name: 'selected',
    show: async phone => {
      await phone.open()
      await phone.newSession()
      await phone.run("clear; printf 'see src/app/main.ts:12. Then\\nthe second line\\n'")
      await phone.shows('the second line')
      const fingers = new Fingers(phone)
      await fingers.hold(await cellOf(phone, 'main.ts'))
      await fingers.up()
      await expect(phone.page.getByRole('toolbar', { name: 'Selection' })).toBeVisible()
    },
  },
  {
    name: 'reading',
    show: async phone => {
      await phone.open()
      await phone.newSession()
      await phone.run('head -60 /etc/services; echo the end')
      await phone.shows('\nthe end')
      await phone.page.getByRole('button', { name: 'Menu' }).tap()
      await phone.page.getByRole('button', { name: 'Read as text' }).tap()
      await expect(phone.page.locator('.reading .line').filter({ hasText: /^the end$/ })).toBeVisible()
    },
  },
  {
    name: 'new-session',
    show: async (phone, host) => {
      await recordSession(host.desktop, 'echo built', { title: 'build', cwd: '/usr/share' })
      await recordSession(host.desktop, 'echo tested', { title: 'test', cwd: '/usr/lib' })
      await phone.open()
      await phone.page.getByRole('button', { name: 'Start with options' }).tap()
      await expect(phone.page.getByRole('dialog', { name: 'New session' })).toBeVisible()
    },
  },
  {
    name: 'switcher',
    show: async (phone, host) => {
      await phone.open()
      for (const title of ['npm run watch', 'agent: fix the colors', 'ssh production'])
        await host.desktop.create({ title, command: ['cat'] })
      await phone.newSession()
      await phone.page
        .getByRole('button', { name: 'Switch session' })
        .or(phone.page.locator('header h1 button'))
        .first()
        .tap()
      await expect(phone.page.getByRole('dialog')).toBeVisible()
    },
  },
  {
    name: 'history',
    show: async (phone, host) => {
      for (const title of ['build', 'tests', 'deploy'])
        await recordSession(host.desktop, `echo started ${title}`, { title, cwd: '/usr/share' })
      await phone.open()
      await phone.page.getByRole('button', { name: 'History', exact: true }).tap()
      await phone.showsHeading('History')
    },
  },
  {
    name: 'history-hits',
    show: async (phone, host) => {
      const steps = 'for i in 1 2 3 4 5 6 7 8 9; do echo "step $i of the build"; done'
      await recordSession(host.desktop, steps, { title: 'build', cwd: '/usr/share' })
      await phone.open()
      await phone.page.getByRole('button', { name: 'History', exact: true }).tap()
      await phone.page.getByRole('searchbox').fill('step')
      await expect(phone.page.locator('.hit').first()).toBeVisible()
    },
  },
  {
    name: 'recording',
    show: async (phone, host) => {
      await recordSession(host.desktop, 'for i in 1 2 3 4 5 6; do echo "line $i"; sleep 0.3; done; echo "the end"', {
        title: 'counting',
      })
      await phone.open()
      await phone.page.getByRole('button', { name: 'History', exact: true }).tap()
      await phone.page.locator('[data-recorded]').filter({ hasText: 'counting' }).getByRole('button').tap()
      await phone.shows('the end')
    },
  },
]

/** Agents that ask, work, and have finished. */
async function startAgents(host: BrowserHost): Promise<void> {
  const states = async () => (await host.desktop.list()).map(one => one.activity?.state).sort()
  const start = (title: string, folder: string, body: string) =>
    host.desktop.create({ title, command: [writeAgent(host, body, folder)], cwd: join(host.home, folder) })
  await start('explain the build', 'docs', 'work; until_file ../go; rest; sleep 600')
  await start('fix the colors of the terminal and its tests', 'on-the-go', `ask 'npm test -- colors'; key`)
  await start('update the dependencies', 'site', 'work; sleep 600')
  await expect.poll(states).toEqual(['blocked', 'working', 'working'])
  host.writeFile('go')
  await expect.poll(states).toEqual(['blocked', 'done', 'working'])
}

/** Waits until two screenshots are equal: after a resize, a session's output arrives a moment later. */
async function settled(phone: Phone): Promise<void> {
  let before = ''
  await expect
    .poll(
      async () => {
        const now = await phone.page.content()
        const isSame = now === before
        before = now
        return isSame
      },
      { intervals: [400] },
    )
    .toBe(true)
}

async function capture(browser: Browser, screen: Screen): Promise<void> {
  const host = await BrowserHost.start()
  const context = await browser.newContext({ ...devices['Pixel 7'], colorScheme: 'dark', serviceWorkers: 'block' })
  try {
    const phone = new Phone(await context.newPage(), host)
    await screen.show(phone, host)
    for (const { name, width, height, scheme } of VARIANTS) {
      await phone.page.emulateMedia({ colorScheme: scheme })
      await phone.page.setViewportSize({ width, height })
      await settled(phone)
      await phone.page.screenshot({ path: join(FOLDER, `${screen.name}-${name}.png`), animations: 'disabled' })
    }
    console.log(screen.name)
  } finally {
    await context.close()
    await host.stop()
  }
}

const requested = process.argv.slice(2)
const unknown = requested.filter(name => !SCREENS.some(screen => screen.name === name))
if (unknown.length > 0) {
  console.error(`no such screen: ${unknown.join(', ')}; there are: ${SCREENS.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}
mkdirSync(FOLDER, { recursive: true })
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-3d-apis', '--disable-background-networking', '--no-first-run'],
})
let failed = 0
for (const screen of SCREENS) {
  if (requested.length > 0 && !requested.includes(screen.name)) continue
  await capture(browser, screen).catch((error: unknown) => {
    failed++
    console.error(`${screen.name}: ${error}`)
  })
}
await browser.close()
process.exit(failed > 0 ? 1 : 0)
