// Uploads from the phone to a real host: their paths are inserted at the cursor or into a text, and failures are reported.

import { readFileSync } from 'node:fs'
import { incompressibleBytes } from '../../support/incompressible-bytes.ts'
import { expect, type Phone, test } from '../support/phone.ts'

interface Chosen {
  name: string
  mimeType: string
  buffer: Buffer
}

let photos = 0
const photo = (name: string, size = 200_000): Chosen => ({
  name,
  mimeType: 'image/jpeg',
  buffer: Buffer.from(incompressibleBytes(size, ++photos)),
})

/** Chooses files from the menu, as a user does. */
async function choose(phone: Phone, ...files: Chosen[]): Promise<void> {
  const chooser = phone.page.waitForEvent('filechooser')
  await phone.page.getByRole('button', { name: 'Menu' }).tap()
  await phone.page.getByRole('button', { name: 'Upload a photo or file' }).tap()
  await (await chooser).setFiles(files)
}

/** Matches `text` wherever the terminal wraps it: how long a path is depends on the temporary folder. */
const wrapped = (text: string) => new RegExp([...text].map(char => (char === '.' ? '\\.' : char)).join('\\n?'))

/** The upload strip loads a moment after the terminal; a stopped host could not serve it. */
async function isPreloaded(phone: Phone): Promise<void> {
  const fetched = () =>
    performance.getEntriesByType('resource').filter(({ name }) => /upload-strip.*js$/.test(name)).length
  await expect.poll(() => phone.page.evaluate(fetched)).toBe(1)
}

/** The files named by the words at the prompt, as the shell parses them. */
async function named(phone: Phone, host: { home: string }): Promise<string[]> {
  await phone.page.keyboard.press('Home')
  await phone.page.keyboard.type('printf "%s\\n" ')
  await phone.page.keyboard.press('End')
  await phone.run('> named; echo written')
  await phone.shows('\nwritten')
  return readFileSync(`${host.home}/named`, 'utf8').trimEnd().split('\n')
}

test('files arrive complete, one after another, and their quoted paths are inserted at the cursor', async ({
  phone,
  host,
}) => {
  await phone.open()
  await phone.newSession()
  const files = [photo('IMG 1 (it\'s "mine" $HOME).jpeg', 1_500_000), photo('plain.jpeg')]
  await choose(phone, ...files)
  await expect(phone.page.locator('.upload')).toHaveCount(0, { timeout: 20_000 })
  await phone.shows(wrapped('plain.jpeg'))
  const paths = await named(phone, host)
  expect(paths).toHaveLength(2)
  for (const [index, path] of paths.entries()) expect(readFileSync(path).equals(files[index]!.buffer)).toBe(true)
})

test('a file chosen in the compose sheet inserts its path into the text, which waits for it', async ({ phone }) => {
  await phone.open()
  await phone.newSession()
  await phone.keys('Compose')
  const field = phone.page.getByRole('textbox', { name: 'Text to send' })
  await field.fill('cksum ')
  const chooser = phone.page.waitForEvent('filechooser')
  await phone.page.getByRole('button', { name: 'Upload a photo or file' }).tap()
  const file = photo('shot.jpeg', 12_345)
  await (await chooser).setFiles([file])
  await expect(field).toHaveValue(/^cksum .*shot\.jpeg $/)
  expect(await phone.screen()).toBe('$')
  await phone.page.getByRole('button', { name: 'Send', exact: true }).tap()
  await phone.shows(/\n\d+ 12345 /)
})

test('a pasted image is uploaded', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  await phone.page.locator('.xterm-helper-textarea').evaluate(element => {
    const clipboardData = new DataTransfer()
    clipboardData.items.add(new File([new Uint8Array(5000).fill(7)], 'image.png', { type: 'image/png' }))
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  })
  await phone.shows(wrapped('image.png'))
  const [path] = await named(phone, host)
  expect(readFileSync(path!).equals(Buffer.alloc(5000, 7))).toBe(true)
})

