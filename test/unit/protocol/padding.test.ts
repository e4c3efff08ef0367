// What a listener sees of frames: how padding and fixed intervals make them alike.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Pacer } from '../../../protocol/channel/pacer.ts'
import { LENGTH_BYTES, padded, paddedLength, SMALL_BYTES, unpadded } from '../../../protocol/channel/padding.ts'
import { ackFrame, coverFrame, inputFrames, jsonFrames } from '../../../protocol/frames.ts'
import { FRAME_BYTES } from '../../../protocol/limits.ts'

const MAX = FRAME_BYTES + LENGTH_BYTES

describe('padding', () => {
  it('gives back the frames that were put in, whatever they are', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 8 })
    fc.assert(
      fc.property(frames, list => {
        expect(unpadded(padded(list, MAX))!.map(frame => [...frame])).toEqual(list.map(frame => [...frame]))
      }),
    )
  })

  it('gives back the longest frame', () => {
    expect(unpadded(padded([new Uint8Array(FRAME_BYTES)], MAX))!.map(({ length }) => length)).toEqual([FRAME_BYTES])
  })

  it('makes all small messages equally long, and adds at most 12 % to longer ones', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX }), length => {
        const result = paddedLength(length, MAX)
        expect(result).toBeGreaterThanOrEqual(length)
        expect(result).toBeLessThanOrEqual(MAX)
        if (length <= SMALL_BYTES) expect(result).toBe(SMALL_BYTES)
        else expect(result / length).toBeLessThanOrEqual(1.12)
      }),
    )
  })

  it('leaves few lengths', () => {
    const lengths = new Set<number>()
    for (let length = 0; length <= MAX; length++) lengths.add(paddedLength(length, MAX))
    expect(lengths.size).toBeLessThanOrEqual(130)
  })

  it('never throws at malformed content, and returns no byte of it twice', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), content => {
        const frames = unpadded(content)
        if (frames) expect(frames.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(content.length)
      }),
    )
    expect(unpadded(Uint8Array.of(0, 9, 1, 2))).toBeUndefined()
  })
})

describe('case 114: a pacer', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  interface Sent {
    at: number
    bytes: number
  }
  /** What is on the wire, of frames that are sent at the given milliseconds; the first and the last are keys. */
  function run(script: { at: number; frame: Uint8Array }[], end: number): Sent[] {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    vi.setSystemTime(0)
    const sent: Sent[] = []
    const pacer = new Pacer(frames => sent.push({ at: Date.now(), bytes: padded(frames, MAX).length }), 20)
    for (const { at, frame } of [...script].sort((a, b) => a.at - b.at)) {
      vi.advanceTimersByTime(at - Date.now())
      pacer.send(frame)
    }
    vi.advanceTimersByTime(end - Date.now())
    pacer.stop()
    vi.restoreAllMocks()
    return sent
  }
  const key = () => inputFrames(1, 7, Uint8Array.of(97))[0]!
  const LAST = 2_000

  it('puts the same on the wire whatever keys, echoes and acknowledgements are sent between the first and the last key', () => {
    const small = fc.constantFrom(key(), ackFrame(1, 9), coverFrame(1), jsonFrames({ type: 'ping', request_id: 7 })[0]!)
    const script = fc.array(fc.record({ at: fc.integer({ min: 1, max: LAST - 1 }), frame: small }), { maxLength: 40 })
    const ends = [
      { at: 0, frame: key() },
      { at: LAST, frame: key() },
    ]
    const quiet = run(ends, 10_000)
    expect(quiet.length).toBeGreaterThan((LAST + 1_024) / 20)
    // Up to eight of these frames fit into one message; more than that do not come in 20 ms.
    const atMost8 = (frames: { at: number }[]) =>
      frames.every(({ at }) => frames.filter(other => Math.abs(other.at - at) <= 20).length <= 6)
    fc.assert(
      fc.property(script.filter(atMost8), frames => {
        expect(run([...ends, ...frames], 10_000)).toEqual(quiet)
      }),
      { numRuns: 50 },
    )
  })

  it('sends at once when no one types, and keeps the order when someone does', () => {
    const order: number[] = []
    const pacer = new Pacer(frames => order.push(...frames.map(frame => frame[2]!)), 20)
    const json = (n: number) => Uint8Array.of(0, 0, n)
    pacer.send(json(1))
    expect(order).toEqual([1])
    pacer.received(key())
    for (let n = 2; n < 200; n++) pacer.send(json(n))
    expect(order).toEqual([1])
    vi.advanceTimersByTime(20)
    expect(order).toEqual(Array.from({ length: 199 }, (_, n) => n + 1))
    pacer.stop()
  })

  it('does not hold back a flood, and ends some time after the last key', () => {
    const sent: number[] = []
    const pacer = new Pacer(frames => sent.push(frames.length), 20)
    pacer.send(key())
    for (let i = 0; i < 4; i++) pacer.send(new Uint8Array(48 * 1024).fill(1))
    expect(sent.length).toBeGreaterThanOrEqual(3)
    expect(pacer.buffered).toBeLessThanOrEqual(64 * 1024)
    vi.advanceTimersByTime(60_000)
    expect(pacer.buffered).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})
