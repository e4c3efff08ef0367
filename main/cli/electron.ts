// Finds an Electron that can open a window, or downloads it.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Electron = { path: string } | { missing: string }

/** The default download server. A network that blocks it usually does so by not answering, hence the timeout. */
const DOWNLOAD = 'https://github.com/electron/electron/releases/'
const REACHABLE_MS = 3_000
const DOWNLOAD_MS = 10 * 60_000

/**
 * The path of Electron's executable, or why there is none, as a sentence without a period. The npm package downloads the
 * executable on demand; this happens here if there is a display and the download server can be reached.
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
    return { missing: `Electron is not in ${env.ELECTRON_OVERRIDE_DIST_PATH} (ELECTRON_OVERRIDE_DIST_PATH)` }
  const install = join(folder, 'install.js')
  if (!existsSync(install)) return { missing: 'The electron package is not installed (run npm ci)' }
  const from = env.ELECTRON_MIRROR ?? env.npm_config_electron_mirror ?? DOWNLOAD
  if (!(await isReachable(from)))
    return { missing: `Electron is not downloaded and ${new URL(from).host} cannot be reached` }
  say('Downloading Electron (about 120 MB, once) …')
  const { status } = spawnSync(process.execPath, [install], { stdio: 'inherit', timeout: DOWNLOAD_MS })
  const fetched = status === 0 ? programIn(folder, env) : undefined
  return fetched ? { path: fetched } : { missing: 'Electron could not be downloaded (try npx install-electron)' }
}

/** Like the package's own index.js, but without a download. */
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
