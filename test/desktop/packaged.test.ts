// The packaged app: packs it, starts what came out, runs a shell in it. Started by itself: OTG_TEST_PACKAGED=1.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from '@playwright/test'
import {
  environment,
  expect,
  expectGone,
  expectPrompt,
  expectShown,
  family,
  root,
  sandboxArguments,
  screenshots,
  test,
} from './support/app.ts'
import { standInParts } from './support/electron.ts'

const out = join(root, 'test-output', 'packaged')
const executablePath = join(out, 'linux-unpacked', 'on-the-go')

/**
 * Packs as electron-builder.yml says. Where Electron cannot be downloaded the stand-in is packed: its runner goes in and starts
 * the entry that ships. The configuration is changed as text: one that `extends` it would replace its list of files.
 */
function pack(): void {
  const parts = standInParts()
  const { main } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { main: string }
  let config = readFileSync(join(root, 'electron-builder.yml'), 'utf8').replace(/output: dist$/m, `output: ${out}`)
  if (parts) {
    const version = readFileSync(join(parts.bare, 'version'), 'utf8').trim()
    config = config.replace(/^files:$/m, `files:\n  - from: ${parts.runner}\n    to: electron-runtime`)
    config += `
electronDist: ${parts.bare}
electronVersion: ${version}
extraMetadata:
  main: electron-runtime/packaged.mjs
  shippedMain: ${main}
`
  }
  mkdirSync(out, { recursive: true })
  const file = join(out, 'electron-builder.yml')
  writeFileSync(file, config)
  const builder = join(root, 'node_modules', '.bin', 'electron-builder')
  execFileSync(builder, ['--linux', 'dir', '--publish', 'never', '-c', file], { cwd: root, stdio: 'inherit' })
}

test('the packaged app starts, runs a shell, and quits', async ({ dataDir }) => {
  test.setTimeout(300_000)
  test.skip(process.platform !== 'linux', 'packages of other systems are made and tried there')
  pack()
  expect(existsSync(executablePath)).toBe(true)
  // Through Chromium's debugger: Playwright's way into an Electron is Node's, and that the fuses forbid.
  const app = spawn(executablePath, [...sandboxArguments(), '--remote-debugging-port=0'], { env: environment(dataDir) })
  const browser = await chromium.connectOverCDP(await debuggerOf(app))
  const page = await expectPage(browser)
  await page.getByRole('button', { name: 'New session' }).first().click()
  await expectPrompt(page)
  await page.keyboard.type('echo packaged $((6 * 7))\n')
  await expectShown(page, /\npackaged 42/)
  await page.screenshot({ path: join(screenshots, 'packaged.png') })
  // The server reads the phone's page from the archive.
  await page.getByRole('button', { name: 'Phone' }).click()
  const address = page.getByTestId('address')
  await expect(address).toHaveText(/^http/)
  const answer = await fetch((await address.textContent())!)
  expect(answer.status).toBe(200)
  expect(await answer.text()).toContain('<script type="module"')
  const processes = family(app.pid!)
  app.kill('SIGTERM')
  await expectGone(processes)
  expect(app.exitCode).toBe(0)
})

test('its fuses are set (61)', async () => {
  test.skip(process.platform !== 'linux', 'packages of other systems are made and tried there')
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

test('only what runs is packed', async () => {
  test.skip(process.platform !== 'linux', 'packages of other systems are made and tried there')
  const asar = join(root, 'node_modules', '.bin', 'asar')
  const list = execFileSync(asar, ['list', join(out, 'linux-unpacked', 'resources', 'app.asar')], { encoding: 'utf8' })
  const folders = new Set(list.split('\n').map(path => path.split('/')[1]))
  folders.delete(undefined)
  folders.delete('electron-runtime')
  expect([...folders].sort()).toEqual(['assets', 'build', 'node_modules', 'package.json'])
  expect(list).not.toMatch(/\.map$|\.d\.ts$|tsbuildinfo$|main\/cli/m)
})
