// `otg host --trace FILE`: one JSON line per frame that a client sends or receives, without what the frame contains.
import { closeSync, writeSync } from 'node:fs'
import { CodedError } from '../../../protocol/errors.ts'
import { type Frame, FrameReader } from '../../../protocol/frames.ts'
import { NewFile } from '../files/new-file.ts'
import type { Logger } from './logger.ts'

/** The trace ends here, with a line that says so: an hour of heavy use, and it still opens in an editor. */
export const TRACE_BYTES = 100 * 1024 * 1024

/** Lines are written together this often; what a crash of the host loses is no more than this. */
const WRITE_MS = 100

/** A message name; anything else in its place is not written down. */
const MESSAGE_TYPE = /^[a-z_]{1,40}$/

/** The trace of one connection. */
export interface ConnectionTrace {
  received(frame: Uint8Array): void
  sent(frame: Uint8Array): void
}

export class FrameTrace {
  readonly #log: Logger
  #descriptor: number | undefined
  #lines: string[] = []
  #size = 0
  readonly #maxBytes: number
  #timer: NodeJS.Timeout | undefined

  /** Replaces `file` (0600). Throws `trace_unusable`. */
  constructor(file: string, log: Logger, maxBytes = TRACE_BYTES) {
    this.#log = log
    this.#maxBytes = maxBytes
    try {
      const fresh = new NewFile(file)
      try {
        this.#descriptor = fresh.publish()
      } finally {
        fresh.undo()
      }
    } catch (cause) {
      throw new CodedError('trace_unusable', `the trace file cannot be written: ${(cause as Error).message}`, { cause })
    }
  }

  connection(id: number): ConnectionTrace {
    const trace = (direction: 'in' | 'out') => {
      const describe = frameDescriber()
      return (frame: Uint8Array) => {
        if (this.#descriptor === undefined) return
        this.#add({ time: Date.now(), connection: id, direction, ...describe(frame) })
      }
    }
    return { received: trace('in'), sent: trace('out') }
  }

  close(): void {
    if (this.#descriptor === undefined) return
    this.#write()
    this.#end()
  }

  #add(line: object): void {
    const text = `${JSON.stringify(line)}\n`
    if (this.#size + text.length > this.#maxBytes) return this.#full()
    this.#size += text.length
    this.#lines.push(text)
    this.#timer ??= setTimeout(() => this.#write(), WRITE_MS).unref()
  }

  #full(): void {
    this.#lines.push(`${JSON.stringify({ time: Date.now(), ended: 'the trace is full' })}\n`)
    this.#write()
    this.#end()
    this.#log.warn({ bytes: this.#size }, 'the trace of frames is full and ends')
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#descriptor === undefined || this.#lines.length === 0) return
    const text = this.#lines.join('')
    this.#lines = []
    try {
      writeSync(this.#descriptor, text)
    } catch (error) {
      this.#end()
      this.#log.error({ err: error }, 'the trace of frames could not be written and ends')
    }
  }

  #end(): void {
    clearTimeout(this.#timer)
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
    this.#lines = []
  }
}

const KINDS = ['json', 'output', 'input', 'ack', 'blob', 'chunk', 'cover']

/** Describes the frames of one direction of one connection, in order. */
function frameDescriber(): (bytes: Uint8Array) => object {
  let reader = new FrameReader()
  return bytes => {
    const line = { kind: KINDS[bytes[0] ?? -1] ?? 'unknown', length: bytes.length }
    try {
      const frame = reader.read(bytes)
      // A frame of a spanning message: what it is about is known with the last one.
      return frame ? { ...line, ...about(frame) } : { ...line, more: true }
    } catch {
      reader = new FrameReader()
      return { ...line, invalid: true }
    }
  }
}

function about(frame: Frame): object {
  switch (frame.kind) {
    case 'json': {
      const { type, handle, request_id } = Object(frame.value) as Record<string, unknown>
      return {
        ...(typeof type === 'string' && MESSAGE_TYPE.test(type) && { type }),
        ...(typeof handle === 'number' && { handle }),
        ...(typeof request_id === 'number' && { request_id }),
      }
    }
    case 'output':
      return { handle: frame.handle, offset: frame.offset, size: frame.size }
    case 'input':
      return { handle: frame.handle, seq: frame.seq }
    case 'ack':
      return { handle: frame.handle, offset: frame.value }
    case 'blob':
    case 'cover':
      return { handle: frame.handle }
    case 'chunk':
      return { request_id: frame.request_id }
  }
}
