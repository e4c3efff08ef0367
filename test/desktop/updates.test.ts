// Updates: no contact without a feed, strict validation of the feed, and a confirmation for each step.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ElectronApplication, Locator, Page } from '@playwright/test'
import {
  alive,
  answerDialogs,
  asked,
  expect,
  expectGone,
  expectShown,
  family,
  picture,
  root,
  startSession,
  test,
} from './support/app.ts'
import { faults } from './support/axe.ts'
import { type Feed, latest, signatureFor, startFeed } from './support/feed.ts'
import { startHeadless } from './support/headless.ts'
import { labels, press, watchTray } from './support/tray.ts'

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const YML = `/updates/latest-linux${process.arch === 'x64' ? '' : `-${process.arch}`}.yml`
const FILE = 'on-the-go-99.1.0-linux-x86_64.AppImage'

async function openSettings(page: Page): Promise<Locator> {
  await expect(page.getByRole('button', { name: 'Settings' })).toBeVisible()
  await page.keyboard.press('Control+,')
  const dialog = page.getByRole('dialog', { name: 'Settings' })
  await expect(dialog.getByLabel('Update feed')).toBeVisible()
  return dialog
}

async function enter(dialog: Locator, url: string): Promise<void> {
  await dialog.getByLabel('Update feed').fill(url)
  await dialog.getByLabel('Update feed').press('Enter')
}

const section = (dialog: Locator) => dialog.getByRole('region', { name: 'Updates' })

/**
 * Makes the app believe that it is an AppImage: with the file that electron-builder puts beside the executable and the
 * variables that an AppImage's runtime sets.
 */
async function pretendPacked(app: ElectronApplication, dataDir: string): Promise<string> {
  const file = join(dataDir, 'On the Go.AppImage')
  writeFileSync(file, '#!/bin/sh\n# the old one\n')
  writeFileSync(
    join(dataDir, 'app-update.yml'),
    'provider: generic\nurl: https://updates.invalid/\nupdaterCacheDirName: on-the-go-updater\n',
  )
  await app.evaluate(
    ({ app }, { file, dataDir }) => {
      Object.defineProperty(app, 'isPackaged', { value: true })
      Object.defineProperty(process, 'resourcesPath', { value: dataDir })
      process.env.APPIMAGE = file
      process.env.APPDIR = process.execPath.slice(0, process.execPath.lastIndexOf('/'))
    },
    { file, dataDir },
  )
  return file
}

