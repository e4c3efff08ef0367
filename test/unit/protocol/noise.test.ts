// Noise against the published vectors, and what has to fail.
import { readFileSync } from 'node:fs'
import { gcm } from '@noble/ciphers/aes.js'
import { blake2s } from '@noble/hashes/blake2.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateKeyPair, type KeyPair, keyPairOf } from '../../../protocol/channel/keys.ts'
import {
  CipherState,
  HandshakeState,
  IK,
  IKPSK1,
  MAX_NONCE,
  NOISE_CODES,
  type Pattern,
  SUITE,
  type Suite,
  SymmetricState,
  type Token,
} from '../../../protocol/channel/noise.ts'
import { scaledRuns } from '../../support/repeat.ts'

interface Vector {
  protocol_name: string
  init_prologue: string
  init_static?: string
  init_ephemeral: string
  init_remote_static?: string
  init_psks?: string[]
  resp_prologue: string
  resp_static?: string
  resp_ephemeral: string
  resp_remote_static?: string
  resp_psks?: string[]
  handshake_hash?: string
  messages: { payload: string; ciphertext: string }[]
  _source: string
}

const VECTORS = (
  JSON.parse(readFileSync(new URL('../../data/noise-vectors.json', import.meta.url), 'utf8')) as { vectors: Vector[] }
).vectors

const NOBODY = { initiator: false, responder: false }
const XX: Pattern = { name: 'XX', known: NOBODY, messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']] }
const NN: Pattern = { name: 'NN', known: NOBODY, messages: [['e'], ['e', 'ee']] }
const NK: Pattern = {
  name: 'NK',
  known: IK.known,
  messages: [
    ['e', 'es'],
    ['e', 'ee'],
  ],
}
const KK: Pattern = {
  name: 'KK',
  known: { initiator: true, responder: true },
  messages: [
    ['e', 'es', 'ss'],
    ['e', 'ee', 'se'],
  ],
}

/** Section 9.4: psk0 is at the start of the first message, pskN at the end of the Nth. */
function withPsk(pattern: Pattern, at: number): Pattern {
  const messages = pattern.messages.map((tokens, i): readonly Token[] => {
    if (at === 0 && i === 0) return ['psk', ...tokens]
    return at === i + 1 ? [...tokens, 'psk'] : tokens
  })
  return { ...pattern, name: `${pattern.name}psk${at}`, messages }
}

function patternNamed(name: string): Pattern {
  const ours = [IK, IKPSK1].find(pattern => pattern.name === name)
  if (ours) return ours
  const [, base, at] = /^([A-Z]+)(?:psk(\d))?$/.exec(name)!
  const pattern = [IK, XX, NN, NK, KK].find(known => known.name === base)!
  return at === undefined ? pattern : withPsk(pattern, Number(at))
}

/** Section 12.4: AESGCM's nonce is big-endian. */
function gcmNonce(n: bigint): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(4, n)
  return nonce
}

function suiteNamed(cipher: string, hash: string): Suite {
  return {
    ...SUITE,
    name: `25519_${cipher}_${hash}`,
    hash: hash === 'BLAKE2s' ? blake2s : sha256,
    ...(cipher === 'AESGCM' && {
      encrypt: (key, n, ad, plaintext) => gcm(key, gcmNonce(n), ad).encrypt(plaintext),
      decrypt: (key, n, ad, ciphertext) => gcm(key, gcmNonce(n), ad).decrypt(ciphertext),
    }),
  }
}

const pairFrom = (hex: string | undefined) => (hex === undefined ? undefined : keyPairOf(hexToBytes(hex)))
const bytesFrom = (hex: string | undefined) => (hex === undefined ? undefined : hexToBytes(hex))
/** The suite with this ephemeral key. */
const drawing = (suite: Suite, ephemeral: string): Suite => ({ ...suite, generate: () => pairFrom(ephemeral)! })

