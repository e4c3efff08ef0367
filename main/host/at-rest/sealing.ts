// Encrypts the text of one small file: XChaCha20-Poly1305 with a random nonce, bound to the file's name and its data folder, so
// that no file can take the place of another.
import { basename } from 'node:path'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { managedNonce, utf8ToBytes } from '@noble/ciphers/utils.js'
import { decodeBase64url, encodeBase64url } from '../../../protocol/channel/keys.ts'

/** Of the key in the system's keystore: the largest that both ciphers take. */
export const SEALING_KEY_BYTES = 32

/** The file's first word; then the id of the key, and what is encrypted. */
const MARK = 'otg-encrypted-1'

const SEALED = new RegExp(`^${MARK} ([0-9a-f]+) ([\\w-]+)\\n$`)

/** A key, and the name under which the keystore has it. */
export interface SealingKey {
  id: string
  key: Uint8Array
}

/** Whether it is encrypted, also if it was cut or changed since. */
export function isSealed(text: string): boolean {
  return text.startsWith(MARK)
}

/** The id of the key that a text is encrypted with. */
export function sealedWith(text: string): string | undefined {
  return SEALED.exec(text)?.[1]
}

export function seal(text: string, file: string, key: SealingKey): string {
  return `${MARK} ${key.id} ${encodeBase64url(cipher(file, key).encrypt(utf8ToBytes(text)))}\n`
}

/** Throws for another key, another file's text, and a text that was changed. */
export function unseal(text: string, file: string, key: SealingKey): string {
  const bytes = decodeBase64url(SEALED.exec(text)?.[2] ?? '')
  if (!bytes) throw new Error('it is encrypted, and was cut or changed')
  return Buffer.from(cipher(file, key).decrypt(bytes)).toString('utf8')
}

function cipher(file: string, { id, key }: SealingKey) {
  return managedNonce(xchacha20poly1305)(key, utf8ToBytes(`on-the-go\0${id}\0${basename(file)}`))
}
