// A file that holds nothing but the hooks: its text is replaced as a whole, and it is removed with them.
import { CodedError } from '../../../protocol/errors.ts'
import type { AgentFile } from './agent.ts'
import type { OtgProgram } from './hook-command.ts'

/** `mark`: what tells the file from one of the user's with the same name. */
export function ownFile(path: string, mark: string, textOf: (program: OtgProgram) => string): AgentFile {
  const check = (text: string) => {
    if (!text.includes(mark)) throw new CodedError('agent_config_unusable', 'it is not a file of On the Go')
  }
  return {
    path,
    install: (text, program) => {
      if (text !== undefined) check(text)
      return { text: textOf(program) }
    },
    remove: text => {
      check(text)
      return undefined
    },
    hasHooks: text => text.includes(mark),
  }
}
