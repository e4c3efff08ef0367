// zstd frames and checksums of stored bytes.
import zlib from 'node:zlib'

/**
 * Measured in segments of 1 MiB: file listings, package logs and a directory tree take 2 to 3 % less at level 3 and twice the
 * time; a build log with hashes in every line takes a fifth more. Higher levels cost much more and save 5 to 10 %.
 */
const LEVEL = 1

/** Below this a zstd frame is hardly smaller and not worth its CPU. */
const COMPRESS_FROM_BYTES = 512

/** Bytes that do not shrink below this ratio are kept as they are: reading them then needs no inflating. */
const MAX_RATIO = 0.95

/** zlib's output buffers are an eighth of the input, about what a log packs to: larger ones are garbage, smaller are many. */
const MIN_CHUNK_BYTES = 4 * 1024
const MAX_CHUNK_BYTES = 128 * 1024

export interface Packed {
  blob: Uint8Array
  compressed: boolean
}

/** The bytes as one zstd frame that names their length, or as they are when that is not much smaller. */
export function pack(bytes: Uint8Array): Packed {
  if (bytes.length >= COMPRESS_FROM_BYTES) {
    const blob = zstd(bytes)
    if (blob.length < bytes.length * MAX_RATIO) return { blob, compressed: true }
  }
  return { blob: bytes, compressed: false }
}

/** Throws when it is not one whole zstd frame of exactly `size` bytes. */
export function unpack({ blob, compressed }: Packed, size: number): Uint8Array {
  const bytes = compressed ? unzstd(blob, size) : blob
  if (bytes.length !== size) throw new Error(`expected ${size} bytes, got ${bytes.length}`)
  return bytes
}

export function zstd(bytes: Uint8Array): Uint8Array {
  return zlib.zstdCompressSync(bytes, {
    chunkSize: Math.min(Math.max(bytes.length >> 3, MIN_CHUNK_BYTES), MAX_CHUNK_BYTES),
    pledgedSrcSize: bytes.length,
    params: { [zlib.constants.ZSTD_c_compressionLevel]: LEVEL },
  })
}

/** Throws above `maxBytes`: a damaged frame must not fill the memory. */
export function unzstd(blob: Uint8Array, maxBytes: number): Uint8Array {
  return zlib.zstdDecompressSync(blob, {
    chunkSize: Math.max(64, Math.min(maxBytes, 1024 * 1024)),
    maxOutputLength: Math.max(1, maxBytes),
  })
}

const ZSTD_MAGIC = 0xfd2fb528

/**
 * Whether this is a zstd frame whose header says that it contains `size` bytes, or does not say it.
 * https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.1
 */
export function maySpan(blob: Uint8Array, size: number): boolean {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  if (blob.length < 5 || view.getUint32(0, true) !== ZSTD_MAGIC) return false
  const descriptor = blob[4]!
  const isSingle = (descriptor & 0x20) !== 0
  const at = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!
  const bytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  if (bytes === 0) return true
  if (blob.length < at + bytes) return false
  if (bytes === 1) return view.getUint8(at) === size
  if (bytes === 2) return view.getUint16(at, true) + 256 === size
  return view.getUint32(at, true) === size && (bytes === 4 || view.getUint32(at + 4, true) === 0)
}

export function crc32(bytes: Uint8Array): number {
  return zlib.crc32(bytes)
}
