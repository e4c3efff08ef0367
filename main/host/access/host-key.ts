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

/**
 * Reads the key, or generates one if the file is missing. Throws `data_dir_unusable`, and `host_key_damaged` for a file that
 * cannot be used: another key would lock out every phone.
 */
export function readHostKey(file: string, files: SecretFiles = PLAIN_FILES): KeyPair {
  let text: string
  try {
    text = files.read(file)
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    // A dangling symbolic link does not mean that there is no key.
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT' && !lstatSync(file, { throwIfNoEntry: false })
    if (!missing) throw damaged(file, 'it cannot be read', cause)
    const fresh = generateKeyPair()
    files.write(file, `${encodeBase64url(fresh.secretKey)}\n`)
    return fresh
  }
  const secretKey = decodeBase64url(text.trim())
  if (secretKey?.length !== KEY_BYTES) throw damaged(file, 'it does not contain a key')
  return keyPairOf(secretKey)
}

function damaged(file: string, why: string, cause?: unknown): CodedError {
  const message = `${file}: ${why}; restore it from a backup, or move it away and pair all phones again`
  return new CodedError('host_key_damaged', message, { cause })
}