describe('case 1: the published vectors', () => {
  it('are complete and include both of our suites', () => {
    expect(VECTORS).toHaveLength(42)
    const names = VECTORS.map(vector => vector.protocol_name)
    expect(names).toContain(`Noise_${IK.name}_${SUITE.name}`)
    expect(names).toContain(`Noise_${IKPSK1.name}_${SUITE.name}`)
  })

  for (const vector of VECTORS) {
    const [, patternName, , cipher, hash] = vector.protocol_name.split('_')
    it(`match ${vector.protocol_name} (${vector._source})`, () => {
      const pattern = patternNamed(patternName!)
      const suite = suiteNamed(cipher!, hash!)
      const ends = [
        new HandshakeState({
          pattern,
          initiator: true,
          prologue: hexToBytes(vector.init_prologue),
          staticKey: pairFrom(vector.init_static),
          remoteStatic: bytesFrom(vector.init_remote_static),
          psk: bytesFrom(vector.init_psks?.[0]),
          suite: drawing(suite, vector.init_ephemeral),
        }),
        new HandshakeState({
          pattern,
          initiator: false,
          prologue: hexToBytes(vector.resp_prologue),
          staticKey: pairFrom(vector.resp_static),
          remoteStatic: bytesFrom(vector.resp_remote_static),
          psk: bytesFrom(vector.resp_psks?.[0]),
          suite: drawing(suite, vector.resp_ephemeral),
        }),
      ] as const
      const handshakeMessages = vector.messages.slice(0, pattern.messages.length)
      handshakeMessages.forEach(({ payload, ciphertext }, i) => {
        const message = ends[i % 2]!.writeMessage(hexToBytes(payload))
        expect(bytesToHex(message)).toBe(ciphertext)
        expect(bytesToHex(ends[(i + 1) % 2]!.readMessage(message))).toBe(payload)
      })
      for (const end of ends) {
        expect(end.done).toBe(true)
        if (vector.handshake_hash) expect(bytesToHex(end.handshakeHash)).toBe(vector.handshake_hash)
      }
      const keys = ends.map(end => end.split())
      vector.messages.slice(pattern.messages.length).forEach(({ payload, ciphertext }, i) => {
        const from = (pattern.messages.length + i) % 2
        const message = keys[from]!.send.encrypt(hexToBytes(payload))
        expect(bytesToHex(message)).toBe(ciphertext)
        expect(bytesToHex(keys[1 - from]!.receive.decrypt(message))).toBe(payload)
      })
    })
  }
})

const PROLOGUE = Uint8Array.of(1, 2, 3)
const host = generateKeyPair()
const phone = generateKeyPair()
const secret = new Uint8Array(32).fill(5)

function initiator(psk?: Uint8Array, more: { prologue?: Uint8Array; suite?: Suite; remoteStatic?: Uint8Array } = {}) {
  const pattern = psk ? IKPSK1 : IK
  const base = { pattern, initiator: true, prologue: PROLOGUE, staticKey: phone, remoteStatic: host.publicKey, psk }
  return new HandshakeState({ ...base, ...more })
}

function responder(psk?: Uint8Array, more: { prologue?: Uint8Array; suite?: Suite; pattern?: Pattern } = {}) {
  const pattern = psk ? IKPSK1 : IK
  return new HandshakeState({ pattern, initiator: false, prologue: PROLOGUE, staticKey: host, psk, ...more })
}

