// Finds an Electron that can open a window here. Knows nothing of the app that runs in it.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Electron = { path: string } | { missing: string }

/** Where Electron is fetched from; a network that blocks it mostly does so by silence. */
const DOWNLOAD = 'https://github.com/electron/electron/releases/'
const REACHABLE_MS = 3_000
const DOWNLOAD_MS = 10 * 60_000

/**
 * The path of Electron's program, or why there is none, as the beginning of a sentence. The npm package
 * fetches its program only when asked to; here that is done where there is a display and the download can be reached.
 */
export async function findElectron(
  root: string,
  env: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<Electron> {
  if (process.platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return { missing: 'There is no display' }
  const folder = join(root, 'node_modules', 'electron')
  const found = programIn(folder, env)
  if (found) return { path: found }
  if (env.ELECTRON_OVERRIDE_DIST_PATH)
    return { missing: `There is no Electron in ${env.ELECTRON_OVERRIDE_DIST_PATH} (ELECTRON_OVERRIDE_DIST_PATH)` }
  const install = join(folder, 'install.js')
  if (!existsSync(install)) return { missing: 'The electron package is not installed (npm ci installs it)' }
  const from = env.ELECTRON_MIRROR ?? env.npm_config_electron_mirror ?? DOWNLOAD
  if (!(await isReachable(from))) return { missing: `Electron is not here and ${new URL(from).host} cannot be reached` }
  say('Fetching Electron (about 120 MB, once) …')
  const { status } = spawnSync(process.execPath, [install], { stdio: 'inherit', timeout: DOWNLOAD_MS })
  const fetched = status === 0 ? programIn(folder, env) : undefined
  return fetched ? { path: fetched } : { missing: 'Electron could not be fetched (npx install-electron tries again)' }
}

/** As the package's own index.js finds it, but without fetching anything. */
function programIn(folder: string, env: NodeJS.ProcessEnv): string | undefined {
  const pathFile = join(folder, 'path.txt')
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : undefined
  const override = env.ELECTRON_OVERRIDE_DIST_PATH
  if (!override && !name) return undefined
  const program = override ? join(override, name ?? 'electron') : join(folder, 'dist', name!)
  return existsSync(program) ? program : undefined
}

async function isReachable(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(REACHABLE_MS) })
    return true
  } catch {
    return false
  }
}
