// The settings of a running host: changes are validated, applied and written to the file, one after the other.
import { CodedError } from '../../../protocol/errors.ts'
import type { HostMessageOf } from '../../../protocol/messages.ts'
import { writeAtomically } from '../files/atomic-file.ts'
import type { Logger } from '../log/logger.ts'
import { parseSettings, readSettingsFile, type Settings, toWireSettings } from './settings.ts'

export interface SettingsStoreOptions {
  file: string
  /** Names of settings that an option of this host overrides. */
  fixed: readonly string[]
  /** Throws `settings_invalid` for a value that cannot work here. */
  check(next: Settings): void
  /** Applies the settings and returns how to revert them, or throws and leaves everything as it was `before`. */
  apply(next: Settings, before: Settings): Promise<() => Promise<void>>
  /** The settings changed. */
  changed(): void
  log: Pick<Logger, 'info' | 'error'>
}

/** There are about a dozen settings. */
const MAX_CHANGES = 64

export class SettingsStore {
  readonly #options: SettingsStoreOptions
  #values: Settings
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  /** `values`: as read from the file. */
  constructor(values: Settings, options: SettingsStoreOptions) {
    this.#options = options
    this.#values = values
  }

  get values(): Settings {
    return this.#values
  }

  state(): Omit<HostMessageOf<'settings'>, 'request_id' | 'secrets'> {
    return {
      type: 'settings',
      values: toWireSettings(this.#values),
      defaults: toWireSettings(parseSettings({})),
      fixed: [...this.#options.fixed],
    }
  }

  /**
   * Sets the settings that `change` names; null: to the default. When this resolves, all of them are in effect and on disk;
   * when it rejects, none. Throws `settings_invalid`, `data_dir_unusable`, `host_stopping`, and what Network.reconfigure throws.
   */
  change(change: Record<string, unknown>): Promise<void> {
    const result = this.#last.then(() => this.#change(change))
    this.#last = result.catch(() => {})
    return result
  }

  /** From now on nothing is written: the folder may soon be another host's. */
  close(): void {
    this.#closed = true
  }

  async #change(change: Record<string, unknown>): Promise<void> {
    const { file, check, apply, changed, log } = this.#options
    if (this.#closed) throw stopping()
    if (Object.keys(change).length > MAX_CHANGES)
      throw new CodedError('settings_invalid', `more than ${MAX_CHANGES} settings at once`)
    for (const name of Object.keys(change)) if (!Object.hasOwn(toWireSettings(this.#values), name)) throw unknown(name)
    // Changes that a user made in the file since it was read are kept, and take effect now.
    const current = readSettingsFile(file)
    parseSettings(current, file)
    const merged = Object.fromEntries(Object.entries({ ...current, ...change }).filter(([, value]) => value !== null))
    const next = parseSettings(merged)
    check(next)
    const undo = await apply(next, this.#values)
    // What was applied ends with the host.
    if (this.#closed) throw stopping()
    try {
      writeAtomically(file, `${JSON.stringify(merged, null, 2)}\n`)
    } catch (error) {
      await undo().catch(failure => log.error({ err: failure }, 'a change of the settings could not be reverted'))
      throw error
    }
    this.#values = next
    log.info({ names: Object.keys(change) }, 'settings changed')
    changed()
  }
}

function stopping(): CodedError {
  return new CodedError('host_stopping', 'the host is stopping')
}

function unknown(name: string): CodedError {
  return new CodedError('settings_invalid', `${name.slice(0, 64)}: there is no such setting`)
}
