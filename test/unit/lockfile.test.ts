// package-lock.json verifies every package, and the packages whose internals are used have the versions that were looked at.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lockfileFaults } from '../../main/cli/lockfile-faults.ts'
import { XTERM_VERSION } from '../../terminal/xterm-patches.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

describe('case 90: the lockfile', () => {
  const hash = `sha512-${'A'.repeat(86)}==`
  const manifest = { dependencies: { 'node-pty': '1.2.0-beta.1', ws: '^8.0.0' } }
  const good = {
    'node_modules/node-pty': { version: '1.2.0-beta.1', integrity: hash },
    'node_modules/ws': { version: '8.1.2', integrity: hash },
  }
  const faults = (
    packages: object,
    { lockfileVersion = 3, ...rest }: Record<string, unknown> = {},
    from: object = manifest,
  ) =>
    lockfileFaults(
      JSON.stringify({ lockfileVersion, packages: { '': {}, ...packages }, ...rest }),
      JSON.stringify(from),
    )

  it('has a hash of every package, from the registry only', () => {
    expect(lockfileFaults(read('package-lock.json'), read('package.json'))).toEqual([])
  })

  it('is good with a SHA-512 hash for each package', () => {
    expect(faults(good)).toEqual([])
  })

  it.each<[string, object]>([
    ['no hash', { version: '8.1.2' }],
    ['an empty hash', { version: '8.1.2', integrity: '' }],
    ['a weak hash', { version: '8.1.2', integrity: `sha1-${'A'.repeat(27)}=` }],
    ['a weak hash beside a strong one', { version: '8.1.2', integrity: `sha1-${'A'.repeat(27)}= ${hash}` }],
    ['a hash that is cut', { version: '8.1.2', integrity: hash.slice(0, -3) }],
    ['no hash, bundled with another', { version: '8.1.2', inBundle: true }],
    ['an address over HTTP', { version: '8.1.2', integrity: hash, resolved: 'http://example.com/ws.tgz' }],
    ['an address of its own', { version: '8.1.2', integrity: hash, resolved: 'https://example.com/ws.tgz' }],
    [
      'a repository as its address',
      { version: '8.1.2', integrity: hash, resolved: 'git+ssh://git@example.com/ws.git#1' },
    ],
    ['a file as its address', { version: '8.1.2', integrity: hash, resolved: 'file:../ws.tgz' }],
    ['a link to a folder', { link: true, resolved: '../ws' }],
    ['an address as its version', { version: 'https://example.com/ws.tgz', integrity: hash }],
  ])('is refused with %s', (_what, ws) => {
    expect(faults({ ...good, 'node_modules/ws': ws })).not.toEqual([])
  })

  it.each<[string, () => string[]]>([
    ['a folder outside node_modules', () => faults({ ...good, 'vendor/ws': { version: '8.1.2', integrity: hash } })],
    ['an old format', () => faults(good, { lockfileVersion: 2 })],
    ['the list of an old format', () => faults(good, { dependencies: {} })],
    ['a pinned package as a range', () => faults(good, {}, { dependencies: { 'node-pty': '^1.2.0-beta.1' } })],
    ['another version of a pinned package', () => faults(good, {}, { devDependencies: { 'node-pty': '1.1.0' } })],
    [
      'a second copy of a pinned package',
      () => faults({ ...good, 'node_modules/ws/node_modules/node-pty': { version: '1.1.0', integrity: hash } }),
    ],
  ])('is refused with %s', (_what, found) => {
    expect(found()).not.toEqual([])
  })
})

describe('a pinned package', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'))
  const pins: Record<string, string> = { ...dependencies, ...devDependencies }
  const installed = (name: string) => JSON.parse(read(`node_modules/${name}/package.json`)).version

  it('is installed in the version that package.json names', () => {
    for (const name of Object.keys(pins).filter(name => /^@xterm\/|^node-pty$/.test(name)))
      expect({ name, version: installed(name) }).toEqual({ name, version: pins[name] })
  })

  it('xterm.js has the version whose internals the patches use, in pages and in the host', () => {
    expect(pins['@xterm/xterm']).toBe(XTERM_VERSION)
    expect(pins['@xterm/headless']).toBe(XTERM_VERSION)
  })

  /** The names that the file's interfaces (but Anchor, which is its own) and casts expect of xterm.js, whose builds keep the names of properties. */
  const namesIn = (path: string) => {
    const source = read(path)
      .replace(/\/\*.*?\*\//gs, '')
      .replace(/\/\/.*$/gm, '')
      .replace(/\([^()]*\)/g, '()') // without the names of parameters
    const interfaces = [...source.matchAll(/^(?:export )?interface (?!Anchor)[^{]+\{\n(.*?)^\}/gms)].map(
      ([, body]) => body!,
    )
    const members = interfaces.flatMap(body => [...body.matchAll(/(?:^\s*|[{;,] )(?:readonly )?(\w+)\??[:(]/gm)])
    const privates = source.matchAll(/\b(_[a-z]\w+)\?*[:.]/g)
    return [...new Set([...members, ...privates].map(([, name]) => name!))]
  }

  it.each([
    ['@xterm/headless/lib-headless/xterm-headless.mjs', 'main/host/screen/xterm-internals.ts'],
    ['@xterm/headless/lib-headless/xterm-headless.mjs', 'terminal/xterm-patches.ts'],
    ['@xterm/headless/lib-headless/xterm-headless.mjs', 'terminal/xterm-resize.ts'],
    ['@xterm/xterm/lib/xterm.mjs', 'terminal/xterm-patches.ts'],
    ['@xterm/xterm/lib/xterm.mjs', 'terminal/xterm-resize.ts'],
    ['@xterm/xterm/lib/xterm.mjs', 'ui/terminal/pause-drawing.ts'],
    ['@xterm/xterm/lib/xterm.mjs', 'ui/terminal/renderer.ts'],
  ])('%s has the internals that %s uses', (build, source) => {
    const code = read(`node_modules/${build}`)
    const names = namesIn(source)
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter(name => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([])
  })

  it('node-pty has the internals that a session uses', () => {
    const unix = readFileSync(
      createRequire(import.meta.url)
        .resolve('node-pty')
        .replace('index.js', 'unixTerminal.js'),
      'utf8',
    )
    for (const part of [
      '_this._socket = new tty.ReadStream(term.fd)',
      '"fd", {',
      'prototype.destroy = ',
      '_this._socket.destroy()',
    ])
      expect(unix).toContain(part)
  })
})
