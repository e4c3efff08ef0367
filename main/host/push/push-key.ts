// The host's key for push services (VAPID, RFC 8292). A browser's subscription works only with the key it was made for.
import { createECDH, createHmac } from 'node:crypto'
import { decodeBase64url, encodeBase64url } from '../../../protocol/channel/keys.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { PLAIN_FILES, type SecretFiles } from '../files/secret-files.ts'
import type { Logger } from '../log/logger.ts'

/** An uncompressed point of P-256, and a scalar of it. */
export const POINT_BYTES = 65
const SCALAR_BYTES = 32

/** Maximum length of a topic (RFC 8030, section 5.4). */
const TOPIC_CHARACTERS = 32

export interface PushKey {
  /** base64url, as browsers and push services take them. */
  publicKey: string
  privateKey: string
}

/**
 * Reads the key, or generates one if the file is missing or damaged: phones notice a new key at their next visit and
 * subscribe again. Throws `data_dir_unusable`.
 */
export function readPushKey(file: string, log: Pick<Logger, 'error'>, files: SecretFiles = PLAIN_FILES): PushKey {
  try {
    return keyOf(decodeBase64url(files.read(file).trim()))
  } catch (error) {
    if (error instanceof CodedError) throw error
    const { code } = error as NodeJS.ErrnoException
    // Not the error itself, which may quote the file.
    if (code !== 'ENOENT') log.error({ code }, 'the key for push services cannot be used and is replaced')
  }
  const curve = createECDH('prime256v1')
  curve.generateKeys()
  // Node omits leading zeros.
  const scalar = Buffer.alloc(SCALAR_BYTES)
  const privateKey = curve.getPrivateKey()
  privateKey.copy(scalar, SCALAR_BYTES - privateKey.length)
  files.write(file, `${encodeBase64url(scalar)}\n`)
  return keyOf(scalar)
}

/**
 * The topic, by which a later notification of a session replaces an earlier one that was not delivered. It does not tell a
 * push service which session that is, nor that two devices are notified of the same one.
 */
export function topicOf(key: PushKey, device_id: string, session_id: string): string {
  const mac = createHmac('sha256', key.privateKey).update(`topic\0${device_id}\0${session_id}`).digest('base64url')
  return mac.slice(0, TOPIC_CHARACTERS)
}

/** Whether this is a point of the curve, encoded as browsers do. */
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
  if (scalar?.length !== SCALAR_BYTES) throw new Error('not a key')
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(scalar)
  return { publicKey: curve.getPublicKey('base64url'), privateKey: encodeBase64url(scalar) }
}
