// Builds the packages as they ship and tries the app in them: npm run test:packaged.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from '@playwright/test'
import { hasSecretService, startSecretService } from '../support/secret-service.ts'
import {
  environment,
  expect,
  expectGone,
  expectShown,
  family,
  root,
  sandboxArguments,
  screenshots,
  showCode,
  startSession,
  test,
} from './support/app.ts'
import { standInParts } from './support/electron.ts'
import { latest, startFeed, TEST_KEY } from './support/feed.ts'
import { connectTo } from './support/host-socket.ts'

const out = join(root, 'test-output', 'packaged')
const unpacked = join(out, 'linux-unpacked')
const executablePath = join(unpacked, 'on-the-go')

/** From Debian's package `7zip`. */
const SEVEN_ZIP = '/usr/bin/7zz'

test.describe.configure({ mode: 'serial' })
test.skip(process.platform !== 'linux', 'packages of other systems are built and tested there')

test.beforeAll(() => {
  test.setTimeout(300_000)
  pack()
})

/**
 * Packs with electron-builder.yml. Where Electron cannot be downloaded, packs the stand-in, whose runner starts
 * the entry that ships. The configuration is edited as text, because one that `extends` it would replace its list of files.
 */
function pack(): void {
  const parts = standInParts()
  const { main } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { main: string }
  let config = readFileSync(join(root, 'electron-builder.yml'), 'utf8').replace(/output: dist$/m, `output: ${out}`)
  config += `
extraMetadata:
  releaseKeys: ['${TEST_KEY}']
`
  if (parts) {
    const version = readFileSync(join(parts.bare, 'version'), 'utf8').trim()
    config = config.replace(/^files:$/m, `files:\n  - from: ${parts.runner}\n    to: electron-runtime`)
    config += `  main: electron-runtime/packaged.mjs
  shippedMain: ${main}
electronDist: ${parts.bare}
electronVersion: ${version}
`
  }
  mkdirSync(out, { recursive: true })
  const file = join(out, 'electron-builder.yml')
  writeFileSync(file, config)
  const builder = join(root, 'node_modules', '.bin', 'electron-builder')
  execFileSync(builder, ['--linux', 'dir', 'tar.gz', '--publish', 'never', '-c', file], {
    cwd: root,
    stdio: 'inherit',
    // Otherwise electron-builder downloads its own.
    env: {
      ...(existsSync(SEVEN_ZIP) ? { ELECTRON_BUILDER_7ZIP_PATH: SEVEN_ZIP } : {}),
      // It is unpacked at once, so compression is not worth the time.
      ELECTRON_BUILDER_COMPRESSION_LEVEL: '1',
      ...process.env,
    },
  })
}

/** Starts `program` on `dataDir` and connects to its window, as far as the fuses allow. */
async function startPacked(program: string, dataDir: string, env: Record<string, string> = {}) {
  // Over Chromium's debugger, because the fuses forbid Node's, which Playwright uses for Electron.
  const app = spawn(program, [...sandboxArguments(), '--remote-debugging-port=0'], {
    env: { ...environment(dataDir), ...env },
  })
  const browser = await chromium.connectOverCDP(await debuggerOf(app))
  return { app, page: await expectPage(browser) }
}

async function expectQuit(app: ChildProcess): Promise<void> {
  const processes = family(app.pid!)
  app.kill('SIGTERM')
  await expectGone(processes)
  expect(app.exitCode).toBe(0)
}

test('the packaged app starts, runs a shell, and quits', async ({ dataDir }) => {
  const { app, page } = await startPacked(executablePath, dataDir)
  await startSession(page)
  await page.keyboard.type('echo packaged $((6 * 7))\n')
  await expectShown(page, /\npackaged 42/)
  await page.screenshot({ path: join(screenshots, 'packaged.png') })
  await expectQuit(app)
})

test('searches and exports output', async ({ dataDir }) => {
  const { app, page } = await startPacked(executablePath, dataDir)
  await startSession(page)
  await page.keyboard.type('echo needle$((6 * 7)) in the hay\n')
  await expectShown(page, /\nneedle42 in the hay/)
  await page.keyboard.press('Control+Shift+H')
  await page.getByRole('searchbox').fill('needle42')
  await expect(page.locator('.hit').first()).toContainText('needle42 in the hay')
  // The window's export ends in a system dialog, so this asks the host, which creates the file.
  const client = await connectTo(dataDir)
  const [session] = await client.list()
  for (const format of ['cast', 'cast3', 'txt', 'html', 'raw'] as const) {
    const parts: Uint8Array[] = []
    await client.history.export(session!.session_id, { format }, part => parts.push(part))
    expect(Buffer.concat(parts).toString()).toContain('needle42 in the hay')
  }
  client.close()
  await expectQuit(app)
})

