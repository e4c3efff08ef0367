// Fixtures: the desktop app on its own data folder, and helpers to use it.
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, test as base, type ElectronApplication, expect, type Page } from '@playwright/test'
import { executable, findElectron } from './electron.ts'
import { environment, root } from './environment.ts'
import { startHeadless } from './headless.ts'
import { type Phone, startPhone } from './phone.ts'
import { type Relay, startRelay } from './relay.ts'

export const screenshots = join(root, 'test-output', 'desktop-screenshots')
mkdirSync(screenshots, { recursive: true })

export interface Launch {
  executablePath: string
  args: string[]
  cwd: string
  env: Record<string, string>
}

export interface Fixtures {
  /** An empty data folder, removed afterwards. */
  dataDir: string
  /** How the app is started on `dataDir`. */
  launch: Launch
  /** Starts the app, and kills it at the end of the test. */
  start: () => Promise<ElectronApplication>
  /** A phone that has scanned `url` and wants to pair. */
  phone: (url: string, name?: string) => Phone
  /** The app, joined to another process's host, whose messages pass through `change`. */
  join: (change?: Relay['change']) => Promise<Joined>
  /** Runs after the test, when the app is gone, newest first. */
  later: (undo: () => unknown) => void
}

export interface Joined {
  app: ElectronApplication
  page: Page
  relay: Relay
  /** The host's data folder in `dataDir`. */
  behind: string
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the requested fixtures from this pattern
  later: async ({}, use) => {
    const undo: (() => unknown)[] = []
    await use(step => undo.push(step))
    for (const step of undo.reverse()) await step()
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  dataDir: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'otg-desktop-'))
    // The same prompt for every user; the system's profile has another one for root.
    writeFileSync(join(folder, '.profile'), "PS1='$ '\n")
    // These tests must not depend on this computer's networks.
    mkdirSync(join(folder, 'data'), { mode: 0o700 })
    writeFileSync(join(folder, 'data', 'settings.json'), '{ "bind": "loopback" }\n')
    await use(folder)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  },
  phone: async ({ later }, use) => {
    await use((url, name = 'test phone') => {
      const phone = startPhone(url, name)
      later(() => phone.client.close())
      return phone
    })
  },
  join: async ({ start, dataDir, later }, use) => {
    await use(async change => {
      const behind = mkdtempSync(join(tmpdir(), 'otg-behind-'))
      later(() => rmSync(behind, { recursive: true, force: true, maxRetries: 5 }))
      const headless = await startHeadless(behind)
      later(() => headless.stop())
      const relay = await startRelay(dataDir, behind, change)
      later(() => relay.stop())
      const app = await start()
      return { app, page: await app.firstWindow(), relay, behind }
    })
  },
  launch: async ({ dataDir }, use) => {
    const found = findElectron()
    if (found.missing !== undefined) {
      if (process.env.CI) throw new Error(found.missing)
      base.skip(true, found.missing)
      return
    }
    await use({
      executablePath: executable(found.dist),
      args: [...sandboxArguments(), root],
      cwd: root,
      env: environment(dataDir),
    })
  },
  start: async ({ launch, later: _after }, use) => {
    const started: ChildProcess[] = []
    await use(async () => {
      const app = await _electron.launch(launch)
      // Read now, because an app that has exited cannot tell.
      started.push(app.process())
      return app
    })
    for (const child of started) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      // Including its shells and Chromium's helpers, which would keep writing into the folder that is removed next.
      const pids = family(child.pid!)
      for (const pid of pids) kill(pid)
      await expectGone(pids)
    }
  },
})

export { environment, expect, root }

/** Chromium's sandbox refuses to run as root, as in a container. */
export function sandboxArguments(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : []
}

/** Opens the phone panel and returns the address in its code. */
export async function showCode(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Phones' }).click()
  return shownUrl(page)
}

/** The address that the phone panel shows, with its secret. */
export async function shownUrl(page: Page): Promise<string> {
  const address = page.getByTestId('address')
  await expect(address).toHaveText(/^https?:.+#v1\.[\w-]{43}\.[\w-]{43}$/)
  return (await address.textContent())!
}

/** Closes the window; the app keeps running. */
export async function closeWindow(app: ElectronApplication, page: Page): Promise<void> {
  // The page may not have loaded yet: the window is found by its page, not by its address.
  const window = await app.browserWindow(page)
  await Promise.all([page.waitForEvent('close'), window.evaluate(each => each.close())])
}

/** Resizes the window; its smallest size is 480 × 320. */
export async function resize(app: ElectronApplication, page: Page, width: number, height: number): Promise<void> {
  const size = [width, height] as const
  await app.evaluate(
    ({ BrowserWindow }, [width, height]) => BrowserWindow.getAllWindows()[0]!.setContentSize(width, height),
    size,
  )
  await expect.poll(() => page.evaluate(() => [innerWidth, innerHeight])).toEqual(size)
}

/** Screenshots of the page in the dark and the light theme. */
export async function picture(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(screenshots, `${name}-${colorScheme}.png`) })
  }
}

/** The text on the page's terminal, row by row. */
export async function shownText(page: Page): Promise<string> {
  const rows = await page.locator('.xterm-rows > div').allTextContents()
  return rows.map(row => row.replaceAll('\u00a0', ' ').trimEnd()).join('\n')
}

/** Waits for the terminal to show `text`. */
export async function expectShown(page: Page, text: string | RegExp): Promise<void> {
  await expect.poll(() => shownText(page), { timeout: 15_000, intervals: [50] }).toMatch(text)
}

/** Waits for a shell's prompt on an empty screen, and for the focus in the terminal. */
export async function expectPrompt(page: Page): Promise<void> {
  await expectShown(page, /^\$\s*$/)
  await expect(page.locator('.xterm-helper-textarea')).toBeFocused()
}

/** Starts a session with the window's button and waits for its prompt. */
export async function startSession(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New session' }).first().click()
  await expectPrompt(page)
}

/** `pid` and all its descendants. */
export function family(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      // State and parent follow the command's name in parentheses, which can contain anything.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      children.set(parent, [...(children.get(parent) ?? []), Number(name)])
    } catch {
      // It exited meanwhile.
    }
  }
  const found = [pid]
  for (let i = 0; i < found.length; i++) found.push(...(children.get(found[i]!) ?? []))
  return found
}

export function alive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z'
  } catch {
    return false
  }
}

/** Helpers end by themselves when the main process is gone, perhaps before their turn. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Waits until none of `pids` is running. */
export async function expectGone(pids: number[]): Promise<void> {
  await expect.poll(() => pids.filter(alive), { timeout: 15_000 }).toEqual([])
}

/** Answers the app's native message boxes with button `response` and keeps what they said in `globalThis.asked`. */
export async function answerDialogs(app: ElectronApplication, response: number): Promise<void> {
  await app.evaluate(({ dialog }, answer) => {
    const asked: string[] = []
    Object.assign(globalThis, { asked })
    dialog.showMessageBox = (async (options: Electron.MessageBoxOptions) => {
      asked.push(`${options.message}\n${options.detail ?? ''}`)
      return { response: answer, checkboxChecked: false }
    }) as typeof dialog.showMessageBox
  }, response)
}

export function asked(app: ElectronApplication): Promise<string[]> {
  return app.evaluate(() => (globalThis as unknown as { asked: string[] }).asked)
}
