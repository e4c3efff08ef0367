// A JSON file of an agent to which hooks are added.
import type { AgentFile } from './agent.ts'
import type { OtgProgram } from './hook-command.ts'
import { addHooks, type EventHook, findHooks, removeHooks } from './json-hooks.ts'

export function jsonFile(path: string, hooksOf: (program: OtgProgram) => EventHook[]): AgentFile {
  return {
    path,
    install: (text, program) => ({ text: addHooks(text, hooksOf(program)) }),
    remove: removeHooks,
    hasHooks: text => findHooks(text).length > 0,
  }
}
