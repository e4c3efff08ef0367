// The channel's cryptography by Node's crypto module, several times as fast as in JavaScript.
import crypto from 'node:crypto'
import { SUITE, type Suite, TAG_BYTES } from '../../../protocol/channel/noise.ts'

const CIPHER = 'chacha20-poly1305'
/** Below this, calling OpenSSL costs more than it saves: a keystroke's frame is faster in JavaScript. */
const NATIVE_BYTES = 1024

// The prefixes that turn raw X25519 keys into the DER that createPrivateKey and createPublicKey take (RFC 8410).
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI = Buffer.from('302a300506032b656e032100', 'hex')

/** Electron's crypto (BoringSSL) has no ChaCha20-Poly1305; there only X25519 is native. */
const ciphers = crypto.getCiphers().includes(CIPHER)

export const NATIVE_SUITE: Suite = {
  ...SUITE,
  dh(secretKey, publicKey) {
    const privateKey = crypto.createPrivateKey({ key: Buffer.concat([PKCS8, secretKey]), format: 'der', type: 'pkcs8' })
    const key = crypto.createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' })
    // Throws for low-order points, as the JavaScript suite does.
    return crypto.diffieHellman({ privateKey, publicKey: key })
  },
  encrypt(key, n, ad, plaintext) {
    if (!ciphers || plaintext.length < NATIVE_BYTES) return SUITE.encrypt(key, n, ad, plaintext)
    const cipher = crypto.createCipheriv(CIPHER, key, nonceOf(n), { authTagLength: TAG_BYTES })
    if (ad.length > 0) cipher.setAAD(ad, { plaintextLength: plaintext.length })
    const body = cipher.update(plaintext)
    cipher.final()
    // Not zeroed, because it is filled; not from the shared pool, because the receiver owns it.
    const sealed = Buffer.allocUnsafeSlow(body.length + TAG_BYTES)
    sealed.set(body)
    sealed.set(cipher.getAuthTag(), body.length)
    return sealed
  },
  decrypt(key, n, ad, ciphertext, out) {
    const length = ciphertext.length - TAG_BYTES
    if (!ciphers || length < NATIVE_BYTES) return SUITE.decrypt(key, n, ad, ciphertext, out)
    const decipher = crypto.createDecipheriv(CIPHER, key, nonceOf(n), { authTagLength: TAG_BYTES })
    if (ad.length > 0) decipher.setAAD(ad, { plaintextLength: length })
    decipher.setAuthTag(ciphertext.subarray(length))
    const plaintext = decipher.update(ciphertext.subarray(0, length))
    decipher.final() // throws if the tag does not match
    return plaintext
  },
}

function nonceOf(n: bigint): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64LE(n, 4)
  return nonce
}
