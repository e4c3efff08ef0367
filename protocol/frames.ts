// The bytes of the frames that a transport carries.
//
// Every frame starts with [kind u8][flags u8]. A message longer than one frame spans several of the same kind: the
// first of them carries SPANS and, after the two bytes, the message's whole length (u32); all but the last carry MORE.
// Integers are big-endian; an offset is a u64 of which 53 bits are used.
import { CodedError } from './errors.ts'
import { BATCH_BYTES, BLOB_BYTES, FRAME_BYTES, INPUT_BYTES, MESSAGE_BYTES } from './limits.ts'

export const KIND = { json: 0, output: 1, input: 2, ack: 3, blob: 4, chunk: 5, cover: 6 } as const

const MORE = 1
const SPANS = 2
const IS_PROMPT = 0x20
const COMPRESSED = 0x40

/** A message, with its frames joined. */
export type Frame =
  | { kind: 'json'; value: unknown }
  | Output
  | { kind: 'input'; handle: number; seq: number; bytes: Uint8Array }
  | { kind: 'ack'; handle: number; value: number }
  | { kind: 'blob'; handle: number; bytes: Uint8Array }
  | { kind: 'chunk'; request_id: number; bytes: Uint8Array }
  | { kind: 'cover'; handle: number }

/**
 * Output bytes that begin at `offset`. `compressed`: `bytes` is one zstd frame of `size` raw bytes. `is_prompt`: always false
 * for now; reserved to mark a shell's prompt.
 */
export interface Output {
  kind: 'output'
  handle: number
  offset: number
  bytes: Uint8Array
  size: number
  is_prompt: boolean
  compressed: boolean
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function setOffset(data: DataView, at: number, value: number): void {
  data.setUint32(at, Math.floor(value / 2 ** 32))
  data.setUint32(at + 4, value >>> 0)
}

function getOffset(data: DataView, at: number): number {
  const high = data.getUint32(at)
  if (high > 0x1f_ffff) throw new CodedError('bad_frame', 'an offset is larger than 2^53')
  return high * 2 ** 32 + data.getUint32(at + 4)
}

/** JSON: [0][flags][utf-8]. */
export function jsonFrames(message: unknown): Uint8Array[] {
  return spanning(KIND.json, [encoder.encode(JSON.stringify(message))], MESSAGE_BYTES)
}

const OUTPUT_HEADER = 18

/** Output: [1][flags][handle u32][offset u64][raw size u32][bytes]. At most BATCH_BYTES raw, always one frame. */
export function outputFrame(output: Omit<Output, 'kind'>): Uint8Array {
  if (output.size > BATCH_BYTES) throw new CodedError('internal', 'an output batch is larger than BATCH_BYTES')
  const frame = new Uint8Array(OUTPUT_HEADER + output.bytes.length)
  const data = view(frame)
  frame[0] = KIND.output
  frame[1] = (output.is_prompt ? IS_PROMPT : 0) | (output.compressed ? COMPRESSED : 0)
  data.setUint32(2, output.handle)
  setOffset(data, 6, output.offset)
  data.setUint32(14, output.size)
  frame.set(output.bytes, OUTPUT_HEADER)
  return frame
}

/** Input: [2][flags][handle u32][seq u64][bytes]. One unit, whatever its length: never interleaved with other input. */
export function inputFrames(handle: number, seq: number, bytes: Uint8Array): Uint8Array[] {
  const header = new Uint8Array(12)
  const data = view(header)
  data.setUint32(0, handle)
  setOffset(data, 4, seq)
  return spanning(KIND.input, [header, bytes], INPUT_BYTES + header.length)
}

/**
 * Ack: [3][0][handle u32][value u64]. From a client: its terminal has parsed output up to this offset.
 * From the host: the PTY's queue has input up to this number.
 */
export function ackFrame(handle: number, value: number): Uint8Array {
  const frame = new Uint8Array(14)
  frame[0] = KIND.ack
  const data = view(frame)
  data.setUint32(2, handle)
  setOffset(data, 6, value)
  return frame
}

/** Blob: [4][flags][handle u32][bytes]. */
export function blobFrames(handle: number, bytes: Uint8Array): Uint8Array[] {
  const header = new Uint8Array(4)
  view(header).setUint32(0, handle)
  return spanning(KIND.blob, [header, bytes], BLOB_BYTES + header.length)
}

/** Chunk: [5][flags][request u32][bytes]. Bytes that belong to a request: of its upload, or before its reply. */
export function chunkFrames(request_id: number, bytes: Uint8Array): Uint8Array[] {
  const header = new Uint8Array(4)
  view(header).setUint32(0, request_id)
  return spanning(KIND.chunk, [header, bytes], BLOB_BYTES + header.length)
}

/** Cover: [6][0][handle u32]. Stands in for the echo of a key; a client acknowledges it like output. From the host only. */
export function coverFrame(handle: number): Uint8Array {
  const frame = new Uint8Array(6)
  frame[0] = KIND.cover
  view(frame).setUint32(2, handle)
  return frame
}

function spanning(kind: number, parts: Uint8Array[], maxBytes: number): Uint8Array[] {
  const total = parts.reduce((sum, part) => sum + part.length, 0)
  if (total > maxBytes)
    throw new CodedError('bad_frame', `a message of ${total} bytes is over its limit of ${maxBytes}`)
  const body = new Uint8Array(total)
  let at = 0
  for (const part of parts) {
    body.set(part, at)
    at += part.length
  }
  if (total + 2 <= FRAME_BYTES) {
    const frame = new Uint8Array(total + 2)
    frame[0] = kind
    frame.set(body, 2)
    return [frame]
  }
  const frames: Uint8Array[] = []
  for (let from = 0; from < total; ) {
    const first = from === 0
    const header = first ? 6 : 2
    const take = Math.min(FRAME_BYTES - header, total - from)
    const frame = new Uint8Array(header + take)
    frame[0] = kind
    frame[1] = (first ? SPANS : 0) | (from + take < total ? MORE : 0)
    if (first) view(frame).setUint32(2, total)
    frame.set(body.subarray(from, from + take), header)
    frames.push(frame)
    from += take
  }
  return frames
}

const LIMITS: Record<number, number> = {
  [KIND.json]: MESSAGE_BYTES,
  [KIND.input]: INPUT_BYTES + 12,
  [KIND.blob]: BLOB_BYTES + 4,
  [KIND.chunk]: BLOB_BYTES + 4,
}

/**
 * Joins frames into messages. One per connection and direction. Throws `bad_frame` for a malformed frame; the connection
 * is then closed, because nothing after it can be trusted.
 */
export class FrameReader {
  #span: { kind: number; body: Uint8Array; at: number } | undefined
  readonly #maxSpan: number

