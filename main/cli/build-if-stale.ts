// Builds what the tests run, unless the build is newer than all sources, so that .ci/run builds only once.
import { spawnSync } from 'node:child_process'
import { packageRoot } from '../host/package-root.ts'
import { areTestProgramsStale, isStale } from './build-freshness.ts'

const root = packageRoot().path
if (isStale(root) || areTestProgramsStale(root)) {
  const { status } = spawnSync('npm', ['run', '-s', 'build'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.exitCode = status ?? 1
}
