import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodedError } from '../../../protocol/errors.ts'
import {
  ackFrame,
  blobFrames,
  type Frame,
  FrameReader,
  inputFrames,
  jsonFrames,
  outputFrame,
} from '../../../protocol/frames.ts'
import { BATCH_BYTES, FRAME_BYTES, INPUT_BYTES, MESSAGE_BYTES } from '../../../protocol/limits.ts'
import { scaledRuns } from '../../support/repeat.ts'

const read = (frames: Uint8Array[], reader = new FrameReader()): Frame[] =>
  frames.map(frame => reader.read(frame)).filter(frame => frame !== undefined)

const bytes = (most: number) => fc.uint8Array({ maxLength: most })
const handle = fc.nat({ max: 0xffff_ffff })
const offset = fc.nat({ max: Number.MAX_SAFE_INTEGER })

describe('a frame reader', () => {
  it('returns any JSON that was written', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        const value: unknown = JSON.parse(text)
        expect(read(jsonFrames(value))).toEqual([{ kind: 'json', value: JSON.parse(JSON.stringify(value)) }])
      }),
    )
  })

  it('returns output that was written, with its offset and flags', () => {
    fc.assert(
      fc.property(handle, offset, bytes(500), fc.boolean(), (handle, offset, bytes, is_prompt) => {
        const output = { handle, offset, bytes, size: bytes.length, is_prompt, compressed: false }
        expect(read([outputFrame(output)])).toEqual([{ kind: 'output', ...output }])
      }),
    )
  })

  it('returns input and blobs of any length, in frames within the limit', () => {
    const lengths = fc.oneof(
      fc.nat({ max: 300 }),
      fc.integer({ min: FRAME_BYTES - 20, max: FRAME_BYTES + 20 }),
      fc.constant(300_000),
    )
    fc.assert(
      fc.property(handle, offset, lengths, (handle, seq, length) => {
        const bytes = new Uint8Array(length).map((_, i) => i * 7)
        const input = inputFrames(handle, seq, bytes)
        const blob = blobFrames(handle, bytes)
        for (const frame of [...input, ...blob]) expect(frame.length).toBeLessThanOrEqual(FRAME_BYTES)
        expect(read(input)).toEqual([{ kind: 'input', handle, seq, bytes }])
        expect(read(blob)).toEqual([{ kind: 'blob', handle, bytes }])
      }),
      scaledRuns(40),
    )
  })

  it('returns acks that were written', () => {
    fc.assert(
      fc.property(handle, offset, (handle, value) => {
        expect(read([ackFrame(handle, value)])).toEqual([{ kind: 'ack', handle, value }])
      }),
    )
  })
})

describe('malformed frames', () => {
  it('are rejected with a code, whatever their bytes', () => {
    fc.assert(
      fc.property(fc.array(bytes(60), { maxLength: 5 }), frames => {
        const reader = new FrameReader()
        try {
          for (const frame of frames) reader.read(frame)
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError)
        }
      }),
      scaledRuns(5_000),
    )
  })

  it('are not written for messages over the limits', () => {
    expect(() => jsonFrames('x'.repeat(MESSAGE_BYTES))).toThrow(CodedError)
    expect(() => inputFrames(1, 1, new Uint8Array(INPUT_BYTES + 1))).toThrow(CodedError)
    const size = BATCH_BYTES + 1
    const flags = { is_prompt: false, compressed: false }
    expect(() => outputFrame({ handle: 1, offset: 0, bytes: new Uint8Array(size), size, ...flags })).toThrow(CodedError)
  })

  it.each([
    ['a declared length over the limit', [0, 3, 0xff, 0xff, 0xff, 0xff, 1]],
    ['a spanning output', [1, 3, 0, 1, 0, 0, 1]],
    ['a continuation of nothing', [0, 1, 1]],
    ['an unknown kind', [7, 0, 1]],
    ['an ack that is too short', [3, 0, 1]],
    ['output with the wrong size', [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 65]],
    ['an offset over 2^53', [3, 0, 0, 0, 0, 1, 0xff, 0, 0, 0, 0, 0, 0, 0]],
    ['JSON in broken UTF-8', [0, 0, 34, 0xff, 34]],
  ])('are rejected: %s', (_what, frame) => {
    expect(() => new FrameReader().read(new Uint8Array(frame))).toThrow(CodedError)
  })

  it('are rejected when a message does not have its declared length', () => {
    const [first, second] = inputFrames(1, 1, new Uint8Array(100_000)) as [Uint8Array, Uint8Array]
    const longer = new Uint8Array(second.length + 1)
    longer.set(second)
    for (const next of [longer, second.subarray(0, -1), new Uint8Array([2, 1]), first, ackFrame(1, 1)]) {
      const reader = new FrameReader()
      reader.read(first)
      expect(() => reader.read(next)).toThrow(CodedError)
    }
  })

  it('are rejected when an unauthenticated peer spans frames', () => {
    const [first] = jsonFrames('x'.repeat(FRAME_BYTES)) as [Uint8Array]
    expect(() => new FrameReader(0).read(first)).toThrow(CodedError)
  })
})

describe('spanning messages of a hostile peer', () => {
  it('occupy no more than they declared and the reader allows, whatever follows', () => {
    const piece = fc.record({
      kind: fc.constantFrom(0, 0, 0, 2, 4, 1, 9),
      flags: fc.constantFrom(0, 1, 1, 1, 2, 3, 3, 0x70),
      total: fc.oneof(fc.nat(300), fc.nat(0xffff_ffff)),
      body: bytes(100),
    })
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(400), (pieces, most) => {
        const reader = new FrameReader(most)
        try {
          for (const { kind, flags, total, body } of pieces) {
            const head = new Uint8Array(flags & 2 ? 6 : 2)
            head[0] = kind
            head[1] = flags
            if (flags & 2) new DataView(head.buffer).setUint32(2, total)
            const frame = reader.read(Uint8Array.of(...head, ...body))
            if (frame && 'bytes' in frame) expect(frame.bytes.length).toBeLessThanOrEqual(Math.max(most, 100))
          }
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError)
          expect(['bad_frame', 'bad_message']).toContain((error as CodedError).code)
        }
      }),
      scaledRuns(3_000),
    )
  })

  it('allocate nothing when their declared length is over the reader’s limit', () => {
    for (const total of [401, 2 ** 20, 2 ** 32 - 1]) {
      const frame = Uint8Array.of(0, 3, 0, 0, 0, 0, 1)
      new DataView(frame.buffer).setUint32(2, total)
      expect(() => new FrameReader(400).read(frame)).toThrow('over its limit')
    }
  })
})
