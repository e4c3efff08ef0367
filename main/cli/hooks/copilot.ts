// Copilot CLI: a file of our own in its folder of hooks (https://docs.github.com/copilot/reference/hooks-reference).
import { join } from 'node:path'
import { type Agent, homeFolder } from './agent.ts'
import { hookCommand } from './hook-command.ts'
import { ownFile } from './own-file.ts'

const NAME = 'Copilot CLI'
const TIMEOUT_S = 5

/** `permissionRequest` is not among them: it also comes for what Copilot then allows by itself. */
const EVENTS = ['userPromptSubmitted', 'postToolUse', 'notification', 'agentStop']

export const copilot: Agent = {
  id: 'copilot',
  name: NAME,
  folder: env => env.COPILOT_HOME || join(homeFolder(env), '.copilot'),
  files: [
    ownFile('hooks/on-the-go.json', '"OTG_HOOKS"', program => {
      const hooks = EVENTS.map(event => {
        // The JSON that Copilot gives to its hooks leaves out the event.
        const command = hookCommand(program, ['--agent', NAME, '--event', event])
        return [event, [{ type: 'command', command, timeoutSec: TIMEOUT_S, env: { OTG_HOOKS: '1' } }]]
      })
      return `${JSON.stringify({ version: 1, hooks: Object.fromEntries(hooks) }, null, 2)}\n`
    }),
  ],
}
