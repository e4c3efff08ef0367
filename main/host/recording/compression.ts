// zstd frames and checksums for what is stored. Knows nothing of what the bytes are.
import zlib from 'node:zlib'

/**
 * Measured in segments of 1 MiB: file listings, package logs and a directory tree take 2 to 3 % less at level 3 and twice the
 * time; a build log with hashes in every line takes a fifth more. Above that a level costs much and saves 5 to 10 %.
 */
const LEVEL = 1

/** Below this a zstd frame is hardly smaller and not worth its CPU. */
const COMPRESS_FROM_BYTES = 512

/** A blob that gets less than this smaller is kept as it is: nobody then has to inflate it. */
const WORTH = 0.95

/** zlib's output buffers are an eighth of the input, about what a log packs to: larger ones are garbage, smaller are many. */
const LEAST_CHUNK_BYTES = 4 * 1024
const MOST_CHUNK_BYTES = 128 * 1024

export interface Packed {
  blob: Uint8Array
  compressed: boolean
}

/** The bytes as one zstd frame that names their length, or as they are when that does not pay. */
export function pack(bytes: Uint8Array): Packed {
  if (bytes.length >= COMPRESS_FROM_BYTES) {
    const blob = zstd(bytes)
    if (blob.length < bytes.length * WORTH) return { blob, compressed: true }
  }
  return { blob: bytes, compressed: false }
}

/** Throws when it is not one whole zstd frame of exactly `size` bytes. */
export function unpack({ blob, compressed }: Packed, size: number): Uint8Array {
  const bytes = compressed ? unzstd(blob, size) : blob
  if (bytes.length !== size) throw new Error(`${bytes.length} bytes where ${size} should be`)
  return bytes
}

export function zstd(bytes: Uint8Array): Uint8Array {
  return zlib.zstdCompressSync(bytes, {
    chunkSize: Math.min(Math.max(bytes.length >> 3, LEAST_CHUNK_BYTES), MOST_CHUNK_BYTES),
    pledgedSrcSize: bytes.length,
    params: { [zlib.constants.ZSTD_c_compressionLevel]: LEVEL },
  })
}

/** At most `most` bytes: a damaged frame must not fill the memory. */
export function unzstd(blob: Uint8Array, most: number): Uint8Array {
  return zlib.zstdDecompressSync(blob, {
    chunkSize: Math.max(64, Math.min(most, 1024 * 1024)),
    maxOutputLength: Math.max(1, most),
  })
}

export function crc32(bytes: Uint8Array): number {
  return zlib.crc32(bytes)
}
