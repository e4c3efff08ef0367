// Hostile output, titles and commands do no harm. The cases are those of docs/security-cases.md.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ATTACKS } from '../../support/terminal/attacks.ts'
import { expect, test } from '../support/phone.ts'

const MARKUP = '<img src=x onerror="window.harmed=1">'

test('case 47: markup in titles, commands, folders and output stays text', async ({ phone, host }) => {
  const cwd = join(host.home, MARKUP.replaceAll('/', ''))
  mkdirSync(cwd)
  await host.desktop.create({ command: ['/bin/sh', '-c', `: '${MARKUP}'; exec sh`], cwd, title: MARKUP })
  await phone.open()
  await expect(phone.page.getByText(MARKUP).first()).toBeVisible()
  await phone.screenshot('markup-in-list')
  await phone.page.getByRole('button', { name: `End ${MARKUP}` }).tap()
  await expect(phone.page.getByRole('heading', { name: `End “${MARKUP}”?` })).toBeVisible()
  await phone.screenshot('end-question')
  await phone.page.getByRole('button', { name: 'Cancel' }).tap()
  await phone.page.getByText(MARKUP).first().tap()
  await phone.shows(/[$#]/)
  await expect(phone.page.getByRole('heading', { name: MARKUP })).toBeVisible()
  await phone.page.locator('.xterm').tap()
  await phone.run(`printf '\\033]0;%s\\007' '<b onclick=1>'; echo '${MARKUP}'`)
  await phone.shows(MARKUP)
  expect(await phone.page.locator('img, b').count()).toBe(0)
  expect(await phone.page.evaluate(() => 'harmed' in window)).toBe(false)
})

test('case 44: a link shows where it leads before it is opened, and only http(s) is a link', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  const link = (target: string, text: string) => `\\e]8;;${target}\\e\\\\${text}\\e]8;;\\e\\\\ `
  await phone.run(`clear; printf '${link('https://evil.example/x', 'https://bank.example')}\\n'`)
  await phone.shows(/^https:\/\/bank\.example\n/)
  await phone.tapCell(5, 0)
  await expect(phone.page.getByRole('dialog')).toContainText('https://evil.example/x')
  await phone.screenshot('link')
  await phone.page.getByRole('button', { name: 'Cancel' }).tap()
  await expect(phone.page.getByRole('dialog')).toHaveCount(0)
  await phone.run(`clear; printf '${link('javascript:window.harmed=1', 'click here')}\\n'`)
  await phone.shows(/^click here\n/)
  await phone.tapCell(3, 0)
  await phone.page.waitForTimeout(300)
  await expect(phone.page.getByRole('dialog')).toHaveCount(0)
  expect(await phone.page.evaluate(() => 'harmed' in window)).toBe(false)
})

test('case 45: neither live nor replayed output makes the page send input', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  // Echo is off, so an answer of the page would show on the screen beside the host's one answer.
  await phone.run(
    'stty -echo -icanon min 0 time 10; printf "\\e[c\\e[6n\\e[?1004h"; cat -v; stty sane; echo; echo done',
  )
  await phone.shows(/\ndone\n/)
  const once = (await phone.screen()).match(/\^\[\[\?[\d;]+c/g) ?? []
  expect(once).toHaveLength(1)
  await phone.page.reload()
  await phone.shows(/\ndone\n/)
  await phone.page.waitForTimeout(500)
  expect((await phone.rows()).filter(row => row !== '').at(-1)).toBe('$')
})

test('case 92: output that once made a session impossible to attach is shown like any other', async ({
  phone,
  host,
}) => {
  const stripes = ATTACKS.find(({ name }) => name.startsWith('one link of 2,000 characters'))!
  writeFileSync(join(host.home, 'attack'), stripes.make(300_000))
  await phone.open()
  await phone.newSession()
  await phone.run('cat attack; echo; echo done')
  await phone.shows(/\ndone\n/)
  await phone.page.reload()
  await phone.shows(/\ndone\n/)
  // A tap would open the link that the attack is made of.
  await phone.page.locator('.xterm textarea').focus()
  await phone.run('echo still here')
  await phone.shows(/\nstill here\n/)
})

test('case 94: a session that cannot be shown offers to try again, and others stay connected', async ({ phone }) => {
  // As if what the host sends were damaged: it no longer begins like a zstd frame.
  await phone.page.addInitScript(() => {
    const { getUint32 } = DataView.prototype
    DataView.prototype.getUint32 = function (at, isLittle) {
      return (
        getUint32.call(this, at, isLittle) + ((window as { damage?: boolean }).damage && isLittle && at === 0 ? 1 : 0)
      )
    }
  })
  await phone.open()
  await phone.newSession()
  await phone.run('seq 1 500; echo done')
  await phone.shows(/\ndone\n/)
  await phone.page.evaluate(() => Object.assign(window, { damage: true }))
  await phone.run('seq 1 5000; echo more')
  const strip = phone.page.getByText('This session’s output could not be shown. Try again, or read it as text.')
  await expect(strip).toBeVisible()
  await expect(phone.page.getByText(/reconnect/i)).toHaveCount(0)
  await phone.screenshot('not-shown')
  await phone.page.getByRole('button', { name: 'Try again' }).tap()
  await expect(strip).toBeVisible()
  await phone.page.evaluate(() => Object.assign(window, { damage: false }))
  await phone.page.getByRole('button', { name: 'Try again' }).tap()
  await phone.shows(/\nmore\n/)
  await expect(strip).toHaveCount(0)
  await phone.page.locator('.xterm').tap()
  await phone.run('echo typed again')
  await phone.shows(/\ntyped again\n/)
})
