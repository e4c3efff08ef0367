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
      'Phones in the same network reach it once paired; in a terminal it shows the code',
      'for the first one. Ctrl-C or SIGTERM ends it and its sessions.',
      'WHERE: loopback, private (also what no router passes on), all, or IP addresses.',
    ],
    options: {
      port: { type: 'string', value: 'N', help: 'port of the page; 0: any (default 7317, or any if taken)' },
      bind: { type: 'string', value: 'WHERE', help: 'where to listen (default private)' },
      'allow-host': { type: 'string', value: 'NAME', help: 'how a proxy or tunnel calls it; several: A,B:8443' },
      tls: { type: 'string', value: 'tailscale', help: "HTTPS with this tailnet's certificate" },
      'tls-cert': { type: 'string', value: 'FILE', help: 'HTTPS with this certificate (PEM)' },
      'tls-key': { type: 'string', value: 'FILE', help: 'and its key (PEM)' },
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
    summary: 'show the code that lets a phone in, and ask whether it may',
    details: [
      'It ends when the first phone is in, with exit code 0. Until then the code renews',
      'itself; when this command ends it is void. Not in a terminal it prints addresses',
      'and waits until somebody answers in the app or in another otg pair.',
      '--json prints {url, expires_at} (Unix milliseconds), then what came of it:',
      '{outcome: "allowed", device: {device_id, name, read_only, address}}, or with',
      'exit code 1 {outcome: "refused"} or {outcome: "expired"}.',
    ],
    options: {
      yes: { type: 'boolean', help: 'let in the first that uses this code, without asking' },
      'read-only': { type: 'boolean', help: 'to look only, not to type' },
      address: { type: 'string', value: 'NAME', help: 'the address to show first, or its beginning' },
    },
    least: 0,
    most: 0,
    load: async () => (await import('./pair.ts')).pair,
  },
  {
    name: 'devices',
    operands: '[NAME]',
    summary: 'list paired devices and who waits, or change one',
    details: [
      'NAME is a name or id, or a beginning that no other has.',
      '--json prints a device per line, and who waits with its pairing_id.',
    ],
    options: {
      rename: { type: 'string', value: 'NEW', help: 'call it NEW' },
      'read-only': { type: 'boolean', help: 'from now on it may only look' },
      full: { type: 'boolean', help: 'from now on it may type too' },
    },
    least: 0,
    most: 1,
    load: async () => (await import('./devices.ts')).devices,
  },
  {
    name: 'revoke',
    operands: 'NAME…',
    summary: 'take back what devices were allowed',
    details: [
      'NAME is a name or id, or a beginning that no other has. Their connections are',
      'closed at once, and they have to be paired anew.',
    ],
    options: {},
    least: 1,
    most: Number.POSITIVE_INFINITY,
    load: async () => (await import('./revoke.ts')).revoke,
  },
]
