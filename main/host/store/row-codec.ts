// Turns stored rows of the log back into output, and names where they begin and end.
import { decodeRuns } from '../../../protocol/output-timing.ts'
import type { Position } from '../../../protocol/position.ts'
import { crc32, unpack } from '../recording/compression.ts'
import { decodeResizes } from '../recording/log-slice.ts'
import type { LogSlice } from '../recording/types.ts'
import type { LogRow } from './log-rows.ts'

/** The bytes of a row with their timing and resizes. Throws when they are not what was written. */
export function readSlice(row: LogRow, blob: Uint8Array): LogSlice {
  return {
    from: startOfRow(row),
    bytes: readBytes(row, blob),
    runs: decodeRuns(unpackTiming(row.timing)),
    resizes: decodeResizes(row.resizes, row.offset),
  }
}

export function readBytes(row: LogRow, blob: Uint8Array): Uint8Array {
  if (crc32(blob) !== row.blob_checksum) throw new Error('the stored bytes are not what was written')
  return unpack({ blob, compressed: row.compressed === 1 }, row.end_offset - row.offset)
}

export function startOfRow(row: { offset: number; n: number }): Position {
  return { offset: row.offset, n: row.n }
}

export function endOfRow(row: { end_offset: number; end_n: number }): Position {
  return { offset: row.end_offset, n: row.end_n }
}

export function unpackTiming(packed: Uint8Array): Uint8Array {
  const size = new DataView(packed.buffer, packed.byteOffset).getUint32(1)
  return unpack({ blob: packed.subarray(5), compressed: packed[0] === 1 }, size)
}
