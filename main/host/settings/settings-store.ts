// The settings of a running host: kept in their file, changed one after another, told to who watches. Knows what may be
// set, not what it does: `apply` does it.
import { CodedError } from '../../../protocol/errors.ts'
import type { HostMessageOf } from '../../../protocol/messages.ts'
import { writeAtomically } from '../files/atomic-file.ts'
import { parseSettings, readSettingsFile, type Settings, toWireSettings } from './settings.ts'

export interface SettingsStoreOptions {
  file: string
  /** Names in whose place an option of this host stands. */
  fixed: readonly string[]
  /** Throws `settings_invalid` when a value cannot work here. */
  check(next: Settings): void
  /** Makes it so and returns how to take it back, or throws and leaves all as it was `before`. */
  apply(next: Settings, before: Settings): Promise<() => Promise<void>>
  /** Others hold now. */
  changed(): void
  log: { info(what: object, message: string): void; error(what: object, message: string): void }
}

/** A change is an object of a dozen values; what is longer comes from nobody's form. */
const MAX_CHANGES = 64

export class SettingsStore {
  readonly #options: SettingsStoreOptions
  #values: Settings
  #last: Promise<unknown> = Promise.resolve()

  /** `values`: what was read of the file. */
  constructor(values: Settings, options: SettingsStoreOptions) {
    this.#options = options
    this.#values = values
  }

  get values(): Settings {
    return this.#values
  }

  state(): Omit<HostMessageOf<'settings'>, 'request_id'> {
    return {
      type: 'settings',
      values: toWireSettings(this.#values),
      defaults: toWireSettings(parseSettings({})),
      fixed: [...this.#options.fixed],
    }
  }

  /**
   * Sets what `change` names; null: as by default. All of it holds and is on disk when this resolves, or none of it.
   * Throws `settings_invalid`, `data_dir_unusable`, and what opening the network side throws.
   */
  change(change: Record<string, unknown>): Promise<void> {
    const mine = this.#last.then(() => this.#change(change))
    this.#last = mine.catch(() => {})
    return mine
  }

  async #change(change: Record<string, unknown>): Promise<void> {
    const { file, check, apply, changed, log } = this.#options
    if (Object.keys(change).length > MAX_CHANGES)
      throw new CodedError('settings_invalid', `more than ${MAX_CHANGES} settings at once`)
    for (const name of Object.keys(change)) if (!Object.hasOwn(toWireSettings(this.#values), name)) throw unknown(name)
    // What somebody has written into the file meanwhile is theirs: it is kept, and taken up now.
    const there = readSettingsFile(file)
    parseSettings(there, file)
    const given = Object.fromEntries(Object.entries({ ...there, ...change }).filter(([, value]) => value !== null))
    const next = parseSettings(given)
    check(next)
    const undo = await apply(next, this.#values)
    try {
      writeAtomically(file, `${JSON.stringify(given, null, 2)}\n`)
    } catch (error) {
      await undo().catch(failure => log.error({ err: failure }, 'a change of the settings could not be taken back'))
      throw error
    }
    this.#values = next
    log.info({ names: Object.keys(change) }, 'settings changed')
    changed()
  }
}

function unknown(name: string): CodedError {
  return new CodedError('settings_invalid', `${name.slice(0, 64)}: there is no such setting`)
}
