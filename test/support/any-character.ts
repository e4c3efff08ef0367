// Any Unicode character. fast-check's own unit `binary` generates the same, but computes a table for a second in every file.
import fc from 'fast-check'

const SURROGATES = { first: 0xd800, count: 0x800 }
const LAST = 0x10ffff

/** For `fc.string({ unit: anyCharacter })`. */
export const anyCharacter = fc
  .integer({ min: 0, max: LAST - SURROGATES.count })
  .map(n => String.fromCodePoint(n < SURROGATES.first ? n : n + SURROGATES.count))
