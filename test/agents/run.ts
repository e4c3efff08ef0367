// Installs the real agents that live.test.ts runs into their cache, then runs the tests with them: `npm run test:agents`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AGENTS, installAgent } from './install.ts'

const ROOT = join(import.meta.dirname, '..', '..')

if (!existsSync(join(ROOT, 'build', 'main', 'cli', 'otg.js')))
  throw new Error('the hooks run the built otg: npm run build first')
for (const name of ['claude', 'codex'] as const) console.log(`${name} ${AGENTS[name].version}: ${installAgent(name)}`)
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
const config = join(ROOT, 'vitest.agents.config.ts')
const args = [vitest, 'run', '--config', config, ...process.argv.slice(2)]
const { status, error } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' })
if (error) throw error
process.exitCode = status ?? 1
