// Keys and secrets, and how they are encoded: base64url and the pairing link's fragment.

import { montgomery } from '@noble/curves/abstract/montgomery.js'

const P = 2n ** 255n - 19n

/**
 * X25519 (RFC 7748), the Montgomery ladder only. `@noble/curves/ed25519.js` prepares tables that pay off from the third key
 * on, and brings Ed25519 and its relatives: that would delay a phone's connection by a quarter of a second.
 */
const x25519 = montgomery({
  P,
  type: 'x25519',
  // Section 5: a multiple of 8, at least 2^254.
  adjustScalarBytes: (bytes: Uint8Array) => {
    bytes[0]! &= 0xf8
    bytes[31] = (bytes[31]! & 0x7f) | 0x40
    return bytes
  },
  powPminus2: (x: bigint) => {
    let result = 1n
    let square = x
    for (let rest = P - 2n; rest > 0n; rest >>= 1n) {
      if (rest & 1n) result = (result * square) % P
      square = (square * square) % P
    }
    return result
  },
})

/** Bytes of an X25519 key, public or secret, and of a pairing secret (a Noise psk). */
export const KEY_BYTES = 32

export interface KeyPair {
  publicKey: Uint8Array
  secretKey: Uint8Array
}

/** A new X25519 key pair, from the system's random numbers (`crypto.getRandomValues`, available on plain HTTP too). */
export function generateKeyPair(): KeyPair {
  return keyPairOf(x25519.utils.randomSecretKey())
}

/** The key pair of a stored secret key. Throws unless it is 32 bytes long. */
export function keyPairOf(secretKey: Uint8Array): KeyPair {
  return { secretKey, publicKey: x25519.getPublicKey(secretKey) }
}

/** X25519 (RFC 7748). Throws on keys of the wrong length and on points of low order. */
export function sharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return x25519.getSharedSecret(secretKey, publicKey)
}

/** A new pairing secret: 256 random bits, so that neither eavesdropping nor guessing finds it. */
export function generateSecret(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES))
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Base64url without padding (RFC 4648 section 5). Not every environment that shares this folder has `atob`. */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 6; bits -= 6) text += ALPHABET[(held >> (bits - 6)) & 63]
    held &= 0xff
  }
  return bits > 0 ? text + ALPHABET[(held << (6 - bits)) & 63] : text
}

/**
 * Undefined unless `text` is exactly what `encodeBase64url` writes: no padding, no white space, no stray low bits. Every
 * value has one spelling, so comparing texts compares bytes.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8))
  let bits = 0
  let held = 0
  let length = 0
  for (const character of text) {
    const value = ALPHABET.indexOf(character)
    if (value < 0) return undefined
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[length++] = (held >> bits) & 0xff
    }
  }
  return encodeBase64url(bytes) === text ? bytes : undefined
}

/** What a QR code contains besides the address: the host's public key, and the secret for pairing. */
export interface Pairing {
  hostKey: Uint8Array
  secret: Uint8Array
}

/** `#v1.<host public key>.<secret>`: in a fragment, which browsers do not send to the server. */
export function pairingFragment({ hostKey, secret }: Pairing): string {
  if (hostKey.length !== KEY_BYTES || secret.length !== KEY_BYTES) throw new RangeError('a key is 32 bytes long')
  return `#v1.${encodeBase64url(hostKey)}.${encodeBase64url(secret)}`
}

/** Undefined unless `pairingFragment` could have written it. */
export function parsePairingFragment(fragment: string): Pairing | undefined {
  const [version, key, psk, ...more] = fragment.split('.')
  if (version !== '#v1' || key === undefined || psk === undefined || more.length > 0) return undefined
  const hostKey = decodeBase64url(key)
  const secret = decodeBase64url(psk)
  if (hostKey?.length !== KEY_BYTES || secret?.length !== KEY_BYTES) return undefined
  return { hostKey, secret }
}
