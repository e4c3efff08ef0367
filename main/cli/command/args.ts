// Reads a command line by the table of commands. Knows no command's meaning.
import { parseArgs } from 'node:util'
import type { CommandSpec, Given, OptionSpec } from './command.ts'

/** The command line makes no sense. The message is one line and says where to read on. */
export class UsageError extends Error {
  constructor(message: string, command?: string) {
    super(`${message}; see: otg ${command ? `${command} ` : ''}--help`)
    this.name = 'UsageError'
  }
}

/** Options that every command takes, and that may also stand before it. */
export const COMMON: Record<string, OptionSpec> = {
  'data-dir': { type: 'string', value: 'DIR', help: "the host's folder (or OTG_DATA_DIR)" },
  json: { type: 'boolean', help: 'one JSON object per line, errors too' },
  help: { type: 'boolean', help: 'this help' },
}

/** Throws UsageError. */
export function parse(argv: string[], commands: readonly CommandSpec[]): Given {
  const at = firstOperand(argv, COMMON)
  const before = at < 0 ? argv : argv.slice(0, at)
  const name = at < 0 ? undefined : argv[at]
  const version = before.includes('--version')
  const early = read(
    before.filter(arg => arg !== '--version'),
    COMMON,
    undefined,
  )
  if (name === undefined) return given(undefined, early, { version })
  if (name === 'help') return given(find(argv[at + 1], commands), early, { help: true })
  const command = find(name, commands)!
  const options = { ...command.options, ...COMMON }
  let rest = argv.slice(at + 1)
  let after: string[] = []
  if (command.takesCommand) {
    const start = firstOperand(rest, options)
    const skipped = start >= 0 && rest[start] === '--' ? 1 : 0
    after = start < 0 ? [] : rest.slice(start + skipped)
    rest = start < 0 ? rest : rest.slice(0, start)
  }
  const parsed = read(rest, options, command.name)
  const operands = [...parsed.positionals, ...after]
  const result = given(
    command,
    { positionals: operands, values: { ...early.values, ...parsed.values } },
    { version: version || rest.includes('--version') },
  )
  if (result.help || result.version) return result
  if (operands.length < command.least) throw new UsageError(`${command.name} needs ${command.operands}`, command.name)
  if (operands.length > command.most)
    throw new UsageError(`${command.name} takes no operand ${operands[command.most]}`, command.name)
  return result
}

/** The value of an option that is a number from 0 on. Throws UsageError. */
export function numberOf(given: Given, option: string, most: number): number | undefined {
  const text = given.values[option]
  if (text === undefined) return undefined
  const number = Number(text)
  if (!/^\d+$/.test(text) || number > most)
    throw new UsageError(`--${option} takes a number from 0 to ${most}, not ${text}`, given.command?.name)
  return number
}

type Values = Record<string, string | string[] | boolean | undefined>

function given(
  command: CommandSpec | undefined,
  { positionals, values }: { positionals: string[]; values: Values },
  more: { version?: boolean; help?: boolean },
): Given {
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

function find(name: string | undefined, commands: readonly CommandSpec[]): CommandSpec | undefined {
  if (name === undefined) return undefined
  const command = commands.find(one => one.name === name)
  if (!command) throw new UsageError(`there is no command ${name}`)
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

function read(args: string[], options: Record<string, OptionSpec>, command: string | undefined) {
  const specs: Record<string, { type: 'boolean' | 'string'; short?: string; multiple?: boolean }> = {}
  for (const [name, { type, short, several }] of Object.entries(options))
    specs[name] = { type, ...(short && { short }), ...(several && { multiple: true }) }
  specs.help = { type: 'boolean', short: 'h' }
  specs.version = { type: 'boolean' }
  try {
    return parseArgs({ args, options: specs, allowPositionals: true, strict: true }) as {
      values: Values
      positionals: string[]
    }
  } catch (error) {
    throw new UsageError(explain(error as NodeJS.ErrnoException), command)
  }
}

/** parseArgs' errors say in three sentences what fits into one clause. */
function explain(error: NodeJS.ErrnoException): string {
  const option = /'(?:-\w, )?(-[^' ]+)/.exec(error.message)?.[1] ?? 'an option'
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `there is no option ${option}`
  if (/does not take an argument/.test(error.message)) return `${option} takes no value`
  return `${option} needs a value`
}
