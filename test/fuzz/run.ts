// npm run fuzz -- [SECONDS] [TARGET…]: fuzzes all targets, or those named, for SECONDS together (600). OTG_FUZZ_SEED repeats a run.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const args = process.argv.slice(2)
const seconds = args.find(arg => /^\d+$/.test(arg)) ?? '600'
const targets = args.filter(arg => arg !== seconds)
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.slow.config.ts', 'test/slow/fuzz.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    OTG_FUZZ_SECONDS: seconds,
    ...(targets.length > 0 && { OTG_FUZZ_TARGETS: targets.join(',') }),
  },
})
child.once('exit', code => process.exit(code ?? 1))