const code = (step: () => unknown): string => {
  try {
    step()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'nothing was thrown'
}

describe('a handshake', () => {
  it('fails with another prologue, pattern, psk or host key', () => {
    expect(
      code(() => responder(undefined, { prologue: Uint8Array.of(9) }).readMessage(initiator().writeMessage())),
    ).toBe(NOISE_CODES.decrypt)
    expect(code(() => responder(secret).readMessage(initiator().writeMessage()))).toBe(NOISE_CODES.decrypt)
    expect(code(() => responder().readMessage(initiator(secret).writeMessage()))).toBe(NOISE_CODES.decrypt)
    expect(code(() => responder(secret).readMessage(initiator(new Uint8Array(32)).writeMessage()))).toBe(
      NOISE_CODES.decrypt,
    )
    const elsewhere = initiator(undefined, { remoteStatic: generateKeyPair().publicKey })
    expect(code(() => responder().readMessage(elsewhere.writeMessage()))).toBe(NOISE_CODES.decrypt)
  })

  it('requires turns, and accepts nothing after an error', () => {
    expect(code(() => responder().writeMessage())).toBe(NOISE_CODES.message)
    const one = initiator()
    const message = one.writeMessage()
    expect(code(() => one.writeMessage())).toBe(NOISE_CODES.message)
    const other = responder()
    expect(code(() => other.readMessage(message.subarray(1)))).toBe(NOISE_CODES.decrypt)
    expect(code(() => other.readMessage(message))).toBe(NOISE_CODES.message)
    expect(code(() => other.split())).toBe(NOISE_CODES.message)
    expect(code(() => responder().handshakeHash)).toBe(NOISE_CODES.message)
  })

  it('requires keys of 32 bytes, and every key that its pattern names', () => {
    expect(code(() => initiator(undefined, { remoteStatic: new Uint8Array(31) }))).toBe(NOISE_CODES.key)
    expect(code(() => initiator(new Uint8Array(33)).writeMessage())).toBe(NOISE_CODES.key)
    expect(code(() => responder(secret, {}).readMessage(new Uint8Array(20)))).toBe(NOISE_CODES.message)
    const nobody = new HandshakeState({
      pattern: IK,
      initiator: true,
      prologue: PROLOGUE,
      remoteStatic: host.publicKey,
    })
    expect(code(() => nobody.writeMessage())).toBe(NOISE_CODES.key)
  })

  it('tries several psks on clones, and computes the costly part once', () => {
    let computations = 0
    const counting: Suite = {
      ...SUITE,
      dh(mine, theirs) {
        computations++
        return SUITE.dh(mine, theirs)
      },
    }
    const one = initiator(secret)
    const begun = new HandshakeState({
      pattern: IKPSK1,
      initiator: false,
      prologue: PROLOGUE,
      staticKey: host,
      suite: counting,
    })
    begun.readToPsk(one.writeMessage())
    expect(computations).toBe(2)
    const wrong = begun.clone()
    expect(code(() => wrong.readFromPsk(new Uint8Array(32)))).toBe(NOISE_CODES.decrypt)
    const right = begun.clone()
    right.readFromPsk(secret)
    expect(computations).toBe(2)
    expect(right.remoteStatic).toEqual(phone.publicKey)
    one.readMessage(right.writeMessage())
    expect(one.handshakeHash).toEqual(right.handshakeHash)
    const [a, b] = [one.split(), right.split()]
    expect(b.receive.decrypt(a.send.encrypt(PROLOGUE))).toEqual(PROLOGUE)
  })

  it('has independent clones, even halfway through', () => {
    const begun = responder()
    begun.readMessage(initiator().writeMessage())
    const copy = begun.clone()
    begun.writeMessage()
    begun.split()
    expect(copy.done).toBe(false)
    expect(copy.writeMessage()).toHaveLength(48)
  })

  it('case 2: fails with a flipped bit anywhere', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.boolean(), fc.integer({ min: 0, max: 96 * 8 - 1 }), (psk, bit) => {
        const message = initiator(psk ? secret : undefined).writeMessage()
        message[bit >> 3]! ^= 1 << (bit & 7)
        expect(code(() => responder(psk ? secret : undefined).readMessage(message))).toBe(NOISE_CODES.decrypt)
      }),
      scaledRuns(60),
    )
  })
})

/** Keys whose shared secret is zero for any other key (https://cr.yp.to/ecdh.html#validate). */
const LOW_ORDER_POINTS = [
  // 0, 1, the two of order 8, and p - 1
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  // p and p + 1: other encodings of 0 and 1
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].flatMap(hex => {
  // The top bit is ignored (RFC 7748 section 5), so each comes twice.
  const [point, masked] = [hexToBytes(hex), hexToBytes(hex)]
  masked[31]! |= 0x80
  return [point, masked]
})

/** A library that returns zeros for points of low order, as RFC 7748 allows, without an error. */
const CARELESS: Suite = {
  ...SUITE,
  dh: (mine, theirs) =>
    LOW_ORDER_POINTS.some(point => bytesToHex(point) === bytesToHex(theirs))
      ? new Uint8Array(32)
      : SUITE.dh(mine, theirs),
}

