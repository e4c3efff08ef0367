// The Noise Protocol Framework, revision 34, as far as IK and IKpsk1 need it. Section numbers are those of
// https://noiseprotocol.org/noise.html.

import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { type CHash, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { generateKeyPair, KEY_BYTES, type KeyPair, sharedSecret } from './keys.ts'

/** The longest Noise message (section 3). */
export const NOISE_MESSAGE_BYTES = 65_535

/** The tag that AEAD adds to every encrypted field (section 4.2). */
export const TAG_BYTES = 16

/** HASHLEN (section 4.3), here the same for every suite. */
const HASH_BYTES = 32

/** Nonces stop short of this one, which Noise reserves (section 5.1). */
export const MAX_NONCE = 2n ** 64n - 1n

export const NOISE_CODES = {
  /** A message too short or too long, or read or written out of turn. */
  message: 'noise_message',
  /** A tag that does not match: other keys, other transcript, or a changed byte. */
  decrypt: 'noise_decrypt',
  /** A key of the wrong length, one that is missing, or a point of low order. */
  key: 'noise_key',
  /** No nonces are left; nothing more is encrypted or decrypted with this key. */
  exhausted: 'noise_exhausted',
} as const

export class NoiseError extends Error {
  readonly code: (typeof NOISE_CODES)[keyof typeof NOISE_CODES]
  constructor(code: keyof typeof NOISE_CODES, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = NOISE_CODES[code]
  }
}

/**
 * The functions of section 4. SUITE is the default; there are others to run every test vector, and where a platform has
 * faster functions of the same name.
 */
export interface Suite {
  /** Names of DH, cipher and hash as in protocol names (section 8). */
  readonly name: string
  /** SHA-256 or BLAKE2s: HASHLEN is 32, so that a chaining key is as long as a key. */
  readonly hash: CHash
  generate(): KeyPair
  /** May throw on points of low order; an output of zeros is rejected in any case. */
  dh(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array
  encrypt(key: Uint8Array, n: bigint, ad: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** Throws when the tag does not match. May write to `out`, which may be the ciphertext less its tag. */
  decrypt(key: Uint8Array, n: bigint, ad: Uint8Array, ciphertext: Uint8Array, out?: Uint8Array): Uint8Array
}

/** ChaChaPoly's nonce: 32 bits of zeros and n in little-endian (section 12.3). */
function nonceOf(n: bigint): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(4, n, true)
  return nonce
}

export const SUITE: Suite = {
  name: '25519_ChaChaPoly_SHA256',
  hash: sha256,
  generate: generateKeyPair,
  dh: sharedSecret,
  encrypt: (key, n, ad, plaintext) => chacha20poly1305(key, nonceOf(n), ad).encrypt(plaintext),
  decrypt: (key, n, ad, ciphertext, out) => chacha20poly1305(key, nonceOf(n), ad).decrypt(ciphertext, out),
}

const EMPTY: Uint8Array = new Uint8Array(0)

/** Section 5.1, except that it always has a key: there is none of these while nothing is encrypted. */
export class CipherState {
  readonly #suite: Suite
  readonly #key: Uint8Array
  #n: bigint
  #limit: bigint

  /** `limit`: the first nonce that is no longer used. */
  constructor(suite: Suite, key: Uint8Array, limit = MAX_NONCE, n = 0n) {
    this.#suite = suite
    this.#key = key
    this.#limit = limit < MAX_NONCE ? limit : MAX_NONCE
    this.#n = n
  }

  encrypt(plaintext: Uint8Array, ad = EMPTY): Uint8Array {
    this.#check()
    // Incremented before use: even if it throws, no nonce is used twice.
    return this.#suite.encrypt(this.#key, this.#n++, ad, plaintext)
  }

  decrypt(ciphertext: Uint8Array, ad = EMPTY, out?: Uint8Array): Uint8Array {
    this.#check()
    if (ciphertext.length < TAG_BYTES) throw new NoiseError('message', 'shorter than a tag')
    let plaintext: Uint8Array
    try {
      plaintext = this.#suite.decrypt(this.#key, this.#n, ad, ciphertext, out)
    } catch (cause) {
      throw new NoiseError('decrypt', 'the tag does not match', cause)
    }
    this.#n++ // Not after a failure (section 5.1).
    return plaintext
  }

  clone(): CipherState {
    return new CipherState(this.#suite, this.#key.slice(), this.#limit, this.#n)
  }

  /** Erases the key; from now on everything throws `noise_exhausted`. */
  wipe(): void {
    this.#key.fill(0)
    this.#limit = 0n
  }

  #check(): void {
    if (this.#n >= this.#limit) throw new NoiseError('exhausted', 'no nonces are left')
  }
}

/** Section 5.2. */
export class SymmetricState {
  readonly #suite: Suite
  #chainingKey: Uint8Array
  #hash: Uint8Array
  #cipher: CipherState | undefined

  constructor(suite: Suite, protocolName: string) {
    this.#suite = suite
    const name = utf8ToBytes(protocolName)
    this.#hash = new Uint8Array(HASH_BYTES)
    if (name.length <= HASH_BYTES) this.#hash.set(name)
    else this.#hash = suite.hash(name)
    this.#chainingKey = this.#hash.slice()
  }

  get hash(): Uint8Array {
    return this.#hash
  }

  mixKey(material: Uint8Array): void {
    const [chainingKey, key] = this.#derive(material, 2)
    this.#chainingKey = chainingKey!
    this.#cipher = new CipherState(this.#suite, key!)
  }

  mixHash(data: Uint8Array): void {
    this.#hash = this.#suite.hash(concatBytes(this.#hash, data))
  }

  mixKeyAndHash(material: Uint8Array): void {
    const [chainingKey, hash, key] = this.#derive(material, 3)
    this.#chainingKey = chainingKey!
    this.mixHash(hash!)
    this.#cipher = new CipherState(this.#suite, key!)
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher ? this.#cipher.encrypt(plaintext, this.#hash) : plaintext
    this.mixHash(ciphertext)
    return ciphertext
  }

  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    const plaintext = this.#cipher ? this.#cipher.decrypt(ciphertext, this.#hash) : ciphertext
    this.mixHash(ciphertext)
    return plaintext
  }

  /** Whether the next field carries a tag. */
  get encrypts(): boolean {
    return this.#cipher !== undefined
  }

  /** One key per direction: the first for what the initiator sends. */
  split(limit?: bigint): [CipherState, CipherState] {
    const [first, second] = this.#derive(EMPTY, 2)
    this.#chainingKey.fill(0) // Both keys could be derived from it again.
    return [new CipherState(this.#suite, first!, limit), new CipherState(this.#suite, second!, limit)]
  }

  clone(): SymmetricState {
    const copy = new SymmetricState(this.#suite, '')
    copy.#chainingKey = this.#chainingKey.slice()
    copy.#hash = this.#hash
    copy.#cipher = this.#cipher?.clone()
    return copy
  }

  /** Section 4.3's HKDF is RFC 5869's with the chaining key as salt and no info. */
  #derive(material: Uint8Array, outputs: 2 | 3): Uint8Array[] {
    const bytes = hkdf(this.#suite.hash, material, this.#chainingKey, EMPTY, outputs * HASH_BYTES)
    return Array.from({ length: outputs }, (_, i) => bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES))
  }
}

export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk'

/** Section 7. `known`: whose static key the other side has in advance (a pre-message `s`). */
export interface Pattern {
  readonly name: string
  readonly known: { readonly initiator: boolean; readonly responder: boolean }
  readonly messages: readonly (readonly Token[])[]
}

/** Section 7.5. The initiator knows the responder's key and sends its own, encrypted, in the first message. */
export const IK: Pattern = {
  name: 'IK',
  known: { initiator: false, responder: true },
  messages: [
    ['e', 'es', 's', 'ss'],
    ['e', 'ee', 'se'],
  ],
}

/** Section 9.4. The same, but the first message decrypts only with the pre-shared key. */
export const IKPSK1: Pattern = {
  name: 'IKpsk1',
  known: IK.known,
  messages: [
    ['e', 'es', 's', 'ss', 'psk'],
    ['e', 'ee', 'se'],
  ],
}

export interface HandshakeOptions {
  pattern: Pattern
  initiator: boolean
  /** What both sides have to agree on without sending it (section 6). */
  prologue: Uint8Array
  staticKey?: KeyPair | undefined
  remoteStatic?: Uint8Array | undefined
  psk?: Uint8Array | undefined
  suite?: Suite | undefined
}

/** Section 5.3. Every error is final: a state that threw reads and writes no more messages. */
export class HandshakeState {
  readonly #options: HandshakeOptions
  readonly #suite: Suite
  readonly #hasPsk: boolean
  #symmetric: SymmetricState
  #ephemeral: KeyPair | undefined
  #remoteEphemeral: Uint8Array | undefined
  #remoteStatic: Uint8Array | undefined
  #next = 0
  /** What is left of the message that is being read. */
  #reading: { tokens: Token[]; bytes: Uint8Array } | undefined
  #failed = false

  constructor(options: HandshakeOptions) {
    const { pattern, initiator, prologue, staticKey, remoteStatic, suite = SUITE } = options
    this.#options = options
    this.#suite = suite
    this.#hasPsk = pattern.messages.some(tokens => tokens.includes('psk'))
    this.#remoteStatic = remoteStatic
    this.#symmetric = new SymmetricState(suite, `Noise_${pattern.name}_${suite.name}`)
    this.#symmetric.mixHash(prologue)
    const mine = staticKey?.publicKey
    if (pattern.known.initiator) this.#symmetric.mixHash(key(initiator ? mine : remoteStatic))
    if (pattern.known.responder) this.#symmetric.mixHash(key(initiator ? remoteStatic : mine))
  }

  /** Whether all messages were written and read, so that `split` can follow. */
  get done(): boolean {
    return !this.#failed && !this.#reading && this.#next === this.#options.pattern.messages.length
  }

  /** The other side's static key; undefined while it is unknown. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#remoteStatic
  }

  /** Identifies this run of the handshake (section 11.2); the same on both sides. Throws before it is `done`. */
  get handshakeHash(): Uint8Array {
    if (!this.done) throw new NoiseError('message', 'the handshake is not done')
    return this.#symmetric.hash.slice()
  }

  writeMessage(payload = EMPTY): Uint8Array {
    return this.#attempt(() => {
      const parts = this.#turn(true).map(token => this.#write(token))
      const message = concatBytes(...parts, this.#symmetric.encryptAndHash(payload))
      if (message.length > NOISE_MESSAGE_BYTES) throw new NoiseError('message', 'too long')
      return message
    })
  }

  /** Returns the payload. */
  readMessage(message: Uint8Array): Uint8Array {
    this.readToPsk(message)
    return this.readFromPsk()
  }

  /**
   * The first half of `readMessage`: everything before the message's psk, the costly DH included. With several psks, try
   * `readFromPsk` on a clone for each.
   */
  readToPsk(message: Uint8Array): void {
    this.#attempt(() => {
      if (message.length > NOISE_MESSAGE_BYTES) throw new NoiseError('message', 'too long')
      const tokens = [...this.#turn(false)]
      this.#reading = { tokens, bytes: message }
      while (tokens.length > 0 && tokens[0] !== 'psk') this.#read(tokens.shift()!)
    })
  }

  /** The second half: the rest of the message, and its payload. */
  readFromPsk(psk = this.#options.psk): Uint8Array {
    return this.#attempt(() => {
      if (!this.#reading) throw new NoiseError('message', 'no message is being read')
      for (const token of this.#reading.tokens) this.#read(token, psk)
      const payload = this.#symmetric.decryptAndHash(this.#reading.bytes)
      this.#reading = undefined
      return payload
    })
  }

  /** Section 5.2's Split, by direction. Erases the ephemeral key: from now on past messages stay secret. */
  split(limit?: bigint): { send: CipherState; receive: CipherState } {
    if (!this.done) throw new NoiseError('message', 'the handshake is not done')
    this.#failed = true
    this.#ephemeral?.secretKey.fill(0)
    const [first, second] = this.#symmetric.split(limit)
    return this.#options.initiator ? { send: first, receive: second } : { send: second, receive: first }
  }

  /** An independent copy: errors included, what happens to one does not affect the other. */
  clone(): HandshakeState {
    const copy = new HandshakeState(this.#options)
    copy.#symmetric = this.#symmetric.clone()
    copy.#ephemeral = this.#ephemeral && { ...this.#ephemeral, secretKey: this.#ephemeral.secretKey.slice() }
    copy.#remoteEphemeral = this.#remoteEphemeral
    copy.#remoteStatic = this.#remoteStatic
    copy.#next = this.#next
    copy.#reading = this.#reading && { tokens: [...this.#reading.tokens], bytes: this.#reading.bytes }
    copy.#failed = this.#failed
    return copy
  }

  #attempt<T>(step: () => T): T {
    if (this.#failed) throw new NoiseError('message', 'the handshake is over')
    try {
      return step()
    } catch (error) {
      this.#failed = true
      throw error
    }
  }

  /** The tokens of the next message; throws if it is not this side's turn to write, or to read. */
  #turn(writing: boolean): readonly Token[] {
    const isInitiators = this.#next % 2 === 0
    const tokens = this.#options.pattern.messages[this.#next]
    if (!tokens || this.#reading || (isInitiators === this.#options.initiator) !== writing) {
      throw new NoiseError('message', 'out of turn')
    }
    this.#next++
    return tokens
  }

  #write(token: Token): Uint8Array {
    if (token === 'e') {
      if (this.#ephemeral) throw new NoiseError('message', 'a second ephemeral key')
      this.#ephemeral = this.#suite.generate()
      this.#mixEphemeral(this.#ephemeral.publicKey)
      return this.#ephemeral.publicKey
    }
    if (token === 's') return this.#symmetric.encryptAndHash(key(this.#options.staticKey?.publicKey))
    this.#mix(token, this.#options.psk)
    return EMPTY
  }

  #read(token: Token, psk?: Uint8Array): void {
    if (token === 'e') {
      this.#remoteEphemeral = this.#take(KEY_BYTES).slice()
      this.#mixEphemeral(this.#remoteEphemeral)
    } else if (token === 's') {
      const bytes = this.#take(KEY_BYTES + (this.#symmetric.encrypts ? TAG_BYTES : 0))
      this.#remoteStatic = this.#symmetric.decryptAndHash(bytes).slice()
    } else this.#mix(token, psk)
  }

  /** With a psk in the pattern the ephemeral key is mixed into the key too (section 9.2), so that no two runs share one. */
  #mixEphemeral(publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey)
    if (this.#hasPsk) this.#symmetric.mixKey(publicKey)
  }

  /** In a two-letter token the first is the initiator's key, the second the responder's. */
  #mix(token: Exclude<Token, 'e' | 's'>, psk: Uint8Array | undefined): void {
    if (token === 'psk') return this.#symmetric.mixKeyAndHash(key(psk))
    const [own, other] = this.#options.initiator ? [token[0], token[1]] : [token[1], token[0]]
    const pair = own === 'e' ? this.#ephemeral : this.#options.staticKey
    const remote = other === 'e' ? this.#remoteEphemeral : this.#remoteStatic
    this.#symmetric.mixKey(this.#dh(key(pair?.secretKey), key(remote)))
  }

  /**
   * A point of low order gives zeros for any key of ours. Section 12.1 allows this check; it guarantees that both sides
   * contributed to the keys, whether or not the library checks too.
   */
  #dh(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
    let output: Uint8Array
    try {
      output = this.#suite.dh(secretKey, publicKey)
    } catch (cause) {
      throw new NoiseError('key', 'not a usable public key', cause)
    }
    let any = 0
    for (const byte of output) any |= byte
    if (any === 0) throw new NoiseError('key', 'a point of low order')
    return output
  }

  #take(length: number): Uint8Array {
    const { bytes } = this.#reading!
    if (bytes.length < length) throw new NoiseError('message', 'too short')
    this.#reading!.bytes = bytes.subarray(length)
    return bytes.subarray(0, length)
  }
}

function key(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes?.length !== KEY_BYTES) throw new NoiseError('key', 'a key is missing or not 32 bytes long')
  return bytes
}
