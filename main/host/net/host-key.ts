// The host's own key, by which every paired phone knows it. Knows nothing of who uses it.
import { readFileSync, writeFileSync } from 'node:fs'
import { CodedError } from '../../../protocol/errors.ts'
import {
  decodeBase64url,
  encodeBase64url,
  generateKeyPair,
  KEY_BYTES,
  type KeyPair,
  keyPairOf,
} from '../../../protocol/keys.ts'

/** Reads the key, or makes one where there is none. Throws `host_key_damaged`: another key would lock out every phone. */
export function readHostKey(file: string): KeyPair {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw damaged(file, 'it cannot be read', cause)
    const fresh = generateKeyPair()
    // `wx`: never over one that is there.
    writeFileSync(file, `${encodeBase64url(fresh.secretKey)}\n`, { mode: 0o600, flag: 'wx' })
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
