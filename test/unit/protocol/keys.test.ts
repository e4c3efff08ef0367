// Keys as bytes and as text.
import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeBase64url,
  encodeBase64url,
  generateKeyPair,
  generateSecret,
  keyPairOf,
  pairingFragment,
  parsePairingFragment,
  sharedSecret,
} from '../../../protocol/channel/keys.ts'
import { scaledRuns } from '../../support/repeat.ts'

/** What precedes the 32 bytes of a secret key in PKCS #8 (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')

function nodeSecret(bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8, bytes]), format: 'der', type: 'pkcs8' })
}

function nodePublic(secret: Uint8Array): Uint8Array {
  return Uint8Array.from(createPublicKey(nodeSecret(secret)).export({ format: 'der', type: 'spki' }).subarray(-32))
}

describe('base64url', () => {
  it('writes what Node writes, and reads it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
        const text = encodeBase64url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect(decodeBase64url(text)).toEqual(Uint8Array.from(bytes))
      }),
    )
  })

  it('rejects everything else', () => {
    for (const text of ['A', 'AB', 'AAAAA', 'AA==', 'AA=', 'A A', 'AA\n', '++++', '////', 'ÄAAA', 'AAA💥', 'A.AA']) {
      expect(decodeBase64url(text), text).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        const bytes = decodeBase64url(text)
        if (bytes) expect(encodeBase64url(bytes)).toBe(text)
      }),
    )
  })
})

describe('key pairs', () => {
  it('agree as in RFC 7748, sections 5.2 and 6.1', () => {
    const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
    expect(
      sharedSecret(
        hex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4'),
        hex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c'),
      ),
    ).toEqual(hex('c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552'))
    // The top bit of the point is ignored.
    expect(
      sharedSecret(
        hex('4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d'),
        hex('e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493'),
      ),
    ).toEqual(hex('95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957'))
    const bob = keyPairOf(hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'))
    expect(bob.publicKey).toEqual(hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'))
  })

  it('agree with what Node computes for any keys', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (one, two) => {
          const [mine, other] = [keyPairOf(one), keyPairOf(two)]
          expect(mine.publicKey).toEqual(nodePublic(one))
          const theirs = diffieHellman({ privateKey: nodeSecret(one), publicKey: createPublicKey(nodeSecret(two)) })
          expect(sharedSecret(mine.secretKey, other.publicKey)).toEqual(Uint8Array.from(theirs))
        },
      ),
      scaledRuns(200),
    )
  })

  it('are derived from their secret key, and agree', () => {
    const [a, b] = [generateKeyPair(), generateKeyPair()]
    expect(keyPairOf(a.secretKey)).toEqual(a)
    expect(a.secretKey).not.toEqual(b.secretKey)
    expect(sharedSecret(a.secretKey, b.publicKey)).toEqual(sharedSecret(b.secretKey, a.publicKey))
    expect(() => keyPairOf(new Uint8Array(31))).toThrow()
    expect(generateSecret()).toHaveLength(32)
    expect(generateSecret()).not.toEqual(generateSecret())
  })
})

describe('the fragment of a pairing link', () => {
  const hostKey = generateKeyPair().publicKey
  const secret = generateSecret()
  const fragment = pairingFragment({ hostKey, secret })

  it('contains the host key and the secret', () => {
    expect(fragment).toMatch(/^#v1\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}$/)
    expect(parsePairingFragment(fragment)).toEqual({ hostKey, secret })
    expect(() => pairingFragment({ hostKey, secret: secret.subarray(1) })).toThrow(RangeError)
  })

  it('is rejected when anything in it differs', () => {
    const [, key, psk] = fragment.split('.')
    const others = ['', '#', '#v1', '#v1..', `v1.${key}.${psk}`, `#v2.${key}.${psk}`, `#V1.${key}.${psk}`]
    others.push(`${fragment}.`, `${fragment}=`, `${fragment} `, ` ${fragment}`, `#v1.${key}`, `#v1.${key}.${psk}A`)
    others.push(
      `#v1.${key}.${psk!.slice(1)}`,
      `#v1.${key}.${psk!.slice(0, -1)}-`,
      `#v1.${encodeURIComponent(`${key}.`)}`,
    )
    for (const other of others) expect(parsePairingFragment(other), other).toBeUndefined()
  })

  it('parses to what it was written from, or to nothing', () => {
    const part = fc.oneof(fc.uint8Array({ minLength: 30, maxLength: 34 }).map(encodeBase64url), fc.string())
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.tuple(fc.constantFrom('#v1', '#v2', 'v1', ''), part, part).map(parts => parts.join('.')),
      fc
        .tuple(fc.nat(fragment.length), fc.string({ maxLength: 3 }))
        .map(([at, put]) => fragment.slice(0, at) + put + fragment.slice(at + 1)),
    )
    fc.assert(
      fc.property(text, text => {
        const pairing = parsePairingFragment(text)
        if (pairing) expect(pairingFragment(pairing)).toBe(text)
      }),
      scaledRuns(2_000),
    )
  })
})
