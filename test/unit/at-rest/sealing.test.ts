import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSealed, seal, sealedWith, unseal } from '../../../main/host/at-rest/sealing.ts'

const key = { id: 'abcd', key: randomBytes(32) }

describe('an encrypted file', () => {
  it('opens to the text that was written, and says which key it takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        const sealed = seal(text, '/data/host.key', key)
        expect(unseal(sealed, '/moved/host.key', key)).toBe(text)
        expect([isSealed(sealed), sealedWith(sealed), isSealed(text)]).toEqual([true, 'abcd', false])
      }),
    )
  })

  it('is another text each time', () => {
    expect(seal('text', 'host.key', key)).not.toBe(seal('text', 'host.key', key))
  })

  it('does not open as another file, for another folder, or with another key (case 139)', () => {
    const sealed = seal('text', 'host.key', key)
    expect(() => unseal(sealed, 'push.key', key)).toThrow()
    expect(() => unseal(sealed, 'host.key', { ...key, id: 'abce' })).toThrow()
    expect(() => unseal(sealed, 'host.key', { ...key, key: randomBytes(32) })).toThrow()
  })

  it('does not open when it was cut or changed anywhere, and is never taken for plain text (case 139)', () => {
    const sealed = seal('a text of some length', 'host.key', key)
    const mark = sealed.indexOf(' ')
    for (let end = mark; end < sealed.length - 1; end++) {
      expect(isSealed(sealed.slice(0, end))).toBe(true)
      expect(() => unseal(sealed.slice(0, end), 'host.key', key)).toThrow()
    }
    for (let i = mark + 1; i < sealed.length - 2; i++) {
      const changed = sealed.slice(0, i) + (sealed[i] === 'A' ? 'B' : 'A') + sealed.slice(i + 1)
      expect(() => unseal(changed, 'host.key', key)).toThrow()
    }
  })
})
