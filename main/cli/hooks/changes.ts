// What installing or removing hooks changes in an agent's files, and what is installed now.
import { join } from 'node:path'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import type { Agent, AgentFile } from './agent.ts'
import { readConfig, replaceConfig } from './config-file.ts'
import type { OtgProgram } from './hook-command.ts'

export interface Change {
  file: string
  /** Undefined: there is no file. */
  before: string | undefined
  after: string | undefined
  conflict?: string | undefined
}

export type HooksState = 'installed' | 'outdated' | 'not_installed'

/** Files that stay as they are are left out, unless there is a conflict. Throws `agent_config_unusable`, naming the file. */
export function planInstall(agent: Agent, program: OtgProgram, env: NodeJS.ProcessEnv): Change[] {
  return plan(agent, env, ({ install }, before) => {
    const { text, conflict } = install(before, program)
    return { after: text, conflict }
  })
}

export function planRemove(agent: Agent, env: NodeJS.ProcessEnv): Change[] {
  return plan(agent, env, ({ remove, hasHooks }, before) => ({
    after: before !== undefined && hasHooks(before) ? remove(before) : before,
  }))
}

/** Throws `agent_config_unusable`. */
export function apply({ file, before, after }: Change): void {
  if (before !== after) replaceConfig(file, before, after)
}

/** Throws `agent_config_unusable`, naming the file. */
export function hooksState(agent: Agent, program: OtgProgram, env: NodeJS.ProcessEnv): HooksState {
  const hasHooks = agent.files.some(({ path, hasHooks: has }) => {
    const file = join(agent.folder(env), path)
    const text = readConfig(file)
    return text !== undefined && naming(file, () => has(text))
  })
  if (!hasHooks) return 'not_installed'
  return planInstall(agent, program, env).some(({ before, after }) => before !== after) ? 'outdated' : 'installed'
}

function plan(
  agent: Agent,
  env: NodeJS.ProcessEnv,
  change: (file: AgentFile, before: string | undefined) => Pick<Change, 'after' | 'conflict'>,
): Change[] {
  return agent.files
    .map(one => {
      const file = join(agent.folder(env), one.path)
      const before = readConfig(file)
      return { file, before, ...naming(file, () => change(one, before)) }
    })
    .filter(({ before, after, conflict }) => before !== after || conflict !== undefined)
}

function naming<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { code, message } = toCoded(error)
    throw new CodedError(code, `${file} is left alone: ${message}`, { cause: error })
  }
}
