// What is sent for a soft keyboard's changes of a field: published event sequences, and random keyboards.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isHeld } from '../../../ui/input/soft-input/composing.ts'
import { difference } from '../../../ui/input/soft-input/difference.ts'
import { editedLine } from '../../support/line-editor.ts'
import { scaledRuns } from '../../support/repeat.ts'
import { inputTraces, type TraceEvent } from '../../support/terminal/input-trace.ts'
import { type Setting, TypedField } from '../../support/terminal/typed-field.ts'

const android: Setting = { os: 'android' }
const chinese: Setting = { os: 'android', language: 'zh-CN' }
const apple: Setting = { os: 'apple' }

const DEL = '\x7f'

/** One key of Gboard: the composition becomes this text. */
const composes = (text: string, before: string): TraceEvent[] => [
  { type: 'keydown', key: 'Unidentified', keyCode: 229 },
  ...(before === '' ? [{ type: 'compositionstart', data: '' }] : []),
  { type: 'beforeinput', inputType: 'insertCompositionText', data: text, isComposing: true },
  { type: 'compositionupdate', data: text },
  { type: 'input', inputType: 'insertCompositionText', data: text, isComposing: true, edit: [before.length, text] },
]
const composesLetters = (word: string): TraceEvent[] =>
  [...word].flatMap((_, index) => composes(word.slice(0, index + 1), word.slice(0, index)))
const ends = (text: string): TraceEvent[] => [{ type: 'compositionend', data: text }]
const inserts = (text: string, replaced = 0): TraceEvent[] => [
  { type: 'keydown', key: 'Unidentified', keyCode: 229 },
  { type: 'beforeinput', inputType: 'insertText', data: text },
  { type: 'input', inputType: 'insertText', data: text, edit: [replaced, text] },
]
const deletes = (units = 1): TraceEvent[] => [
  { type: 'keydown', key: 'Unidentified', keyCode: 229 },
  { type: 'beforeinput', inputType: 'deleteContentBackward', data: null },
  { type: 'input', inputType: 'deleteContentBackward', data: null, edit: [units, ''] },
]
const presses = (key: string, keyCode: number): TraceEvent[] => [{ type: 'keydown', key, keyCode }]

function typed(setting: Setting, ...events: TraceEvent[][]): TypedField {
  const field = new TypedField(setting)
  field.play(events.flat())
  return field
}

describe('published sequences', () => {
  for (const { file, name, keyboard, platform, os, language, events, expected, line } of inputTraces())
    test(`${keyboard} on ${platform}: ${name} (${file})`, () => {
      const field = typed({ os, language }, events)
      expect(field.sent).toBe(expected)
      if (line !== null) expect(editedLine(field.sent)).toBe(line)
      expect(field.pasted).toEqual([])
      expect(field.soft.preedit).toBe('')
    })

  test('each names its source and how it was derived', () => {
    for (const { source, built } of inputTraces()) {
      expect(source).toMatch(/^https:\/\/\S+$/)
      expect(built).toMatch(/^after the (published (log|description)|order of events in the specification)$/)
    }
  })
})

