// After `npm install` on Linux: compiles node-pty, whose prebuilt binary is for old C libraries and lacks close_range(2) (see
// session/launch.ts). Its own install script does it, if it is asked to.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', '..', 'node_modules', 'node-pty')

// It removes the prebuilt binaries.
if (process.platform === 'linux' && existsSync(join(folder, 'prebuilds'))) {
  const env = { ...process.env, npm_config_build_from_source: 'true' }
  const { status, error } = spawnSync('npm', ['run', '--silent', 'install'], { cwd: folder, env, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.stderr.write('node-pty could not be compiled: it needs python3, make and a C++ compiler\n')
  process.exitCode = status ?? 1
}
