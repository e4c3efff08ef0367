// Runs the tests of this folder in a network namespace where the host has an address other than localhost: only then does a
// browser treat plain HTTP as insecure. In CI it fails where namespaces are not permitted.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { LAN_ADDRESS } from './playwright.config.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const playwright = join(ROOT, 'node_modules', '.bin', 'playwright')
const config = join(import.meta.dirname, 'playwright.config.ts')

const network = `ip link set lo up && ip addr add ${LAN_ADDRESS}/24 dev lo`
const inside = (script: string, ...args: string[]) => ['-rn', 'sh', '-c', script, 'sh', ...args]

const probe = spawnSync('unshare', inside(network), { encoding: 'utf8' })
if (probe.status !== 0) {
  const why = probe.error?.message ?? probe.stderr.trim()
  console.error(`no network of its own for these tests (unshare -rn, ip): ${why}`)
  process.exit(process.env.CI ? 1 : 0)
}
const args = ['test', '--config', config, ...process.argv.slice(2)]
const run = spawnSync('unshare', inside(`${network} && exec "$@"`, playwright, ...args), { stdio: 'inherit' })
process.exit(run.status ?? 1)
