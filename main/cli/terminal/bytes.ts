// Joins byte arrays.

export const NO_BYTES = new Uint8Array(0)

/** Copies only if more than one part has bytes. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const filled = parts.filter(part => part.length > 0)
  if (filled.length < 2) return filled[0] ?? NO_BYTES
  const whole = new Uint8Array(filled.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of filled) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
