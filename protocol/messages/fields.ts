// Fields that messages of several subjects share.
import * as z from 'zod/mini'
import { BLOB_BYTES, MAX_COLS, MAX_ROWS } from '../limits.ts'

// The page's CSP forbids eval, and zod probes for it unless told not to (zod 4 docs, "jitless"). Set here because every file
// with schemas imports this one first.
z.config({ jitless: true })

export const id = z.string().check(z.minLength(1), z.maxLength(64))
// Chunk frames carry it in 32 bits.
export const request_id = z.int().check(z.nonnegative(), z.maximum(0xffff_ffff))
/** Names an attachment on its connection. */
export const handle = z.int().check(z.nonnegative(), z.maximum(0xffff_ffff))
export const offset = z.int().check(z.nonnegative())
export const text = (maxCharacters: number) => z.string().check(z.maxLength(maxCharacters))
/** Where the next page begins, from the reply before it. */
export const cursor = text(256)
export const limit = (max: number) => z.optional(z.int().check(z.minimum(1), z.maximum(max)))

export const Position = z.object({ offset, n: offset })
export const Size = z.object({
  cols: z.int().check(z.minimum(1), z.maximum(MAX_COLS)),
  rows: z.int().check(z.minimum(1), z.maximum(MAX_ROWS)),
})
// The host checks the range itself, so that 0 or 100,000 columns get `size_invalid`, not a closed socket.
export const RequestedSize = z.object({ cols: z.number(), rows: z.number() })

/** What a blob contains: `size` raw bytes with this CRC-32, as one zstd frame or uncompressed. */
export const Blob = z.object({
  size: z.int().check(z.nonnegative(), z.maximum(BLOB_BYTES)),
  checksum: z.int().check(z.nonnegative()),
  compressed: z.boolean(),
})
export type Blob = z.infer<typeof Blob>

/** Why an extent of a log cannot be read. */
export const GapReason = z.enum(['trimmed', 'damaged', 'unrecorded'])
