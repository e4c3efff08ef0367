// What keys send, by the tables of xterm's control sequences. Knows no key bar.
import { describe, expect, it } from 'vitest'
import { keySequence, type Modifiers, type NamedKey, NO_MODIFIERS } from '../../../ui/input/key-codes.ts'
import { KEY_PAGES } from '../../../ui/input/key-layout.ts'

/** "PC-Style Function Keys" and "VT220-Style Function Keys" of https://invisible-island.net/xterm/ctlseqs/ctlseqs.html */
const PLAIN: Record<NamedKey, string> = {
  escape: '\x1b',
  tab: '\t',
  enter: '\r',
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  home: '\x1b[H',
  end: '\x1b[F',
  insert: '\x1b[2~',
  delete: '\x1b[3~',
  page_up: '\x1b[5~',
  page_down: '\x1b[6~',
  f1: '\x1bOP',
  f2: '\x1bOQ',
  f3: '\x1bOR',
  f4: '\x1bOS',
  f5: '\x1b[15~',
  f6: '\x1b[17~',
  f7: '\x1b[18~',
  f8: '\x1b[19~',
  f9: '\x1b[20~',
  f10: '\x1b[21~',
  f11: '\x1b[23~',
  f12: '\x1b[24~',
}

/** The table "Modifier code" there. */
const CODES: [Partial<Modifiers>, number][] = [
  [{ shift: true }, 2],
  [{ alt: true }, 3],
  [{ shift: true, alt: true }, 4],
  [{ ctrl: true }, 5],
  [{ shift: true, ctrl: true }, 6],
  [{ alt: true, ctrl: true }, 7],
  [{ shift: true, alt: true, ctrl: true }, 8],
]

const held = (some: Partial<Modifiers>): Modifiers => ({ ...NO_MODIFIERS, ...some })

describe('a named key', () => {
  it.each(Object.entries(PLAIN) as [NamedKey, string][])('%s sends what the tables say', (key, sequence) => {
    expect(keySequence(key, NO_MODIFIERS, false)).toBe(sequence)
  })

  it.each(['up', 'down', 'right', 'left', 'home', 'end'] as const)(
    '%s sends SS3 in application cursor mode, except with a modifier',
    key => {
      const final = PLAIN[key].at(-1)
      expect(keySequence(key, NO_MODIFIERS, true)).toBe(`\x1bO${final}`)
      expect(keySequence(key, held({ ctrl: true }), true)).toBe(`\x1b[1;5${final}`)
    },
  )

  it.each(['f1', 'f4', 'f5', 'f12', 'delete', 'page_up'] as const)('%s does not heed the cursor mode', key => {
    expect(keySequence(key, NO_MODIFIERS, true)).toBe(PLAIN[key])
  })

  const modified = (Object.keys(PLAIN) as NamedKey[]).filter(key => PLAIN[key].length > 2)
  it.each(modified)('%s says with each modifier which it is', key => {
    const plain = PLAIN[key]
    for (const [some, code] of CODES) {
      // A letter at the end takes CSI 1 ; code, a number before ~ takes ; code behind it.
      const sequence = plain.endsWith('~') ? plain.replace('~', `;${code}~`) : `\x1b[1;${code}${plain.at(-1)}`
      expect(keySequence(key, held(some), false)).toBe(sequence)
    }
  })

  it('tab, escape and enter have a form of their own', () => {
    expect(keySequence('tab', held({ shift: true }), false)).toBe('\x1b[Z')
    expect(keySequence('tab', held({ alt: true }), false)).toBe('\x1b\t')
    expect(keySequence('escape', held({ alt: true }), false)).toBe('\x1b\x1b')
    expect(keySequence('enter', held({ alt: true }), false)).toBe('\x1b\r')
  })
})

describe('a key that types', () => {
  it('types its character, or what Ctrl and Alt make of it', () => {
    expect(keySequence({ types: '|' }, NO_MODIFIERS, false)).toBe('|')
    expect(keySequence({ types: 'c' }, held({ ctrl: true }), false)).toBe('\x03')
    expect(keySequence({ types: '\\' }, held({ ctrl: true }), false)).toBe('\x1c')
    expect(keySequence({ types: ']' }, held({ ctrl: true }), false)).toBe('\x1d')
    expect(keySequence({ types: '_' }, held({ ctrl: true, alt: true }), false)).toBe('\x1b\x1f')
  })
})

describe('the pages of the key bar', () => {
  it('have fourteen keys each, one to a place, and the one that turns the page is on all', () => {
    for (const page of KEY_PAGES) {
      expect(page).toHaveLength(14)
      expect(new Set(page.map(({ area }) => area)).size).toBe(14)
      expect(page.filter(({ action: does }) => does === 'more')).toHaveLength(1)
    }
  })

  it('have every named key, and what soft keyboards hide', () => {
    const all = KEY_PAGES.flat().map(({ action: does }) => does)
    const names = new Set(all.filter(does => typeof does === 'string'))
    expect(Object.keys(PLAIN).filter(key => !names.has(key as NamedKey))).toEqual([])
    const types = all.flatMap(does => (typeof does === 'object' ? [does.types] : []))
    expect([...'|~/\\-_`{}[]<>$&*'].filter(character => !types.includes(character))).toEqual([])
  })
})
