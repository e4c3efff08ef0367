// The host's own key, by which paired phones recognize it.
import { lstatSync } from 'node:fs'
import {
  decodeBase64url,
  encodeBase64url,
  generateKeyPair,
  KEY_BYTES,
  type KeyPair,
  keyPairOf,
} from '../../../protocol/channel/keys.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { PLAIN_FILES, type SecretFiles } from '../files/secret-files.ts'

/** How often a key that could not be saved is saved again. */
export const SAVE_AGAIN_MS = 2_000

export class HostKey {
  readonly pair: KeyPair
  readonly #file: string
  readonly #files: SecretFiles
  #isSaved: boolean

  /**
   * Reads the key, or generates one if the file is missing. On a full disk that one is only in memory: the host works, but no phone
   * may be paired until `requireSaved` succeeds, because after a restart no phone would know the host. Throws `data_dir_unusable` if
   * the file cannot be read, and `host_key_damaged` if it cannot be used: another key would lock out every phone.
   */
  static open(file: string, files: SecretFiles = PLAIN_FILES): HostKey {
    const stored = readKey(file, files)
    const key = new HostKey(file, files, stored ?? generateKeyPair(), stored !== undefined)
    key.trySave()
    return key
  }

  private constructor(file: string, files: SecretFiles, pair: KeyPair, isSaved: boolean) {
    this.#file = file
    this.#files = files
    this.pair = pair
    this.#isSaved = isSaved
  }

  get publicKey(): Uint8Array {
    return this.pair.publicKey
  }

  /** Saves the key unless that was done. Throws `data_dir_unusable`. */
  requireSaved(): void {
    if (this.#isSaved) return
    const stored = readKey(this.#file, this.#files)
    if (stored && Buffer.compare(stored.secretKey, this.pair.secretKey) !== 0)
      throw new CodedError('data_dir_unusable', `${this.#file} appeared after the start; restart the host to use it`)
    this.#files.write(this.#file, `${encodeBase64url(this.pair.secretKey)}\n`)
    this.#isSaved = true
  }

  /** False: it is not saved yet. */
  trySave(): boolean {
    try {
      this.requireSaved()
    } catch {
      // `#files` has reported it as trouble.
    }
    return this.#isSaved
  }
}

/** Undefined: there is no such file. */
function readKey(file: string, files: SecretFiles): KeyPair | undefined {
  let text: string
  try {
    text = files.read(file)
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    // A dangling symbolic link does not mean that there is no key.
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT' && !lstatSync(file, { throwIfNoEntry: false })
    if (!missing) throw damaged(file, 'it cannot be read', cause)
    return undefined
  }
  const secretKey = decodeBase64url(text.trim())
  if (secretKey?.length !== KEY_BYTES) throw damaged(file, 'it does not contain a key')
  return keyPairOf(secretKey)
}

function damaged(file: string, why: string, cause?: unknown): CodedError {
  const message = `${file}: ${why}; restore it from a backup, or move it away and pair all phones again`
  return new CodedError('host_key_damaged', message, { cause })
}
