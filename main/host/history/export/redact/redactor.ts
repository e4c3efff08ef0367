// Decides what is redacted in a text: a user's patterns, and secrets.
import { CodedError, toCoded } from '../../../../../protocol/errors.ts'
import { MAX_PATTERNS, PATTERN_CHARACTERS } from '../../../../../protocol/limits.ts'
import type { Redaction } from '../../../../../protocol/messages.ts'
import { commonSecrets } from './common-secrets.ts'
import { maskOf } from './hidden-bytes.ts'
import { type Range, serviceSecrets } from './secret-rules.ts'

export class Redactor {
  readonly #patterns: RegExp[] = []
  readonly hidesSecrets: boolean
  /** How often something was redacted. */
  count = 0

  /** Throws `pattern_invalid`. */
  constructor({ patterns = [], secrets = false }: Redaction = {}) {
    if (patterns.length > MAX_PATTERNS)
      throw new CodedError('pattern_invalid', `there are ${patterns.length} patterns; use at most ${MAX_PATTERNS}`)
    for (const pattern of patterns) {
      if (pattern.length > PATTERN_CHARACTERS)
        throw new CodedError('pattern_invalid', `a pattern is too long; use at most ${PATTERN_CHARACTERS} characters`)
      try {
        this.#patterns.push(new RegExp(pattern, 'gu'))
      } catch (error) {
        throw new CodedError('pattern_invalid', `${toCoded(error).message.slice(0, 200)}`, { cause: error })
      }
    }
    this.hidesSecrets = secrets
  }

  get isEmpty(): boolean {
    return this.#patterns.length === 0 && !this.hidesSecrets
  }

  /** What has to be redacted in a line or label: in order, without overlaps. */
  ranges(text: string): Range[] {
    const ranges: Range[] = []
    for (const pattern of this.#patterns) {
      for (const match of text.matchAll(pattern))
        if (match[0] !== '') ranges.push([match.index, match.index + match[0].length])
    }
    if (this.hidesSecrets) ranges.push(...commonSecrets(text), ...serviceSecrets(text))
    if (ranges.length < 2) return ranges
    ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])
    const merged: Range[] = []
    for (const [from, to] of ranges) {
      const last = merged.at(-1)
      if (last && from < last[1]) last[1] = Math.max(last[1], to)
      else merged.push([from, to])
    }
    return merged
  }

  /** A title or label with blocks in place of what is redacted. */
  plain(text: string): string {
    let result = ''
    let at = 0
    for (const [from, to] of this.ranges(text)) {
      this.count++
      result += text.slice(at, from)
      for (const character of text.slice(from, to)) result += maskOf(character)
      at = to
    }
    return result + text.slice(at)
  }
}
