// Writes main/host/history/export/redact/secret-rules.json from the rules of Betterleaks (the successor of Gitleaks, by its authors):
// `node docs/make-secret-rules.ts config/betterleaks.toml LICENSE COMMIT`, then `npm run docs`.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RE2JS } from 're2js'
import { parse } from 'smol-toml'
import type { SecretRule } from '../main/host/history/export/redact/secret-rules.ts'

interface Rule {
  id: string
  regex?: string
  keywords?: string[]
  /** Only files with such names are searched: output has no file name. */
  path?: string
  /** Only found together with another one, such as the ID that belongs to a key: not secret by itself. */
  skipReport?: boolean
}

/**
 * Rules that need the entropy of what they found (generic), or that find a whole command (curl); rules for keys that span lines.
 * main/host/history/export/redact/ has its own for all three.
 */
const REPLACED = new Set(['generic-api-key', 'curl-auth-header', 'curl-auth-user', 'private-key'])

/** What may follow a secret in source code. In output, anything may that is no part of a word: `(token)`, `token,`. */
const FOLLOWED_BY = ['(?:\\\\?[\'"\\x60]|[\\s;]|\\\\[nr]|$)', '(?:[\\x60\'"\\s;]|\\\\[nr]|$|\\b)']

function converted({ id, regex, keywords }: Rule): SecretRule | undefined {
  let pattern = regex!
  let isCut = false
  for (const tail of FOLLOWED_BY) {
    isCut ||= pattern.endsWith(tail)
    pattern = pattern.replaceAll(tail, '(?:\\W|$)')
  }
  const compiled = RE2JS.compile(pattern)
  // Groups that are not the whole secret (a prefix, one of several keys) are no use: all of the match is redacted.
  const isGroup = compiled.groupCount() === 1 && endsWithGroup(isCut ? pattern.slice(0, -'(?:\\W|$)'.length) : pattern)
  return {
    id,
    regex: pattern,
    keywords: keywords!.map(keyword => keyword.toLowerCase()),
    ...(isGroup && { group: 1 }),
  }
}

/** Whether its last character closes a capturing group. */
function endsWithGroup(pattern: string): boolean {
  const open: number[] = []
  let last = -1
  for (const { 0: text, index } of pattern.matchAll(/\\.|\[(?:\\.|[^\\\]])*\]|[()]/g)) {
    if (text === '(') open.push(index)
    else if (text === ')') last = open.pop()!
  }
  return last >= 0 && pattern[last + 1] !== '?'
}

const [file, license, commit] = process.argv.slice(2)
const { rules } = parse(readFileSync(file!, 'utf8')) as unknown as { rules: Rule[] }
const kept = rules
  .filter(({ id, regex, keywords, path, skipReport }) => regex && keywords && !path && !skipReport && !REPLACED.has(id))
  .map(converted)
const text = JSON.stringify(
  {
    source: 'https://github.com/betterleaks/betterleaks (config/betterleaks.toml)',
    commit,
    license: readFileSync(license!, 'utf8'),
    rules: kept,
  },
  null,
  1,
)
writeFileSync(join(import.meta.dirname, '..', 'main/host/history/export/redact/secret-rules.json'), `${text}\n`)