  /** `maxSpan`: the longest spanning message, in bytes; before authentication a host accepts none (0). */
  constructor(maxSpan = Number.POSITIVE_INFINITY) {
    this.#maxSpan = maxSpan
  }

  /** Returns the message that this frame completes; undefined while more frames follow. */
  read(frame: Uint8Array): Frame | undefined {
    if (frame.length < 2 || frame.length > FRAME_BYTES) bad(`a frame of ${frame.length} bytes`)
    const kind = frame[0]!
    const flags = frame[1]!
    if (this.#span) return this.#continue(kind, flags, frame)
    if (flags & SPANS) {
      const limit = LIMITS[kind]
      if (limit === undefined || frame.length < 7 || !(flags & MORE)) bad('a malformed spanning frame')
      const total = view(frame).getUint32(2)
      if (total > Math.min(limit, this.#maxSpan)) bad(`a message of ${total} bytes is over its limit`)
      if (total <= frame.length - 6) bad('a spanning message that ends in its first frame')
      const body = new Uint8Array(total)
      body.set(frame.subarray(6))
      this.#span = { kind, body, at: frame.length - 6 }
      return undefined
    }
    if (flags & MORE) bad('a continued message that was never begun')
    return decode(kind, flags, frame.subarray(2))
  }

  #continue(kind: number, flags: number, frame: Uint8Array): Frame | undefined {
    const span = this.#span!
    if (kind !== span.kind || flags & SPANS) bad('another frame inside a spanning message')
    if (frame.length - 2 > span.body.length - span.at) bad('a spanning message is longer than announced')
    span.body.set(frame.subarray(2), span.at)
    span.at += frame.length - 2
    if (flags & MORE) {
      // Empty continuation frames would keep the message open forever at no cost to the sender.
      if (span.at === span.body.length || frame.length === 2) bad('a spanning message that does not end')
      return undefined
    }
    if (span.at !== span.body.length) bad('a spanning message is shorter than announced')
    this.#span = undefined
    return decode(kind, flags & ~(MORE | SPANS), span.body)
  }
}

function decode(kind: number, flags: number, body: Uint8Array): Frame {
  const data = view(body)
  switch (kind) {
    case KIND.json:
      return { kind: 'json', value: parseJson(body) }
    case KIND.output: {
      if (body.length < OUTPUT_HEADER - 2) bad('an output frame without its header')
      const size = data.getUint32(12)
      const bytes = body.subarray(16)
      const compressed = (flags & COMPRESSED) !== 0
      if (size > BATCH_BYTES || (!compressed && size !== bytes.length)) bad('an output frame with the wrong size')
      return {
        kind: 'output',
        handle: data.getUint32(0),
        offset: getOffset(data, 4),
        size,
        bytes,
        compressed,
        is_prompt: (flags & IS_PROMPT) !== 0,
      }
    }
    case KIND.input:
      if (body.length < 12) bad('an input frame without its header')
      return { kind: 'input', handle: data.getUint32(0), seq: getOffset(data, 4), bytes: body.subarray(12) }
    case KIND.ack:
      if (body.length !== 12) bad('an ack frame of the wrong length')
      return { kind: 'ack', handle: data.getUint32(0), value: getOffset(data, 4) }
    case KIND.blob:
      if (body.length < 4) bad('a blob frame without its header')
      return { kind: 'blob', handle: data.getUint32(0), bytes: body.subarray(4) }
    case KIND.chunk:
      if (body.length < 4) bad('a chunk frame without its header')
      return { kind: 'chunk', request_id: data.getUint32(0), bytes: body.subarray(4) }
    case KIND.cover:
      if (body.length !== 4) bad('a cover frame of the wrong length')
      return { kind: 'cover', handle: data.getUint32(0) }
    default:
      return bad(`a frame of unknown kind ${kind}`)
  }
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body))
  } catch (cause) {
    throw new CodedError('bad_message', 'a JSON message cannot be parsed', { cause })
  }
}

function bad(what: string): never {
  throw new CodedError('bad_frame', what)
}
