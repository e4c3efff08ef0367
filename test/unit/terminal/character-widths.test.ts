// Our tables of widths and clusters compared with xterm's own add-on: every character, after every kind of character.
import { expect, test } from 'vitest'
import { addonProvider } from '../../../assets/make-widths.ts'
import { CHARACTER_WIDTHS } from '../../../terminal/character-widths.ts'

const addon = addonProvider()
const CODE_POINTS = 0x110000

/** The first ten differences. */
function differences(of: (code: number) => [ours: number, theirs: number]): string[] {
  const found: string[] = []
  for (let code = 0; code < CODE_POINTS && found.length < 10; code++) {
    const [ours, theirs] = of(code)
    if (ours !== theirs) found.push(`U+${code.toString(16)}: ${ours}, not ${theirs}`)
  }
  return found
}

test('the version is that of the add-on', () => {
  expect(CHARACTER_WIDTHS.version).toBe(addon.version)
})

test('every character alone has the width that the add-on gives it', () => {
  expect(differences(code => [CHARACTER_WIDTHS.wcwidth(code), addon.wcwidth(code)])).toEqual([])
  expect(differences(code => [CHARACTER_WIDTHS.charProperties(code, 0), addon.charProperties(code, 0)])).toEqual([])
})

test('every character joins the one before it, or not, as in the add-on', () => {
  // All reachable states: from the initial one, a character of each kind leads to the next.
  const states = new Set([0])
  const firsts = new Map<number, number>()
  for (let code = 0; code < CODE_POINTS; code++) {
    const alone = addon.charProperties(code, 0)
    if (!firsts.has(alone)) firsts.set(alone, code)
  }
  for (const state of states) for (const code of firsts.values()) states.add(addon.charProperties(code, state))
  expect(firsts.size).toBeGreaterThan(15)
  expect(states.size).toBeGreaterThan(40)
  for (const state of states) {
    const of = (code: number): [number, number] => [
      CHARACTER_WIDTHS.charProperties(code, state),
      addon.charProperties(code, state),
    ]
    const wrong = [...firsts.values()].filter(code => of(code)[0] !== of(code)[1])
    expect(wrong, `after ${state}`).toEqual([])
  }
  // And every character after those that most rules are about: a letter, an emoji, half a flag, a joiner, a leading consonant.
  for (const before of ['a', '👩', '🇩', '\u200d', '\u1100', '\u0600']) {
    const state = addon.charProperties(before.codePointAt(0)!, 0)
    expect(
      differences(code => [CHARACTER_WIDTHS.charProperties(code, state), addon.charProperties(code, state)]),
      before,
    ).toEqual([])
  }
})
