// A program that asks for the focus (mode 1004) on a phone whose reader leaves and comes back.
import { expect, test } from '../support/phone.ts'

test('a program learns that the page was hidden and shown, and nothing of it counts as typing', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.run('seq 100; stty -echo -icanon; printf "\\e[?1004h"; cat -v')
  await phone.shows(/\^\[\[I$/m)
  const box = phone.page.locator('.xterm-viewport')
  const scrolled = () => phone.page.evaluate(() => document.querySelector('.xterm-viewport')?.scrollTop)
  const before = await scrolled()
  const become = (state: string) =>
    phone.page.evaluate(value => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => value })
      document.dispatchEvent(new Event('visibilitychange'))
    }, state)
  await expect(box).toBeAttached()
  await become('hidden')
  await phone.shows(/\^\[\[I\^\[\[O$/m)
  await become('visible')
  await phone.shows(/\^\[\[I\^\[\[O\^\[\[I$/m)
  // What xterm.js says of its own field is not sent: neither its focus nor its blur.
  await phone.page.locator('.xterm textarea').focus()
  await phone.page.locator('.xterm textarea').blur()
  await phone.page.locator('.xterm textarea').focus()
  await phone.page.keyboard.type('x')
  await phone.shows(/\^\[\[I\^\[\[O\^\[\[Ix$/m)
  expect(await scrolled()).toBe(before)
})