describe('held text', () => {
  test('a composed syllable is shown, and sent when it is complete', () => {
    const field = typed(android, composes('ㅎ', ''), composes('하', 'ㅎ'))
    expect([field.sent, field.soft.preedit]).toEqual(['', '하'])
    field.play(ends('하'))
    expect([field.sent, field.soft.preedit]).toEqual(['하', ''])
  })

  test('a sent letter is deleted when it turns out to begin a kana', () => {
    const field = typed(android, composes('k', ''), composes('か', 'k'))
    expect([field.sent, field.soft.preedit]).toEqual([`k${DEL}`, 'か'])
    field.play(ends('か'))
    expect(editedLine(field.sent)).toBe('か')
  })

  test('a canceled composition leaves nothing', () => {
    const field = typed(android, composes('にほ', ''), composes('', 'にほ'), ends(''))
    expect([field.sent, field.soft.preedit]).toEqual(['', ''])
  })

  test('a key of the key bar sends held text first', () => {
    const field = typed(android, composes('하', ''))
    field.finish()
    expect(field.sent).toBe('하')
    expect(field.soft.composing).toBe(false)
  })

  test('a syllable that is composed again is held again', () => {
    const field = typed(android, composes('가', ''), ends('가'))
    field.play([
      { type: 'compositionstart', data: '가' },
      { type: 'compositionupdate', data: '가' },
    ])
    expect(field.sent).toBe('가')
    field.play(composes('각', '가').slice(1))
    expect([field.sent, field.soft.preedit]).toEqual([`가${DEL}`, '각'])
    field.play(ends('각'))
    expect(editedLine(field.sent)).toBe('각')
  })

  test('a quotation mark that is a dead key waits for its letter', () => {
    const field = typed(android, presses('Dead', 229), composes("'", '').slice(1))
    expect([field.sent, field.soft.preedit]).toEqual(['', "'"])
    field.play([...composes('é', "'"), ...ends('é')])
    expect(field.sent).toBe('é')
  })

  test('a browser that deletes composed text and inserts it again sends no deletion', () => {
    const field = typed(android, composesLetters('ls'))
    field.play([
      { type: 'input', inputType: 'deleteCompositionText', data: null, isComposing: true, edit: [2, ''] },
      { type: 'input', inputType: 'insertFromComposition', data: 'ls', isComposing: true, edit: [0, 'ls'] },
      ...ends('ls'),
    ])
    expect(field.sent).toBe('ls')
  })

  test('depends on script, language and keyboard', () => {
    const now = { dead: false, modified: false }
    const words = { composesWords: true, language: 'de' }
    for (const text of ['ls', 'über', 'việt', 'ทดสอบ', 'مرحبا', 'नमस्ते', 'привет', '5', ':', "don't"])
      expect(isHeld(text, words, now), text).toBe(false)
    for (const text of ['한', 'ㄱ', 'に', 'ー', 'カ', '漢', 'ㄅ', 'にh', '´', '^', '~'])
      expect(isHeld(text, words, now), text).toBe(true)
    for (const language of ['zh', 'zh-TW', 'ja-JP'])
      expect(isHeld('ni', { composesWords: true, language }, now)).toBe(true)
    expect(isHeld('5', { composesWords: true, language: 'zh' }, now)).toBe(false)
    expect(isHeld('e', words, { dead: true, modified: false })).toBe(true)
    expect(isHeld('ls', { composesWords: false, language: 'en' }, now)).toBe(true)
    // After Ctrl, the letter is meant.
    expect(isHeld('c', { composesWords: false, language: 'zh' }, { dead: false, modified: true })).toBe(false)
  })
})

describe('a sticky modifier', () => {
  const control = (text: string) => String.fromCharCode(text.charCodeAt(0) & 0x1f)

  for (const [who, setting] of Object.entries({ android, chinese, apple }))
    test(`changes one composed letter, and clears the field (${who})`, () => {
      const field = new TypedField(setting)
      field.modify = control
      field.play(composes('c', ''))
      expect(field.sent).toBe('\x03')
      expect(field.value).toBe(field.soft.field)
      expect(field.soft.composing).toBe(false)
      // A keyboard that noticed starts a new word.
      field.play([...composesLetters('cd'), ...ends('cd')])
      expect(field.sent).toBe('\x03cd')
    })

  test('is applied once, even with a keyboard that did not notice the cleared field', () => {
    const field = new TypedField(android)
    field.modify = control
    field.play([...composes('c', ''), ...composes('cl', ''), ...composes('cls', 'cl'), ...ends('cls')])
    expect(field.sent).toBe('\x03ls')
  })

  test('leaves a word that is swiped next complete', () => {
    const field = new TypedField(android)
    field.modify = control
    field.play([...composes('c', ''), ...composes('cat', ''), ...ends('cat')])
    expect(field.sent).toBe('\x03cat')
  })

  test('does not apply to a swiped word', () => {
    const field = new TypedField(android)
    field.modify = control
    field.play(composes('status', ''))
    expect(field.sent).toBe('status')
  })
})

