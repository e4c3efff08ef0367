// The bounds of "input arrives once": what a client keeps, and how many clients a session remembers.
import { describe, expect, it } from 'vitest'
import { InputSeqs } from '../../../main/host/session/input-seqs.ts'
import { PENDING_INPUT_BYTES, TypedInput } from '../../../protocol/client/typed-input.ts'
import { INPUT_BYTES } from '../../../protocol/limits.ts'

describe('input that waits for a connection', () => {
  it('is refused beyond its bound, and what was typed before is kept', () => {
    const typed = new TypedInput(
      () => 0,
      () => {},
    )
    typed.add(new Uint8Array(INPUT_BYTES))
    typed.add(new Uint8Array(PENDING_INPUT_BYTES - INPUT_BYTES))
    expect(() => typed.add(new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'input_full' }))
    expect(typed.bytes).toBe(PENDING_INPUT_BYTES)
    expect(typed.waiting.map(({ seq }) => seq)).toEqual([1, 2])
    typed.arrived(1)
    expect(typed.add(new Uint8Array(1)).seq).toBe(3)
  })

  it('is continued by another instance with numbers that the first one cannot have used', () => {
    const first = new TypedInput(
      () => 0,
      () => {},
    )
    first.add(Uint8Array.of(1))
    const saved = first.unsent()
    const late = first.add(Uint8Array.of(2))
    const second = new TypedInput(
      () => 0,
      () => {},
      saved,
    )
    expect(second.stream).toBe(first.stream)
    expect(second.waiting).toHaveLength(1)
    expect(second.add(Uint8Array.of(3)).seq).toBeGreaterThan(late.seq)
  })
})

it('a session remembers the streams that typed last, each with its last number', () => {
  const seqs = new InputSeqs()
  seqs.set('in use', 1)
  for (let i = 0; i < 1_000; i++) {
    seqs.set(`${i}`, i)
    if (i % 100 === 0) seqs.set('in use', i)
  }
  expect(seqs.get('in use')).toBe(900)
  expect(seqs.get('999')).toBe(999)
  expect(seqs.get('0'), 'one of a thousand streams ago').toBe(0)
})
