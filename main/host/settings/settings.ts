// The settings in `settings.json` of the data folder: values, bounds and defaults.
import * as z from 'zod'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { AttentionKind, type SettingValues } from '../../../protocol/messages.ts'
import { readDataFile } from '../files/secret-files.ts'
import { parseBind } from '../listen/addresses.ts'
import { allowedName } from '../listen/host-names.ts'
import { LOG_LEVELS } from '../log/logger.ts'
import type { NotifierSettings } from '../notify/notifier.ts'
import { TOPIC } from '../notify/ntfy.ts'
import { DAYS, TIME_OF_DAY } from '../notify/quiet-hours.ts'
import { TARGET_CHARACTERS, targetProblem } from '../notify/target.ts'

const MEGABYTE = 1_000_000
const HOUR_MS = 3_600_000

const between = (min: number, max: number) => {
  const error = `takes a number from ${min} to ${max}`
  return z.number(error).min(min, error).max(max, error)
}
const PORT = 'takes a whole number from 0 to 65535'

const Tls = z.union([z.literal('tailscale'), z.strictObject({ cert: z.string(), key: z.string() })])

/** A program (a path, or a name on PATH), or an argv. */
const Shell = z.union([
  z.string().min(1, 'names no program').max(4096),
  z.array(z.string().min(1, 'has an empty word').max(4096)).min(1, 'names no program').max(64),
])

const Bound = z.string().superRefine((text, context) => {
  try {
    parseBind(text)
  } catch (error) {
    context.addIssue(toCoded(error).message)
  }
})

const Name = z
  .string('takes host names')
  .max(260, 'is too long for a host name')
  .refine(text => allowedName(text) !== undefined, { error: ({ input }) => `${input} is not a host name` })

const Time = z.string('takes a time like 22:00').regex(TIME_OF_DAY, 'takes a time like 22:00')

const QuietHours = z.strictObject({
  from: Time,
  to: Time,
  days: z
    .array(z.enum(DAYS, `takes days of the week: ${DAYS.join(', ')}`))
    .max(DAYS.length)
    .default([...DAYS]),
  except_blocked: z.boolean().default(false),
})

const Target = z
  .string('takes an address')
  .max(TARGET_CHARACTERS, 'is too long for an address')
  .superRefine((text, context) => {
    const problem = targetProblem(text)
    if (problem !== undefined) context.addIssue(problem)
  })

const Ntfy = z.strictObject({
  server: Target.default('https://ntfy.sh'),
  topic: z.string('takes a topic').regex(TOPIC, 'takes 1 to 64 letters, digits, - or _'),
  include_text: z.boolean().default(false),
})

const Webhook = z.strictObject({ url: Target, include_text: z.boolean().default(false) })

const KINDS = AttentionKind.options

const KEYSTORE_MODES = ['off', 'keys', 'all'] as const

/**
 * Every setting is optional. Sizes are megabytes of a million bytes, of raw output. The descriptions are the text of
 * docs/settings.md.
 */
