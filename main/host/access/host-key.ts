// The host's own key, by which every paired phone knows it. Knows nothing of who uses it.
import { lstatSync, readFileSync } from 'node:fs'
import {
  decodeBase64url,
  encodeBase64url,
  generateKeyPair,
  KEY_BYTES,
  type KeyPair,
  keyPairOf,
} from '../../../protocol/channel/keys.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { writeAtomically } from '../files/atomic-file.ts'

/**
 * Reads the key, or makes one where there is none. Throws `host_key_damaged`, for another key would lock out every phone,
 * and `data_dir_unusable`.
 */
export function readHostKey(file: string): KeyPair {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    // A link that leads nowhere at the moment is not a key that is missing.
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT' && !lstatSync(file, { throwIfNoEntry: false })
    if (!missing) throw damaged(file, 'it cannot be read', cause)
    const fresh = generateKeyPair()
    writeAtomically(file, `${encodeBase64url(fresh.secretKey)}\n`)
    return fresh
  }
  const secretKey = decodeBase64url(text.trim())
  if (secretKey?.length !== KEY_BYTES) throw damaged(file, 'it holds no key')
  return keyPairOf(secretKey)
}

function damaged(file: string, why: string, cause?: unknown): CodedError {
  const message = `${file}: ${why}; put it back from a backup, or move it away and pair all phones anew`
  return new CodedError('host_key_damaged', message, { cause })
}
