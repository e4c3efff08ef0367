// Builds the pages: `vite build --mode web-client` (the phone's) and `--mode renderer` (the desktop's two windows). Under
// the CSP of either, scripts are files of the same origin.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import zlib from 'node:zlib'
import preact from '@preact/preset-vite'
import { build, defineConfig, type HtmlTagDescriptor, type Plugin, type Rolldown } from 'vite'

/** The oldest browsers of phones. */
const TARGETS = ['safari16', 'chrome110', 'firefox115']

const MODES = ['web-client', 'renderer']

/** The folders that the development server may read. */
const SERVED = ['web-client', 'ui', 'protocol', 'terminal', 'assets', 'node_modules']

/** The main window and the tray popover, which loads no terminal. */
const WINDOWS = ['index.html', 'popover.html']

/** Files worth compressing; fonts and images are compressed already. */
const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest'])

/** The chunk with most of the page's code. */
const TERMINAL = 'terminal'

/** The chunks that load with the page, and the module that each starts from. */
const FIRST_CHUNKS = { main: 'main.tsx', [TERMINAL]: 'terminal/terminal.tsx' }

interface Graph {
  getModuleInfo(id: string): Rolldown.ModuleInfo | null
}

/** Below this size the response headers weigh more than what compression saves. */
const MIN_COMPRESSED_BYTES = 1024

/** `memLevel` also sets the length of zlib's blocks; the best one for a file is found by trying. */
function gzip(bytes: Buffer): Buffer {
  const candidates = [6, 7, 8, 9].map(memLevel => zlib.gzipSync(bytes, { level: 9, memLevel }))
  return candidates.reduce((best, next) => (next.length < best.length ? next : best))
}

/**
 * Writes a .br and a .gz beside every file, so that the host does not compress while serving. Both: browsers accept brotli
 * only over HTTPS and on localhost.
 */
function precompress(folder: string): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name)
        if (!entry.isFile() || !COMPRESSIBLE.has(extname(path))) continue
        const bytes = readFileSync(path)
        if (bytes.length < MIN_COMPRESSED_BYTES) continue
        writeFileSync(`${path}.gz`, gzip(bytes))
        const params = { [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
        writeFileSync(`${path}.br`, zlib.brotliCompressSync(bytes, { params }))
      }
    },
  }
}

/** Fonts that are fetched, and then cached, once a character of theirs is printed. */
const ON_DEMAND_FONTS = /(latin|letters|signs|symbols)-[^/]*\.woff2$/

/** The script that answers a question for the service worker, which cannot import modules: one file without imports. */
async function answerScript(root: string): Promise<string> {
  const built = await build({
    configFile: false,
    envFile: false,
    root,
    logLevel: 'warn',
    build: {
      write: false,
      target: TARGETS,
      lib: { entry: join(root, 'worker', 'answer.ts'), formats: ['iife'], name: 'otgAnswer' },
    },
  })
  const [output] = Array.isArray(built) ? built : [built]
  const chunk = output && 'output' in output ? output.output[0] : undefined
  if (!chunk) throw new Error('the answer script was not built')
  return chunk.code
}

/** Gives the service worker the list of the page's files. */
function serviceWorkerShell(root: string): Plugin {
  return {
    name: 'service-worker-shell',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const source = await answerScript(root)
      const answer = `assets/answer-${createHash('sha256').update(source).digest('hex').slice(0, 8)}.js`
      this.emitFile({ type: 'asset', fileName: answer, source })
      const worker = bundle['sw.js']
      if (worker?.type !== 'chunk') throw new Error('sw.js was not built')
      const hash = createHash('sha256')
      const files: string[] = []
      for (const [name, file] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
        hash.update(name).update(file.type === 'chunk' ? file.code : file.source)
        if (name.startsWith('assets/') && !ON_DEMAND_FONTS.test(name)) files.push(name)
      }
      const shell = { version: hash.digest('hex').slice(0, 16), files: ['./', ...files], answer }
      worker.code = `const SHELL = ${JSON.stringify(shell)}\n${worker.code}`
    },
  }
}

/**
 * The page loads two chunks: what the first screen needs, and what a terminal needs in addition. By default the bundler
 * would make a chunk of each set of modules that screens share: more requests, which also compress worse.
 */
