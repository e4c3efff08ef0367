// Writes docs/commands.md, docs/settings.md and docs/redaction.md from the code's own tables: `npm run docs`. A test fails when they are out of date.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { COMMON_OPTIONS } from '../main/cli/command/args.ts'
import type { CommandSpec, OptionSpec } from '../main/cli/command/command.ts'
import { COMMANDS } from '../main/cli/commands/table.ts'
import { COMMON_SECRETS } from '../main/host/history/export/redact/common-secrets.ts'
import { SECRET_RULES } from '../main/host/history/export/redact/secret-rules.ts'
import { Settings } from '../main/host/settings/settings.ts'

const GENERATED = '<!-- Written by `npm run docs`. Edit the tables in the code instead. -->'

const row = (...cells: string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
/** A list of values keeps its first letter: the values are typed as they are. */
const sentence = (text: string) =>
  `${/^\w+,/.test(text) ? text[0] : text[0]!.toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
/** Help texts are plain text: angle brackets and stars are shown as they are. */
const plain = (text: string) => text.replace(/[*_<>]/g, mark => `\\${mark}`)

function options(all: Record<string, OptionSpec>): string[] {
  const shown = Object.entries(all).filter(([, { hidden }]) => !hidden)
  if (shown.length === 0) return []
  return [
    row('option', 'meaning'),
    row('---', '---'),
    ...shown.map(([name, { short, value, help }]) =>
      row(`\`${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}\``, plain(sentence(help))),
    ),
    '',
  ]
}

function command({ name, operands, summary, details, options: own }: CommandSpec): string[] {
  const usage = ['otg', name, '[OPTION…]', operands].filter(word => word !== '').join(' ')
  const text = details.length === 0 ? [] : [plain(details.join(' ')), '']
  return [`## otg ${name}`, '', `\`${usage}\``, '', sentence(summary), '', ...text, ...options(own)]
}

/** The text of docs/commands.md. */
export function commandsPage(): string {
  return [
    '# Commands',
    '',
    GENERATED,
    '',
    '`otg` talks to the running host over a local socket. Session IDs may be shortened to any unique prefix.',
    '`run` and `attach` exit with the exit code of the session. `otg COMMAND --help` shows the same text.',
    '',
    row('command', 'what it does'),
    row('---', '---'),
    ...COMMANDS.map(({ name, summary }) => row(`[\`otg ${name}\`](#otg-${name})`, sentence(summary))),
    '',
    'Every command takes:',
    '',
    ...options(COMMON_OPTIONS),
    ...COMMANDS.flatMap(command),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
}

/** The text of docs/settings.md. */
export function settingsPage(): string {
  const { properties } = z.toJSONSchema(Settings, { io: 'input', unrepresentable: 'any' }) as {
    properties: Record<string, { default?: unknown; description: string }>
  }
  return [
    '# Settings',
    '',
    GENERATED,
    '',
    'Change settings in the app under Settings, or in `settings.json` in the data folder (Linux: `~/.local/share/on-the-go`, macOS:',
    '`~/Library/Application Support/On the Go`, Windows: `%LOCALAPPDATA%\\On the Go`, or the folder named by `OTG_DATA_DIR` or `--data-dir`). The file is read when the host starts; a change made in the app',
    'applies at once and ends no session. Every setting is optional, and the options of `otg host` override the file.',
    '',
    row('name', 'default', 'meaning'),
    row('---', '---', '---'),
    ...Object.entries(properties).map(([name, { default: value, description }]) =>
      row(`\`${name}\``, value === undefined ? '–' : `\`${JSON.stringify(value)}\``, description),
    ),
    '',
    '## Settings of the desktop app',
    '',
    'The window keeps its own font and font size. The app keeps its theme, whether it starts when you log in, whether it keeps',
    'the computer awake while sessions run, and the update feed, in `desktop/preferences.json` in the data folder.',
    '',
    '**Updates** come from a feed that you enter (an HTTPS address that serves the `latest*.yml` of electron-builder with their signatures,',
    'see [Releasing](releasing.md)). Without a',
    'feed the app contacts no server. With one it checks when it starts and once a day. Downloading and installing each need',
    'your confirmation, and the second names the sessions that end. An unpacked archive or a checkout cannot replace itself and only',
    'tells you that a newer version exists.',
    '',
  ].join('\n')
}

/** The text of docs/redaction.md. */
export function redactionPage(): string {
  const ids = SECRET_RULES.map(({ id }) => id)
  return [
    '# Redaction',
    '',
    GENERATED,
    '',
    '`otg export --redact-secrets`, and the same choice in the app and on the phone, replaces secrets by blocks in every format: asciicast, text,',
    'HTML and raw output, titles, the command, marks, and what programs send as titles, links or to the clipboard. `--redact PATTERN` does the',
    'same for what matches a JavaScript regular expression. Search, the reading view, playback and `otg show` show everything.',
    '',
    'The whole session is searched, whatever part of it is exported: line by line as it was printed, and as it was on the screen at every',
    'moment. So a secret is found although colors, cursor movements, corrections while it was typed, wrapping, or the beginning or end of the',
    'exported part split it. Of a private key, every line is redacted, even if its first or its last line is missing.',
    '',
    '**Not found** are secrets that nothing marks as such (a password that a program prints alone on a line), that a program encodes or',
    'divides by other text (a frame, a pane beside it), and those of services that are not listed. Check the file before you share it.',
    '',
    '## What is recognized by what is around it, or by its first letters',
    '',
    ...COMMON_SECRETS.map(({ name }) => `- ${name}`),
    '- private keys of OpenSSH, OpenSSL, PGP and PuTTY',
    '',
    '## Services',
    '',
    `${ids.length} rules of [Betterleaks](https://github.com/betterleaks/betterleaks), by the authors of Gitleaks (MIT license):`,
    '',
    ids.map(id => `\`${id}\``).join(', '),
    '',
  ].join('\n')
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(join(import.meta.dirname, 'commands.md'), commandsPage())
  writeFileSync(join(import.meta.dirname, 'settings.md'), settingsPage())
  writeFileSync(join(import.meta.dirname, 'redaction.md'), redactionPage())
}
