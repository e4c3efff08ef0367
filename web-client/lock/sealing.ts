// Encrypts this phone's key, with a passkey or a PIN. Loaded only where the lock is used.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { Seal } from '../connection/stored-identity.ts'

/**
 * Shorter PINs are refused. Someone with a copy of the phone's storage can try PINs at leisure, each for the price of one
 * scrypt: measured 0.22 s of a core, and 64 MB. All 8-digit PINs take 250 days of one core; with 6 digits it would be two and
 * a half days, with 4 half an hour.
 */
export const MIN_PIN_CHARACTERS = 8
export const MAX_PIN_CHARACTERS = 128

/** Wrong PINs in a row before the key is deleted: more than a person who knows it needs. */
export const MAX_TRIES = 10

/** scrypt (RFC 7914) with 64 MB: half of what OWASP's cheat sheet names first, so that old phones take at most seconds. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 1, dkLen: 32 }
const SALT_BYTES = 32
const NONCE_BYTES = 12

/** A passkey cannot be used: it was canceled, or cannot encrypt. */
export class PasskeyError extends Error {
  readonly why: 'canceled' | 'unsupported'
  constructor(why: 'canceled' | 'unsupported') {
    super(why)
    this.why = why
  }
}

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))

/** Passkeys need a secure context and a name: WebAuthn has none for IP addresses (Web Authentication, section 5.1.2). */
export function passkeysPossible(): boolean {
  const { hostname } = window.location
  const isAddress = /^[\d.]+$/.test(hostname) || hostname.startsWith('[')
  return window.isSecureContext && 'PublicKeyCredential' in window && !isAddress
}

/** What encrypts the key. It stays in memory while the page is open, for a key that is made then. */
export interface LockKey {
  how: Pick<Seal, 'kind' | 'salt' | 'credential' | 'minutes'>
  bytes: Uint8Array
}

export async function keyFromPin(
  pin: string,
  salt: Uint8Array = random(SALT_BYTES),
): Promise<{ salt: Uint8Array; bytes: Uint8Array }> {
  return { salt, bytes: await scryptAsync(utf8ToBytes(pin.normalize('NFKC')), salt, SCRYPT) }
}

/** Makes a passkey and returns what it encrypts with. Rejects with PasskeyError. */
export async function newPasskey(
  name: string,
): Promise<{ credential: Uint8Array; salt: Uint8Array; bytes: Uint8Array }> {
  const salt = random(SALT_BYTES)
  const made = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: random(32),
        rp: { name: 'On the Go' },
        user: { id: random(16), name, displayName: name },
        pubKeyCredParams: [
          { type: 'public-key', alg: -7 },
          { type: 'public-key', alg: -257 },
        ],
        authenticatorSelection: { userVerification: 'required', residentKey: 'preferred' },
        extensions: { prf: {} },
      },
    }),
  )
  if (made.getClientExtensionResults().prf?.enabled !== true) throw new PasskeyError('unsupported')
  const credential = new Uint8Array(made.rawId)
  return { credential, salt, bytes: await keyFromPasskey(credential, salt) }
}

/** Asks the person to use the passkey. Rejects with PasskeyError. */
export async function keyFromPasskey(credential: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const used = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: random(32),
        allowCredentials: [{ type: 'public-key', id: credential as Uint8Array<ArrayBuffer> }],
        userVerification: 'required',
        extensions: { prf: { eval: { first: salt as Uint8Array<ArrayBuffer> } } },
      },
    }),
  )
  const output = used.getClientExtensionResults().prf?.results?.first
  if (!output) throw new PasskeyError('unsupported')
  return hkdf(sha256, new Uint8Array(output as ArrayBuffer), salt, utf8ToBytes('otg page lock'), 32)
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let credential: Credential | null
  try {
    credential = await ask()
  } catch {
    throw new PasskeyError('canceled')
  }
  if (!(credential instanceof PublicKeyCredential)) throw new PasskeyError('canceled')
  return credential
}

export function seal({ how, bytes }: LockKey, hostKey: Uint8Array, secretKey: Uint8Array): Seal {
  const nonce = random(NONCE_BYTES)
  return { ...how, nonce, sealed: chacha20poly1305(bytes, nonce, hostKey).encrypt(secretKey), tries: 0 }
}

/** Undefined if it is the wrong key. */
export function unseal({ nonce, sealed }: Seal, bytes: Uint8Array, hostKey: Uint8Array): Uint8Array | undefined {
  try {
    return chacha20poly1305(bytes, nonce, hostKey).decrypt(sealed)
  } catch {
    return undefined
  }
}