test('encrypts keys and history with the keystore of the system (case 134)', async ({ dataDir }) => {
  test.skip(!hasSecretService && !process.env.CI, 'needs gnome-keyring')
  const service = await startSecretService()
  try {
    const data = join(dataDir, 'data')
    // The stand-in's Node is older than the library with ciphers takes (Node-API 10).
    const keystore = standInParts() ? 'keys' : 'all'
    writeFileSync(join(data, 'settings.json'), JSON.stringify({ keystore }))
    const first = await startPacked(executablePath, dataDir)
    await startSession(first.page)
    await first.page.keyboard.type('echo needle$((6 * 7)) in the hay\n')
    await expectShown(first.page, /\nneedle42 in the hay/)
    await expectQuit(first.app)
    expect(readFileSync(join(data, 'host.key'), 'utf8')).toMatch(/^otg-encrypted-1 /)
    expect(readFileSync(join(data, 'otg.db')).includes('SQLite format 3')).toBe(keystore === 'keys')
    const { app } = await startPacked(executablePath, dataDir)
    const client = await connectTo(dataDir)
    const { hits } = await client.history.search('needle42')
    expect(hits.length).toBeGreaterThan(0)
    client.close()
    await expectQuit(app)
  } finally {
    await service.close()
  }
})

test('pairs a phone, serves it the page and accepts its input', async ({ dataDir, phone }) => {
  const { app, page } = await startPacked(executablePath, dataDir)
  await startSession(page)
  const url = await showCode(page)
  await expect(page.getByRole('img', { name: 'QR code of the address' })).toBeVisible()
  // The phone's page is read from the archive.
  const answer = await fetch(url)
  expect(answer.status).toBe(200)
  expect(await answer.text()).toContain('<script type="module"')
  const pixel = phone(url, 'Pixel')
  const question = page.getByRole('dialog', { name: 'Allow “Pixel”?' })
  await expect(question).toContainText((await pixel.code).replace(/(...)(...)/, '$1 $2'))
  await question.getByRole('button', { name: 'Allow', exact: true }).click()
  await expect.poll(pixel.state).toBe('ready')
  const [session] = await pixel.client.list()
  // The phone types, and the window shows the output.
  const blind = { write: (_bytes: Uint8Array, done: () => void) => done(), reset: () => {}, resize: () => {} }
  const attached = pixel.client.attach(session!.session_id, blind, { window: 0 })
  await new Promise(resolve => attached.on('session', resolve))
  attached.type(new TextEncoder().encode('echo typed by a phone $((6 * 7))\r'))
  await expectShown(page, /\ntyped by a phone 42/)
  await expectQuit(app)
})

test('reports a newer version, and as an AppImage downloads, verifies and installs it', async ({ dataDir, later }) => {
  const feed = await startFeed()
  later(() => feed.stop())
  const marker = join(dataDir, 'new-one-ran')
  const update = `#!/bin/sh\n: > '${marker}'\n`
  const name = 'on-the-go-99.1.0-linux-x86_64.AppImage'
  feed.answers[`/updates/latest-linux${process.arch === 'x64' ? '' : `-${process.arch}`}.yml`] = latest(
    '99.1.0',
    name,
    update,
  )
  feed.answers[`/updates/${name}`] = update
  const section = async (page: Page) => {
    await expect(page.getByRole('button', { name: 'Settings' })).toBeVisible()
    await page.keyboard.press('Control+,')
    return page.getByRole('region', { name: 'Updates' })
  }
  const unpackedApp = await startPacked(executablePath, dataDir)
  const updates = await section(unpackedApp.page)
  await updates.getByLabel('Update feed').fill(feed.url)
  await updates.getByLabel('Update feed').press('Enter')
  await expect(updates).toContainText('99.1.0 is available.')
  await expect(updates).toContainText('This package cannot update itself')
  await expectQuit(unpackedApp.app)

  // An AppImage's runtime sets these two variables.
  const file = join(dataDir, 'On the Go.AppImage')
  writeFileSync(file, 'the old one')
  const { app, page } = await startPacked(executablePath, dataDir, { APPIMAGE: file, APPDIR: unpacked })
  const again = await section(page)
  await again.getByRole('button', { name: 'Download' }).click()
  const processes = family(app.pid!)
  await again.getByRole('button', { name: 'Install and restart…' }).click()
  await expectGone(processes)
  expect(readFileSync(file, 'utf8')).toBe(update)
  await expect.poll(() => existsSync(marker)).toBe(true)
})

