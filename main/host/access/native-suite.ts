// The channel's functions as Node's crypto has them, several times as fast as those in JavaScript. Knows no handshake.
import crypto from 'node:crypto'
import { SUITE, type Suite, TAG_BYTES } from '../../../protocol/channel/noise.ts'

const CIPHER = 'chacha20-poly1305'
/** Below this, calling OpenSSL costs more than it saves: a keystroke's frame is done sooner in JavaScript. */
const NATIVE_BYTES = 1024

// X25519 keys in the only shape that createPrivateKey and createPublicKey take raw ones in (RFC 8410).
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI = Buffer.from('302a300506032b656e032100', 'hex')

/** Electron's crypto (BoringSSL) has no ChaCha20-Poly1305; then that stays in JavaScript, and X25519 is native all the same. */
const ciphers = crypto.getCiphers().includes(CIPHER)

export const NATIVE_SUITE: Suite = {
  ...SUITE,
  dh(secretKey, publicKey) {
    const privateKey = crypto.createPrivateKey({ key: Buffer.concat([PKCS8, secretKey]), format: 'der', type: 'pkcs8' })
    const key = crypto.createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' })
    // Throws on points of low order, as the other one does.
    return crypto.diffieHellman({ privateKey, publicKey: key })
  },
  encrypt(key, n, ad, plaintext) {
    if (!ciphers || plaintext.length < NATIVE_BYTES) return SUITE.encrypt(key, n, ad, plaintext)
    const cipher = crypto.createCipheriv(CIPHER, key, nonceOf(n), { authTagLength: TAG_BYTES })
    if (ad.length > 0) cipher.setAAD(ad, { plaintextLength: plaintext.length })
    const body = cipher.update(plaintext)
    cipher.final()
    // Not zeroed first, and not out of a shared pool: it is filled to the end and given away.
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
    decipher.final() // throws when the tag does not fit
    return plaintext
  },
}

function nonceOf(n: bigint): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64LE(n, 4)
  return nonce
}
