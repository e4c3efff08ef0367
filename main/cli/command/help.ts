// The help texts, generated from the table of commands. Each fits a screen of 80 x 24.
import { COMMON_OPTIONS } from './args.ts'
import type { CommandSpec, OptionSpec } from './command.ts'

export function mainHelp(commands: readonly CommandSpec[]): string {
  const namesOf = (group: 'forScripts' | 'forUpkeep') =>
    commands.flatMap(one => (one[group] ? one.name : [])).join(', ')
  const listed = commands.filter(one => !one.forScripts && !one.forUpkeep)
  return lines([
    'Usage: otg COMMAND [OPTION…]',
    'Use the terminals of this computer from your phone.',
    '',
    ...columns(listed.map(({ name, summary }) => [name, summary])),
    `To look after the host: ${namesOf('forUpkeep')}.`,
    `For scripts and agents: ${namesOf('forScripts')}.`,
    '',
    ...optionLines(COMMON_OPTIONS),
    'Details: otg COMMAND --help. Version: otg --version.',
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
    ...optionLines({ ...command.options, ...COMMON_OPTIONS }),
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
