// Checks for, downloads and installs updates. Each step needs the user; without a feed it contacts no server.
import { createHash } from 'node:crypto'
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { app } from 'electron'
import type { AppUpdater, UpdateCheckResult } from 'electron-updater'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { appImage } from '../system/app-image.ts'

/** `newer`: available and not downloaded. `ready`: downloaded, waiting for the user to install it. */
export type UpdateState =
  | { name: 'off' | 'checking' }
  | { name: 'newest'; checked_at: number }
  | { name: 'newer' | 'ready'; version: string }
  | { name: 'downloading'; version: string; percent: number }
  | { name: 'failed'; message: string }

const DAY_MS = 24 * 3600_000
/** Timers stop while the computer sleeps, so whether a check is due is tested more often. */
const DUE_TEST_MS = 3600_000
const MESSAGE_CHARACTERS = 300

export interface UpdatesOptions {
  env: NodeJS.ProcessEnv
  changed(): void
  /** Quits the app, after a confirmation if one is needed, and then calls `install`, which ends the process. */
  quit(version: string, install: () => void): void
}

export class Updates {
  readonly #options: UpdatesOptions
  #feed = ''
  #state: UpdateState = { name: 'off' }
  #checkedAt = 0
  #timer: NodeJS.Timeout | undefined
  #updater: Promise<AppUpdater> | undefined
  #found: UpdateCheckResult | undefined
  /** What was downloaded. */
  #files: readonly string[] = []
  readonly #keys: readonly string[]

  constructor(options: UpdatesOptions) {
    this.#options = options
    this.#keys = releaseKeys()
  }

  get state(): UpdateState {
    return this.#state
  }

  /** Whether this package can replace itself; an unpacked archive or a checkout cannot. */
  get canInstall(): boolean {
    if (!app.isPackaged) return false
    if (process.platform !== 'linux') return true
    // electron-builder writes this file into packages for the system's package manager.
    return appImage(this.#options.env) !== undefined || existsSync(join(process.resourcesPath, 'package-type'))
  }

  /** Checks `feed` now and daily; an empty one turns updates off. */
  setFeed(feed: string): void {
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
    }, DUE_TEST_MS)
    void this.check()
  }

  async check(): Promise<void> {
    const { name } = this.#state
    if (this.#feed === '' || name === 'checking' || name === 'downloading' || name === 'ready') return
    this.#set({ name: 'checking' })
    this.#checkedAt = Date.now()
    await this.#run('update_unavailable', async (updater, current) => {
      const found = await updater.checkForUpdates()
      if (!current()) return
      if (!found?.isUpdateAvailable) return this.#set({ name: 'newest', checked_at: Date.now() })
      this.#found = found
      this.#set({ name: 'newer', version: found.updateInfo.version })
    })
  }

  async download(): Promise<void> {
    const found = this.#found
    if (this.#state.name !== 'newer' || !found || !this.canInstall) return
    const { version } = found.updateInfo
    this.#set({ name: 'downloading', version, percent: 0 })
    await this.#run('update_failed', async (updater, current) => {
      const progress = ({ percent }: { percent: number }) => {
        if (current()) this.#set({ name: 'downloading', version, percent: Math.floor(percent) })
      }
      updater.on('download-progress', progress)
      try {
        this.#files = await updater.downloadUpdate(found.cancellationToken)
      } finally {
        updater.off('download-progress', progress)
      }
      if (current()) this.#set({ name: 'ready', version })
    })
  }

  async install(): Promise<void> {
    if (this.#state.name !== 'ready') return
    const { version } = this.#state
    const [file] = this.#files
    const sums = this.#found?.updateInfo.files.map(({ sha512 }) => sha512) ?? []
    await this.#run('update_failed', async updater => {
      this.#checkWritable()
      const check = () => checkFile(file, sums)
      check()
      this.#options.quit(version, () => install(updater, this.#options.env, check))
    })
  }

  /** Checked before sessions end: whether the new AppImage can be written. */
  #checkWritable(): void {
    const file = appImage(this.#options.env)
    if (file === undefined) return
    try {
      accessSync(dirname(file), constants.W_OK)
    } catch (cause) {
      throw new CodedError('update_failed', `cannot write to ${dirname(file)}, the folder of this app`, { cause })
    }
  }

  /** Runs `action` with the updater. An error becomes the state, unless the feed has changed by then. */
  async #run(
    code: 'update_unavailable' | 'update_failed',
    action: (updater: AppUpdater, current: () => boolean) => Promise<void>,
  ): Promise<void> {
    // Loaded only if there is a feed.
    const loading = (this.#updater ??= import('./update-feed.ts').then(({ createUpdater: updaterOf }) =>
      updaterOf(this.#feed, this.#keys),
    ))
    const current = () => loading === this.#updater
    try {
      await action(await loading, current)
    } catch (error) {
      if (current()) this.#set({ name: 'failed', message: errorText(error, code) })
    }
  }

  #set(state: UpdateState): void {
    this.#state = state
    this.#options.changed()
  }
}

/** Tests of a checkout sign with a key of their own, and later make it look like a package. */
const testKey = app.isPackaged ? undefined : process.env.OTG_TEST_RELEASE_KEY

/** The public keys of releases, of which one is for the future. */
function releaseKeys(): readonly string[] {
  if (testKey) return [testKey]
  try {
    const file = readFileSync(join(app.getAppPath(), 'package.json'), 'utf8')
    return (JSON.parse(file) as { releaseKeys?: string[] }).releaseKeys ?? []
  } catch {
    return [] // no feed is accepted
  }
}

/** Bytes that are read at once. */
const READ_BYTES = 1024 * 1024

/** Throws unless the file is one that the signed feed names: something may have changed it since it was downloaded. */
function checkFile(file: string | undefined, sums: readonly string[]): void {
  const hash = createHash('sha512')
  const descriptor = openSync(file ?? '', 'r')
  try {
    const bytes = Buffer.alloc(READ_BYTES)
    for (let size = readSync(descriptor, bytes); size > 0; size = readSync(descriptor, bytes))
      hash.update(bytes.subarray(0, size))
  } finally {
    closeSync(descriptor)
  }
  if (!sums.includes(hash.digest('base64'))) throw new CodedError('update_failed', 'the download was changed')
}

/** Called when the host has stopped. If the installation fails, the old app starts again. */
function install(updater: AppUpdater, env: NodeJS.ProcessEnv, check: () => void): void {
  // The new app starts before this process has ended.
  app.releaseSingleInstanceLock()
  const restart = (error: unknown) => {
    process.stderr.write(`on-the-go: ${errorText(error, 'update_failed')}\n`)
    const file = appImage(env)
    app.relaunch(file ? { execPath: file } : {})
    app.quit()
  }
  updater.once('error', restart)
  try {
    check()
  } catch (error) {
    return restart(error)
  }
  updater.quitAndInstall(false, true)
}

/** One sentence for the user, without a stack or a page that a server sent. */
function errorText(error: unknown, code: 'update_unavailable' | 'update_failed'): string {
  if (error instanceof CodedError) return error.message
  const known = (error as { code?: unknown }).code
  if (known === 'ERR_CHECKSUM_MISMATCH') return 'the download does not match the feed'
  if (known === 'ERR_UPDATER_INVALID_UPDATE_INFO') return 'the feed is invalid'
  if (known === 'ERR_UPDATER_INVALID_VERSION') return 'the feed has no valid version'
  const [line = ''] = toCoded(error).message.split('\n')
  return `${code === 'update_failed' ? 'the update failed' : 'cannot use the feed'}: ${line.slice(0, MESSAGE_CHARACTERS)}`
}
