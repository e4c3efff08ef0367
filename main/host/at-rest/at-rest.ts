// What of the data folder is encrypted, with a key that the system's keystore has. What is encrypted says so itself: a setting, or a
// crash, can be ahead of the files.
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import * as z from 'zod'
import { decodeBase64url, encodeBase64url } from '../../../protocol/channel/keys.ts'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { writeAtomically } from '../files/atomic-file.ts'
import { readDataFile, type SecretFiles } from '../files/secret-files.ts'
import type { SavedFiles } from '../health/saved-files.ts'
import type { Logger } from '../log/logger.ts'
import { workerFile } from '../threads/worker-file.ts'
import { type Conversion, type ConversionRequest, isEncrypted } from './convert-database.ts'
import type { Keystore } from './keystore.ts'
import { isSealed, SEALING_KEY_BYTES, type SealingKey, seal, sealedWith, unseal } from './sealing.ts'

/** The setting `keystore`. `keys`: the files with keys and devices. `all`: also the history. */
export type AtRestMode = 'off' | 'keys' | 'all'

export const KEYSTORE_FILE = 'keystore.json'

/** Folders with what was there before a restore (upkeep/restore.ts). */
const RESTORED = 'before-restore-'

/** Random, because a folder can be moved or copied. */
const ID_BYTES = 8

/** Which key of the keystore this folder uses, and a text to try it on. */
const Pointer = z.strictObject({ version: z.literal(1), id: z.string().regex(/^[0-9a-f]{1,64}$/), check: z.string() })
type Pointer = z.infer<typeof Pointer>

export interface AtRestOptions {
  /** The data folder. */
  folder: string
  database: string
  /** The files that are encrypted with `keys`. */
  files: readonly string[]
  mode: AtRestMode
  keystore: Keystore
  log: Pick<Logger, 'info' | 'error'>
  saved?: Pick<SavedFiles, 'watch'> | undefined
}

export class AtRest implements SecretFiles {
  readonly #options: AtRestOptions
  #mode: AtRestMode
  #key: SealingKey | undefined
  /** Until it was looked at: it may be. */
  #isHistoryEncrypted = true

  /**
   * Fetches the key if there is one or `mode` needs one, and brings the files to `mode`. Asks the keystore only then. Call it
   * before the database is opened. Throws `keystore_unavailable`, `keystore_locked`, `keystore_key_missing`, and then has
   * changed nothing.
   */
  static async open(options: AtRestOptions): Promise<AtRest> {
    const key = await existingKey(options)
    const atRest = new AtRest(options, key)
    if (!key && options.mode !== 'off') await atRest.#createFirstKey()
    atRest.#tryToConvertFiles()
    return atRest
  }

  private constructor(options: AtRestOptions, key: SealingKey | undefined) {
    this.#options = options
    this.#mode = options.mode
    this.#key = key
  }

  /**
   * Encrypts or decrypts the history's database, if it has to, and returns how to open it. A host whose history cannot be
   * converted goes on with it as it is.
   */
  async prepareHistory(): Promise<Pick<Conversion, 'file' | 'error'>> {
    const { database, log } = this.#options
    const key = this.#key?.key
    if (!key) return { file: database }
    const start = performance.now()
    const { file, isConverted, error } = await convert({
      path: database,
      key,
      wanted: this.#mode === 'all' ? 'encrypted' : 'plain',
    })
    this.#isHistoryEncrypted = file !== database
    const encrypted = this.#isHistoryEncrypted
    if (isConverted) log.info({ encrypted, ms: Math.round(performance.now() - start) }, 'the history was converted')
    this.#forgetUnusedKey()
    return error === undefined ? { file } : { file, error }
  }

