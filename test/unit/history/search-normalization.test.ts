import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Query } from '../../../main/host/history/search/query.ts'
import { extentsIn, normalize, wordsOf } from '../../../main/host/history/text/tokenize.ts'
import { anyCharacter } from '../../support/any-character.ts'

const found = (query: string, text: string) =>
  new Query(query).linesOf(text).map(({ number, ranges }) => {
    const line = text.split('\n')[number]!
    return ranges.map(([from, to]) => line.slice(from, to))
  })

describe('a search finds a word however it is written', () => {
  it.each([
    ['café', 'at the cafe\u0301 today', 'cafe\u0301'],
    ['cafe\u0301', 'at the café today', 'café'],
    ['한글', '\u1112\u1161\u11ab\u1100\u1173\u11af 문서', '\u1112\u1161\u11ab\u1100\u1173\u11af'],
    ['\u1112\u1161\u11ab\u1100\u1173\u11af', '한글 문서', '한글'],
    ['8080', 'port ８０８０ is open', '８０８０'],
    ['８０８０', 'port 8080 is open', '8080'],
    ['ガラス', 'ｶﾞﾗｽ の', 'ｶﾞﾗｽ'],
    ['ﬁle', 'the file is', 'file'],
    ['file', 'the ﬁle is', 'ﬁle'],
    ['Å', '1 \u212b wide', '\u212b'],
    ['ế', 'Vi\u1ebft, e\u0302\u0301 alone', 'e\u0302\u0301'],
  ])('%s in %s', (query, text, shown) => {
    expect(found(query, `first\n${text}\nlast`)).toEqual([[shown]])
    // The index gives the block: it has every word of the query.
    for (const word of wordsOf(query)) expect(wordsOf(text)).toContain(word)
  })
})

it('a word without its accent is another word', () => {
  expect(found('cafe', 'café cafe\u0301')).toEqual([])
  expect(found('e', 'e\u0301')).toEqual([])
})

it('marks what was found, whatever is around it', () => {
  const text = fc
    .array(fc.oneof(anyCharacter, fc.constantFrom('e\u0301', 'ｶﾞ', '한', '\u1112\u1161\u11ab', '…', '²')))
    .map(a => a.join('').replaceAll('\n', ''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const line = `${before} needle ${after}`
      expect(found('needle', line)).toEqual([['needle']])
    }),
  )
})

it('translates every extent to one that contains it', () => {
  fc.assert(
    fc.property(fc.array(anyCharacter), fc.nat(), fc.nat(), (characters, a, b) => {
      const text = characters.join('')
      const whole = normalize(text)
      const [from, to] = [a % (whole.length + 1), b % (whole.length + 1)].sort((x, y) => x - y) as [number, number]
      const [begin, end] = extentsIn(text)(from, to)
      expect(normalize(text.slice(begin, end))).toContain(whole.slice(from, to))
    }),
  )
})
