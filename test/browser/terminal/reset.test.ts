// "Reset terminal" in the menu of a session.
import { expect, test } from '../support/phone.ts'

test('Reset terminal turns off what a program left on, and keeps the text', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('echo kept; printf "\\e[?1003h\\e[?1006h\\e[?25l\\e[?1049hleft"')
  await phone.shows(/left/)
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  await phone.page.getByRole('button', { name: 'Reset terminal' }).tap()
  await phone.shows(/^kept$/m)
  await expect(phone.page.getByRole('dialog')).toHaveCount(0)
  await phone.run('echo works')
  await phone.shows(/^works$/m)
})
