// A keyframe and what follows it make the same terminal as the whole log. Knows nothing of sessions and clients.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { check } from '../support/cut-and-replay.ts'
import { events, size } from '../support/vt-streams.ts'

const RUNS = Number(process.env.OTG_PROPERTY_RUNS ?? 400)
const SEED = process.env.OTG_PROPERTY_SEED

it('makes the same terminal as the whole log, wherever it is cut and whatever follows', () => {
  fc.assert(
    fc.property(
      fc.record({
        size,
        scrollback: fc.integer({ min: 1, max: 12 }),
        before: events,
        after: events,
        cut: fc.nat({ max: 40 }),
      }),
      c => {
        const found = check(c)
        if (found.length > 0) throw new Error(`${found.join('\n')}`)
      },
    ),
    { numRuns: RUNS, ...(SEED ? { seed: Number(SEED) } : {}), endOnFailure: false },
  )
}, 3_600_000)

void expect