function firstChunks(root: string) {
  let chunks: Map<string, string> | undefined
  const find = (graph: Graph) => {
    const found = new Map<string, string>()
    for (const [chunk, entry] of Object.entries(FIRST_CHUNKS)) {
      const add = (id: string) => {
        if (found.has(id)) return
        found.set(id, chunk)
        for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) add(imported)
      }
      add(join(root, entry))
    }
    return found
  }
  return {
    groups: [
      {
        debugName: 'first chunks',
        name: (id: string, graph: Graph) => {
          chunks ??= find(graph)
          return chunks.get(id) ?? null
        },
      },
    ],
  }
}

/**
 * Preloads the terminal's chunk and styles in the page. Otherwise the page would request them only once it knows that it
 * shows a terminal.
 */
function preloadTerminal(): Plugin {
  return {
    name: 'preload-terminal',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const chunk = Object.values(bundle ?? {}).find(file => file.type === 'chunk' && file.name === TERMINAL)
        if (chunk?.type !== 'chunk') throw new Error('the terminal has no chunk of its own')
        const link = (href: string, attrs: Record<string, string>): HtmlTagDescriptor[] =>
          html.includes(href) ? [] : [{ tag: 'link', attrs: { ...attrs, href: `./${href}` }, injectTo: 'head' }]
        return [
          ...[...(chunk.viteMetadata?.importedCss ?? [])].flatMap(css =>
            link(css, { rel: 'stylesheet', crossorigin: '' }),
          ),
          ...[...chunk.imports, chunk.fileName].flatMap(js => link(js, { rel: 'modulepreload', crossorigin: '' })),
        ]
      },
    },
  }
}

/**
 * Chromium compiles a function when it is first called, on the main thread. With this it compiles the whole file on another
 * thread (https://github.com/WICG/explicit-javascript-compile-hints-file-based); to others it is a comment.
 */
const COMPILE_HINT = '//# allFunctionsCalledOnLoad\n'

function compileAtLoad(): Plugin {
  return {
    name: 'compile-at-load',
    apply: 'build',
    generateBundle: {
      // The hint must be the first line, so it is added after Vite's own code.
      order: 'post',
      handler(_options, bundle) {
        for (const chunk of Object.values(bundle))
          if (chunk.type === 'chunk' && chunk.name in FIRST_CHUNKS) chunk.code = COMPILE_HINT + chunk.code
      },
    },
  }
}

export default defineConfig(({ mode }) => {
  if (!MODES.includes(mode)) throw new Error(`build with --mode ${MODES.join(' or --mode ')}`)
  const root = join(import.meta.dirname, mode)
  const outDir = join(import.meta.dirname, 'build', mode)
  return {
    root,
    base: './',
    // A `.env` file in the checkout must not affect the pages.
    envDir: false,
    // `npm run dev` (main/cli/dev.ts) passes the page's connection on to the host that it runs.
    ...(process.env.OTG_DEV_HOST && {
      server: {
        // Not the whole checkout: build/dev-data has the host's key and history, and any user of this computer can ask.
        fs: { allow: SERVED.map(folder => join(import.meta.dirname, folder)) },
        proxy: { '/ws': { target: process.env.OTG_DEV_HOST, ws: true } },
      },
    }),
    plugins: [
      preact({ devToolsEnabled: false }),
      ...(mode === 'web-client'
        ? [preloadTerminal(), compileAtLoad(), serviceWorkerShell(root), precompress(outDir)]
        : []),
    ],
    build: {
      outDir,
      emptyOutDir: true,
      ...(mode === 'renderer' ? { rolldownOptions: { input: WINDOWS.map(name => join(root, name)) } } : {}),
      assetsDir: 'assets',
      target: mode === 'web-client' ? TARGETS : 'chrome138',
      // The CSP forbids inline scripts; every supported browser preloads modules itself.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      // The service worker is beside the page under a stable name, so its scope is the whole page.
      ...(mode === 'web-client' && {
        rollupOptions: {
          input: [join(root, 'index.html'), join(root, 'worker', 'sw.ts')],
          output: {
            entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
            codeSplitting: firstChunks(root),
          },
        },
      }),
      // Mostly xterm.js, which is needed at once.
      chunkSizeWarningLimit: 700,
    },
  }
})
