// The thread that tries patterns on lines for which bad ones take long.
import { parentPort, workerData } from 'node:worker_threads'
import { VIEW_LINE_CHARACTERS } from './screen-view.ts'

/** `trying`: the pattern at this index begins. */
export type FromPatternCheck = { say: 'trying' | 'slow'; index: number } | { say: 'done' }

/** On one line; a screen has up to 60, and is looked at four times a second. */
const LINE_MS = 2

/** A line is timed this often, since a busy computer interrupts threads. */
const TRIES = 5

/** Characters that the usual classes match. */
const CHARACTERS = 'aA0 -_.:/│'

/** Different characters of a pattern that are tried. */
const MAX_CHARACTERS = 24

/** Of which all pairs are tried, repeated: `^(?:#;|#;)*!` is slow on nothing else. */
const PAIRED_CHARACTERS = 6

/** Beginnings of a pattern's own text that are tried before the repeated characters. */
const MAX_PREFIXES = 8

const patterns = workerData as string[]
const say = (message: FromPatternCheck) => parentPort!.postMessage(message)

for (const [index, source] of patterns.entries()) {
  say({ say: 'trying', index })
  const pattern = new RegExp(source, 'u')
  if (linesFor(source).some(line => isSlow(pattern, line))) say({ say: 'slow', index })
}
say({ say: 'done' })

function isSlow(pattern: RegExp, line: string): boolean {
  for (let i = 0; i < TRIES; i++) {
    const began = performance.now()
    pattern.test(line)
    if (performance.now() - began < LINE_MS) return false
  }
  return true
}

/** Characters and words of the pattern repeated to the length of a line, after parts of its own text, with an end that fails. */
function linesFor(source: string): string[] {
  const own = source.replace(/\\[pPu]\{[^}]*\}|\\u[\da-f]{4}|\\[a-z]|\(\?[:=!<]*/giu, ' ')
  const words = own.match(/[\p{L}\p{N}]{2,}/gu) ?? []
  const characters = [...new Set([...CHARACTERS, ...own])].slice(0, MAX_CHARACTERS)
  const text = own.replace(/[\\^$.*+?()[\]{}|]/g, '')
  const prefixes = ['']
  for (const { index } of text.matchAll(/\b/g)) if (prefixes.length < MAX_PREFIXES) prefixes.push(text.slice(0, index))
  const units = [
    ...characters,
    ...words,
    ...words.map(word => `${word} `),
    ...pairs(characters.slice(0, PAIRED_CHARACTERS)),
    ...pairs([...new Set(text.replace(/\s/g, ''))].slice(0, PAIRED_CHARACTERS)),
  ]
  return prefixes.flatMap(prefix =>
    units.flatMap(unit => {
      const line = (prefix + unit.repeat(VIEW_LINE_CHARACTERS)).slice(0, VIEW_LINE_CHARACTERS - 1)
      return [line, `${line}\u0001`]
    }),
  )
}

function pairs(characters: string[]): string[] {
  return characters.flatMap(one => characters.map(other => one + other))
}
