// Splitting a command line into words as a shell does, and joining words.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinWords, splitWords } from '../../../ui/kit/shell-words.ts'
import { anyCharacter } from '../../support/any-character.ts'

test.each<[string, string[]]>([
  ['', []],
  ['  \t ', []],
  ['npm test', ['npm', 'test']],
  ['  npm   run\ttest  ', ['npm', 'run', 'test']],
  [`echo 'one word' "another one"`, ['echo', 'one word', 'another one']],
  [`a''b "" ''`, ['ab', '', '']],
  [`--title="a b"c`, ['--title=a bc']],
  [`it\\'s a\\ b \\\\`, ["it's", 'a b', '\\']],
  [`"a \\"b\\" \\n \\$x"`, ['a "b" \\n $x']],
  [`'a \\ b'`, ['a \\ b']],
  ['echo $HOME *.ts ~ | cat', ['echo', '$HOME', '*.ts', '~', '|', 'cat']],
])('%j is %j', (line, words) => {
  expect(splitWords(line)).toEqual(words)
})

test.each<[string, string]>([
  [`echo 'open`, "'"],
  [`echo "open`, '"'],
  [`echo "open\\"`, '"'],
  ['echo open\\', '\\'],
])('%j is left open by %s', (line, open) => {
  expect(splitWords(line)).toBe(open)
})

test('joined words split into the same words, whatever they contain', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: anyCharacter, maxLength: 20 }), { maxLength: 8 }), words => {
      expect(splitWords(joinWords(words))).toEqual(words)
    }),
  )
})
