// Turns stored log rows back into output, and names where they begin and end.
import { decodeRuns } from '../../../protocol/output-timing.ts'
import type { Position } from '../../../protocol/position.ts'
import { crc32, maySpan, pack, unpack } from '../recording/compression.ts'
import { decodeResizes } from '../recording/log-slice.ts'
import type { LogSlice } from '../recording/types.ts'
import type { LogRow } from './log-rows.ts'

/** More than the timing of any row: a byte of output each millisecond, with 8 bytes to say so, for a segment. */
const MAX_TIMING_BYTES = 16 * 1024 * 1024

/** The bytes of a row with their timing and resizes. Throws when they are not what was written. */
export function readSlice(row: LogRow, blob: Uint8Array): LogSlice {
  checkBlob(row, blob)
  return {
    from: startOfRow(row),
    bytes: unpack({ blob, compressed: row.compressed === 1 }, row.end_offset - row.offset),
    runs: runsOfRow(row),
    resizes: decodeResizes(row.resizes, row.offset),
  }
}

/** Throws when the stored blob is not what was written. */
export function checkBlob(row: LogRow, blob: Uint8Array): void {
  const size = row.end_offset - row.offset
  const hasSize = row.compressed === 1 ? maySpan(blob, size) : blob.length === size
  // A reader that only passes them on would not notice another size.
  if (!hasSize || crc32(blob) !== row.blob_checksum) throw new Error('the stored bytes are not what was written')
}

export function startOfRow(row: { offset: number; n: number }): Position {
  return { offset: row.offset, n: row.n }
}

export function endOfRow(row: { end_offset: number; end_n: number }): Position {
  return { offset: row.end_offset, n: row.end_n }
}

/** When its bytes arrived: `runs` as in LogSlice. If that is damaged, all of them arrived when the row began. */
export function runsOfRow(row: Pick<LogRow, 'timing' | 'at' | 'offset' | 'end_offset'>): number[] {
  const size = row.end_offset - row.offset
  try {
    const runs = decodeRuns(unpackTiming(row.timing))
    let sum = 0
    for (let i = 1; i < runs.length; i += 2) sum += runs[i]!
    if (sum === size && runs.length % 2 === 0) return runs
  } catch {
    // The bytes themselves have a checksum of their own.
  }
  return size > 0 ? [row.at, size] : []
}

/** Bits of the first byte of packed timing. Rows of earlier versions have no checksum. */
const COMPRESSED = 1
const CHECKED = 2

/** A byte of bits, the size of what is packed as a uint32, its CRC-32 as another, then that, as a zstd frame or as it is. */
export function packTiming(timing: Uint8Array): Uint8Array {
  const { blob, compressed } = pack(timing)
  const packed = new Uint8Array(blob.length + 9)
  const view = new DataView(packed.buffer)
  packed[0] = CHECKED | (compressed ? COMPRESSED : 0)
  view.setUint32(1, timing.length)
  view.setUint32(5, crc32(timing))
  packed.set(blob, 9)
  return packed
}

/** Whether timing is what was written, as far as it has a checksum. */
export function isIntactTiming(packed: Uint8Array): boolean {
  try {
    unpackTiming(packed)
    return true
  } catch {
    return false
  }
}

/** Throws when it is damaged. */
function unpackTiming(packed: Uint8Array): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const isChecked = (packed[0]! & CHECKED) !== 0
  const compressed = (packed[0]! & COMPRESSED) !== 0
  const size = view.getUint32(1)
  if (size > MAX_TIMING_BYTES) throw new Error('the timing is damaged')
  const timing = unpack({ blob: packed.subarray(isChecked ? 9 : 5), compressed }, size)
  if (isChecked && crc32(timing) !== view.getUint32(5)) throw new Error('the timing is damaged')
  return timing
}
