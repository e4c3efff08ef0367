import { expect, it } from 'vitest'
import { gapNotice, gapText } from '../../../ui/sessions/session-text.ts'

it('says of every part of the output that is not shown what happened to it', () => {
  for (const reason of ['skipped', 'trimmed', 'damaged', 'unrecorded'] as const) {
    expect(gapText(reason, 219_000)).toMatch(/^219 KB /)
    expect(gapText(reason)).toMatch(/^The output here /)
  }
})

it('tells output that was skipped from output that is lost', () => {
  expect(gapNotice(new Map([['skipped', 3_400_000]]))).toBe(
    '3.4 MB of output came too fast to be shown here and was skipped. The session’s recording has it.',
  )
  expect(gapNotice(new Map([['damaged', 1]]))).toBe(
    'Part of the output is missing: 1 byte is damaged and cannot be read.',
  )
  expect(
    gapNotice(
      new Map([
        ['skipped', 12_000],
        ['trimmed', 5_000],
      ]),
    ),
  ).toBe(
    'Part of the output is missing: 5 KB was deleted to make room for newer output. 12 KB of output came too fast to be shown here and was skipped. The session’s recording has it.',
  )
})
