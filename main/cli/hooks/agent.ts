// What `otg hooks` knows of an agent: where its configuration is, and how hooks are added to it and removed from it.
import { accessSync, constants, existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { OtgProgram } from './hook-command.ts'

export interface Agent {
  /** As people type it. */
  id: string
  /** As people call it, and as the host's rules do. */
  name: string
  /** The folder of its configuration. */
  folder(env: NodeJS.ProcessEnv): string
  files: AgentFile[]
  /** What a person has to do or know after the installation. */
  note?: string
}

/** A file with hooks. The functions throw `agent_config_unusable` for a text that they do not understand. */
export interface AgentFile {
  /** Inside the agent's folder. */
  path: string
  /** `text` undefined: there is no file. */
  install(text: string | undefined, program: OtgProgram): Installed
  /** Undefined: the file was made for the hooks. */
  remove(text: string): string | undefined
  /** Whether otg is in it, in whatever version. */
  hasHooks(text: string): boolean
}

export interface Installed {
  text: string | undefined
  /** What could not be installed because the user has something else there. */
  conflict?: string
}

export function homeFolder(env: NodeJS.ProcessEnv): string {
  return env.HOME || homedir()
}

/** Whether the agent is on this computer: its folder or its program. */
export function isOnComputer(agent: Agent, env: NodeJS.ProcessEnv): boolean {
  return existsSync(agent.folder(env)) || isProgram(agent.id, env)
}

function isProgram(name: string, env: NodeJS.ProcessEnv): boolean {
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`] : [name]
  return (env.PATH ?? '')
    .split(delimiter)
    .filter(folder => folder !== '')
    .some(folder => names.some(one => isExecutable(join(folder, one))))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
