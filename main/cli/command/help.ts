// The help texts, made from the table of commands; each fits a screen of 80 x 24. Knows no command's meaning.
import { COMMON } from './args.ts'
import type { CommandSpec, OptionSpec } from './command.ts'

export function mainHelp(commands: readonly CommandSpec[]): string {
  return lines([
    'Usage: otg COMMAND [OPTION…]',
    'Terminals that your phone can reach. Sessions outlive whatever looks at them.',
    '',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    'Every command takes:',
    ...optionLines(COMMON),
    'otg COMMAND --help tells more of one; otg --version tells the version.',
  ])
}

export function commandHelp(command: CommandSpec): string {
  const usage = ['otg', command.name, '[OPTION…]', command.operands].filter(part => part !== '')
  return lines([
    `Usage: ${usage.join(' ')}`,
    '',
    `${command.summary[0]!.toUpperCase()}${command.summary.slice(1)}.`,
    ...command.details,
    '',
    ...optionLines({ ...command.options, ...COMMON }),
  ])
}

function optionLines(options: Record<string, OptionSpec>): string[] {
  const shown = Object.entries(options).filter(([, spec]) => !spec.hidden)
  return columns(
    shown.map(([name, { value, short, help }]) => [
      `${name === 'help' ? '-h, ' : short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`,
      help,
    ]),
  )
}

function columns(rows: [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`)
}

function lines(all: string[]): string {
  return `${all.join('\n')}\n`
}