  /** Copies of the history and of keys in the data folder that stay as they are: what a repair or a restore kept. */
  plainCopies(): string[] {
    const { folder, database, files } = this.#options
    if (this.#mode === 'off') return []
    const isPlainDatabase = (path: string) => this.#mode === 'all' && existsSync(path) && !isEncrypted(path)
    const isPlainFile = (path: string) => existsSync(path) && !isSealed(readIfExists(path) ?? '')
    const hasPlainFile = (kept: string) =>
      isPlainDatabase(join(kept, basename(database))) || files.some(file => isPlainFile(join(kept, basename(file))))
    return readdirSync(folder).filter(name => {
      try {
        if (name.startsWith(RESTORED)) return hasPlainFile(join(folder, name))
        return name.startsWith(`${basename(database)}.`) && isPlainDatabase(join(folder, name))
      } catch {
        return false // It cannot be read, or is something else: no reason not to start.
      }
    })
  }

  read(file: string): string {
    const text = readDataFile(file)
    if (!isSealed(text)) return text
    if (!this.#key) throw new Error('it is encrypted, and there is no key for it')
    return unseal(text, file, this.#key)
  }

  write(file: string, text: string): void {
    const write = () => writeAtomically(file, this.#key && this.#mode !== 'off' ? seal(text, file, this.#key) : text)
    if (this.#options.saved) this.#options.saved.watch(file, write)
    else write()
  }

  /**
   * Another mode, while the host runs: the files follow at once, the history at the next start. Returns how to revert it.
   * Throws `keystore_unavailable`, `keystore_locked`, `data_dir_unusable`, and then everything is as before.
   */
  async change(mode: AtRestMode): Promise<() => Promise<void>> {
    const before = this.#mode
    if (mode !== 'off' && !this.#key) await this.#createKey()
    this.#mode = mode
    try {
      this.#convertFiles()
    } catch (error) {
      this.#mode = before
      // What cannot be written now either stays encrypted, which both modes read.
      this.#tryToConvertFiles()
      throw error
    }
    this.#forgetUnusedKey()
    return async () => void (await this.change(before))
  }

  #convertFiles(): void {
    const { files } = this.#options
    const isWanted = this.#mode !== 'off'
    for (const file of files) {
      // A crash may have left a plain one.
      rmSync(`${file}.new`, { force: true })
      const text = readIfExists(file)
      if (text === undefined || isSealed(text) === isWanted) continue
      this.write(file, this.read(file))
    }
  }

  /** Otherwise they are read as they are, until the next start: a full disk is no reason to be out of reach. */
  #tryToConvertFiles(): void {
    try {
      this.#convertFiles()
    } catch (error) {
      this.#options.log.error({ code: toCoded(error).code }, 'not all files with keys could be encrypted or decrypted')
    }
  }

  /** The setting was written into the file, or came with a backup: nothing is lost without it, but a person has to say so. */
  async #createFirstKey(): Promise<void> {
    try {
      await this.#createKey()
    } catch (cause) {
      const { code, message } = toCoded(cause)
      const advice = `Nothing is encrypted yet; to start without encryption, set "keystore" to "off" in ${join(this.#options.folder, 'settings.json')}.`
      throw new CodedError(code, `the setting "keystore" is "${this.#mode}", but ${message}. ${advice}`, { cause })
    }
  }

  /** In the keystore first, then here: a key that files are encrypted with is never only in memory. */
  async #createKey(): Promise<void> {
    const { folder, keystore, log } = this.#options
    const key = { id: randomBytes(ID_BYTES).toString('hex'), key: new Uint8Array(randomBytes(SEALING_KEY_BYTES)) }
    const secret = encodeBase64url(key.key)
    const account = accountOf(key.id)
    await keystore.set(account, secret)
    if ((await keystore.get(account)) !== secret)
      throw new CodedError('keystore_unavailable', "the system's keystore does not keep what it is given")
    writePointer(folder, key)
    this.#key = key
    log.info({ id: key.id }, 'the keystore has a key for this data folder')
  }

  #forgetUnusedKey(): void {
    const { files, folder, keystore, log } = this.#options
    const key = this.#key
    if (!key || this.#mode !== 'off' || this.#isHistoryEncrypted) return
    if (files.some(file => isSealed(readIfExists(file) ?? ''))) return
    this.#key = undefined
    rmSync(join(folder, KEYSTORE_FILE), { force: true })
    keystore.remove(accountOf(key.id)).catch(error => log.error({ err: error }, 'the keystore still has a key'))
  }
}

/** If the thread dies, the history is as it was: a copy takes its place only when it is complete. */
function convert(request: ConversionRequest): Promise<Conversion> {
  const worker = new Worker(workerFile('./convert-worker', import.meta.url), { name: 'convert', workerData: request })
  return new Promise(resolve => {
    let error = 'the thread that converts it ended'
    worker.once('message', resolve)
    worker.once('error', cause => {
      error = cause instanceof Error ? cause.message : String(cause)
    })
    // Not before: then it has closed the database.
    worker.once('exit', () => {
      const { path, key } = request
      resolve({ file: isEncrypted(path) ? { path, key } : path, isConverted: false, error })
    })
  })
}

/** The key that something in the folder is encrypted with; undefined: nothing is. */
async function existingKey({ folder, database, files, keystore }: AtRestOptions): Promise<SealingKey | undefined> {
  const file = join(folder, KEYSTORE_FILE)
  const texts = files.map(one => readIfExists(one) ?? '').filter(isSealed)
  const pointer = readPointer(file)
  const ids = new Set(texts.map(sealedWith).filter(id => id !== undefined))
  if (texts.length === 0 && !(pointer && isEncrypted(database))) return undefined
  // The files are right: the pointer may be lost, or restored from elsewhere.
  const id = ids.values().next().value ?? pointer?.id
  if (id === undefined) throw missing(folder, 'its encrypted files are damaged')
  let secret: string | undefined
  try {
    secret = await keystore.get(accountOf(id))
  } catch (cause) {
    const { code, message } = toCoded(cause)
    throw new CodedError(
      code,
      `the data folder ${folder} is encrypted with a key in the system's keystore. But ${message}. Start again in a desktop session whose keystore is unlocked. Nothing was changed.`,
      { cause },
    )
  }
  const key = decodeBase64url(secret ?? '')
  if (key?.length !== SEALING_KEY_BYTES) throw missing(folder, 'the keystore has no key for it')
  const found = { id, key }
  try {
    const [text] = texts
    if (pointer?.id === id) unseal(pointer.check, file, found)
    else if (text !== undefined) unseal(text, files.find(one => readIfExists(one) === text)!, found)
  } catch (cause) {
    throw missing(folder, 'the key in the keystore is another one', cause)
  }
  if (pointer?.id !== id) writePointer(folder, found)
  return found
}

function writePointer(folder: string, key: SealingKey): void {
  const file = join(folder, KEYSTORE_FILE)
  const pointer: Pointer = { version: 1, id: key.id, check: seal('', file, key) }
  writeAtomically(file, `${JSON.stringify(pointer, null, 2)}\n`)
}

function missing(folder: string, why: string, cause?: unknown): CodedError {
  const message = `the data folder ${folder} is encrypted, and ${why}; restore the keystore, or a backup (otg restore --force), or name another --data-dir to start anew. Nothing was changed.`
  return new CodedError('keystore_key_missing', message, { cause })
}

function readPointer(file: string): Pointer | undefined {
  const text = readIfExists(file)
  if (text === undefined) return undefined
  try {
    return Pointer.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** A file that cannot be read now may be encrypted: throws `data_dir_unusable`. */
function readIfExists(file: string): string | undefined {
  try {
    return readDataFile(file)
  } catch (error) {
    if (error instanceof CodedError) throw error
    return undefined
  }
}

function accountOf(id: string): string {
  return `data folder ${id}`
}
