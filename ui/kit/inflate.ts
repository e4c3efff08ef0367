// Inflates zstd frames in the browser with fzstd, which checks neither lengths nor bombs: that is done here.
import { Decompress } from 'fzstd'
import { CodedError } from '../../protocol/errors.ts'
import { BLOB_BYTES } from '../../protocol/limits.ts'

/** The largest window a frame may make the decoder allocate; zstd levels 1 to 3 use at most 2 MiB. */
const WINDOW_BYTES = 8 * 1024 * 1024

/** Inflates exactly one zstd frame of exactly `size` bytes. Throws `bad_frame` for anything else. */
export function inflate(bytes: Uint8Array, size: number): Uint8Array {
  if (size > BLOB_BYTES || bytes.length > BLOB_BYTES) throw invalid('is larger than any frame')
  checkFrame(bytes, size)
  const whole = new Uint8Array(size)
  let length = 0
  const decoder = new Decompress(chunk => {
    if (length + chunk.length > size) throw invalid('is longer than declared')
    whole.set(chunk, length)
    length += chunk.length
  })
  try {
    decoder.push(bytes, true)
  } catch (error) {
    throw error instanceof CodedError ? error : invalid('is damaged', error)
  }
  if (length !== size) throw invalid('is shorter than declared')
  return whole
}

/**
 * Checks the header before the decoder allocates by it, and walks the blocks: one frame, and nothing after it
 * (RFC 8878, 3.1.1).
 */
function checkFrame(bytes: Uint8Array, size: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  try {
    if (view.getUint32(0, true) !== 0xfd2fb528) throw invalid('is not zstd')
    const descriptor = view.getUint8(4)
    const single = (descriptor & 0x20) !== 0
    let at = 5
    if (!single) {
      const log = view.getUint8(at++)
      const base = 2 ** (10 + (log >> 3))
      if (base + (base / 8) * (log & 7) > WINDOW_BYTES) throw invalid('needs too large a window')
    }
    if (descriptor & 3) throw invalid('needs a dictionary')
    const fieldBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!
    if (fieldBytes > 0 && contentSize(view, at, fieldBytes) !== size) throw invalid('has another size than declared')
    at += fieldBytes
    for (let last = false; !last; ) {
      const header = view.getUint8(at) | (view.getUint16(at + 1, true) << 8)
      last = (header & 1) !== 0
      at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3)
    }
    if (descriptor & 4) at += 4
    if (at !== bytes.length) throw invalid('is not exactly one frame')
  } catch (error) {
    // A DataView throws at the end of its bytes.
    throw error instanceof CodedError ? error : invalid('is cut off', error)
  }
}

function contentSize(view: DataView, at: number, fieldBytes: number): number {
  if (fieldBytes === 1) return view.getUint8(at)
  if (fieldBytes === 2) return view.getUint16(at, true) + 256
  if (fieldBytes === 4) return view.getUint32(at, true)
  return Number(view.getBigUint64(at, true))
}

function invalid(problem: string, cause?: unknown): CodedError {
  return new CodedError('bad_frame', `compressed output ${problem}`, { cause })
}
