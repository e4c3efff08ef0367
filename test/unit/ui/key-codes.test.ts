// What keys send, compared with the tables of xterm's control sequences.
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

/** The table "Modifier code" of the same document. */
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

describe('named keys', () => {
  it.each(Object.entries(PLAIN) as [NamedKey, string][])('%s sends the sequence in the tables', (key, sequence) => {
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

  it.each(['f1', 'f4', 'f5', 'f12', 'delete', 'page_up'] as const)('%s ignores the cursor key mode', key => {
    expect(keySequence(key, NO_MODIFIERS, true)).toBe(PLAIN[key])
  })

  const modified = (Object.keys(PLAIN) as NamedKey[]).filter(key => PLAIN[key].length > 2)
  it.each(modified)('%s sends a modifier code', key => {
    const plain = PLAIN[key]
    for (const [some, code] of CODES) {
      // Before a final letter: CSI 1 ; code. Before ~: the number, then ; code.
      const sequence = plain.endsWith('~') ? plain.replace('~', `;${code}~`) : `\x1b[1;${code}${plain.at(-1)}`
      expect(keySequence(key, held(some), false)).toBe(sequence)
    }
  })

  it('tab, escape and enter have their own forms', () => {
    expect(keySequence('tab', held({ shift: true }), false)).toBe('\x1b[Z')
    expect(keySequence('tab', held({ alt: true }), false)).toBe('\x1b\t')
    expect(keySequence('escape', held({ alt: true }), false)).toBe('\x1b\x1b')
    expect(keySequence('enter', held({ alt: true }), false)).toBe('\x1b\r')
  })
})

describe('a character key', () => {
  it('sends its character, changed by Ctrl and Alt', () => {
    expect(keySequence({ types: '|' }, NO_MODIFIERS, false)).toBe('|')
    expect(keySequence({ types: 'c' }, held({ ctrl: true }), false)).toBe('\x03')
    expect(keySequence({ types: '\\' }, held({ ctrl: true }), false)).toBe('\x1c')
    expect(keySequence({ types: ']' }, held({ ctrl: true }), false)).toBe('\x1d')
    expect(keySequence({ types: '_' }, held({ ctrl: true, alt: true }), false)).toBe('\x1b\x1f')
  })
})

describe('the pages of the key bar', () => {
  it('have fourteen keys in different places each, and all have the “more” key', () => {
    for (const page of KEY_PAGES) {
      expect(page).toHaveLength(14)
      expect(new Set(page.map(({ area }) => area)).size).toBe(14)
      expect(page.filter(({ action: does }) => does === 'more')).toHaveLength(1)
    }
  })

  it('have every named key, and the characters that soft keyboards hide', () => {
    const all = KEY_PAGES.flat().map(({ action: does }) => does)
    const names = new Set(all.filter(does => typeof does === 'string'))
    expect(Object.keys(PLAIN).filter(key => !names.has(key as NamedKey))).toEqual([])
    const types = all.flatMap(does => (typeof does === 'object' ? [does.types] : []))
    expect([...'|~/\\-_`{}[]<>$&*'].filter(character => !types.includes(character))).toEqual([])
  })
})
