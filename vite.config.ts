// Builds the pages: `vite build --mode web-client` (the phone's) and `--mode renderer` (the desktop's two windows').
// Knows nothing of who serves them; under both CSPs scripts come from files of the same origin only.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import zlib from 'node:zlib'
import preact from '@preact/preset-vite'
import { defineConfig, type HtmlTagDescriptor, type Plugin, type Rolldown } from 'vite'

const PAGES = ['web-client', 'renderer']

/** The main window, and the one at the tray, which starts without a terminal. */
const WINDOWS = ['index.html', 'popover.html']

/** Text that shrinks; fonts and pictures are compressed already. */
const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest'])

/** The screen that most of the code is for. */
const TERMINAL = 'terminal'

/** The files of code that come with the page, by what each begins with. */
const FIRST = { main: 'main.tsx', [TERMINAL]: 'terminal/terminal.tsx' }

interface Graph {
  getModuleInfo(id: string): Rolldown.ModuleInfo | null
}

/** Below this the answer's headers weigh more than what is saved. */
const WORTH_BYTES = 1024

/** Its memory is also how long zlib's blocks are, and which length suits a file is found by trying. */
function gzip(bytes: Buffer): Buffer {
  const tries = [6, 7, 8, 9].map(memLevel => zlib.gzipSync(bytes, { level: 9, memLevel }))
  return tries.reduce((best, one) => (one.length < best.length ? one : best))
}

/**
 * Puts a .br and a .gz beside every file, so that the host compresses nothing while it serves. Both: browsers take brotli
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
        if (bytes.length < WORTH_BYTES) continue
        writeFileSync(`${path}.gz`, gzip(bytes))
        const params = { [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
        writeFileSync(`${path}.br`, zlib.brotliCompressSync(bytes, { params }))
      }
    },
  }
}

/** Fetched when a character of theirs is printed, and kept from then on. */
const LATER = /(latin|letters|signs|symbols)-[^/]*\.woff2$/

/** Tells the service worker what the page consists of. */
function shellOf(): Plugin {
  return {
    name: 'shell-of',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const worker = bundle['sw.js']
      if (worker?.type !== 'chunk') throw new Error('the service worker was not built')
      const hash = createHash('sha256')
      const files: string[] = []
      for (const [name, file] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
        hash.update(name).update(file.type === 'chunk' ? file.code : file.source)
        if (name.startsWith('assets/') && !LATER.test(name)) files.push(name)
      }
      const shell = { version: hash.digest('hex').slice(0, 16), files: ['./', ...files] }
      worker.code = `const SHELL = ${JSON.stringify(shell)}\n${worker.code}`
    },
  }
}

/**
 * Two files of code come with the page: what the first screen is made of, and what a terminal needs beside it. Left to
 * itself each set of screens that share a module would make one: a request each, and they compress worse apart.
 */
function firstFiles(root: string) {
  let files: Map<string, string> | undefined
  const find = (graph: Graph) => {
    const found = new Map<string, string>()
    for (const [file, entry] of Object.entries(FIRST)) {
      const add = (id: string) => {
        if (found.has(id)) return
        found.set(id, file)
        for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) add(imported)
      }
      add(join(root, entry))
    }
    return found
  }
  return {
    groups: [
      {
        name: (id: string, graph: Graph) => {
          files ??= find(graph)
          return files.get(id) ?? null
        },
      },
    ],
  }
}

/**
 * The terminal's code is a file of its own, which the page asks for only when it knows what it shows. Named in the page, it
 * comes beside the first one.
 */
function terminalBeside(): Plugin {
  return {
    name: 'terminal-beside',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const chunk = Object.values(bundle ?? {}).find(file => file.type === 'chunk' && file.name === TERMINAL)
        if (chunk?.type !== 'chunk') throw new Error('the terminal has no file of its own')
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
 * Chromium's browsers read a function when it is called first, on the thread that draws. With this they read a whole file
 * beside that one (https://github.com/WICG/explicit-javascript-compile-hints-file-based); to others it is a comment.
 */
const READ_AT_ONCE = '//# allFunctionsCalledOnLoad\n'

function readAtOnce(): Plugin {
  return {
    name: 'read-at-once',
    apply: 'build',
    generateBundle: {
      // It has to be the first line: after what Vite puts there.
      order: 'post',
      handler(_options, bundle) {
        for (const chunk of Object.values(bundle))
          if (chunk.type === 'chunk' && chunk.name in FIRST) chunk.code = READ_AT_ONCE + chunk.code
      },
    },
  }
}

export default defineConfig(({ mode }) => {
  if (!PAGES.includes(mode)) throw new Error(`build with --mode ${PAGES.join(' or --mode ')}`)
  const root = join(import.meta.dirname, mode)
  const outDir = join(import.meta.dirname, 'build', mode)
  return {
    root,
    base: './',
    // A `.env` in the checkout has no business in a page.
    envDir: false,
    // `npm run dev` (main/cli/dev.ts) passes the page's connection on to the host that it runs.
    ...(process.env.OTG_DEV_HOST && {
      server: {
        fs: { allow: [import.meta.dirname] },
        proxy: { '/ws': { target: process.env.OTG_DEV_HOST, ws: true } },
      },
    }),
    plugins: [
      preact({ devToolsEnabled: false }),
      ...(mode === 'web-client' ? [terminalBeside(), readAtOnce(), shellOf(), precompress(outDir)] : []),
    ],
    build: {
      outDir,
      emptyOutDir: true,
      ...(mode === 'renderer' ? { rolldownOptions: { input: WINDOWS.map(name => join(root, name)) } } : {}),
      assetsDir: 'assets',
      target: mode === 'web-client' ? ['safari16', 'chrome110', 'firefox115'] : 'chrome138',
      // Inline scripts are against the CSP; and every browser that we serve preloads modules by itself.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      // The service worker stands beside the page, under a name that stays: so it may speak for all of it.
      ...(mode === 'web-client' && {
        rollupOptions: {
          input: [join(root, 'index.html'), join(root, 'worker', 'sw.ts')],
          output: {
            entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
            codeSplitting: firstFiles(root),
          },
        },
      }),
      // xterm.js is most of it and is needed at once.
      chunkSizeWarningLimit: 700,
    },
  }
})
