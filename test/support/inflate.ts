// Inflates zstd in Node, for clients in tests and benchmarks.
import zlib from 'node:zlib'
import { CodedError } from '../../protocol/errors.ts'

export function inflate(bytes: Uint8Array, size: number): Uint8Array {
  const raw = zlib.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, size) })
  if (raw.length !== size) throw new CodedError('bad_frame', 'a compressed batch of another size')
  return new Uint8Array(raw.buffer, raw.byteOffset, raw.length)
}