/** Message 1 of IK from an attacker who knows that a DH gives zeros. */
function lowOrderMessage(ephemeral: Uint8Array, staticKey: KeyPair, ss: Uint8Array): Uint8Array {
  const symmetric = new SymmetricState(SUITE, `Noise_IK_${SUITE.name}`)
  symmetric.mixHash(PROLOGUE)
  symmetric.mixHash(host.publicKey)
  symmetric.mixHash(ephemeral)
  symmetric.mixKey(new Uint8Array(32))
  const encryptedStatic = symmetric.encryptAndHash(staticKey.publicKey)
  symmetric.mixKey(ss)
  const payload = symmetric.encryptAndHash(new Uint8Array(0))
  return Uint8Array.from([...ephemeral, ...encryptedStatic, ...payload])
}

describe('case 3: points of low order', () => {
  it.each(LOW_ORDER_POINTS.map(point => [bytesToHex(point), point] as const))('%s is rejected', (_, point) => {
    for (const suite of [SUITE, CARELESS]) {
      const ss = SUITE.dh(phone.secretKey, host.publicKey)
      // As the ephemeral key of a message that is otherwise correct.
      const ephemeral = lowOrderMessage(point, phone, ss)
      expect(code(() => responder(undefined, { suite }).readMessage(ephemeral))).toBe(NOISE_CODES.key)
      // As the host's key.
      expect(code(() => initiator(undefined, { suite, remoteStatic: point }).writeMessage())).toBe(NOISE_CODES.key)
      // As the host's ephemeral key.
      const one = initiator(undefined, { suite })
      one.writeMessage()
      expect(code(() => one.readMessage(Uint8Array.from([...point, ...new Uint8Array(16)])))).toBe(NOISE_CODES.key)
      // As the phone's own key, which would let anyone impersonate it.
      const forger = new HandshakeState({
        pattern: IK,
        initiator: true,
        prologue: PROLOGUE,
        staticKey: { publicKey: point, secretKey: phone.secretKey },
        remoteStatic: host.publicKey,
      })
      expect(code(() => responder(undefined, { suite }).readMessage(forger.writeMessage()))).toBe(NOISE_CODES.key)
    }
  })
})

describe('case 9: nonces', () => {
  const key = () => new Uint8Array(32).fill(1)

  it('end before 2^64 - 1, for sending and for receiving', () => {
    const last = new CipherState(SUITE, key(), MAX_NONCE, MAX_NONCE - 1n)
    const message = last.encrypt(PROLOGUE)
    for (let i = 0; i < 3; i++) expect(code(() => last.encrypt(PROLOGUE))).toBe(NOISE_CODES.exhausted)
    const receiver = new CipherState(SUITE, key(), MAX_NONCE, MAX_NONCE - 1n)
    expect(receiver.decrypt(message)).toEqual(PROLOGUE)
    for (let i = 0; i < 3; i++) expect(code(() => receiver.decrypt(message))).toBe(NOISE_CODES.exhausted)
    // A higher limit than Noise's has no effect.
    const eager = new CipherState(SUITE, key(), 2n ** 70n, MAX_NONCE)
    expect(code(() => eager.encrypt(PROLOGUE))).toBe(NOISE_CODES.exhausted)
  })

  it('end at a lower limit', () => {
    const sender = new CipherState(SUITE, key(), 2n)
    const [first, second] = [sender.encrypt(PROLOGUE), sender.encrypt(PROLOGUE)]
    expect(bytesToHex(first)).not.toBe(bytesToHex(second))
    expect(code(() => sender.encrypt(PROLOGUE))).toBe(NOISE_CODES.exhausted)
  })

  it('are not used up by frames that do not decrypt', () => {
    const [sender, receiver] = [new CipherState(SUITE, key()), new CipherState(SUITE, key())]
    expect(code(() => receiver.decrypt(new Uint8Array(40)))).toBe(NOISE_CODES.decrypt)
    expect(code(() => receiver.decrypt(new Uint8Array(15)))).toBe(NOISE_CODES.message)
    expect(receiver.decrypt(sender.encrypt(PROLOGUE))).toEqual(PROLOGUE)
  })

  it('end when the key is wiped', () => {
    const sender = new CipherState(SUITE, key())
    sender.wipe()
    expect(code(() => sender.encrypt(PROLOGUE))).toBe(NOISE_CODES.exhausted)
  })
})
