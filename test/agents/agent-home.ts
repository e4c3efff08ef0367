// Folders in which the real agents run: a home and a project of their own, with neutral names, connected to the stand-in model.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { AGENTS, type AgentName, cacheFolder, installAgent, installInto } from './install.ts'

export interface AgentHome {
  /** The agent's executable is the first in PATH. */
  env: Record<string, string>
  /** The project. */
  cwd: string
}

/** Looks like a key, and is none. */
const CLAUDE_KEY = 'sk-ant-test-0000000000000001'

/** Makes the folders anew below `root`. `fresh`: as after an installation, so that the first start asks its questions. */
export function makeAgentHome(name: AgentName, root: string, port: number, fresh = false): AgentHome {
  const home = join(root, 'home')
  const cwd = join(root, 'proj')
  for (const folder of [home, cwd]) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
  }
  writeFileSync(join(cwd, 'sum.js'), 'export function sum(a, b) {\n  return a - b\n}\n')
  writeFileSync(join(cwd, 'notes.md'), '# Notes\n\nThe parser reads one line at a time.\n')
  const env = {
    PATH: [installAgent(name), process.env.PATH].join(delimiter),
    HOME: home,
    TERM: 'xterm-256color',
    LANG: 'C.UTF-8',
    SHELL: '/bin/bash',
  }
  return { cwd, env: { ...env, ...CONFIGURE[name](home, cwd, port, fresh) } }
}

const CONFIGURE: Record<
  AgentName,
  (home: string, cwd: string, port: number, fresh: boolean) => Record<string, string>
> = {
  claude(home, cwd, port, fresh) {
    const config = {
      hasCompletedOnboarding: true,
      theme: 'dark',
      ...(fresh
        ? {}
        : {
            hasSeenAutoDefaultNudge: true,
            customApiKeyResponses: { approved: [CLAUDE_KEY.slice(-20)], rejected: [] },
            projects: { [cwd]: { hasTrustDialogAccepted: true, allowedTools: [] } },
          }),
    }
    // Without this file, it asks Anthropic's servers before anything else.
    writeFileSync(join(home, '.claude.json'), JSON.stringify(config))
    // Otherwise a model decides instead of a person, from 2.1.332 on.
    mkdirSync(join(home, '.claude'), { recursive: true })
    writeFileSync(join(home, '.claude', 'settings.json'), JSON.stringify({ permissions: { defaultMode: 'default' } }))
    return {
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
      ANTHROPIC_API_KEY: CLAUDE_KEY,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      STUB_FOLDER: cwd,
    }
  },
  codex(home, cwd, port, fresh) {
    const config = [
      'model = "gpt-5.1-codex-max"',
      'model_provider = "stub"',
      ...(fresh ? [] : ['approval_policy = "on-request"', 'sandbox_mode = "read-only"']),
      'check_for_update_on_startup = false',
      '[model_providers.stub]',
      'name = "stub"',
      `base_url = "http://127.0.0.1:${port}/v1"`,
      'wire_api = "responses"',
      'env_key = "STUB_KEY"',
      ...(fresh ? [] : [`[projects."${cwd}"]`, 'trust_level = "trusted"']),
    ]
    mkdirSync(join(home, '.codex'), { recursive: true })
    writeFileSync(join(home, '.codex', 'config.toml'), `${config.join('\n')}\n`)
    // Codex asks about hooks that it has not seen before.
    const hooks = { Stop: [{ hooks: [{ type: 'command', command: 'true' }] }] }
    if (fresh) writeFileSync(join(home, '.codex', 'hooks.json'), JSON.stringify({ hooks }))
    return { STUB_KEY: 'none' }
  },
  gemini(home, cwd, port, fresh) {
    const settings = {
      security: { auth: { selectedType: 'gemini-api-key' } },
      general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
      privacy: { usageStatisticsEnabled: false },
    }
    mkdirSync(join(home, '.gemini'), { recursive: true })
    if (!fresh) {
      writeFileSync(join(home, '.gemini', 'settings.json'), JSON.stringify(settings))
      writeFileSync(join(home, '.gemini', 'trustedFolders.json'), JSON.stringify({ [cwd]: 'TRUST_FOLDER' }))
    }
    return {
      GEMINI_API_KEY: 'stub-key',
      GEMINI_MODEL: 'gemini-2.5-pro',
      GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:${port}`,
      COLORTERM: 'truecolor',
    }
  },
  opencode(_home, _cwd, port) {
    const options = { baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'none' }
    const models = { stub: { name: 'Stub', tool_call: true, reasoning: true } }
    const config = {
      model: 'stub/stub',
      autoupdate: false,
      provider: { stub: { npm: '@ai-sdk/openai-compatible', name: 'Stub', options, models } },
      permission: { edit: 'ask', bash: 'ask', webfetch: 'ask' },
    }
    // It installs a package into its configuration when it starts, and waits for that before it edits a file.
    const kept = join(cacheFolder(), 'opencode-config')
    if (!existsSync(kept)) installInto(join(kept, 'opencode'), `@opencode-ai/plugin@${AGENTS.opencode.version}`)
    return {
      XDG_CONFIG_HOME: kept,
      OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      COLORTERM: 'truecolor',
    }
  },
  copilot(home, cwd, port, fresh) {
    mkdirSync(join(home, '.copilot'), { recursive: true })
    if (!fresh) writeFileSync(join(home, '.copilot', 'config.json'), JSON.stringify({ trustedFolders: [cwd] }))
    return {
      COPILOT_AUTO_UPDATE: 'false',
      COPILOT_OFFLINE: 'true',
      COPILOT_PROVIDER_BASE_URL: `http://127.0.0.1:${port}/v1`,
      COPILOT_MODEL: 'gpt-4.1',
      COLORTERM: 'truecolor',
    }
  },
}
