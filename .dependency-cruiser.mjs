// Which folder may import which, and which file owns which package. Checked by `npm run lint`.

/** The folders of main/host and what each may import, besides itself, log, health, protocol and terminal. Every folder is listed. */
const HOST = {
  log: ['files'],
  health: ['files'],
  threads: [],
  recording: [],
  clock: ['files'],
  processes: ['recording'],
  files: [],
  'data-folder': ['files', 'store', 'processes'],
  store: ['recording'],
  'at-rest': ['threads', 'files', 'store'],
  agents: ['threads'],
  screen: ['threads', 'recording', 'agents'],
  'history/playback': ['recording', 'store'],
  'history/text': ['recording', 'store', 'screen', 'history/playback'],
  'history/search': ['recording', 'store', 'history/text'],
  'history/lookup': ['threads', 'recording', 'store', 'history/playback', 'history/text', 'history/search'],
  'history/write': ['threads', 'files', 'recording', 'store', 'history/playback', 'history/text'],
  'history/export': ['threads', 'recording', 'store', 'screen', 'history/playback', 'history/text'],
  session: ['clock', 'recording', 'processes', 'screen', 'history/write', 'agents'],
  uploads: [],
  upkeep: ['files', 'health', 'recording', 'store', 'threads', 'at-rest', 'settings'],
  listen: ['files'],
  budget: [],
  access: ['budget', 'clock', 'files', 'listen'],
  notify: ['files'],
  push: ['files', 'access', 'notify'],
  settings: ['files', 'listen', 'notify'],
  clients: [
    'access',
    'budget',
    'history/export',
    'history/lookup',
    'history/playback',
    'history/search',
    'history/text',
    'history/write',
    'push',
    'session',
    'threads',
    'settings',
    'uploads',
  ],
}

/** Packages that one file or folder owns; everything else reaches them through it. */
const OWNERS = {
  'better-sqlite3': 'main/host/store/',
  'better-sqlite3-multiple-ciphers': 'main/host/store/',
  '@napi-rs/keyring': 'main/host/at-rest/',
  koffi: 'main/host/(listen|store)/',
  'node-pty': 'main/host/session/pty.ts',
  '@xterm/headless': 'main/host/screen/xterm.ts',
  ws: 'main/host/listen/websocket.ts',
  pino: 'main/host/log/host-log.ts',
  re2js: 'main/host/history/export/redact/secret-rules.ts',
  'web-push': 'main/host/push/push-message.ts',
  'unicode-confusables': 'main/host/access/look-alike.ts',
  electron: 'main/desktop/',
  'electron-updater': 'main/desktop/updates/',
}

const only = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: '^(protocol|terminal|ui|web-client|renderer|main|assets|test)/', pathNot: `^(${to.join('|')})/` },
})

const LISTED = `^main/host/(${Object.keys(HOST).join('|')})/`

const PRODUCT = '^(protocol|terminal|ui|web-client|renderer|main)/'

export default {
  forbidden: [
    { name: 'no-circle-of-files', severity: 'error', from: { path: PRODUCT }, to: { circular: true } },
    {
      name: 'no-circle-of-folders',
      scope: 'folder',
      severity: 'error',
      from: { path: '^(protocol|terminal|ui|web-client|renderer|main)(/|$)' },
      to: { circular: true },
    },
    only('protocol-is-at-the-bottom', 'protocol', ['protocol']),
    only('terminal-is-at-the-bottom', 'terminal', ['terminal']),
    only('ui', 'ui', ['ui', 'protocol', 'terminal', 'assets']),
    only('phone', 'web-client', ['web-client', 'ui', 'protocol', 'terminal', 'assets']),
    only('windows', 'renderer', ['renderer', 'ui', 'protocol', 'terminal', 'assets']),
    only('host', 'main/host', ['main/host', 'protocol', 'terminal']),
    only('cli', 'main/cli', ['main/cli', 'main/host', 'protocol', 'terminal']),
    only('desktop', 'main/desktop', ['main/desktop', 'main/host', 'protocol', 'terminal']),
    {
      name: 'shared-code-runs-everywhere',
      comment: 'The host and the pages share these folders: no Node, no DOM, no terminal library.',
      severity: 'error',
      from: { path: '^(protocol|terminal)/' },
      to: { path: '^(@xterm/|preact|node:)|node_modules/(@xterm|preact)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pages-have-no-node',
      severity: 'error',
      from: { path: '^(protocol|terminal|ui|web-client|renderer)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'host-folder-is-listed',
      comment: 'Add the folder to HOST in .dependency-cruiser.mjs, with what it may import.',
      severity: 'error',
      from: { path: '^main/host/.+/', pathNot: LISTED },
      to: {},
    },
    {
      name: 'host-folder-is-listed-before-it-is-imported',
      comment: 'Add the folder to HOST in .dependency-cruiser.mjs, with what it may import.',
      severity: 'error',
      from: {},
      to: { path: '^main/host/.+/', pathNot: LISTED },
    },
    ...Object.entries(HOST).map(([room, may]) => ({
      name: `host-${room.replace('/', '-')}`,
      severity: 'error',
      from: { path: `^main/host/${room}/` },
      to: { path: '^main/host/', pathNot: `^main/host/(${[room, 'log', 'health', ...may].join('|')})/` },
    })),
    ...Object.entries(OWNERS).map(([name, owner]) => ({
      name: `owner-of-${name.replace(/[^a-z0-9-]/g, '')}`,
      severity: 'error',
      from: { path: PRODUCT, pathNot: `^${owner}` },
      to: { path: `^${name}$|node_modules/${name}/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // TypeScript 7 has no parser API yet.
    parser: 'swc',
    // Imports of types count too.
    tsPreCompilationDeps: true,
    skipAnalysisNotInRules: true,
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.cts', '.mts'] },
  },
}
