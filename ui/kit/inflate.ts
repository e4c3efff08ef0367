// zstd frames in the browser, inflated by fzstd, which checks neither lengths nor bombs: that is done here.
// Knows nothing of what is inside.
import { Decompress } from 'fzstd'
import { CodedError } from '../../protocol/errors.ts'
import { BLOB_BYTES } from '../../protocol/limits.ts'

/** What a frame may make the decoder set aside to look back into: level 1 to 3 use at most 2 MiB (zstd levels). */
const WINDOW_BYTES = 8 * 1024 * 1024

/** Inflates exactly one zstd frame of exactly `size` bytes. Throws `bad_frame` for anything else. */
export function inflate(bytes: Uint8Array, size: number): Uint8Array {
  if (size > BLOB_BYTES || bytes.length > BLOB_BYTES) throw bad('larger than any frame')
  checkFrame(bytes, size)
  const whole = new Uint8Array(size)
  let length = 0
  const decoder = new Decompress(chunk => {
    if (length + chunk.length > size) throw bad('more than it declared')
    whole.set(chunk, length)
    length += chunk.length
  })
  try {
    decoder.push(bytes, true)
  } catch (error) {
    throw error instanceof CodedError ? error : bad('damaged', error)
  }
  if (length !== size) throw bad('less than it declared')
  return whole
}

/**
 * Checks the header before the decoder allocates by it, and walks the blocks: one frame, and nothing after it
 * (RFC 8878, 3.1.1).
 */
function checkFrame(bytes: Uint8Array, size: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  try {
    if (view.getUint32(0, true) !== 0xfd2fb528) throw bad('no zstd')
    const descriptor = view.getUint8(4)
    const single = (descriptor & 0x20) !== 0
    let at = 5
    if (!single) {
      const log = view.getUint8(at++)
      const base = 2 ** (10 + (log >> 3))
      if (base + (base / 8) * (log & 7) > WINDOW_BYTES) throw bad('a window that is too large')
    }
    if (descriptor & 3) throw bad('a dictionary')
    const fieldBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!
    if (fieldBytes > 0 && contentSize(view, at, fieldBytes) !== size) throw bad('another size than declared')
    at += fieldBytes
    for (let last = false; !last; ) {
      const header = view.getUint8(at) | (view.getUint16(at + 1, true) << 8)
      last = (header & 1) !== 0
      at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3)
    }
    if (descriptor & 4) at += 4
    if (at !== bytes.length) throw bad('not exactly one frame')
  } catch (error) {
    // A DataView throws where bytes end.
    throw error instanceof CodedError ? error : bad('cut off', error)
  }
}

function contentSize(view: DataView, at: number, fieldBytes: number): number {
  if (fieldBytes === 1) return view.getUint8(at)
  if (fieldBytes === 2) return view.getUint16(at, true) + 256
  if (fieldBytes === 4) return view.getUint32(at, true)
  return Number(view.getBigUint64(at, true))
}

function bad(what: string, cause?: unknown): CodedError {
  return new CodedError('bad_frame', `compressed output that is ${what}`, { cause })
}
