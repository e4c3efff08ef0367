// JSON that can be looked at in a terminal: what would act there, or reorder what is read, is escaped. The value stays the same.

/** Controls that JSON.stringify leaves (C1, DEL), separators, formats, surrogates and private use: Cf has the bidirectional ones. */
const UNSAFE = /[\x7f\p{Cf}\p{Zl}\p{Zp}\p{Co}]|[\x80-\x9f]/gu

export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, character =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