describe('line input', () => {
  test('several lines at once are a paste, whatever the input type', () => {
    const field = typed(android, inserts('make\nmake install\n'))
    expect([field.sent, field.pasted]).toEqual(['', ['make\nmake install\n']])
    field.play(inserts('x'))
    expect(field.sent).toBe('x')
  })

  test('a command with a line break is not run without confirmation', () => {
    expect(typed(android, inserts('rm -rf x\n')).pasted).toEqual(['rm -rf x\n'])
  })

  test('the previous line is not corrected after Enter', () => {
    const field = typed(apple, inserts('teh'), presses('Enter', 13), inserts('x'), deletes(2), deletes())
    expect(field.sent).toBe(`teh\rx${DEL}${DEL}`)
  })

  test('a word is not corrected after Tab and Escape', () => {
    for (const [key, code] of [
      ['Tab', 9],
      ['Escape', 27],
      ['ArrowUp', 38],
    ] as const) {
      const field = typed(android, composesLetters('te'), presses(key, code), composes('x', ''))
      expect(field.sent, key).toBe('tex')
      expect(field.value).toBe(' x')
    }
  })

  test('modifier keys leave the word to be corrected', () => {
    const field = typed(apple, inserts('teh'), presses('Shift', 16), inserts('the', 3))
    expect(editedLine(field.sent)).toBe('the')
  })
})

describe('the field', () => {
  test('deletes as line editors count characters', () => {
    expect(difference('teh', 'the')).toEqual({ deletions: 2, inserted: 'he', unsure: false })
    expect(difference('한', '하')).toEqual({ deletions: 1, inserted: '하', unsure: false })
    expect(difference('😀', '😁')).toEqual({ deletions: 1, inserted: '😁', unsure: false })
    expect(difference('cafe\u0301', 'cafe\u0300')).toEqual({ deletions: 1, inserted: 'e\u0300', unsure: true })
    expect(difference('e', 'e\u0301')).toEqual({ deletions: 0, inserted: '\u0301', unsure: false })
    expect(difference('ab cd', 'ab ')).toEqual({ deletions: 2, inserted: '', unsure: false })
    // One Backspace, whatever line editors treat as one character; the field is cleared.
    expect(difference('👨\u200d👩\u200d👧', '')).toEqual({ deletions: 1, inserted: '', unsure: true })
    expect(difference('กี', 'ก')).toEqual({ deletions: 1, inserted: '', unsure: true })
    expect(difference('🇩🇪', '')).toMatchObject({ inserted: '' })
  })

  test('is cleared if line editors differ in the result', () => {
    const field = typed(apple, inserts('a👨\u200d👩\u200d👧'), deletes(8))
    expect(field.sent).toBe(`a👨\u200d👩\u200d👧${DEL}`)
    expect(field.value).toBe('\u200b')
    field.play([...composes('e\u0301', ''), ...composes('e\u0300', 'e\u0301'), ...ends('e\u0300')])
    expect(field.value).toBe('\u200be\u0300')
    const composed = typed(android, composes('e\u0301', ''), composes('e\u0300', 'e\u0301'))
    expect(composed.value).toBe(' e\u0300')
    composed.play(ends('e\u0300'))
    expect(composed.value).toBe(' ')
  })

  test('is trimmed by whole words, and its rest can be corrected', () => {
    const field = new TypedField(apple)
    for (let n = 0; n < 100; n++) field.play(inserts(n % 5 === 4 ? ' ' : 'x'))
    field.play([...inserts('x'.repeat(60)), ...inserts(' ')])
    expect(field.value.length).toBeLessThan(70)
    field.play([...inserts('teh'), ...inserts('the', 3)])
    expect(editedLine(field.sent).slice(-4)).toBe(' the')
  })

  test('is not trimmed while a long dictation rewrites its text', () => {
    const field = new TypedField(apple)
    const phrase = 'a long sentence that goes on and on '.repeat(20)
    const say = (text: string, before: string): TraceEvent[] => [
      { type: 'input', inputType: 'insertText', data: text, edit: [before.length, text] },
    ]
    field.play([...say(phrase, ''), ...say(`A${phrase.slice(1)}`, phrase)])
    expect(editedLine(field.sent)).toBe(`A${phrase.slice(1)}`)
  })
})

