// Programs that ask for kitty's keyboard protocol or modifyOtherKeys get keys by it: from a keyboard, from the key bar, and from a
// page that came later.
import { expect, type Phone, test } from '../support/phone.ts'

/** Shows every byte that arrives, after asking for a protocol. */
async function listen(phone: Phone, ask: string): Promise<void> {
  await phone.run(`clear; printf '${ask}'; stty raw -echo opost; echo list""ening; cat -v`)
  await phone.shows('listening')
}

async function typed(phone: Phone, press: () => Promise<void>, wanted: string): Promise<void> {
  const before = (await phone.screen()).replaceAll('\n', '')
  await press()
  await expect.poll(async () => (await phone.screen()).replaceAll('\n', '').slice(before.length)).toBe(wanted)
}

test('kitty’s protocol tells Shift+Enter, Ctrl+Enter, Escape and Ctrl+Shift+letters apart, also after a reload', async ({
  phone,
}) => {
  const { keyboard } = phone.page
  await phone.open()
  await phone.newSession()
  await listen(phone, '\\033[>1u')
  for (const reload of [false, true]) {
    if (reload) {
      await phone.page.reload()
      await phone.shows('listening')
      await phone.page.locator('.xterm').tap()
    }
    await typed(phone, () => keyboard.press('Shift+Enter'), '^[[13;2u')
    await typed(phone, () => keyboard.press('Control+Enter'), '^[[13;5u')
    await typed(phone, () => keyboard.press('Escape'), '^[[27u')
    await typed(phone, () => keyboard.press('Control+Shift+K'), '^[[107;6u')
    await typed(phone, () => keyboard.press('Alt+b'), '^[[98;3u')
    await typed(phone, () => keyboard.type('plain ü'), 'plain M-CM-<')
    await typed(phone, () => keyboard.press('Enter'), '^M')
  }
})

test('the key bar follows the protocol', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await listen(phone, '\\033[>1u')
  await typed(phone, () => phone.keys('Escape'), '^[[27u')
  await typed(phone, () => phone.keys('Up'), '^[[A')
  await phone.keys('Control')
  await typed(phone, () => phone.page.keyboard.type('c'), '^[[99;5u')
})

test('a program that wants all keys with their text gets presses, repeats and releases', async ({ phone }) => {
  const { keyboard } = phone.page
  await phone.open()
  await phone.newSession()
  await listen(phone, '\\033[>31u')
  await typed(phone, () => keyboard.press('ArrowUp'), '^[[A^[[1;1:3A')
  await typed(phone, () => keyboard.press('a'), '^[[97;;97u^[[97;1:3u')
  await typed(phone, () => keyboard.press('Shift+Tab'), '^[[57441;2u^[[9;2u^[[9;2:3u^[[57441;1:3u')
})

test('modifyOtherKeys sends what is modified', async ({ phone }) => {
  const { keyboard } = phone.page
  await phone.open()
  await phone.newSession()
  await listen(phone, '\\033[>4;2m')
  await typed(phone, () => keyboard.press('Shift+Enter'), '^[[27;2;13~')
  await typed(phone, () => keyboard.press('Control+Shift+K'), '^[[27;6;75~')
  await typed(phone, () => keyboard.press('Control+b'), '^[[27;5;98~')
})

test('nothing is sent differently when the program has turned its protocol off', async ({ phone }) => {
  const { keyboard } = phone.page
  await phone.open()
  await phone.newSession()
  await listen(phone, '\\033[>4;2m\\033[>4m\\033[>7u\\033[<u')
  await typed(phone, () => keyboard.press('Shift+Enter'), '^M')
  await typed(phone, () => keyboard.press('Control+b'), '^B')
})
