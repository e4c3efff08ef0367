// The six digits that a person compares on two screens during pairing, and the exchange that they are made from.
//
// The QR code can be seen by more than one phone, so the digits have to show which phone the host is talking to. Both sides
// contribute 32 random bytes, and the host commits to its own before it knows the phone's, as in ZRTP (RFC 6189, 4.4.1.1) and
// Bluetooth's numeric comparison:
//
//   host   → phone   SHA-256(label, host's contribution)   in the second handshake message
//   phone  → host    phone's contribution                  in the first transport message: it spends the pairing secret
//   host   → phone   host's contribution                   after that; the phone checks it
//
// The digits also cover the handshake's hash, and with it both sides' keys. When a side can compute the digits, it has sent
// everything of its own that they are made from. One try is one guess, and a try spends the secret.
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'

export const CONTRIBUTION_BYTES = 32
export const COMMITMENT_BYTES = 32

export function newContribution(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(CONTRIBUTION_BYTES))
}

export function commitmentTo(contribution: Uint8Array): Uint8Array {
  return sha256(concatBytes(utf8ToBytes('otg pairing commitment'), contribution))
}

/** Whether `contribution` is what its owner has committed to. Both are public by now, so the time it takes reveals nothing. */
export function keepsCommitment(contribution: Uint8Array, commitment: Uint8Array): boolean {
  return commitmentTo(contribution).every((byte, i) => byte === commitment[i])
}

export interface CodeInput {
  handshakeHash: Uint8Array
  /** The contributions. */
  phone: Uint8Array
  host: Uint8Array
}

/** Six digits: 19.9 bits. */
export function shortCode({ handshakeHash, phone, host }: CodeInput): string {
  const digest = sha256(concatBytes(utf8ToBytes('otg pairing code'), handshakeHash, phone, host))
  // 48 bits, so that the remainder favors no code by more than one part in 2^28.
  const number = digest.subarray(0, 6).reduce((sum, byte) => sum * 256 + byte, 0)
  return String(number % 1_000_000).padStart(6, '0')
}
