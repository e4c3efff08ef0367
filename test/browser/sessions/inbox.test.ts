// The inbox: questions of programs as cards that answer them, and what else needs a person.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserHost } from '../../support/browser/browser-host.ts'
import { PlainBrowser } from '../../support/browser/browser-plain.ts'
import { CHROMIUM } from '../playwright.config.ts'
import { accessibilityViolations } from '../support/accessibility.ts'
import { asksPermission, writeAgent } from '../support/agents.ts'
import { Fingers } from '../support/fingers.ts'
import { expect, type Phone, test } from '../support/phone.ts'

/** The keys that agents have received. */
function answers(host: BrowserHost): string {
  const file = join(host.home, 'answers')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

const card = (phone: Phone) => phone.page.locator('.question-card')
const option = (phone: Phone, name: string) => card(phone).getByRole('button', { name, exact: true })
const stateOf = async (host: BrowserHost, session_id: string) =>
  (await host.desktop.list()).find(one => one.session_id === session_id)?.activity?.state

/** An agent that asks `curl one`, and works after the answer. */
async function startAsking(host: BrowserHost, title = 'agent', command = 'curl one'): Promise<string> {
  const file = writeAgent(host, `ask "$1"; key; work; sleep 600`)
  const { session_id } = await host.desktop.create({ command: [file, command], title })
  await expect.poll(() => stateOf(host, session_id)).toBe('blocked')
  return session_id
}

test('a person starts an agent, locks the phone, unlocks it at the question, and answers in two taps', async ({
  host,
}) => {
  writeAgent(host, `work; until_file go; ask 'curl https://example.com'; key; work; sleep 600`)
  const browser = await PlainBrowser.start(CHROMIUM)
  try {
    const page = await browser.open(await host.address())
    await expect.poll(() => page.evaluate("!!document.querySelector('footer button.primary:enabled')")).toBe(true)
    await page.tap('footer button.primary')
    await expect.poll(() => page.screen()).toMatch(/^\$$/)
    await page.evaluate("document.querySelector('.xterm textarea').focus()")
    await page.type('./claude\n')
    await expect.poll(() => page.screen()).toContain('Thinking')
    const { session_id } = (await host.desktop.list())[0]!
    await expect.poll(() => stateOf(host, session_id)).toBe('working')

    await browser.open('about:blank')
    await expect.poll(() => page.evaluate('document.visibilityState')).toBe('hidden')
    await page.lifecycle('frozen')
    host.writeFile('go')
    await expect.poll(async () => (await host.desktop.list())[0]?.attention?.kind).toBe('blocked')
    await page.lifecycle('active')
    await page.toFront()
    await expect.poll(() => page.screen()).toContain('Do you want to proceed?')

    await page.tap('header .back')
    await expect.poll(() => page.evaluate("!!document.querySelector('.options button:enabled')")).toBe(true)
    await page.tap('.options button')
    await expect.poll(() => answers(host)).toBe('1')
    await expect.poll(() => stateOf(host, session_id)).toBe('working')
    await expect.poll(() => page.evaluate("document.querySelector('.question-card') === null")).toBe(true)
  } finally {
    await browser.stop()
  }
})

test('a question is listed first with its context and its options, and a button answers it', async ({
  phone,
  host,
}) => {
  await startAsking(host)
  await host.desktop.create({ command: ['cat'], title: 'newer' })
  await phone.open()
  await expect(phone.page.locator('[data-session] .title')).toHaveText(['agent', 'newer'])
  await expect(card(phone)).toContainText('Claude Code asked just now')
  await expect(card(phone).locator('.context')).toHaveText('Bash command\ncurl one')
  await expect(card(phone).locator('.question')).toHaveText('Do you want to proceed?')
  await expect(card(phone).locator('.options button')).toHaveText([
    '1 Yes',
    '2 Yes, and don’t ask again for this command in this folder',
    '3 No',
  ])
  await expect(phone.page).toHaveTitle('(1) On the Go')
  await option(phone, '3 No').tap()
  await expect(card(phone)).toHaveCount(0)
  await expect(phone.page).toHaveTitle('On the Go')
  expect(answers(host)).toBe('3')
  await expect(phone.page.locator('.dot.working')).toHaveCount(1)
})

test('the keyboard’s focus stays in the list when an answered card disappears', async ({ phone, host }) => {
  const first = await startAsking(host, 'first', 'curl one')
  await startAsking(host, 'second', 'curl two')
  await phone.open()
  const cardOf = (title: string) => phone.page.getByRole('article', { name: `${title} asks` })
  const yes = (title: string) => cardOf(title).getByRole('button', { name: '1 Yes', exact: true })
  await expect(yes('first')).toBeEnabled()
  await yes('first').focus()
  await phone.page.keyboard.press('Enter')
  await expect(cardOf('first')).toHaveCount(0)
  await expect(cardOf('second')).toBeFocused()
  // Answered by another person while it has the focus: its row has it then, for there is no other card.
  await expect(yes('second')).toBeEnabled()
  await phone.page.keyboard.press('Tab')
  await phone.page.keyboard.press('Tab')
  await expect(yes('second')).toBeFocused()
  const second = (await host.desktop.list()).find(one => one.session_id !== first)!
  await host.desktop.answer(second.session_id, second.activity!.question!.question_id, { option: 0 })
  await expect(cardOf('second')).toHaveCount(0)
  await expect(phone.page.locator(`[data-session="${second.session_id}"] .row`)).toBeFocused()
})

test('the keyboard’s focus is left alone where a person has taken it away from the list', async ({ phone, host }) => {
  await startAsking(host)
  await phone.open()
  await expect(option(phone, '1 Yes')).toBeEnabled()
  await option(phone, '1 Yes').focus()
  const start = phone.page.getByRole('button', { name: 'New session', exact: true })
  await start.focus()
  const { session_id, activity } = (await host.desktop.list())[0]!
  await host.desktop.answer(session_id, activity!.question!.question_id, { option: 0 })
  await expect(card(phone)).toHaveCount(0)
  await expect(start).toBeFocused()
})

test('a question of which not all is shown says so, and can be answered', async ({ phone, host }) => {
  const lines = Array.from({ length: 14 }, (_, line) => `rm file-${line}`)
  await startAsking(host, 'agent', lines.join('\n'))
  await phone.open()
  await expect(card(phone).locator('.context')).toHaveText(['…', ...lines.slice(2)].join('\n'))
  await expect(card(phone).locator('.reason')).toHaveText('Not all of it is shown. Open the terminal to see the rest.')
  await option(phone, '1 Yes').tap()
  await expect(card(phone)).toHaveCount(0)
  expect(answers(host)).toBe('1')
})

test('a question disappears when another person answers it', async ({ phone, second, host }) => {
  await startAsking(host)
  await phone.open()
  await second.open()
  await expect(card(second)).toHaveCount(1)
  await option(phone, '1 Yes').tap()
  await expect(card(second)).toHaveCount(0)
  await expect(second.page.locator('[data-session] .title')).toHaveText(['agent'])
  expect(answers(host)).toBe('1')
})

test('an answer to a question that has changed is not sent, and the card says so', async ({ phone, host }) => {
  const file = writeAgent(host, `ask 'curl one'; until_file go; ask 'rm two'; key; work; sleep 600`)
  const { session_id } = await host.desktop.create({ command: [file], title: 'agent' })
  await expect.poll(() => stateOf(host, session_id)).toBe('blocked')
  await phone.open()
  const yes = option(phone, '1 Yes')
  await expect(yes).toBeEnabled()
  const { x, y, width, height } = (await yes.boundingBox())!
  const fingers = new Fingers(phone)
  await fingers.down({ x: x + width / 2, y: y + height / 2 })
  await fingers.handled()
  host.writeFile('go')
  await expect
    .poll(async () => (await host.desktop.list())[0]?.activity?.question?.context.join(' '))
    .toBe('Bash command rm two')
  // Does not change under the finger.
  await expect(card(phone).locator('.context')).toContainText('curl one')
  await fingers.up()
  await expect(card(phone).locator('.notice')).toHaveText(
    'Nothing was chosen: the question changed first, or its marked option cannot be seen.',
  )
  await expect(card(phone).locator('.context')).toContainText('rm two')
  expect(answers(host)).toBe('')
  await phone.screenshot('inbox-changed')
  await yes.tap()
  await expect(card(phone)).toHaveCount(0)
  expect(answers(host)).toBe('1')
})

test('a question that changes by itself says so', async ({ phone, host }) => {
  const file = writeAgent(host, `ask 'curl one'; until_file go; ask 'rm two'; key; work; sleep 600`)
  await host.desktop.create({ command: [file], title: 'agent' })
  await phone.open()
  await expect(card(phone).locator('.context')).toContainText('curl one')
  host.writeFile('go')
  await expect(card(phone).locator('.notice')).toHaveText('The question changed.')
  await expect(card(phone).locator('.context')).toContainText('rm two')
})

test('without a connection, a question cannot be answered until it is back', async ({ phone, host }) => {
  await startAsking(host)
  await phone.open()
  await expect(option(phone, '1 Yes')).toBeEnabled()
  await host.network('down')
  await expect(card(phone).locator('.reason')).toHaveText('You can answer when the connection is back.')
  await expect(option(phone, '1 Yes')).toBeDisabled()
  await phone.screenshot('inbox-offline')
  await host.network('up')
  await option(phone, '1 Yes').tap()
  await expect(card(phone)).toHaveCount(0)
  expect(answers(host)).toBe('1')
})

test('a read-only phone sees the question without buttons, and the reason', async ({ phone, host }) => {
  await host.setApproval('manual')
  await startAsking(host)
  await phone.scan()
  const { pairing_id } = await host.pairingRequest()
  await host.desktop.answerPairing(pairing_id, { allow: true, read_only: true })
  await expect(card(phone).locator('.question')).toHaveText('Do you want to proceed?')
  await expect(card(phone)).toContainText('This device can view sessions, but not answer.')
  await expect(card(phone).getByRole('button')).toHaveText(['Open terminal'])
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.screenshot('inbox-read-only')
})

test('case 24: the host refuses the answer of a read-only page that was modified to answer', async ({
  phone,
  host,
}) => {
  await host.setApproval('manual')
  await startAsking(host)
  await phone.page.addInitScript(() => {
    const parse = JSON.parse
    JSON.parse = (text, reviver) => {
      const value = parse(text, reviver)
      if (value?.type === 'welcome') value.read_only = false
      return value
    }
  })
  await phone.scan()
  const { pairing_id } = await host.pairingRequest()
  await host.desktop.answerPairing(pairing_id, { allow: true, read_only: true })
  await option(phone, '1 Yes').tap()
  await expect(card(phone).locator('.notice')).toHaveText('Nothing was sent: this device can only view sessions.')
  await card(phone).getByRole('button', { name: 'Mark as seen' }).tap()
  await expect(phone.page.getByText('This device is read-only.')).toBeVisible()
  await expect(card(phone)).toHaveCount(1)
  expect(answers(host)).toBe('')
})

test('a question without known answers leads to the terminal', async ({ phone, host }) => {
  const { session_id } = await host.desktop.create({ command: ['sh', '-c', 'echo to whom?; cat'], title: 'bot' })
  await phone.open()
  await host.desktop.reportActivity(session_id, 'blocked', 'Whom should I write to?', 'mailer')
  await expect(card(phone).locator('.question')).toHaveText('Whom should I write to?')
  await expect(card(phone)).toContainText('mailer asked just now')
  await expect(card(phone)).toContainText('Open the terminal to answer.')
  await phone.screenshot('inbox-open')
  await card(phone).getByRole('button', { name: 'Open terminal' }).tap()
  await phone.shows('to whom?')
  // The question in front of the user is not counted.
  await expect(phone.page).toHaveTitle('bot · On the Go')
})

test('a password is hidden, not kept by the page, and sent once', async ({ phone, host }) => {
  const body = `printf '[sudo] password for me: '; stty icanon; read -r line; printf '%s' "$line" >> answers; sleep 600`
  const file = writeAgent(host, body, '.', 'sudo')
  await host.desktop.create({ command: [file], title: 'install' })
  await phone.open()
  await expect(card(phone)).toContainText('sudo asked for a password just now')
  const field = card(phone).getByLabel('Password')
  await expect(field).toHaveAttribute('type', 'password')
  await expect(field).toHaveAttribute('autocomplete', 'off')
  await expect(card(phone).getByRole('button', { name: 'Send' })).toBeDisabled()
  await field.fill('secret words')
  await phone.hasLargeTargets()
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.screenshot('inbox-password')
  await field.press('Enter')
  await expect(card(phone)).toHaveCount(0)
  await expect.poll(() => answers(host)).toBe('secret words')
  expect(await phone.page.content()).not.toContain('secret')
})

test('a question that can wait is marked as seen, until the program asks something else', async ({ phone, host }) => {
  const file = writeAgent(host, `ask 'curl one'; until_file go; ask 'rm two'; key; sleep 600`)
  await host.desktop.create({ command: [file], title: 'agent' })
  await phone.open()
  await card(phone).getByRole('button', { name: 'Mark as seen' }).tap()
  await expect(card(phone)).toHaveCount(0)
  await expect(phone.page.locator('.row .attention:not(.dot)')).toContainText('Do you want to proceed?')
  await expect(phone.page).toHaveTitle('On the Go')
  host.writeFile('go')
  await expect(card(phone).locator('.context')).toContainText('rm two')
})

/** An agent whose turn has ended while no one looked. */
async function startDone(host: BrowserHost, title: string): Promise<string> {
  const file = writeAgent(host, `work; until_file "$1"; rest; sleep 600`, 'turns')
  const { session_id } = await host.desktop.create({ command: [file, `${title}-go`], title })
  await expect.poll(() => stateOf(host, session_id)).toBe('working')
  host.writeFile(`${title}-go`)
  await expect.poll(() => stateOf(host, session_id)).toBe('done')
  return session_id
}

test('a finished turn is marked as seen with a swipe or with a button', async ({ phone, host }) => {
  const swiped = await startDone(host, 'first')
  const pressed = await startDone(host, 'second')
  await phone.open()
  const row = (id: string) => phone.page.locator(`[data-session="${id}"]`)
  await expect(phone.page.locator('.needs-attention')).toHaveCount(2)
  await expect(row(swiped)).toContainText('Claude Code finished')
  await phone.drag(row(swiped), -30)
  await phone.drag(row(swiped), -140, () => phone.screenshot('inbox-swipe'))
  await expect.poll(() => stateOf(host, swiped)).toBe('idle')
  await expect(phone.page.locator('.needs-attention')).toHaveCount(1)
  await expect(phone.page).toHaveTitle('(1) On the Go')
  await phone.page.getByRole('button', { name: 'Mark second as seen' }).tap()
  await expect.poll(() => stateOf(host, pressed)).toBe('idle')
  await expect(phone.page.locator('.needs-attention')).toHaveCount(0)
})

test('a filter limits the list to sessions that need a person or work, and is remembered', async ({ phone, host }) => {
  await startAsking(host, 'asking')
  const busy = writeAgent(host, 'work; sleep 600', 'busy')
  const { session_id } = await host.desktop.create({ command: [busy], title: 'busy' })
  await expect.poll(() => stateOf(host, session_id)).toBe('working')
  await host.desktop.create({ command: ['cat'], title: 'plain' })
  await phone.open()
  const filter = phone.page.getByRole('group', { name: 'Show sessions' })
  const titles = phone.page.locator('[data-session] .title')
  await expect(titles).toHaveText(['asking', 'plain', 'busy'])
  await expect(filter).toHaveCount(0)
  await host.desktop.create({ command: ['cat'], title: 'fourth' })
  await filter.getByRole('button', { name: 'Needs you 1' }).tap()
  await expect(titles).toHaveText(['asking'])
  await filter.getByRole('button', { name: 'Working 1' }).tap()
  await expect(titles).toHaveText(['busy'])
  await titles.tap()
  await phone.shows('Thinking')
  await phone.page.getByRole('button', { name: /^Back to sessions/ }).tap()
  await expect(titles).toHaveText(['busy'])
  await host.desktop.kill(session_id)
  await expect(phone.page.getByText('No session is working.')).toBeVisible()
  await phone.page.getByRole('button', { name: 'Show all sessions' }).tap()
  await expect(titles).toHaveText(['asking', 'fourth', 'plain', 'busy'])
})

test('a question of another session is announced once over a terminal, and answered there', async ({ phone, host }) => {
  await phone.page.addInitScript(() => {
    const pulses: unknown[] = []
    Object.assign(window, { pulses })
    Object.assign(navigator, { vibrate: (pulse: unknown) => pulses.push(pulse) })
  })
  const pulses = () => phone.page.evaluate(() => (window as unknown as { pulses: unknown[] }).pulses.length)
  await startAsking(host, 'earlier', 'curl zero')
  const file = writeAgent(host, `work; until_file go; ask 'curl one'; key; work; sleep 600`)
  const { session_id } = await host.desktop.create({ command: [file], title: 'agent' })
  await host.desktop.create({ command: ['sh', '-c', 'echo at work; cat'], title: 'mine' })
  await phone.open()
  await phone.page.locator('[data-session]').filter({ hasText: 'mine' }).locator('.row').tap()
  await phone.shows('at work')
  await expect(phone.page.getByRole('button', { name: 'Back to sessions, 1 needs attention' })).toBeVisible()
  expect(await pulses(), 'what asked before is no news').toBe(0)
  host.writeFile('go')
  const toast = phone.page.getByRole('button', { name: 'agent: “Do you want to proceed?”' })
  await expect(toast).toBeVisible()
  expect(await pulses()).toBe(1)
  await phone.screenshot('inbox-toast')
  await toast.tap()
  const sheet = phone.page.getByRole('dialog', { name: 'Needs you' })
  await expect(sheet.locator('.context')).toHaveText('Bash command\ncurl one')
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await phone.screenshot('inbox-sheet')
  await sheet.getByRole('button', { name: '1 Yes', exact: true }).tap()
  await expect(sheet).toHaveCount(0)
  await expect.poll(() => stateOf(host, session_id)).toBe('working')
  await phone.shows('at work')
  expect(await pulses()).toBe(1)
})

for (const colorScheme of ['dark', 'light'] as const)
  test(`the inbox is accessible and fits every phone, ${colorScheme}`, async ({ phone, host }) => {
    const { page } = phone
    await page.emulateMedia({ colorScheme })
    await startAsking(host, 'fix the colors of the terminal, and its tests')
    await startDone(host, 'first')
    await host.desktop.create({ command: ['cat'], title: 'plain' })
    await host.desktop.create({ command: ['sh', '-c', 'echo compiling 7 of 9; cat'], title: 'build' })
    await phone.open()
    await expect(option(phone, '1 Yes')).toBeEnabled()
    await expect(page.getByRole('group', { name: 'Show sessions' })).toBeVisible()
    for (const [name, width, height] of [
      ['', 412, 839],
      ['-320', 320, 568],
      ['-landscape', 863, 360],
    ] as const) {
      await page.setViewportSize({ width, height })
      expect(await accessibilityViolations(page)).toEqual([])
      await phone.fits()
      await phone.hasLargeTargets()
      await phone.screenshot(`inbox${name}-${colorScheme}`)
    }
  })

test('case 121: a program that wants to control another session asks for permission, which the menu shows and revokes', async ({
  phone,
  host,
}) => {
  const other = await host.desktop.create({ command: ['cat'], title: 'web' })
  const asking = await host.desktop.create({ command: controlling(host, other.session_id), title: 'api' })
  await phone.open()
  await expect(card(phone).locator('.question')).toHaveText(
    'A program in this session wants to see “web” and type into it.',
  )
  await expect(card(phone).locator('.context')).toContainText('send')
  await expect(card(phone).locator('.options button')).toHaveText([
    /Allow once/,
    /Allow this session/,
    /Always allow/,
    'Deny',
  ])
  expect(await accessibilityViolations(phone.page)).toEqual([])
  await card(phone)
    .getByRole('button', { name: /^Allow this session/ })
    .tap()
  await expect(card(phone)).toHaveCount(0)
  await expect(phone.page.locator(`[data-session="${asking.session_id}"]`)).toContainText('may control other sessions')
  await expect.poll(async () => (await host.desktop.screen(other.session_id)).lines.join('')).toContain('hello')
  await phone.page.locator(`[data-session="${asking.session_id}"] .row`).tap()
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  await phone.page.getByRole('button', { name: 'Let it control other sessions' }).tap()
  await expect
    .poll(async () => (await host.desktop.list()).find(one => one.session_id === asking.session_id)?.may_control)
    .toBeUndefined()
})

/** A program that types into the session `other` with otg. */
function controlling(host: BrowserHost, other: string): string[] {
  const otg = join(import.meta.dirname, '..', '..', '..', 'main', 'cli', 'otg.ts')
  const env = `OTG_DATA_DIR=${host.dataDir}`
  return ['sh', '-c', `${env} ${process.execPath} ${otg} send ${other} --enter hello; cat`]
}

test('case 123: a permission says what each answer covers, also to a phone that shows the session’s terminal', async ({
  phone,
  host,
}) => {
  const { other } = await asksPermission(host)
  await phone.open()
  await expect(card(phone)).toContainText('On the Go asked just now')
  await expect(card(phone).locator('.question')).toHaveText(
    'A program in this session wants to see “release 2.4” and type into it.',
  )
  // The program's own words are its command line only.
  await expect(card(phone).locator('.quote')).toContainText('npm publish')
  await expect(card(phone).locator('.quote')).not.toContainText('wants')
  await expect(card(phone).getByRole('button', { name: /^Allow once/ })).toContainText(
    'Only this, until the program disconnects.',
  )
  await expect(card(phone).getByRole('button', { name: /^Allow this session/ })).toContainText('until it ends')
  await phone.page.getByRole('button', { name: 'Open terminal' }).tap()
  await expect(phone.page.getByText('A program in this session asks for your permission.')).toBeVisible()
  await phone.page.getByRole('button', { name: 'Show', exact: true }).tap()
  await phone.page
    .getByRole('dialog')
    .getByRole('button', { name: /^Allow once/ })
    .tap()
  await expect(phone.page.getByRole('dialog')).toHaveCount(0)
  await expect(phone.page.getByText('A program in this session asks for your permission.')).toHaveCount(0)
  await expect.poll(async () => (await host.desktop.screen(other)).lines.join()).toContain('npm publish')
})
