// Gemini CLI: hooks in settings.json (https://geminicli.com/docs/hooks/reference).
import { join } from 'node:path'
import { type Agent, homeFolder } from './agent.ts'
import { hookCommand } from './hook-command.ts'
import { jsonFile } from './json-file.ts'

const NAME = 'Gemini CLI'
const TIMEOUT_MS = 5_000
const EVENTS = ['BeforeAgent', 'Notification', 'AfterTool', 'AfterAgent']

export const gemini: Agent = {
  id: 'gemini',
  name: NAME,
  folder: env => join(env.GEMINI_CLI_HOME || homeFolder(env), '.gemini'),
  files: [
    jsonFile('settings.json', program => {
      const command = hookCommand(program, ['--agent', NAME])
      const hooks = [{ name: 'on-the-go', type: 'command', command, timeout: TIMEOUT_MS }]
      return EVENTS.map(event => ({ event, element: { hooks } }))
    }),
  ],
}
