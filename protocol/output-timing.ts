// When the bytes of a part of a log came: pairs of numbers, the time in milliseconds since the session began and how many
// bytes came then.

/** Runs as variable-length numbers, seven bits per byte: the time since the run before, then the size. */
export function encodeRuns(runs: readonly number[]): Uint8Array {
  const bytes: number[] = []
  const put = (value: number) => {
    while (value >= 0x80) {
      bytes.push((value % 0x80) | 0x80)
      value = Math.floor(value / 0x80)
    }
    bytes.push(value)
  }
  let before = 0
  for (let i = 0; i < runs.length; i += 2) {
    const at = Math.max(before, runs[i]!)
    put(at - before)
    put(runs[i + 1]!)
    before = at
  }
  return Uint8Array.from(bytes)
}

export function decodeRuns(bytes: Uint8Array): number[] {
  const runs: number[] = []
  let value = 0
  let scale = 1
  let before = 0
  for (const byte of bytes) {
    value += (byte & 0x7f) * scale
    scale *= 0x80
    if (byte & 0x80) continue
    if (runs.length % 2 === 0) value = before += value
    runs.push(value)
    value = 0
    scale = 1
  }
  return runs
}

/** The runs of the first `size` bytes, and those of what follows. */
export function cutRuns(runs: readonly number[], size: number): [number[], number[]] {
  const before: number[] = []
  const after: number[] = []
  let left = size
  for (let i = 0; i < runs.length; i += 2) {
    const [at, length] = [runs[i]!, runs[i + 1]!]
    const head = Math.min(left, length)
    left -= head
    if (head > 0) before.push(at, head)
    if (head < length) after.push(at, length - head)
  }
  return [before, after]
}
