// Signatures of the update feed, in minisign's format (https://jedisct1.github.io/minisign): Ed25519 with one of the keys that are
// built in. A signed feed names the SHA-512 of each package, so the signature covers the packages, too.
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { blake2b } from '@noble/hashes/blake2.js'
import { CodedError } from '../../../protocol/errors.ts'

export interface ReleaseKey {
  /** Eight bytes that tell keys apart. */
  id: Buffer
  key: KeyObject
}

/** What the signer vouches for, from the signature's trusted comment. */
export interface SignedFeed {
  version: string
}

/** The name of this program in trusted comments: a key may sign for others, too. */
export const SIGNED_APP = 'on-the-go'

/** The beginning of an Ed25519 key in DER (RFC 8410, section 10.1). */
const DER = Buffer.from('302a300506032b6570032100', 'hex')

const ALGORITHM_BYTES = 2
const ID_BYTES = 8
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64

/** The content itself is signed, or its BLAKE2b-512. */
const LEGACY = 'Ed'
const PREHASHED = 'ED'

/** Throws if it is not a public key of minisign. */
export function parseReleaseKey(text: string): ReleaseKey {
  const bytes = decodeBase64(text.trim(), ALGORITHM_BYTES + ID_BYTES + KEY_BYTES)
  if (!bytes || bytes.toString('latin1', 0, ALGORITHM_BYTES) !== LEGACY) throw new Error(`${text} is not a release key`)
  const id = bytes.subarray(ALGORITHM_BYTES, ALGORITHM_BYTES + ID_BYTES)
  const raw = bytes.subarray(ALGORITHM_BYTES + ID_BYTES)
  return { id, key: createPublicKey({ key: Buffer.concat([DER, raw]), format: 'der', type: 'spki' }) }
}

/** The trusted comment of a valid signature; undefined: it is none, or by another key. */
export function verifiedComment(
  content: Uint8Array,
  signature: string,
  keys: readonly ReleaseKey[],
): string | undefined {
  const [, encoded = '', comment = '', global = '', ...rest] = signature.replace(/\r?\n$/, '').split(/\r?\n/)
  const bytes = decodeBase64(encoded, ALGORITHM_BYTES + ID_BYTES + SIGNATURE_BYTES)
  const globalBytes = decodeBase64(global, SIGNATURE_BYTES)
  const trusted = /^trusted comment: (.*)$/.exec(comment)?.[1]
  if (!bytes || !globalBytes || trusted === undefined || rest.length > 0) return undefined
  const algorithm = bytes.toString('latin1', 0, ALGORITHM_BYTES)
  const id = bytes.subarray(ALGORITHM_BYTES, ALGORITHM_BYTES + ID_BYTES)
  const signed = bytes.subarray(ALGORITHM_BYTES + ID_BYTES)
  // Electron's crypto has no BLAKE2b-512.
  const message = algorithm === PREHASHED ? blake2b(content) : algorithm === LEGACY ? content : undefined
  if (!message) return undefined
  const isValid = keys.some(
    release =>
      release.id.equals(id) &&
      verify(null, message, release.key, signed) &&
      verify(null, Buffer.concat([signed, Buffer.from(trusted)]), release.key, globalBytes),
  )
  return isValid ? trusted : undefined
}

/**
 * Checks the feed `file` against its signature. Throws `update_unavailable` unless it was signed by one of the keys for this
 * program and file name, and is still valid at `now`.
 */
export function verifyFeed(
  content: Uint8Array,
  signature: string,
  { file, keys, now }: { file: string; keys: readonly ReleaseKey[]; now: number },
): SignedFeed {
  const comment = verifiedComment(content, signature, keys)
  if (comment === undefined) throw new CodedError('update_unavailable', 'the feed is not signed with a key of this app')
  const fields = new Map(
    comment.split('\t').map(field => {
      const colon = field.indexOf(':')
      return [field.slice(0, colon), field.slice(colon + 1)] as const
    }),
  )
  const [version, expires] = [fields.get('version'), Date.parse(fields.get('expires') ?? '')]
  // Otherwise the feed of another system, or of another program, could be put in its place.
  if (fields.get('app') !== SIGNED_APP || fields.get('file') !== file || !version)
    throw new CodedError('update_unavailable', 'the signature of the feed is for another file')
  // Otherwise a server could withhold new versions for ever.
  if (!(now < expires)) throw new CodedError('update_unavailable', 'the signature of the feed has expired')
  return { version }
}

/** Strictly: the only encoding of exactly this many bytes. */
function decodeBase64(text: string, size: number): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === size && bytes.toString('base64') === text ? bytes : undefined
}
