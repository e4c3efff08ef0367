// The secrets of services: the rules of Betterleaks, which docs/make-secret-rules.ts converts.
//
// Go's regular expressions never backtrack, and these rely on it. RE2JS runs them likewise in linear time, whatever a program
// prints. It is slower than RegExp, so a line is searched only by the rules of which it contains a keyword: hardly any.
import { RE2JS } from 're2js'
import file from './secret-rules.json' with { type: 'json' }

export interface SecretRule {
  id: string
  regex: string
  /** In lower case; a line without any of them has no match. */
  keywords: string[]
  /** The capturing group that is the secret; left out: all of the match. */
  group?: number
}

export type Range = [from: number, to: number]

export const SECRET_RULES: readonly SecretRule[] = file.rules

const byKeyword = new Map<string, SecretRule[]>()
for (const rule of SECRET_RULES)
  for (const keyword of rule.keywords) byKeyword.set(keyword, [...(byKeyword.get(keyword) ?? []), rule])

/** Keywords that begin with the same two characters, so that a line is compared with few of them. */
const byBeginning = new Map<number, string[]>()
for (const keyword of byKeyword.keys()) {
  const beginning = beginningAt(keyword, 0)
  byBeginning.set(beginning, [...(byBeginning.get(beginning) ?? []), keyword])
}

/** Of two characters below 0x80. */
const IS_BEGINNING = new Uint8Array(1 << 14)
for (const beginning of byBeginning.keys()) IS_BEGINNING[beginning] = 1

const compiled = new Map<string, RE2JS>()

/** Where secrets are in a line, in any order; they may overlap. */
export function serviceSecrets(line: string): Range[] {
  const lower = line.toLowerCase()
  // A few characters change their length, as İ does: then the keywords are looked for as they are.
  const text = lower.length === line.length ? lower : line
  let rules: Set<SecretRule> | undefined
  for (let at = 0; at + 1 < text.length; at++) {
    const first = text.charCodeAt(at)
    const second = text.charCodeAt(at + 1)
    if (first >= 0x80 || second >= 0x80 || !IS_BEGINNING[(first << 7) | second]) continue
    for (const keyword of byBeginning.get((first << 7) | second)!)
      if (text.startsWith(keyword, at)) for (const rule of byKeyword.get(keyword)!) (rules ??= new Set()).add(rule)
  }
  const ranges: Range[] = []
  for (const rule of rules ?? []) {
    const matcher = patternOf(rule).matcher(line)
    const { group = 0 } = rule
    while (matcher.find()) ranges.push([matcher.start(group), matcher.end(group)])
  }
  return ranges
}

/** Compiling all of them takes half a second. */
function patternOf({ id, regex }: SecretRule): RE2JS {
  let pattern = compiled.get(id)
  if (!pattern) {
    pattern = RE2JS.compile(regex)
    compiled.set(id, pattern)
  }
  return pattern
}

function beginningAt(text: string, at: number): number {
  return (text.charCodeAt(at) << 7) | text.charCodeAt(at + 1)
}