describe('any keyboard', () => {
  const letters = fc.string({ unit: fc.constantFrom(...'abcdefg éñ한ㄱ漢に😀ж'), minLength: 1, maxLength: 6 })
  const step = fc.oneof(
    fc.record({ do: fc.constant('insert' as const), text: letters, key: fc.boolean() }),
    fc.record({ do: fc.constant('replace' as const), text: letters, back: fc.nat(12) }),
    fc.record({ do: fc.constant('delete' as const), back: fc.integer({ min: 1, max: 6 }) }),
    fc.record({
      do: fc.constant('compose' as const),
      stages: fc.array(letters, { minLength: 1, maxLength: 5 }),
      back: fc.nat(4),
    }),
    fc.record({ do: fc.constant('again' as const), kind: fc.constantFrom('insertText', 'insertCompositionText', '') }),
    fc.record({ do: fc.constant('enter' as const), how: fc.constantFrom('key', 'break', 'both') }),
  )

  for (const [who, setting] of Object.entries({ android, chinese, apple }))
    test(`ends with a line that equals its field: nothing doubled, nothing lost (${who})`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), steps => {
          const field = new TypedField(setting)
          // The line as the user sees it, and how much of it the field still has.
          let line: string[] = []
          const held = () => [...field.value.slice(1)]
          const edit = (back: number, text: string): [number, string] => {
            const gone = held().slice(-back || held().length)
            line = [...line.slice(0, line.length - gone.length), ...text]
            return [gone.join('').length, text]
          }
          const input = (inputType: string, data: string | null, change: [number, string]) =>
            field.play([
              { type: 'beforeinput', inputType, data },
              { type: 'input', inputType, data, edit: change },
            ])
          for (const one of steps) {
            switch (one.do) {
              case 'insert':
                if (one.key) field.play(presses('Unidentified', 229))
                input('insertText', one.text, edit(0, one.text))
                break
              case 'replace':
                input('insertReplacementText', null, edit(Math.min(one.back, held().length), one.text))
                break
              case 'delete': {
                const back = Math.min(one.back, held().length)
                if (back === 0) {
                  line.pop()
                  input('deleteContentBackward', null, [1, ''])
                } else input('deleteContentBackward', null, edit(back, ''))
                break
              }
              case 'compose': {
                const taken = held().slice(-one.back || held().length)
                field.play([{ type: 'compositionstart', data: taken.join('') }])
                let back = taken.length
                for (const stage of one.stages) {
                  const change = edit(back, stage)
                  field.play([
                    { type: 'compositionupdate', data: stage },
                    { type: 'input', inputType: 'insertCompositionText', data: stage, isComposing: true, edit: change },
                  ])
                  back = [...stage].length
                  expect(editedLine(field.sent) + field.soft.preedit).toBe(line.join(''))
                }
                field.play(ends(one.stages.at(-1)!))
                break
              }
              case 'again':
                field.play([{ type: 'input', inputType: one.kind, data: line.slice(-3).join(''), edit: [0, ''] }])
                break
              case 'enter':
                line.push('\r')
                if (one.how === 'break') input('insertLineBreak', null, [0, '\n'])
                else {
                  field.play(presses('Enter', 13))
                  if (one.how === 'both') input('insertLineBreak', null, [0, '\n'])
                  field.play([{ type: 'keyup', key: 'Enter', keyCode: 13 }])
                }
                break
            }
            expect(editedLine(field.sent)).toBe(line.join(''))
            expect(field.soft.preedit).toBe('')
          }
        }),
        scaledRuns(1000),
      )
    })
})