test('the unpacked tar.gz starts, runs a shell, and quits', async ({ dataDir }) => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const archive = readdirSync(out).filter(name => name.endsWith('.tar.gz'))
  expect(archive).toEqual([`on-the-go-${version}-linux-${process.arch}.tar.gz`])
  const folder = join(dataDir, 'unpacked')
  mkdirSync(folder)
  execFileSync('tar', ['-xzf', join(out, archive[0]!), '-C', folder, '--strip-components=1'])
  const { app, page } = await startPacked(join(folder, 'on-the-go'), dataDir)
  await startSession(page)
  await page.keyboard.type('echo unpacked $((6 * 7))\n')
  await expectShown(page, /\nunpacked 42/)
  await expectQuit(app)
})

test('case 61: sets the fuses', async () => {
  const told = execFileSync(join(root, 'node_modules', '.bin', 'electron-fuses'), ['read', '--app', executablePath], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  })
  const off = ['RunAsNode', 'EnableNodeOptionsEnvironmentVariable', 'EnableNodeCliInspectArguments']
  for (const fuse of [...off, 'GrantFileProtocolExtraPrivileges'])
    expect(told).toMatch(new RegExp(`${fuse} is Disabled`))
  for (const on of ['EnableCookieEncryption', 'EnableEmbeddedAsarIntegrityValidation', 'OnlyLoadAppFromAsar'])
    expect(told).toMatch(new RegExp(`${on} is Enabled`))
})

test('packs only files that are needed to run', async () => {
  const asar = join(root, 'node_modules', '.bin', 'asar')
  const list = execFileSync(asar, ['list', join(out, 'linux-unpacked', 'resources', 'app.asar')], { encoding: 'utf8' })
  const folders = new Set(list.split('\n').map(path => path.split('/')[1]))
  folders.delete(undefined)
  folders.delete('electron-runtime')
  expect([...folders].sort()).toEqual(['assets', 'build', 'node_modules', 'package.json'])
  const packages = new Set(
    [...list.matchAll(/^\/node_modules\/(@[^/\n]+\/[^/\n]+|[^@/\n][^/\n]*)/gm)].map(([, name]) => name),
  )
  expect([...packages].sort()).toEqual([
    `@koromix/koffi-linux-${process.arch}`,
    '@napi-rs/keyring',
    `@napi-rs/keyring-linux-${process.arch}-gnu`,
    'better-sqlite3',
    'better-sqlite3-multiple-ciphers',
    'koffi',
    'node-pty',
  ])
  // One binary each: those of other systems would add tens of megabytes.
  for (const name of ['better-sqlite3', 'better-sqlite3-multiple-ciphers']) {
    const prebuilds = list.split('\n').filter(path => path.startsWith(`/node_modules/${name}/prebuilds/`))
    expect(prebuilds).toEqual([`/node_modules/${name}/prebuilds/linux-${process.arch}.node`])
  }
  expect(list).toContain('/build/main/licenses.md')
  expect(list).not.toMatch(/\.map$|\.d\.ts$|tsbuildinfo$|main\/cli/m)
})

function debuggerOf(app: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    app.stderr!.on('data', bytes => {
      said += bytes
      const found = /DevTools listening on (ws:\S+)/.exec(said)
      if (found) resolve(found[1]!)
    })
    app.once('exit', code => reject(new Error(`the app ended with ${code}: ${said}`)))
  })
}

async function expectPage(browser: Browser): Promise<Page> {
  const page = () =>
    browser
      .contexts()[0]
      ?.pages()
      .find(one => one.url().startsWith('app://ui/'))
  await expect.poll(() => page() !== undefined, { timeout: 30_000 }).toBe(true)
  return page()!
}
