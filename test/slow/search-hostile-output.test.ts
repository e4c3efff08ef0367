// Searches for output whose keyframe, memory or parsing time grows out of proportion: random streams, repeated. Prints the worst.
// OTG_SEED and OTG_RUNS as in test/support/repeat.ts.
import v8 from 'node:v8'
import vm from 'node:vm'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PENDING_BYTES } from '../../main/host/screen/pending.ts'
import { KEYFRAME_BYTES } from '../../main/host/screen/reduced-state.ts'
import { Screen } from '../../main/host/screen/screen.ts'
import { scaledRuns } from '../support/repeat.ts'
import { repeatedStreams } from '../support/terminal/attacks.ts'

const BYTES = 100_000

/** A terminal of 80 × 24 with 1,000 rows of scrollback: 82,000 cells of 12 bytes, with room for what is in them. */
const MEMORY_MB = 64

v8.setFlagsFromString('--expose-gc')
const collectOnce = vm.runInNewContext('gc') as () => void

/** What a terminal that was reset has dropped is freed beside the program; another collection waits for that. */
function collectGarbage(): void {
  for (let n = 0; n < 3; n++) collectOnce()
}

it('finds no output that costs out of proportion', () => {
  const found: { unit: string; keyframe: number; parse: number; snapshot: number; memory: number }[] = []
  fc.assert(
    fc.property(repeatedStreams, make => {
      const output = make(BYTES)
      const bytes = new TextEncoder().encode(output)
      const screen = new Screen({ cols: 80, rows: 24 })
      collectGarbage()
      const before = process.memoryUsage()
      let begin = performance.now()
      screen.write(bytes)
      const parse = performance.now() - begin
      collectGarbage()
      const after = process.memoryUsage()
      begin = performance.now()
      const { vt, pending } = screen.keyframe()
      const snapshot = performance.now() - begin
      screen.dispose()
      const memory = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / 1e6
      found.push({ unit: JSON.stringify(output.slice(0, 160)), keyframe: vt.length, parse, snapshot, memory })
      expect(vt.length).toBeLessThanOrEqual(KEYFRAME_BYTES)
      expect(pending.length).toBeLessThanOrEqual(PENDING_BYTES)
      expect(memory).toBeLessThan(MEMORY_MB)
    }),
    scaledRuns(500),
  )
  for (const measure of ['keyframe', 'memory', 'parse', 'snapshot'] as const) {
    const worst = found.sort((a, b) => b[measure] - a[measure]).slice(0, 3)
    for (const one of worst) console.log(`${measure}: ${one[measure].toFixed(1)} of ${BYTES} bytes: ${one.unit}`)
  }
})
