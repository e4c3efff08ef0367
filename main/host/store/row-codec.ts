// Turns stored log rows back into output, and names where they begin and end.
import { decodeRuns } from '../../../protocol/output-timing.ts'
import type { Position } from '../../../protocol/position.ts'
import { crc32, pack, unpack } from '../recording/compression.ts'
import { decodeResizes } from '../recording/log-slice.ts'
import type { LogSlice } from '../recording/types.ts'
import type { LogRow } from './log-rows.ts'

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
  if (crc32(blob) !== row.blob_checksum) throw new Error('the stored bytes are not what was written')
}

export function startOfRow(row: { offset: number; n: number }): Position {
  return { offset: row.offset, n: row.n }
}

export function endOfRow(row: { end_offset: number; end_n: number }): Position {
  return { offset: row.end_offset, n: row.end_n }
}

/** When its bytes arrived: `runs` as in LogSlice. Throws when the row is damaged. */
export function runsOfRow({ timing }: Pick<LogRow, 'timing'>): number[] {
  return decodeRuns(unpackTiming(timing))
}

/** The same; none of a row that is damaged, whose bytes cannot be read either. */
export function runsIfReadable(row: Pick<LogRow, 'timing'>): number[] {
  try {
    return runsOfRow(row)
  } catch {
    return []
  }
}

/** One byte that says whether the rest is a zstd frame, the size of what is in it as a uint32, then that. */
export function packTiming(timing: Uint8Array): Uint8Array {
  const { blob, compressed } = pack(timing)
  const packed = new Uint8Array(blob.length + 5)
  new DataView(packed.buffer).setUint32(1, timing.length)
  packed[0] = compressed ? 1 : 0
  packed.set(blob, 5)
  return packed
}

function unpackTiming(packed: Uint8Array): Uint8Array {
  const size = new DataView(packed.buffer, packed.byteOffset).getUint32(1)
  return unpack({ blob: packed.subarray(5), compressed: packed[0] === 1 }, size)
}
