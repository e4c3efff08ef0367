// opencode: a plugin of our own (https://opencode.ai/docs/plugins).
import { join } from 'node:path'
import { type Agent, homeFolder } from './agent.ts'
import { hookArguments, type OtgProgram } from './hook-command.ts'
import { ownFile } from './own-file.ts'

const MARK = '// On the Go: written by `otg hooks install opencode`, removed by `otg hooks remove opencode`.'

export const opencode: Agent = {
  id: 'opencode',
  name: 'opencode',
  folder: env => env.OPENCODE_CONFIG_DIR || join(env.XDG_CONFIG_HOME || join(homeFolder(env), '.config'), 'opencode'),
  files: [ownFile('plugin/on-the-go.js', MARK, pluginText)],
}

/** Sessions of subagents have a parent: their end is not the end of the turn. */
function pluginText(program: OtgProgram): string {
  const [command, ...args] = hookArguments(program, ['--agent', 'opencode'])
  return `${MARK}
import { spawn } from 'node:child_process'

const COMMAND = ${JSON.stringify(command)}
const ARGUMENTS = ${JSON.stringify(args)}

const subagents = new Set()
let last = Promise.resolve()
let told = ''

function tell(state, text = '') {
  if (state !== 'blocked' && state === told) return
  told = state
  // One after the other, so that the last state stays.
  last = last.then(
    () =>
      new Promise(resolve => {
        const child = spawn(COMMAND, [...ARGUMENTS, '--state', state, '--text', text], { stdio: 'ignore' })
        child.on('error', resolve)
        child.on('close', resolve)
      }),
  )
}

export const OnTheGo = async () => {
  if (!process.env.OTG_SESSION_ID) return {}
  return {
    event: async ({ event }) => {
      const { type, properties = {} } = event
      if (properties.info?.parentID) subagents.add(properties.info.id)
      const isSubagent = subagents.has(properties.sessionID)
      if (type === 'permission.asked') {
        const { permission, patterns = [], metadata } = properties
        tell('blocked', [permission, metadata?.command ?? patterns.join(', ')].filter(Boolean).join(': '))
      } else if (type === 'question.asked') tell('blocked', properties.questions?.[0]?.question ?? '')
      else if (/^(permission|question)\\.(replied|rejected)$/.test(type)) tell('working')
      else if (type === 'session.status' && properties.status?.type !== 'idle') tell('working')
      else if (type === 'session.idle' && !isSubagent) tell('done')
    },
  }
}
`
}
