// Bundles what runs in Node and Electron: the `otg` command, the desktop app's main process, the host and its threads. A start
// then reads a few files instead of hundreds. Names and line breaks stay, so that stack traces can be read.
//   vite build --config vite.main.config.ts              into build/main
//   vite build --config vite.main.config.ts --mode test  hosts that tests run as processes, into build/test
import { globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { basename, join } from 'node:path'
import { defineConfig, type Plugin, transformWithOxc } from 'vite'

const root = import.meta.dirname

/** Stay packages: Electron's own module, and native modules, which find their binaries beside themselves. */
const EXTERNAL = [
  'electron',
  'better-sqlite3',
  'better-sqlite3-multiple-ciphers',
  'node-pty',
  '@napi-rs/keyring',
  'koffi',
]

/** Where programs are found: package.json, entry.ts, package-root.ts. */
const PROGRAMS = { 'cli/otg': 'main/cli/otg.ts', 'desktop/entry': 'main/desktop/entry.ts' }

const TEST_PROGRAMS = 'test/{support,support/*,desktop/support}/*-process.ts'

/** The folder of the host's chunks and its threads: main/host/threads/worker-file.ts looks beside the module that starts one. */
const HOST = 'host'

/** A sandboxed preload script must be CommonJS, in one file. Ours only imports Electron. */
const PRELOAD = 'desktop/pages/preload'

function preloadScript(): Plugin {
  return {
    name: 'preload-script',
    async buildStart() {
      const file = join(root, 'main', `${PRELOAD}.cts`)
      const { code } = await transformWithOxc(readFileSync(file, 'utf8'), file, { lang: 'ts', sourceType: 'commonjs' })
      this.emitFile({ type: 'asset', fileName: `${PRELOAD}.cjs`, source: code })
    },
  }
}

/** A package that is not installed would otherwise be left to be imported at run time. */
function onlyKnownImports(): Plugin {
  const known = new Set([...EXTERNAL, ...builtinModules])
  return {
    name: 'only-known-imports',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue
        for (const id of [...chunk.imports, ...chunk.dynamicImports])
          if (!(id in bundle) && !known.has(id.replace(/^node:/, ''))) this.error(`${id} is not installed; run npm ci`)
      }
    },
  }
}

/** The sources, each with the name of its output. */
function named(pattern: string, folder: string): Record<string, string> {
  const files = globSync(pattern, { cwd: root })
  return Object.fromEntries(files.map(file => [join(folder, basename(file, '.ts')), file]))
}

/** Packages leave out the command, and with it the chunks that only the command loads. */
function folderOf(modules: string[]): string {
  const own = (folder: string) => modules.some(id => id.startsWith(join(root, 'main', folder)))
  return own('cli') ? 'cli' : own('desktop') ? 'desktop' : HOST
}

export default defineConfig(({ mode }) => {
  const isTest = mode === 'test'
  const threads = named('main/host/**/*-worker.ts', isTest ? '' : HOST)
  return {
    root,
    // A `.env` file in the checkout must not affect the programs.
    envDir: false,
    publicDir: false,
    plugins: isTest ? [onlyKnownImports()] : [onlyKnownImports(), preloadScript()],
    ssr: { noExternal: true, external: EXTERNAL },
    build: {
      ssr: true,
      // The preload script.
      ssrEmitAssets: true,
      outDir: isTest ? 'build/test' : 'build/main',
      emptyOutDir: true,
      sourcemap: true,
      // Of the bundled packages.
      license: isTest ? false : { fileName: 'licenses.md' },
      target: 'node22',
      reportCompressedSize: false,
      rolldownOptions: {
        input: isTest ? { ...named(TEST_PROGRAMS, ''), ...threads } : { ...PROGRAMS, ...threads },
        external: EXTERNAL,
        output: {
          minify: false,
          entryFileNames: '[name].js',
          chunkFileNames: ({ moduleIds }) => (isTest ? '[name].js' : `${folderOf(moduleIds)}/[name].js`),
        },
      },
    },
  }
})
