// Inflates zstd for clients that run in Node. Knows nothing of what is inside.
import zlib from 'node:zlib'
import { CodedError } from '../../../protocol/errors.ts'

/** Inflates to exactly `size` bytes; throws `bad_frame` for anything else. */
export function inflate(bytes: Uint8Array, size: number): Uint8Array {
  let raw: Buffer
  try {
    // In one piece: pieces would be put together again.
    const most = Math.max(1, size)
    raw = zlib.zstdDecompressSync(bytes, { maxOutputLength: most, chunkSize: Math.max(64, most) })
  } catch (cause) {
    throw new CodedError('bad_frame', 'compressed output that is damaged or longer than declared', { cause })
  }
  if (raw.length !== size) throw new CodedError('bad_frame', 'compressed output of another size than declared')
  return raw
}
