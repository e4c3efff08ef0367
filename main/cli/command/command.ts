// The shape of a command: its entry in the table, and what it receives when it runs.

import type { Output } from './output.ts'

export interface OptionSpec {
  type: 'boolean' | 'string'
  /** Placeholder for the value in the help, in capitals. */
  value?: string
  /** One-letter form. */
  short?: string
  /** May be given several times. */
  repeatable?: true
  help: string
  /** For internal use; left out of the help. */
  hidden?: true
}

export interface CommandSpec {
  name: string
  /** The operands as the usage line shows them; empty if there are none. */
  operands: string
  /** One clause without a capital or a period. */
  summary: string
  /** Named on one line of the main help with the others for scripts, so that the main help fits a screen. */
  forScripts?: true
  /** As `forScripts`, for what looks after the host and its data. */
  forUpkeep?: true
  /** Further lines of the help, at most 80 columns each. */
  details: string[]
  options: Record<string, OptionSpec>
  minOperands: number
  maxOperands: number
  /** The operands are a command line: from the first one on, nothing is an option of otg. */
  takesCommand?: true
  /** Imports the command on demand, so that `otg ls` does not load what `otg host` needs. */
  load(): Promise<Command>
}

export interface Context {
  env: NodeJS.ProcessEnv
  /** How this person calls otg: `otg`, or an npm script. Used in hints. */
  program: string
  dataDir: string
  /** The folder was named on the command line, so hints have to name it too. */
  dataDirOption: boolean
  json: boolean
  output: Output
}

/** Resolves with the exit code; throws UsageError or CodedError. */
export type Command = (context: Context, parsed: ParsedArgs) => Promise<number>

export interface ParsedArgs {
  command: CommandSpec | undefined
  operands: string[]
  flags: Record<string, boolean>
  values: Record<string, string>
  /** Values of repeatable options. */
  lists: Record<string, string[]>
  json: boolean
  help: boolean
  version: boolean
  dataDir: string | undefined
}
