// Pseudorandom bytes that do not compress, like those of a photo or an archive.

/** The same bytes in every run for the same `seed` (xorshift32). */
export function incompressibleBytes(bytes: number, seed = 1): Uint8Array {
  const all = new Uint8Array(bytes)
  let state = seed | 1
  for (let i = 0; i < bytes; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    all[i] = state
  }
  return all
}
