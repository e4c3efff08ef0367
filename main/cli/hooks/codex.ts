// Codex: hooks in hooks.json (https://developers.openai.com/codex/hooks), and `notify` in config.toml, which tells only the end
// of a turn but needs no confirmation in Codex.
import { join } from 'node:path'
import { type Agent, homeFolder } from './agent.ts'
import { hookArguments, hookCommand } from './hook-command.ts'
import { jsonFile } from './json-file.ts'
import { addNotify, findNotify, removeNotify } from './toml-notify.ts'

const OPTIONS = ['--agent', 'Codex']
const TIMEOUT_S = 5
const EVENTS = ['UserPromptSubmit', 'PermissionRequest', 'PostToolUse', 'Stop']

export const codex: Agent = {
  id: 'codex',
  name: 'Codex',
  folder: env => env.CODEX_HOME || join(homeFolder(env), '.codex'),
  files: [
    jsonFile('hooks.json', program => {
      const hooks = [{ type: 'command', command: hookCommand(program, OPTIONS), timeout: TIMEOUT_S }]
      return EVENTS.map(event => ({ event, element: { hooks } }))
    }),
    {
      path: 'config.toml',
      install: (text, program) => {
        const added = addNotify(text, hookArguments(program, OPTIONS))
        if (added !== null) return { text: added }
        return {
          text,
          conflict: 'it has a notify of yours, which stays; the hooks in hooks.json tell the end of a turn too',
        }
      },
      remove: removeNotify,
      hasHooks: text => findNotify(text) !== undefined,
    },
  ],
  note: 'Codex runs new hooks only after you trusted them: start codex and type /hooks. Until then it tells only the end of a turn.',
}
