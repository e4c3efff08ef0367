// Keys as bytes and as text. Knows nothing of handshakes.
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
} from '../../protocol/keys.ts'

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

  it('reads nothing else', () => {
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
  it('are made again from their secret key, and agree', () => {
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

  it('says who the host is and what the secret is', () => {
    expect(fragment).toMatch(/^#v1\.[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}$/)
    expect(parsePairingFragment(fragment)).toEqual({ hostKey, secret })
    expect(() => pairingFragment({ hostKey, secret: secret.subarray(1) })).toThrow(RangeError)
  })

  it('is refused when anything about it is different', () => {
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

  it('of any text is what it was written from, or nothing', () => {
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
      { numRuns: 2_000 },
    )
  })
})
