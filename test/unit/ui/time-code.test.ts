import { describe, expect, it } from 'vitest'
import { formatDuration, parseTimeCode, timeCode } from '../../../ui/player/time-code.ts'

describe('times of a recording', () => {
  it('are written without hours below one hour', () => {
    expect(timeCode(0)).toBe('0:00')
    expect(timeCode(61_999)).toBe('1:01')
    expect(timeCode(3_723_456)).toBe('1:02:03')
    expect(timeCode(1_250, true)).toBe('0:01.2')
    expect(timeCode(-5)).toBe('0:00')
  })

  it('are read in all forms that users type', () => {
    for (const [typed, milliseconds] of [
      ['90', 90_000],
      ['1:30', 90_000],
      [' 1:02:03.5 ', 3_723_500],
      ['0:01,2', 1_200],
      ['5m', 300_000],
      ['1h 30m 2s', 5_402_000],
      ['2 min 1 s', 121_000],
    ] as const)
      expect(parseTimeCode(typed), typed).toBe(milliseconds)
    for (const typed of ['', 'soon', '1:2:3:4', '-5', '1e9', ':', 'm'])
      expect(parseTimeCode(typed), typed).toBe(undefined)
  })

  it('are read back as written', () => {
    for (const at of [0, 100, 59_900, 60_000, 3_599_900, 86_400_000]) expect(parseTimeCode(timeCode(at, true))).toBe(at)
  })

  it('have at most two units as durations', () => {
    expect([400, 12_000, 303_000, 7_800_000, 273_600_000].map(formatDuration)).toEqual([
      '0.4 s',
      '12 s',
      '5 min 3 s',
      '2 h 10 min',
      '3 d 4 h',
    ])
  })
})
