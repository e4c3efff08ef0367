import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonLine } from '../../../main/cli/command/json-line.ts'
import { anyCharacter } from '../../support/any-character.ts'

it.each(['\x9b31m', '\x9d0;title\x9c', '\u202eabc', '\u2066a\u2069', '\u2028', '\x7f', '\u{e0041}', 'é漢🙂'])(
  'prints %j so that a terminal shows it and does nothing else',
  text => {
    const line = jsonLine({ text })
    expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/)
    expect(JSON.parse(line)).toEqual({ text })
  },
)

it('changes no value', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), text => {
      expect(JSON.parse(jsonLine([text, { [text]: 1 }]))).toEqual([text, { [text]: 1 }])
    }),
  )
})
