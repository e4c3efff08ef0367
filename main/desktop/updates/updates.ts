// Whether there is a newer version, fetched and installed after a yes each. Without a feed it asks nobody. Knows no window.
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { app } from 'electron'
import type { AppUpdater, UpdateCheckResult } from 'electron-updater'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { appImage } from '../system/app-image.ts'

/** `newer`: there is one, and nothing of it is here yet. `ready`: it is here, and waits for somebody's yes. */
export type UpdateState =
  | { name: 'off' | 'checking' }
  | { name: 'newest'; checked_at: number }
  | { name: 'newer' | 'ready'; version: string }
  | { name: 'downloading'; version: string; percent: number }
  | { name: 'failed'; message: string }

const DAY_MS = 24 * 3600_000
/** Timers stand still while the computer sleeps, so what is due is looked for more often. */
const LOOK_MS = 3600_000
const MESSAGE_CHARACTERS = 300

export interface UpdatesOptions {
  env: NodeJS.ProcessEnv
  changed(): void
  /** Ends the app after a yes, if one is needed, and then calls `install`, which ends the process. */
  leave(version: string, install: () => void): void
}

export class Updates {
  readonly #options: UpdatesOptions
  #feed = ''
  #state: UpdateState = { name: 'off' }
  #checkedAt = 0
  #timer: NodeJS.Timeout | undefined
  #updater: Promise<AppUpdater> | undefined
  #found: UpdateCheckResult | undefined

  constructor(options: UpdatesOptions) {
    this.#options = options
  }

  get state(): UpdateState {
    return this.#state
  }

  /** This package can be replaced by itself; an unpacked archive or a checkout cannot. */
  get able(): boolean {
    if (!app.isPackaged) return false
    if (process.platform !== 'linux') return true
    // Written by electron-builder into packages that the system's package manager installs.
    return appImage(this.#options.env) !== undefined || existsSync(join(process.resourcesPath, 'package-type'))
  }

  /** From now on `feed` is asked, at once and daily; nobody is when it is empty. */
  use(feed: string): void {
    if (feed === this.#feed) return
    this.#feed = feed
    this.#updater = undefined
    clearInterval(this.#timer)
    this.#found?.cancellationToken?.cancel()
    this.#found = undefined
    this.#set({ name: 'off' })
    if (feed === '') return
    this.#timer = setInterval(() => {
      if (Date.now() - this.#checkedAt >= DAY_MS) void this.check()
    }, LOOK_MS)
    void this.check()
  }

  async check(): Promise<void> {
    const { name } = this.#state
    if (this.#feed === '' || name === 'checking' || name === 'downloading' || name === 'ready') return
    this.#set({ name: 'checking' })
    this.#checkedAt = Date.now()
    await this.#go('update_unavailable', async (updater, current) => {
      const found = await updater.checkForUpdates()
      if (!current()) return
      if (!found?.isUpdateAvailable) return this.#set({ name: 'newest', checked_at: Date.now() })
      this.#found = found
      this.#set({ name: 'newer', version: found.updateInfo.version })
    })
  }

  async download(): Promise<void> {
    const found = this.#found
    if (this.#state.name !== 'newer' || !found || !this.able) return
    const { version } = found.updateInfo
    this.#set({ name: 'downloading', version, percent: 0 })
    await this.#go('update_failed', async (updater, current) => {
      const progress = ({ percent }: { percent: number }) => {
        if (current()) this.#set({ name: 'downloading', version, percent: Math.floor(percent) })
      }
      updater.on('download-progress', progress)
      try {
        await updater.downloadUpdate(found.cancellationToken)
      } finally {
        updater.off('download-progress', progress)
      }
      if (current()) this.#set({ name: 'ready', version })
    })
  }

  async install(): Promise<void> {
    if (this.#state.name !== 'ready') return
    const { version } = this.#state
    await this.#go('update_failed', async updater => {
      this.#checkPlace()
      this.#options.leave(version, () => install(updater, this.#options.env))
    })
  }

  /** Before sessions end for it: whether there is a place to put it. */
  #checkPlace(): void {
    const file = appImage(this.#options.env)
    if (file === undefined) return
    try {
      accessSync(dirname(file), constants.W_OK)
    } catch (cause) {
      throw new CodedError('update_failed', `${dirname(file)} cannot be written, where this app lies`, { cause })
    }
  }

  /** Does something with the updater; what goes wrong is the state, unless another feed is asked by then. */
  async #go(
    code: 'update_unavailable' | 'update_failed',
    action: (updater: AppUpdater, current: () => boolean) => Promise<void>,
  ): Promise<void> {
    // Only who has a feed loads it.
    const loading = (this.#updater ??= import('./update-feed.ts').then(({ updaterOf }) => updaterOf(this.#feed)))
    const current = () => loading === this.#updater
    try {
      await action(await loading, current)
    } catch (error) {
      if (current()) this.#set({ name: 'failed', message: sentence(error, code) })
    }
  }

  #set(state: UpdateState): void {
    this.#state = state
    this.#options.changed()
  }
}

/** The host has ended. What cannot be installed leaves the app as it was, started again. */
function install(updater: AppUpdater, env: NodeJS.ProcessEnv): void {
  // The new one starts before this one has gone.
  app.releaseSingleInstanceLock()
  const again = (error: unknown) => {
    process.stderr.write(`on-the-go: ${sentence(error, 'update_failed')}\n`)
    const file = appImage(env)
    app.relaunch(file ? { execPath: file } : {})
    app.quit()
  }
  updater.once('error', again)
  updater.quitAndInstall(false, true)
}

/** For a person: one sentence, without a stack or a page that a server sent. */
function sentence(error: unknown, code: 'update_unavailable' | 'update_failed'): string {
  if (error instanceof CodedError) return error.message
  const known = (error as { code?: unknown }).code
  if (known === 'ERR_CHECKSUM_MISMATCH') return 'what was downloaded is not the file that the feed describes'
  if (known === 'ERR_UPDATER_INVALID_UPDATE_INFO') return 'what the feed says is no list of updates'
  if (known === 'ERR_UPDATER_INVALID_VERSION') return 'the feed names no version'
  const [line = ''] = toCoded(error).message.split('\n')
  return `${code === 'update_failed' ? 'the update failed' : 'the feed cannot be used'}: ${line.slice(0, MESSAGE_CHARACTERS)}`
}
