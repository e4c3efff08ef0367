// What a command is: its place in the table, and what it is given to run with. Knows no command.

import type { Output } from './output.ts'

export interface OptionSpec {
  type: 'boolean' | 'string'
  /** What the value is called in the help. */
  value?: string
  /** One letter that stands for it. */
  short?: string
  /** May be given several times. */
  several?: true
  help: string
  /** Not for people; not in the help. */
  hidden?: true
}

export interface CommandSpec {
  name: string
  /** How the operands are written in the help. */
  operands: string
  summary: string
  /** Further lines of its help. */
  details: string[]
  options: Record<string, OptionSpec>
  /** How many operands it takes. */
  least: number
  most: number
  /** Operands are a command line: nothing from the first one on is an option of ours. */
  takesCommand?: true
  /** Loaded when called, so that `otg ls` does not pay for what `otg host` needs. */
  load(): Promise<Command>
}

export interface Context {
  env: NodeJS.ProcessEnv
  /** How a person who was started like this calls the command again. */
  program: string
  dataDir: string
  /** The folder was named on the command line: hints must name it too. */
  dataDirOption: boolean
  json: boolean
  output: Output
}

/** Resolves with the exit code; throws UsageError or CodedError. */
export type Command = (context: Context, given: Given) => Promise<number>

export interface Given {
  command: CommandSpec | undefined
  operands: string[]
  flags: Record<string, boolean>
  values: Record<string, string>
  /** Of options that may be given several times. */
  lists: Record<string, string[]>
  json: boolean
  help: boolean
  version: boolean
  dataDir: string | undefined
}
