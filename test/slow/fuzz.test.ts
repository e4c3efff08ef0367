// Fuzzes every target in test/fuzz/targets: its kept inputs first, then random ones. `npm run fuzz` runs this for longer.
// OTG_FUZZ_SECONDS: for all targets together (45). OTG_FUZZ_SEED: default random. OTG_FUZZ_TARGETS: names, separated by commas.
import { createHash, randomInt } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, it } from 'vitest'
import type { FuzzTarget } from '../fuzz/target.ts'
import { cleanUp } from '../support/host.ts'

afterEach(cleanUp)

const TARGETS = join(import.meta.dirname, '../fuzz/targets')
const KEPT = join(import.meta.dirname, '../data/fuzz')

const chosen = process.env.OTG_FUZZ_TARGETS?.split(',')
const names = readdirSync(TARGETS)
  .map(file => basename(file, '.ts'))
  .filter(name => chosen?.includes(name) ?? true)
const SECONDS = Number(process.env.OTG_FUZZ_SECONDS ?? 45) / names.length
const SEED = Number(process.env.OTG_FUZZ_SEED ?? randomInt(2 ** 31))

/** For random inputs, however long the kept ones take. */
const LEAST_MS = 3_000

/** A file of the corpus: an input, and what it once broke or covers. */
interface Kept {
  about: string
  input: unknown
}

function keptInputs(name: string): unknown[] {
  const folder = join(KEPT, name)
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter(file => file.endsWith('.json'))
  return files.sort().map(file => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as Kept).input)
}

function keep(name: string, kept: Kept): string {
  const text = `${JSON.stringify(kept, null, 2)}\n`
  const folder = join(KEPT, name)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `found-${createHash('sha256').update(text).digest('hex').slice(0, 8)}.json`)
  writeFileSync(file, text)
  return file
}

it.each(names)(
  'case 84: random and kept inputs break nothing: %s',
  async name => {
    const target = ((await import(join(TARGETS, `${name}.ts`))) as { default: FuzzTarget<unknown> }).default
    const { run, finish } = await target.start()
    const kept = keptInputs(name)
    const began = performance.now()
    if (target.isConcurrent) await Promise.all(kept.map(run))
    else for (const input of kept) await run(input)
    const left = Math.max(LEAST_MS, SECONDS * 1_000 - (performance.now() - began))
    const result = await fc.check(fc.asyncProperty(target.inputs, run), {
      seed: SEED,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: left,
      markInterruptAsFailure: false,
    })
    if (result.failed && result.counterexample) {
      const about = `seed ${result.seed}: ${String(result.errorInstance)}`
      const file = keep(name, { about, input: result.counterexample[0] })
      throw new Error(`${name} failed after ${result.numRuns} inputs; the shortest is kept in ${file}`, {
        cause: result.errorInstance,
      })
    }
    const figures = await finish()
    console.log(`${name}: seed ${SEED}, ${kept.length} kept and ${result.numRuns} random inputs; ${figures}`)
    expect(result.numRuns).toBeGreaterThan(0)
  },
  (SECONDS + 120) * 1_000,
)
