// How IndexedDB holds this phone's keys: for the page (identity.ts) and for the service worker, which has no DOM.
import { KEY_BYTES, type KeyPair, keyPairOf } from '../../protocol/channel/keys.ts'

export const DATABASE = 'otg'
export const STORE = 'identities'

export interface Identity {
  hostKey: Uint8Array
  keys: KeyPair
  /** The host's name; empty until it has granted access. */
  hostName: string
  /** The code that both screens show during pairing. */
  code: string
}

/** How the key of a locked page is encrypted (lock/sealing.ts). */
export interface Seal {
  kind: 'pin' | 'passkey'
  salt: Uint8Array
  /** The passkey's. */
  credential?: Uint8Array
  nonce: Uint8Array
  sealed: Uint8Array
  /** Wrong PINs in a row. */
  tries: number
  /** The page locks itself after as many without use. */
  minutes: number
}

/** An identity whose key is encrypted. */
export interface LockedIdentity {
  hostKey: Uint8Array
  hostName: string
  /** As in `Identity`; '' once it has been paired. */
  code: string
  seal: Seal
}

export function packLocked({ hostKey, hostName, code, seal }: LockedIdentity) {
  return { host_key: hostKey, host_name: hostName, ...(code !== '' && { code }), seal }
}

/** Undefined if the identity is missing, malformed or not locked. */
export function unpackLocked(value: unknown): LockedIdentity | undefined {
  const { host_key, host_name, code = '', seal } = (value ?? {}) as Record<string, unknown>
  if (!isKey(host_key) || typeof host_name !== 'string' || typeof code !== 'string') return undefined
  if (typeof seal !== 'object' || seal === null) return undefined
  return { hostKey: host_key, hostName: host_name, code, seal: seal as Seal }
}

/** The stored form. */
interface Stored {
  host_key: Uint8Array
  secret_key: Uint8Array
  host_name: string
  code: string
}

export function pack({ hostKey, keys, hostName, code }: Identity): Stored {
  return { host_key: hostKey, secret_key: keys.secretKey, host_name: hostName, code }
}

/** Undefined if it is missing or malformed. */
export function unpack(value: unknown): Identity | undefined {
  const { host_key, secret_key, host_name, code } = (value ?? {}) as Partial<Record<keyof Stored, unknown>>
  if (!isKey(host_key) || !isKey(secret_key)) return undefined
  if (typeof host_name !== 'string' || typeof code !== 'string') return undefined
  return { hostKey: host_key, keys: pairOf(secret_key), hostName: host_name, code }
}

/** Computing the public key takes a phone some milliseconds, and only opening a connection needs it. */
function pairOf(secretKey: Uint8Array): KeyPair {
  let publicKey: Uint8Array | undefined
  return {
    secretKey,
    get publicKey() {
      publicKey ??= keyPairOf(secretKey).publicKey
      return publicKey
    },
  }
}

function isKey(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === KEY_BYTES
}
