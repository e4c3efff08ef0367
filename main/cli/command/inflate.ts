// Decompresses zstd for clients that run in Node.
import zlib from 'node:zlib'
import { CodedError } from '../../../protocol/errors.ts'

/** The smallest buffer that zlib accepts. */
const SPARE_BYTES = 64

/** Decompresses to exactly `size` bytes; throws `bad_frame` otherwise. */
export function inflate(bytes: Uint8Array, size: number): Uint8Array {
  let raw: Buffer
  try {
    // One buffer that never fills up: zlib allocates another one as soon as a buffer is full.
    raw = zlib.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, size), chunkSize: size + SPARE_BYTES })
  } catch (cause) {
    throw new CodedError('bad_frame', 'compressed output is damaged or longer than declared', { cause })
  }
  if (raw.length !== size) throw new CodedError('bad_frame', 'compressed output does not have the declared size')
  return raw
}
