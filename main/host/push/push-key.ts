// The host's key towards push services (VAPID, RFC 8292), by which a browser's subscription is good for this host alone.
// Knows nothing of who is told what.
import { createECDH, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { decodeBase64url, encodeBase64url } from '../../../protocol/channel/keys.ts'
import { writeAtomically } from '../files/atomic-file.ts'

/** An uncompressed point of P-256, and a scalar of it. */
export const POINT_BYTES = 65
const SCALAR_BYTES = 32

/** Characters that a push service takes as a topic (RFC 8030, section 5.4). */
const TOPIC_CHARACTERS = 32

export interface PushKey {
  /** base64url, as browsers and push services take them. */
  publicKey: string
  privateKey: string
}

/**
 * Reads the key, or makes one where there is none that can be used: phones notice at their next visit that it is another one
 * and subscribe anew, so that a damaged file is no reason to stop. Throws `data_dir_unusable`.
 */
export function readPushKey(file: string, log: { error(what: object, message: string): void }): PushKey {
  try {
    return keyOf(decodeBase64url(readFileSync(file, 'utf8').trim()))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Never the error itself, which may say what it has read.
    if (code !== 'ENOENT') log.error({ code }, 'the key for push services cannot be used; another one takes its place')
  }
  const curve = createECDH('prime256v1')
  curve.generateKeys()
  // Node gives it without leading zeros.
  const scalar = Buffer.alloc(SCALAR_BYTES)
  const made = curve.getPrivateKey()
  made.copy(scalar, SCALAR_BYTES - made.length)
  writeAtomically(file, `${encodeBase64url(scalar)}\n`)
  return keyOf(scalar)
}

/**
 * What makes a later notification of a session take the place of an earlier one that was not delivered. A push service cannot
 * tell a session by it, nor that two devices are told of the same.
 */
export function topicOf(key: PushKey, device_id: string, session_id: string): string {
  const mac = createHmac('sha256', key.privateKey).update(`topic\0${device_id}\0${session_id}`).digest('base64url')
  return mac.slice(0, TOPIC_CHARACTERS)
}

/** Whether this is a point of the curve, as a browser gives it. */
export function isPoint(text: string): boolean {
  const bytes = decodeBase64url(text)
  if (bytes?.length !== POINT_BYTES || bytes[0] !== 4) return false
  const curve = createECDH('prime256v1')
  curve.generateKeys()
  try {
    curve.computeSecret(bytes)
    return true
  } catch {
    return false
  }
}

function keyOf(scalar: Uint8Array | undefined): PushKey {
  if (scalar?.length !== SCALAR_BYTES) throw new Error('no key')
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(scalar)
  return { publicKey: curve.getPublicKey('base64url'), privateKey: encodeBase64url(scalar) }
}
