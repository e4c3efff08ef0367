// The package's folder and version. Works built, unbuilt, and packed into an app.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface PackageRoot {
  path: string
  version: string
  /** The built web client's files. */
  webRoot: string
  /** The built desktop windows' files. */
  rendererRoot: string
}

/** The file of the `otg` command. */
export function commandFile(): string {
  const isBuilt = !import.meta.url.endsWith('.ts')
  return join(packageRoot().path, ...(isBuilt ? ['build', 'main', 'cli', 'otg.js'] : ['main', 'cli', 'otg.ts']))
}

/** Walks up from this file to the package.json of On the Go. */
export function packageRoot(): PackageRoot {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file)) {
      const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string }
      if (name === 'on-the-go')
        return {
          path: folder,
          version: version ?? '0.0.0',
          webRoot: join(folder, 'build', 'web-client'),
          rendererRoot: join(folder, 'build', 'renderer'),
        }
    }
    if (dirname(folder) === folder) throw new Error('the package.json of on-the-go is missing')
  }
}