test.describe('updates', () => {
  test.skip(process.platform !== 'linux', 'the feed is the one for Linux')
  let feed: Feed
  test.beforeEach(async () => {
    feed = await startFeed()
  })
  test.afterEach(() => feed.stop())

  test('contacts no server without a feed, and accepts only an https feed', async ({ start, dataDir }) => {
    const app = await start()
    const dialog = await openSettings(await app.firstWindow())
    await expect(dialog.getByLabel('Update feed')).toHaveValue('')
    await expect(section(dialog)).not.toContainText('Version')
    for (const wrong of [
      'http://example.com/',
      'ftp://example.com/',
      'file:///etc/',
      'updates',
      'http://127.0.0.1.evil/',
    ]) {
      await enter(dialog, wrong)
      await expect(dialog.getByLabel('Update feed')).toHaveAccessibleDescription(
        'Must be an https address (http only on this computer)',
      )
    }
    expect(existsSync(join(dataDir, 'data', 'desktop', 'preferences.json'))).toBe(false)
    expect(feed.asked).toEqual([])
  })

  test('a package that cannot replace itself reports a newer version in the settings and the tray', async ({
    start,
  }) => {
    feed.answers[YML] = latest('99.1.0', FILE, 'new')
    const app = await start()
    const page = await app.firstWindow()
    await watchTray(app)
    const dialog = await openSettings(page)
    await enter(dialog, feed.url)
    await expect(section(dialog)).toContainText('99.1.0 is available.')
    await expect(section(dialog)).toContainText(`Version ${version}`)
    await expect(section(dialog)).toContainText('This package cannot update itself')
    await expect(section(dialog).getByRole('button', { name: 'Download' })).toHaveCount(0)
    expect(feed.asked.map(one => one.path)).toEqual([YML, `${YML}.minisig`])
    // Nothing that identifies the computer.
    expect(Object.keys(feed.asked[0]!.headers).filter(name => /staging|cookie|id$/.test(name))).toEqual([])
    await section(dialog).scrollIntoViewIfNeeded()
    await picture(page, 'updates-newer')
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await faults(page)).toEqual([])
    }
    await page.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
    await expect.poll(() => labels(app)).toContain('Update to 99.1.0…')
    await press(app, 'Update to 99.1.0…')
    await expect(dialog).toBeVisible()
    await enter(dialog, '')
    await expect(section(dialog)).not.toContainText('99.1.0')
    await expect.poll(() => labels(app)).not.toContain('Update to 99.1.0…')
  })

  for (const [what, older] of [
    ['the same version', version],
    ['an older version', '0.0.1'],
  ] as const)
    test(`${what} is not an update`, async ({ start }) => {
      feed.answers[YML] = latest(older, FILE, 'old')
      const dialog = await openSettings(await (await start()).firstWindow())
      await enter(dialog, `${feed.url}/`)
      await expect(section(dialog)).toContainText('Up to date (checked just now).')
    })

  test('reports an invalid feed, and recovers with the next one', async ({ start }) => {
    const page = await (await start()).firstWindow()
    const dialog = await openSettings(page)
    feed.answers[YML] = '<!doctype html><p>Sign in'
    await enter(dialog, feed.url)
    const told = section(dialog).getByRole('status').filter({ hasText: /\w/ })
    await expect(told).toHaveText('The feed is invalid.')
    const again = async (answer: Feed['answers'][string] | undefined, words: string | RegExp) => {
      if (answer === undefined) delete feed.answers[YML]
      else feed.answers[YML] = answer
      await section(dialog).getByRole('button', { name: 'Check now' }).click()
      await expect(told).toHaveText(words)
    }
    await again(undefined, /^127\.0\.0\.1:\d+ answered 404 for \/updates\/latest-linux.*\.yml\.$/)
    await again(': : :\n\t- {', 'The feed is invalid.')
    await picture(page, 'updates-failed')
    await again(latest('next week', FILE, 'new'), 'The feed has no valid version.')
    await again(latest('99.1.0', FILE, 'new').replace(/sha512: .{88}/g, 'sha512: short'), 'The feed is invalid.')
    // An endless response is cut off at 64 KiB.
    let sent = 0
    let closed = false
    await again(answer => {
      answer.writeHead(200)
      answer.on('close', () => {
        closed = true
      })
      const more = () => {
        while (!closed && answer.write('#'.repeat(16_384))) sent += 16_384
        if (!closed) answer.once('drain', more)
      }
      more()
    }, /^The feed of 127\.0\.0\.1:\d+ is too large\.$/)
    await expect.poll(() => closed).toBe(true)
    expect(sent).toBeLessThan(16 * 1024 * 1024)
    // Reaches this feed, too, but is not a loopback address.
    const elsewhere = `${feed.url.replace('127.0.0.1', '0.0.0.0')}/elsewhere.yml`
    feed.answers['/updates/elsewhere.yml'] = latest('99.1.0', FILE, 'new')
    await again(answer => answer.writeHead(302, { location: elsewhere }).end(), /does not answer\.$/)
    await again(latest('99.1.0', FILE, 'new'), '99.1.0 is available.')
  })

  test('case 108: refuses a feed that is not signed, or signed for another version, file or time', async ({
    start,
  }) => {
    const page = await (await start()).firstWindow()
    const dialog = await openSettings(page)
    const content = latest('99.1.0', FILE, 'new')
    const name = basename(YML)
    feed.answers[YML] = content
    feed.answers[`${YML}.minisig`] = 404
    await enter(dialog, feed.url)
    const told = section(dialog).getByRole('status').filter({ hasText: /\w/ })
    await expect(told).toHaveText(/^127\.0\.0\.1:\d+ answered 404 for \/updates\/latest-linux.*\.yml\.minisig\.$/)
    const changed = signatureFor(content.replace('99.1.0', '99.2.0'), name)
    for (const [signature, words] of [
      ['', 'The feed is not signed with a key of this app.'],
      ['RW'.repeat(3_000), /is too large\.$/],
      [changed, 'The feed is not signed with a key of this app.'],
      [signatureFor(content, 'latest.yml'), 'The signature of the feed is for another file.'],
      [signatureFor(content, name, { version: '99.0.9' }), 'The signature of the feed is for another version.'],
      [
        signatureFor(content, name, { expires: new Date(Date.now() - 1_000) }),
        'The signature of the feed has expired.',
      ],
    ] as const) {
      feed.answers[`${YML}.minisig`] = signature
      await section(dialog).getByRole('button', { name: 'Check now' }).click()
      await expect(told).toHaveText(words)
    }
    await expect(section(dialog)).not.toContainText('is available')
    delete feed.answers[`${YML}.minisig`]
    await section(dialog).getByRole('button', { name: 'Check now' }).click()
    await expect(section(dialog)).toContainText('99.1.0 is available.')
  })

  test('downloads an update on request, and installs it after a confirmation that names what ends', async ({
    start,
    dataDir,
  }) => {
    const marker = join(dataDir, 'new-one-ran')
    const update = `#!/bin/sh\necho "$0" > '${marker}'\n`
    feed.answers[YML] = latest('99.1.0', FILE, update)
    feed.answers[`/updates/${FILE}`] = update
    const app = await start()
    const file = await pretendPacked(app, dataDir)
    const page = await app.firstWindow()
    await startSession(page)
    await page.keyboard.type('echo $$ is the shell\n')
    await expectShown(page, /\n\d+ is the shell/)
    const dialog = await openSettings(page)
    await enter(dialog, feed.url)
    await expect(section(dialog)).toContainText('99.1.0 is available.')
    await expect(section(dialog)).not.toContainText('cannot replace itself')
    expect(feed.asked.map(one => one.path)).toEqual([YML, `${YML}.minisig`])
    await picture(page, 'updates-download')
    await section(dialog).getByRole('button', { name: 'Download' }).press('Enter')
    await expect(section(dialog)).toContainText('99.1.0 is ready to install.')
    await expect(section(dialog).getByRole('button')).toBeFocused()
    await picture(page, 'updates-ready')
    const processes = family(app.process().pid!)
    await answerDialogs(app, 1)
    const install = section(dialog).getByRole('button', { name: 'Install and restart…' })
    await install.press('Enter')
    await expect.poll(() => asked(app)).toHaveLength(1)
    const [question] = await asked(app)
    expect(question).toMatch(/^Install 99\.1\.0 and end 1 session\?\n“.+” will end\./)
    // Chromium ends its own helpers now and then.
    await page.keyboard.press('Escape')
    await page.keyboard.type('echo $$ is it still\n')
    await expectShown(page, /\n(\d+) is the shell\n.*\n\1 is it still/)
    await openSettings(page)
    expect(readFileSync(file, 'utf8')).toContain('the old one')

    await answerDialogs(app, 0)
    const closed = app.waitForEvent('close')
    await install.press('Enter')
    await closed
    await expectGone(processes)
    expect(readFileSync(file, 'utf8')).toBe(update)
    await expect.poll(() => existsSync(marker) && readFileSync(marker, 'utf8')).toBe(`${file}\n`)
  })

  test('installs without a confirmation with a joined host, and ends no session', async ({ start, dataDir, later }) => {
    const headless = await startHeadless(dataDir)
    later(() => headless.stop())
    const marker = join(dataDir, 'new-one-ran')
    const update = `#!/bin/sh\n: > '${marker}'\n`
    feed.answers[YML] = latest('99.1.0', FILE, update)
    feed.answers[`/updates/${FILE}`] = update
    const app = await start()
    await pretendPacked(app, dataDir)
    const dialog = await openSettings(await app.firstWindow())
    await enter(dialog, feed.url)
    await section(dialog).getByRole('button', { name: 'Download' }).click()
    const install = section(dialog).getByRole('button', { name: 'Install and restart…' })
    await expect(install).toBeVisible()
    await app.evaluate(({ dialog }) => {
      dialog.showMessageBox = (() => {
        throw new Error('no dialog is expected')
      }) as typeof dialog.showMessageBox
    })
    const closed = app.waitForEvent('close')
    await install.click()
    await closed
    await expect.poll(() => existsSync(marker)).toBe(true)
    expect(alive(headless.shell)).toBe(true)
  })

  test('case 109: discards a download that does not match the feed', async ({ start, dataDir }) => {
    feed.answers[YML] = latest('99.1.0', FILE, 'the right one')
    feed.answers[`/updates/${FILE}`] = 'the wrong one'
    const app = await start()
    const file = await pretendPacked(app, dataDir)
    const dialog = await openSettings(await app.firstWindow())
    await enter(dialog, feed.url)
    await section(dialog).getByRole('button', { name: 'Download' }).click()
    await expect(section(dialog)).toContainText('The download does not match the feed.')
    await expect(section(dialog).getByRole('button', { name: 'Install and restart…' })).toHaveCount(0)
    expect(readFileSync(file, 'utf8')).toContain('the old one')
  })

  test('case 109: installs nothing that was changed after the download', async ({ start, dataDir }) => {
    feed.answers[YML] = latest('99.1.0', FILE, 'new')
    feed.answers[`/updates/${FILE}`] = 'new'
    const app = await start()
    const file = await pretendPacked(app, dataDir)
    const dialog = await openSettings(await app.firstWindow())
    await enter(dialog, feed.url)
    await section(dialog).getByRole('button', { name: 'Download' }).click()
    await expect(section(dialog)).toContainText('99.1.0 is ready to install.')
    const [downloaded] = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith(FILE))
    writeFileSync(join(dataDir, downloaded!), 'bad')
    await section(dialog).getByRole('button', { name: 'Install and restart…' }).click()
    await expect(section(dialog)).toContainText('The download was changed.')
    expect(alive(app.process().pid!)).toBe(true)
    expect(readFileSync(file, 'utf8')).toContain('the old one')
  })

  test('ends no session if the update cannot be written', async ({ start, dataDir }) => {
    feed.answers[YML] = latest('99.1.0', FILE, 'new')
    feed.answers[`/updates/${FILE}`] = 'new'
    const app = await start()
    await pretendPacked(app, dataDir)
    // A folder that even root cannot write to.
    await app.evaluate(() => {
      process.env.APPIMAGE = '/proc/self/On the Go.AppImage'
    })
    const page = await app.firstWindow()
    await startSession(page)
    const dialog = await openSettings(page)
    await enter(dialog, feed.url)
    await section(dialog).getByRole('button', { name: 'Download' }).click()
    await section(dialog).getByRole('button', { name: 'Install and restart…' }).click()
    await expect(section(dialog)).toContainText('Cannot write to /proc/self, the folder of this app.')
    expect(alive(app.process().pid!)).toBe(true)
  })
})
