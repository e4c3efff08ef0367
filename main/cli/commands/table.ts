// The table of commands. Knows what each is called and takes, not how it works.
import type { CommandSpec, OptionSpec } from '../command.ts'

const DETACH_KEY: OptionSpec = {
  type: 'string',
  value: 'KEY',
  help: 'the key before d, as ^A; none: no key (or OTG_DETACH_KEY)',
}

const LEAVING = [
  'Ctrl-\\ d leaves the session running and gives the terminal back.',
  'Ctrl-\\ twice types one Ctrl-\\. It works inside tmux, screen and ssh.',
]

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'host',
    operands: '',
    summary: 'start the host that sessions live in',
    details: [
      'It prints the address of its page when it is ready. Until devices can be paired',
      'it listens on this computer only. Ctrl-C or SIGTERM ends it and its sessions.',
    ],
    options: {
      port: { type: 'string', value: 'N', help: 'port of the page; 0: any (default 7317, or any if taken)' },
      bind: { type: 'string', value: 'ADDR', help: '127.0.0.1 (default) or ::1' },
      detach: { type: 'boolean', help: 'start it in the background' },
      'ready-fd': { type: 'string', value: 'N', help: 'where to say that it is ready', hidden: true },
    },
    least: 0,
    most: 0,
    load: async () => (await import('./host.ts')).host,
  },
  {
    name: 'run',
    operands: '[--] [CMD…]',
    summary: 'start a session and attach this terminal to it',
    details: [
      'Without CMD it is your login shell.',
      ...LEAVING,
      'Exits as CMD does: 128 + n after signal n, 127 not found, 126 not executable.',
      'When input is no terminal, it is typed, and its end is typed as Ctrl-D.',
    ],
    options: {
      detach: { type: 'boolean', help: 'do not attach; print the new id' },
      title: { type: 'string', value: 'T', help: 'a name for lists, instead of what the program says' },
      cwd: { type: 'string', value: 'D', help: 'where it starts (default: here)' },
      'detach-key': DETACH_KEY,
    },
    least: 0,
    most: Number.POSITIVE_INFINITY,
    takesCommand: true,
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'attach',
    operands: 'ID',
    summary: 'attach this terminal to a session',
    details: [
      'ID may be shortened to a beginning that no other session has.',
      ...LEAVING,
      'Exits as the session does.',
    ],
    options: {
      'read-only': { type: 'boolean', help: 'only look; Ctrl-C leaves too' },
      'detach-key': DETACH_KEY,
    },
    least: 1,
    most: 1,
    load: async () => (await import('./attach.ts')).attach,
  },
  {
    name: 'ls',
    operands: '',
    summary: 'list sessions',
    details: [],
    options: { all: { type: 'boolean', help: 'also those that ended lately' } },
    least: 0,
    most: 0,
    load: async () => (await import('./ls.ts')).ls,
  },
  {
    name: 'show',
    operands: 'ID',
    summary: "print a session's present screen as plain text",
    details: [],
    options: {},
    least: 1,
    most: 1,
    load: async () => (await import('./show.ts')).show,
  },
  {
    name: 'send',
    operands: 'ID [TEXT…]',
    summary: 'type into a session',
    details: [
      'Several TEXTs are typed with a blank between them. It returns when the text has',
      'reached the session. TEXT that begins with - goes behind --.',
    ],
    options: {
      enter: { type: 'boolean', help: 'press Enter at the end' },
      stdin: { type: 'boolean', help: 'type what comes from standard input' },
    },
    least: 1,
    most: Number.POSITIVE_INFINITY,
    load: async () => (await import('./send.ts')).send,
  },
  {
    name: 'kill',
    operands: 'ID…',
    summary: 'end sessions',
    details: ['SIGHUP to all that runs in it, SIGKILL after five seconds. Its history stays.'],
    options: {},
    least: 1,
    most: Number.POSITIVE_INFINITY,
    load: async () => (await import('./kill.ts')).kill,
  },
  {
    name: 'pair',
    operands: '',
    summary: 'print a fresh address of the page, with its QR code',
    details: ['An address opens once. Until devices can be paired, only from this computer.'],
    options: {},
    least: 0,
    most: 0,
    load: async () => (await import('./pair.ts')).pair,
  },
]
