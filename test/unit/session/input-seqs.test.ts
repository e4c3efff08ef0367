// Which input a person typed.
import { expect, it } from 'vitest'
import { isReport } from '../../../main/host/session/input-seqs.ts'

it.each([
  ['\x1b[I', true],
  ['\x1b[O', true],
  ['\x1b[<35;10;5M\x1b[<35;11;5M', true],
  ['\x1b[<0;10;5M', false],
  ['\x1b', false],
  ['\x1b[A', false],
  ['y', false],
  ['\x1b[Iy', false],
])('%j is a report: %s', (bytes, report) => expect(isReport(Buffer.from(bytes))).toBe(report))
