// What a phone shows in the request that opens its WebSocket: that it knows the host's public key, which is in pairing codes and
// never sent in the clear. It is no authentication. It lets the host tell its phones from strangers before a handshake is
// computed, as WireGuard's mac1 does (https://www.wireguard.com/papers/wireguard.pdf, section 5.3).

import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { decodeBase64url, encodeBase64url } from './keys.ts'

/** The parameter of the WebSocket's address. */
export const PROOF_PARAMETER = 'proof'

const CONTEXT = utf8ToBytes('otg upgrade 1')
/** Random, and never accepted twice. */
const NONCE_BYTES = 16
/** Of the HMAC: enough against guessing one within the life of a host. */
const MAC_BYTES = 16
const PROOF_BYTES = NONCE_BYTES + MAC_BYTES

/** Another one for each request: a host accepts each once. */
export function upgradeProof(hostKey: Uint8Array): string {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  return encodeBase64url(concatBytes(nonce, macOf(hostKey, nonce)))
}

/** The nonce of a proof for this host. Undefined: it is not one. */
export function proofNonce(hostKey: Uint8Array, proof: string): string | undefined {
  const bytes = proof.length <= 2 * PROOF_BYTES ? decodeBase64url(proof) : undefined
  if (bytes?.length !== PROOF_BYTES) return undefined
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const mac = macOf(hostKey, nonce)
  let difference = 0
  for (let i = 0; i < MAC_BYTES; i++) difference |= mac[i]! ^ bytes[NONCE_BYTES + i]!
  return difference === 0 ? encodeBase64url(nonce) : undefined
}

function macOf(hostKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return hmac(sha256, hostKey, concatBytes(CONTEXT, nonce)).subarray(0, MAC_BYTES)
}
