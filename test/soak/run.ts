// npm run soak -- [MINUTES] [--sessions N] [--phones N] [--seed N] [--svg FILE]
// An hour of 100 sessions and 20 phones by default. Exits with 1 if anything was lost, doubled or wrong.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Sample } from './measure.ts'
import { type Chart, plot } from './plot.ts'
import { saveSamples, soak } from './soak.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sessions: { type: 'string', default: '100' },
    phones: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    svg: { type: 'string', default: join('test-output', 'soak.svg') },
  },
})
const folder = mkdtempSync(join(tmpdir(), 'otg-soak-'))
const minutes = Number(positionals[0] ?? 60)
const result = await soak({
  minutes,
  sessions: Number(values.sessions),
  phones: Number(values.phones),
  seed: Number(values.seed),
  folder,
  log: line => console.log(line),
})

const { measure } = result
const chart = (title: string, unit: string, ...of: [name: string, color: string, field: keyof Sample][]): Chart => ({
  title,
  unit,
  lines: of.map(([name, color, field]) => ({
    name,
    color,
    values: measure.samples.map(sample => [sample.minutes, sample[field]] as const),
  })),
})
const title = `${values.sessions} sessions, ${values.phones} phones, ${minutes} minutes, seed ${values.seed}`
writeFileSync(
  values.svg,
  plot(title, [
    chart(
      'memory of the host',
      'MB',
      ['resident', '#1f77b4', 'memory_mb'],
      ['heap of the main loop', '#d62728', 'heap_mb'],
      ['external', '#2ca02c', 'external_mb'],
    ),
    chart(
      'descriptors and threads',
      'number',
      ['descriptors', '#1f77b4', 'descriptors'],
      ['threads', '#d62728', 'threads'],
    ),
    chart('write-ahead log and database', 'MB', ['log', '#1f77b4', 'wal_mb'], ['database', '#d62728', 'database_mb']),
    chart(
      'pauses of the main loop, each time the longest of 5 s',
      'ms',
      ['all', '#1f77b4', 'longest_pause_ms'],
      ['of which garbage collection', '#d62728', 'longest_gc_ms'],
    ),
    chart('processor time of the host', '% of a core', ['CPU', '#1f77b4', 'cpu_percent']),
  ]),
)
saveSamples(`${values.svg}.json`, result)
const { typed, lost, doubled, screens, wrong_screens, printed_bytes, wrong_recordings, connections, faults } = result
console.log(
  `typed ${typed} lines: ${lost} lost, ${doubled} doubled; ${screens} screens compared: ${wrong_screens} wrong`,
)
console.log(`printed ${(printed_bytes / 1e6).toFixed(1)} MB; recordings that differ: ${wrong_recordings.length}`)
console.log(`${connections} connections; faults ${JSON.stringify(faults)}`)
console.log(
  `main loop: p99.9 ${measure.p999_ms.toFixed(1)} ms, longest ${measure.longest_ms.toFixed(0)} ms; plot in ${values.svg}`,
)
for (const problem of result.problems.slice(0, 20)) console.log(problem)
const isRight = lost + doubled + wrong_screens + wrong_recordings.length + result.problems.length === 0
if (isRight) rmSync(folder, { recursive: true, force: true })
else console.log(`kept for a look: ${folder}`)
process.exitCode = isRight ? 0 : 1
