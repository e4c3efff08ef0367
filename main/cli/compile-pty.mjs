// After the installation on Linux: compiles node-pty, whose prebuilt binary is for old C libraries and lacks close_range(2) (see
// main/host/session/launch.ts). Its own install script does it, if it is asked to. JavaScript, for whatever Node.js npm runs on.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const folder = dirname(createRequire(import.meta.url).resolve('node-pty/package.json'))

// It removes the prebuilt binaries.
if (process.platform === 'linux' && existsSync(join(folder, 'prebuilds'))) {
  const env = { ...process.env, npm_config_build_from_source: 'true' }
  const { status, error } = spawnSync('npm', ['run', '--silent', 'install'], { cwd: folder, env, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.stderr.write('node-pty could not be compiled: it needs python3, make and a C++ compiler\n')
  process.exitCode = status ?? 1
}
