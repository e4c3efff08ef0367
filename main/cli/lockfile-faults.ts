// What package-lock.json must not contain: packages that `npm ci` would install without checking what it got.
interface Locked {
  version?: string
  resolved?: string
  integrity?: string
  link?: boolean
}

interface Manifest {
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

/** Their internals are used (terminal/xterm-patches.ts, screen/xterm-internals.ts, session/pty.ts): another version must be looked at. */
const PINNED = /^(?:@xterm\/.*|node-pty)$/

/** Base64 of the 64 bytes of SHA-512. npm takes weaker hashes, too, and the strongest of several. */
const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/

const EXACT = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/

/** One sentence per fault; [] for a good lockfile. */
export function lockfileFaults(lockfile: string, manifest: string): string[] {
  const { lockfileVersion, packages, dependencies } = JSON.parse(lockfile) as {
    lockfileVersion: number
    packages: Record<string, Locked>
    dependencies?: unknown
  }
  // Older formats have a second list, which this does not check.
  if (lockfileVersion !== 3 || dependencies) return ['the format is not version 3']
  const faults: string[] = []
  for (const [path, { version, resolved, integrity, link }] of Object.entries(packages)) {
    if (path === '') continue
    if (!/^node_modules\//.test(path) || link) faults.push(`${path} is not a package of the registry`)
    if (!EXACT.test(version ?? '')) faults.push(`${path} has no version`)
    // npm omits the address for packages of the registry (`omit-lockfile-registry-resolved` in .npmrc): it is there only for others.
    if (resolved !== undefined) faults.push(`${path} comes from an address of its own, ${resolved}`)
    if (!SHA512.test(integrity ?? '')) faults.push(`${path} has no SHA-512 hash; see CONTRIBUTING.md`)
  }
  const { dependencies: used = {}, devDependencies = {} } = JSON.parse(manifest) as Manifest
  for (const [name, range] of Object.entries({ ...used, ...devDependencies })) {
    const locked = packages[`node_modules/${name}`]?.version
    if (!PINNED.test(name)) continue
    if (!EXACT.test(range)) faults.push(`package.json does not name one version of ${name}: ${range}`)
    else if (locked !== range) faults.push(`${name} is ${locked}, and package.json names ${range}`)
    for (const path of Object.keys(packages))
      if (path.endsWith(`/node_modules/${name}`)) faults.push(`${path} is a second ${name}`)
  }
  return faults
}