export const Settings = z.strictObject({
  session_megabytes: between(1, 100_000)
    .default(50)
    .describe('Raw output kept per session. The oldest segments are removed first.'),
  total_megabytes: between(10, 1_000_000)
    .default(2_000)
    .describe('Maximum size of the database. The sessions that ended longest ago are removed first.'),
  retention_days: between(0, 36_500).default(30).describe('How long the history of ended sessions is kept.'),
  idle_hours: between(0.01, 87_600)
    .default(24)
    .describe('A session without viewers that prints nothing for this long is ended if it is at its prompt.'),
  end_busy: z
    .boolean()
    .default(false)
    .describe('End such a session even while a program runs in it, instead of only marking it.'),
  single_client: z
    .boolean()
    .default(false)
    .describe('Allow one client per session at a time. A client that reconnects is let back in.'),
  agents_may_control: z
    .boolean()
    .default(false)
    .describe(
      'Let programs in sessions read other sessions, type into them and answer their questions without asking. Never their own.',
    ),
  device_days: between(0.01, 36_500)
    .default(90)
    .describe('A paired phone that does not connect for this long has to be paired again.'),
  ask_again_days: between(0, 36_500)
    .default(0)
    .describe(
      'A phone that was allowed longer ago has to be allowed again, with six digits, when it connects. 0: never.',
    ),
  obscure_typing: z
    .boolean()
    .default(false)
    .describe(
      'While a phone types, and for up to three seconds after, send at fixed intervals of 20 ms in both directions, so that a listener cannot see the rhythm of the keys. Phones follow when they connect again.',
    ),
  keystore: z
    .enum(KEYSTORE_MODES, `takes ${KEYSTORE_MODES.join(', ')}`)
    .default('off')
    .describe(
      "Encrypt the data folder with a key in the system's keystore: `off`, `keys` (the host's keys, devices and tokens) or `all` (also the history, from the next start on). The host then starts only while the keystore is unlocked.",
    ),
  upload_megabytes: between(0, 100_000)
    .default(100)
    .describe('Largest file that a client may upload. 0 turns uploads off.'),
  uploads_total_megabytes: between(0, 1_000_000)
    .default(1_000)
    .describe("Size of all uploaded files. A file is removed with its session's history."),
  push: z.boolean().default(true).describe('Send Web Push notifications to the phones that turned them on.'),
  notify_kinds: z
    .array(z.enum(KINDS, `takes ${KINDS.join(', ')}`))
    .max(KINDS.length)
    .default([...KINDS])
    .describe('What people are notified of, on phones, in the desktop app, through ntfy and the webhook.'),
  notify_trouble: z
    .boolean()
    .default(true)
    .describe(
      'Also notify people when something is wrong with the host: it cannot record, the history is gone, files or memory run out.',
    ),
  quiet_hours: QuietHours.optional().describe(
    'No notifications at these times: `{"from": "22:00", "to": "07:00"}`, in local time; optionally with `days` on which they begin and `"except_blocked": true` to be notified of questions nevertheless.',
  ),
  ntfy: Ntfy.optional().describe(
    'Notify through an [ntfy](https://ntfy.sh) server: `{"server": URL, "topic": NAME}`, with `"include_text": true` also what the program asks or says.',
  ),
  webhook: Webhook.optional().describe(
    'Send a signed request for each notification: `{"url": URL}`, with `"include_text": true` also what the program asks or says.',
  ),
  log_level: z
    .enum(LOG_LEVELS, `takes ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('What `host.log` contains: lines of this level and above, of `debug`, `info`, `warn` and `error`.'),
  login_environment: z
    .boolean()
    .default(true)
    .describe(
      'Start sessions from a phone, a window or in the background with the environment of your login shell. Without it: with that of the program that started the host, less what describes it.',
    ),
  shell: Shell.optional().describe(
    'What a session runs if no command is named: a program, or a list of a program and its arguments. Without it: your login shell.',
  ),
  port: z
    .int(PORT)
    .min(0, PORT)
    .max(65_535, PORT)
    .optional()
    .describe('Port of the phone page. Without it: 7317, or a free port if 7317 is taken.'),
  bind: Bound.default('private').describe(
    'Addresses to listen on: `loopback`, `private`, `all`, or a comma-separated list of IP addresses.',
  ),
  allow_hosts: z
    .array(Name)
    .max(64)
    .default([])
    .describe('Names under which a reverse proxy or tunnel reaches the host.'),
  tls: Tls.optional().describe(
    '`{"cert": FILE, "key": FILE}` (PEM), or `"tailscale"` for the certificate that Tailscale obtains.',
  ),
})
export type Settings = z.infer<typeof Settings>

/** The content of the file, by setting. */
export type SettingsFile = Record<string, unknown>

/** The content of the file; empty if there is no file. Throws `settings_invalid`, `data_dir_unusable`. */
export function readSettingsFile(file: string): SettingsFile {
  let text: string
  try {
    text = readDataFile(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {}
    if (cause instanceof CodedError) throw cause
    throw invalid(file, 'it cannot be read', cause)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid(file, 'it is not JSON', cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(file, 'it is not an object', undefined)
  return value as SettingsFile
}

/** Missing settings have their default. Throws `settings_invalid` with the setting and the reason; `file`: to name in it. */
export function parseSettings(content: SettingsFile, file?: string): Settings {
  const parsed = Settings.safeParse(content)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.')
  const what = `${where ? `${where}: ` : ''}${issue?.message}`
  if (file !== undefined) throw invalid(file, what, parsed.error)
  throw new CodedError('settings_invalid', what, { cause: parsed.error })
}

/** Settings as sent to clients: those without a value are null. */
export function toWireSettings({ shell, port, tls, quiet_hours, ntfy, webhook, ...rest }: Settings): SettingValues {
  return {
    ...rest,
    shell: shell ?? null,
    port: port ?? null,
    tls: tls ?? null,
    quiet_hours: quiet_hours ?? null,
    ntfy: ntfy ?? null,
    webhook: webhook ?? null,
  }
}

export function notifierSettingsOf({
  notify_kinds,
  notify_trouble,
  quiet_hours,
  ntfy,
  webhook,
}: Settings): NotifierSettings {
  return { kinds: notify_kinds, trouble: notify_trouble, quiet: quiet_hours, ntfy, webhook }
}

export function limitsOf(settings: Settings) {
  return {
    session_bytes: settings.session_megabytes * MEGABYTE,
    total_bytes: settings.total_megabytes * MEGABYTE,
    retention_ms: settings.retention_days * 24 * HOUR_MS,
  }
}

export function uploadLimitsOf(settings: Settings) {
  return {
    file_bytes: settings.upload_megabytes * MEGABYTE,
    total_bytes: settings.uploads_total_megabytes * MEGABYTE,
  }
}

/** argv of the shell, if one is named. */
export function shellOf({ shell }: Pick<Settings, 'shell'>): string[] | undefined {
  return typeof shell === 'string' ? [shell] : shell
}

export function expiryOf(settings: Settings) {
  return { idle_ms: settings.idle_hours * HOUR_MS, end_busy: settings.end_busy, check_ms: 60_000 }
}

function invalid(file: string, why: string, cause: unknown): CodedError {
  return new CodedError('settings_invalid', `${file}: ${why}; repair it, or move it away to use the defaults`, {
    cause,
  })
}
