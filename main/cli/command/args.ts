// Parses a command line against the table of commands.
import { parseArgs } from 'node:util'
import type { CommandSpec, OptionSpec, ParsedArgs } from './command.ts'

/** The command line is invalid. The message is one line that ends with the help to read. */
export class UsageError extends Error {
  constructor(message: string, command?: string) {
    super(`${message}; see: otg ${command ? `${command} ` : ''}--help`)
    this.name = 'UsageError'
  }
}

/** Options of every command. They may also precede its name. */
export const COMMON_OPTIONS: Record<string, OptionSpec> = {
  'data-dir': { type: 'string', value: 'DIR', help: 'data folder of the host (or OTG_DATA_DIR)' },
  json: { type: 'boolean', help: 'print JSON, one object per line, errors too' },
  help: { type: 'boolean', help: 'show this help' },
}

/** Throws UsageError. */
export function parseCommandLine(argv: string[], commands: readonly CommandSpec[]): ParsedArgs {
  const at = firstOperand(argv, COMMON_OPTIONS)
  const before = at < 0 ? argv : argv.slice(0, at)
  const name = at < 0 ? undefined : argv[at]
  const version = before.includes('--version')
  const early = readOptions(
    before.filter(arg => arg !== '--version'),
    COMMON_OPTIONS,
    undefined,
  )
  if (name === undefined) return toParsedArgs(undefined, early, { version })
  if (name === 'help') return toParsedArgs(findCommand(argv[at + 1], commands), early, { help: true })
  const command = findCommand(name, commands)!
  const options = { ...command.options, ...COMMON_OPTIONS }
  let rest = argv.slice(at + 1)
  let after: string[] = []
  if (command.takesCommand) {
    const start = firstOperand(rest, options)
    const skipped = start >= 0 && rest[start] === '--' ? 1 : 0
    after = start < 0 ? [] : rest.slice(start + skipped)
    rest = start < 0 ? rest : rest.slice(0, start)
  }
  const read = readOptions(rest, options, command.name)
  const operands = [...read.positionals, ...after]
  const parsed = toParsedArgs(
    command,
    { positionals: operands, values: { ...early.values, ...read.values } },
    { version: version || rest.includes('--version') },
  )
  if (parsed.help || parsed.version) return parsed
  if (operands.length < command.minOperands)
    throw new UsageError(`${command.name} needs ${command.operands}`, command.name)
  if (operands.length > command.maxOperands)
    throw new UsageError(`unexpected argument ${operands[command.maxOperands]}`, command.name)
  return parsed
}

/** The value of an option that takes an integer from 0 to `max`. Throws UsageError. */
export function numberOf(parsed: ParsedArgs, option: string, max: number): number | undefined {
  const text = parsed.values[option]
  if (text === undefined) return undefined
  const number = Number(text)
  if (!/^\d+$/.test(text) || number > max)
    throw new UsageError(`--${option} takes a number from 0 to ${max}, not ${text}`, parsed.command?.name)
  return number
}

/** The values of a repeatable option that also takes lists with commas. Throws UsageError for one that is not in `known`. */
export function listOf<T extends string>(parsed: ParsedArgs, option: string, known: readonly T[]): T[] {
  const values = (parsed.lists[option] ?? []).flatMap(text => text.split(','))
  for (const value of values)
    if (!(known as readonly string[]).includes(value))
      throw new UsageError(`--${option} takes ${known.join(', ')}, not ${value}`, parsed.command?.name)
  return values as T[]
}

type Values = Record<string, string | string[] | boolean | undefined>

function toParsedArgs(
  command: CommandSpec | undefined,
  { positionals, values }: { positionals: string[]; values: Values },
  more: { version?: boolean; help?: boolean },
): ParsedArgs {
  const flags: Record<string, boolean> = {}
  const texts: Record<string, string> = {}
  const lists: Record<string, string[]> = {}
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'boolean') flags[name] = value
    else if (Array.isArray(value)) lists[name] = value
    else if (value !== undefined) texts[name] = value
  }
  if (texts['data-dir'] === '') throw new UsageError('--data-dir needs a folder', command?.name)
  return {
    command,
    operands: positionals,
    flags,
    values: texts,
    lists,
    json: flags.json === true,
    help: more.help === true || flags.help === true,
    version: more.version === true,
    dataDir: texts['data-dir'],
  }
}

function findCommand(name: string | undefined, commands: readonly CommandSpec[]): CommandSpec | undefined {
  if (name === undefined) return undefined
  const command = commands.find(one => one.name === name)
  if (!command) throw new UsageError(`unknown command ${name}`)
  return command
}

/** The index of the first argument that is neither an option nor an option's value; `--` counts as one. */
function firstOperand(args: string[], options: Record<string, OptionSpec>): number {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!
    if (arg === '--' || arg === '-' || !arg.startsWith('-')) return at
    const takesNext = arg.startsWith('--') && !arg.includes('=') && options[arg.slice(2)]?.type === 'string'
    if (takesNext) at++
  }
  return -1
}

function readOptions(args: string[], options: Record<string, OptionSpec>, command: string | undefined) {
  const specs: Record<string, { type: 'boolean' | 'string'; short?: string; multiple?: boolean }> = {}
  for (const [name, { type, short, repeatable }] of Object.entries(options))
    specs[name] = { type, ...(short && { short }), ...(repeatable && { multiple: true }) }
  specs.help = { type: 'boolean', short: 'h' }
  specs.version = { type: 'boolean' }
  try {
    return parseArgs({ args, options: specs, allowPositionals: true, strict: true }) as {
      values: Values
      positionals: string[]
    }
  } catch (error) {
    throw new UsageError(describeParseError(error as NodeJS.ErrnoException), command)
  }
}

/** One clause in place of the three sentences that parseArgs writes. */
function describeParseError(error: NodeJS.ErrnoException): string {
  const option = /'(?:-\w, )?(-[^' ]+)/.exec(error.message)?.[1] ?? 'an option'
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `unknown option ${option}`
  if (/does not take an argument/.test(error.message)) return `${option} takes no value`
  return `${option} needs a value`
}
