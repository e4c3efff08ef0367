// Inflates zstd for clients that run in Node. Knows nothing of what is inside.
import zlib from 'node:zlib'
import { CodedError } from '../../../protocol/errors.ts'

/** The smallest buffer that zlib takes. */
const SPARE_BYTES = 64

/** Inflates to exactly `size` bytes; throws `bad_frame` for anything else. */
export function inflate(bytes: Uint8Array, size: number): Uint8Array {
  let raw: Buffer
  try {
    // Into one buffer, which is never quite full: or another one would be made for what might come.
    raw = zlib.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, size), chunkSize: size + SPARE_BYTES })
  } catch (cause) {
    throw new CodedError('bad_frame', 'compressed output that is damaged or longer than declared', { cause })
  }
  if (raw.length !== size) throw new CodedError('bad_frame', 'compressed output of another size than declared')
  return raw
}
