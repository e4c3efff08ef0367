// Installs real agents from npm into a cache folder outside the repository: 2 GB together, so they are no dependencies.
// Usage: node test/agents/install.ts NAME…
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

interface Agent {
  package: string
  /** The version that the recordings and rules are made with. */
  version: string
  /** Packages with an install script that the agent needs. */
  scripts: string[]
}

export const AGENTS = {
  claude: { package: '@anthropic-ai/claude-code', version: '2.1.332', scripts: ['@anthropic-ai/claude-code'] },
  codex: { package: '@openai/codex', version: '0.171.0', scripts: [] },
  gemini: { package: '@google/gemini-cli', version: '0.61.0', scripts: [] },
  opencode: { package: 'opencode-ai', version: '1.18.33', scripts: ['opencode-ai'] },
  copilot: { package: '@github/copilot', version: '1.0.102', scripts: [] },
} as const satisfies Record<string, Agent>

export type AgentName = keyof typeof AGENTS

/** OTG_AGENTS_CACHE, or a folder of its own among the caches of the system. */
export function cacheFolder(): string {
  const { OTG_AGENTS_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  if (OTG_AGENTS_CACHE) return OTG_AGENTS_CACHE
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'on-the-go-agents')
  if (process.platform === 'win32') return join(LOCALAPPDATA ?? homedir(), 'on-the-go-agents')
  return join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'on-the-go-agents')
}

/** The folder with the agent's executable, which is installed if this version is missing. Each agent has its own prefix. */
export function installAgent(name: AgentName): string {
  const { package: from, version, scripts }: Agent = AGENTS[name]
  const prefix = join(cacheFolder(), `${name}-${version}`)
  const bin = join(prefix, 'node_modules', '.bin')
  if (existsSync(join(prefix, 'installed'))) return bin
  installInto(prefix, `${from}@${version}`)
  for (const script of scripts) {
    // npm 11 runs install scripts only of packages that were approved; earlier versions have run it by now.
    if (npmVersion() >= 11) npm(prefix, 'install-scripts', 'approve', script)
    npm(prefix, 'rebuild')
  }
  mkdirSync(join(prefix, 'installed'))
  return bin
}

export function installInto(prefix: string, name: string): void {
  mkdirSync(prefix, { recursive: true })
  npm(prefix, 'init', '--yes')
  npm(prefix, 'install', '--save-exact', name)
}

function npmVersion(): number {
  return Number.parseInt(spawnSync('npm', ['--version'], { encoding: 'utf8', shell: isWindows }).stdout, 10)
}

const isWindows = process.platform === 'win32'

function npm(prefix: string, ...args: string[]): void {
  const { status } = spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: prefix,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: isWindows,
  })
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed in ${prefix}`)
}

if (import.meta.main)
  for (const name of process.argv.slice(2)) {
    if (!Object.hasOwn(AGENTS, name))
      throw new Error(`unknown agent: ${name}; there are ${Object.keys(AGENTS).join(', ')}`)
    console.log(installAgent(name as AgentName))
  }
