// Messages and frames of clients that were let in, good and changed, in any order: for paired phones and for the local socket.
import fc from 'fast-check'
import type { RequestType } from '../../main/host/access/permissions.ts'
import { isErrorCode } from '../../protocol/errors.ts'
import {
  ackFrame,
  blobFrames,
  chunkFrames,
  coverFrame,
  FrameReader,
  inputFrames,
  jsonFrames,
  outputFrame,
} from '../../protocol/frames.ts'
import { type HostMessage, type ParseHostMessage, VERSIONS } from '../../protocol/messages.ts'
import { type Context, SAMPLES } from '../support/network/message-samples.ts'
import { type Change, changed, changes, type Edit, edited, editsWith, latin1 } from './mutate.ts'

/** `edits` change the frames. `below`: they change what carries them, an encrypted message or a stream, once. */
export type Step = { edits: Edit[]; below?: Edit[] } & (
  | { type: RequestType; changes: Change[] }
  | { frame: 'input' | 'ack' | 'chunk' | 'blob' | 'output' | 'cover'; a: number; b: number; bytes: string }
  /** The first frames of a message, as if it were this long. */
  | { span: number; kind: number; total: number; parts: string[] }
  | { raw: string }
  /** A whole upload. */
  | { upload: number; sent: number }
)

const NO_EDITS = fc.constant<Edit[]>([])
const edits = fc.oneof(
  { weight: 9, arbitrary: NO_EDITS },
  { weight: 1, arbitrary: editsWith('{', '}', '"', ',', '\\u0000') },
)
const number = fc.oneof(fc.nat(3), fc.constantFrom(7, 2 ** 31, 2 ** 32 - 1, 2 ** 53 - 1), fc.nat(70_000))

/** `types`: what is sent; the others are not. */
export function steps(types: readonly RequestType[]): fc.Arbitrary<Step> {
  const request = fc.record({ type: fc.constantFrom(...types), changes, edits })
  const frame = fc.record({
    frame: fc.constantFrom(...(['input', 'input', 'ack', 'ack', 'chunk', 'blob', 'output', 'cover'] as const)),
    a: number,
    b: number,
    bytes: fc.oneof(latin1(20), latin1(2_000)),
    edits,
  })
  const span = fc.record({
    span: fc.nat(3),
    kind: fc.nat(7),
    total: fc.oneof(fc.nat(200), fc.constantFrom(65_536, 1_048_576, 1_048_577, 2 ** 24, 2 ** 32 - 1)),
    parts: fc.array(latin1(90), { minLength: 1, maxLength: 4 }),
    edits,
  })
  const raw = fc.record({ raw: fc.oneof(latin1(2), latin1(30), latin1(500)), edits: NO_EDITS })
  const size = fc.constantFrom(0, 1, 1000, 300_000)
  const upload = fc.record({ upload: size, sent: size, edits: NO_EDITS })
  const below = fc.record({ type: fc.constantFrom(...types), changes, edits: NO_EDITS, below: editsWith() })
  return fc.oneof(
    { weight: 30, arbitrary: request },
    { weight: 8, arbitrary: frame },
    { weight: 2, arbitrary: span },
    { weight: 1, arbitrary: raw },
    { weight: 2, arbitrary: upload },
    { weight: 1, arbitrary: below },
  ) as fc.Arbitrary<Step>
}

/** The handles and requests of frames are near those that exist. */
export function framesOf(step: Step, context: Context): Uint8Array[] {
  return made(step, context).map(frame => (step.edits.length > 0 ? edited(frame, step.edits) : frame))
}

function made(step: Step, context: Context): Uint8Array[] {
  if ('type' in step) {
    const message = changed(SAMPLES[step.type].message(context), step.changes)
    return jsonFrames(message)
  }
  if ('raw' in step) return [Buffer.from(step.raw, 'latin1')]
  if ('upload' in step) {
    const request_id = 8
    const begun = { type: 'upload', request_id, session_id: context.session_id, name: 'file', size: step.upload }
    return [...jsonFrames(begun), ...chunkFrames(request_id, new Uint8Array(step.sent))]
  }
  if ('span' in step) {
    const SPANS = 2
    return step.parts.map((part, at) => {
      const flags = (at === 0 ? SPANS : 0) | (at < step.span ? 1 : 0)
      const total = Buffer.alloc(at === 0 ? 4 : 0)
      if (at === 0) total.writeUInt32BE(step.total)
      return Buffer.concat([Buffer.of(step.kind, flags), total, Buffer.from(part, 'latin1')])
    })
  }
  const bytes = new Uint8Array(Buffer.from(step.bytes, 'latin1'))
  const { a, b } = step
  switch (step.frame) {
    case 'input':
      return inputFrames(a % 2 ** 32, b, bytes)
    case 'ack':
      return [ackFrame(a % 2 ** 32, b)]
    case 'chunk':
      return chunkFrames(a % 2 ** 32, bytes)
    case 'blob':
      return blobFrames(a % 2 ** 32, bytes)
    case 'cover':
      return [coverFrame(a % 2 ** 32)]
    case 'output':
      return [
        outputFrame({ handle: a % 2 ** 32, offset: b, size: bytes.length, bytes, compressed: false, is_prompt: false }),
      ]
  }
}

export const HELLO = jsonFrames({ type: 'hello', versions: VERSIONS, client: { kind: 'script', name: 'fuzz' } })

/** No request of a step has it. */
export const PING = 4_000_000_000

/** Reads what the host sends, and keeps what it must not. */
export class Heard {
  /** Every message, without its lists and texts: there may be thousands. */
  readonly messages: HostMessage[] = []
  /** The first thing that no host may say. */
  fault: string | undefined
  readonly #reader = new FrameReader()
  readonly #parse: ParseHostMessage

  /** `parse`: what this client understands. */
  constructor(parse: ParseHostMessage) {
    this.#parse = parse
  }

  frame(bytes: Uint8Array): void {
    const frame = this.#reader.read(bytes)
    if (frame?.kind !== 'json') return
    const message = this.#parse(frame.value)
    if (!message)
      this.fault ??= `the host said what no client understands: ${JSON.stringify(frame.value).slice(0, 300)}`
    else if (message.type === 'error') this.error(message.code, message.message)
    if (message) this.messages.push(message)
  }

  error(code: string, message: string): void {
    if (code === 'internal' || !isErrorCode(code)) this.fault ??= `the host said ${code}: ${message}`
  }
}

export async function untilTrue(done: () => boolean): Promise<void> {
  while (!done()) await new Promise(resolve => setTimeout(resolve, 2))
}