test('a file above the limit is rejected by name, and the others continue', async ({ phone, host }) => {
  await host.desktop.changeSettings({ upload_megabytes: 1 })
  await phone.open()
  await phone.newSession()
  await choose(phone, photo('huge.jpeg', 3_000_000), photo('small.jpeg'))
  const failed = phone.page.locator('.upload.failed')
  await expect(failed).toContainText('huge.jpeg')
  await expect(failed.getByRole('button', { name: 'Try again' })).toHaveCount(0)
  await phone.shows(wrapped('small.jpeg'))
  await phone.screenshot('upload-too-large')
  await phone.fits()
  await failed.getByRole('button', { name: 'Dismiss' }).tap()
  await expect(phone.page.locator('.upload')).toHaveCount(0)
})

test('an upload interrupted by a lost connection restarts by itself when the connection is back', async ({
  phone,
  host,
}) => {
  await phone.open()
  await phone.newSession()
  await isPreloaded(phone)
  // Interrupted in the middle: the host is stopped until the connection is gone.
  process.kill(host.pid, 'SIGSTOP')
  const file = photo('long.jpeg', 6_000_000)
  await choose(phone, file)
  const strip = phone.page.locator('.upload')
  await expect(strip).toContainText('of 6.0 MB')
  await phone.screenshot('upload-under-way')
  process.kill(host.pid, 'SIGCONT')
  await host.network('down')
  await expect(strip).toContainText('waiting for the connection')
  await phone.screenshot('upload-waits')
  await host.network('up')
  await phone.shows(wrapped('long.jpeg'))
  await expect(strip).toHaveCount(0)
  const [path] = await named(phone, host)
  expect(readFileSync(path!).equals(file.buffer)).toBe(true)
})

test('an upload continues when its session is left, and offers the path on return', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  await isPreloaded(phone)
  process.kill(host.pid, 'SIGSTOP')
  const file = photo('left.jpeg', 3_000_000)
  await choose(phone, file)
  await expect(phone.page.locator('.upload')).toContainText('of 3.0 MB')
  await phone.page.getByRole('button', { name: /^Back to sessions/ }).tap()
  process.kill(host.pid, 'SIGCONT')
  await expect(phone.page.getByText('A file was uploaded. Open its session to insert the path.')).toBeVisible()
  // Another session does not show it.
  await phone.newSession()
  await expect(phone.page.locator('.upload')).toHaveCount(0)
  await phone.page.getByRole('button', { name: /^Back to sessions/ }).tap()
  await phone.page.locator('.session-list .row').last().tap()
  const strip = phone.page.locator('.upload')
  await expect(strip).toHaveText(/left\.jpeg\s*is on your computer/)
  await phone.screenshot('upload-arrived')
  await phone.fits()
  // The strip below the terminal does not change its size: the session still has the phone's.
  await expect(phone.page.getByRole('button', { name: 'Use this phone’s size' })).toHaveCount(0)
  expect(await phone.screen()).toBe('$')
  await strip.getByRole('button', { name: 'Insert path' }).tap()
  await expect(strip).toHaveCount(0)
  await phone.shows(wrapped('left.jpeg'))
  await phone.page.locator('.stage').tap()
  const [path] = await named(phone, host)
  expect(readFileSync(path!).equals(file.buffer)).toBe(true)
})

test('a canceled upload inserts no path, and the next one starts', async ({ phone, host }) => {
  await phone.open()
  await phone.newSession()
  await isPreloaded(phone)
  process.kill(host.pid, 'SIGSTOP')
  await choose(phone, photo('first.jpeg', 6_000_000), photo('second.jpeg'))
  await phone.page.getByRole('button', { name: 'Cancel upload of first.jpeg' }).tap()
  process.kill(host.pid, 'SIGCONT')
  await phone.shows(wrapped('second.jpeg'))
  expect(await phone.screen()).not.toContain('first.jpeg')
})
