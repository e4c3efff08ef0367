// Builds what the tests run, unless the build is newer than all sources, so that `npm test` and .ci/run build only once.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { isStale } from '../../main/cli/build-freshness.ts'

const root = join(import.meta.dirname, '..', '..')
if (isStale(root)) {
  const { status } = spawnSync('npm', ['run', '-s', 'build'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.exitCode = status ?? 1
}
