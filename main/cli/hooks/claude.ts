// Claude Code: hooks in settings.json (https://code.claude.com/docs/en/hooks).
import { join } from 'node:path'
import { type Agent, homeFolder } from './agent.ts'
import { hookCommand } from './hook-command.ts'
import { jsonFile } from './json-file.ts'

const NAME = 'Claude Code'
const TIMEOUT_S = 5

/** Only events that every version since 2.0.45 knows: with an unknown one, Claude Code ignores the whole file. */
const EVENTS: [event: string, matcher?: string][] = [
  ['UserPromptSubmit'],
  ['PreToolUse', 'AskUserQuestion'],
  ['PermissionRequest'],
  ['PostToolUse'],
  // Permissions have their own event; an idle prompt was told when the turn ended.
  ['Notification', 'elicitation_dialog|worker_permission_prompt'],
  ['Stop'],
]

export const claude: Agent = {
  id: 'claude',
  name: NAME,
  folder: env => env.CLAUDE_CONFIG_DIR || join(homeFolder(env), '.claude'),
  files: [
    jsonFile('settings.json', program => {
      const hooks = [{ type: 'command', command: hookCommand(program, ['--agent', NAME]), timeout: TIMEOUT_S }]
      return EVENTS.map(([event, matcher]) => ({ event, element: { ...(matcher && { matcher }), hooks } }))
    }),
  ],
  note: 'Claude Code reads its hooks when it starts.',
}
