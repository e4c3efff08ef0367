// What a person may set, in `settings.json` of the data folder. Knows the values and their bounds, not what they do.
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import type { SettingValues } from '../../../protocol/messages.ts'
import { parseBind } from '../listen/addresses.ts'
import { allowedName } from '../listen/host-names.ts'

const MEGABYTE = 1_000_000
const HOUR_MS = 3_600_000

const between = (least: number, most: number) => {
  const error = `takes a number from ${least} to ${most}`
  return z.number(error).min(least, error).max(most, error)
}
const PORT = 'takes a whole number from 0 to 65535'

const Tls = z.union([z.literal('tailscale'), z.strictObject({ cert: z.string(), key: z.string() })])

/** A program, as a path or a name on PATH, or an argv. */
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
  .string('takes names')
  .max(260, 'is longer than a name')
  .refine(text => allowedName(text) !== undefined, { error: ({ input }) => `${input} is no name` })

/** Everything may be left out. Sizes are of raw output, in megabytes of a million bytes. */
const Settings = z.strictObject({
  /** Kept per session; the oldest segments go first. */
  session_megabytes: between(1, 100_000).default(50),
  /** The database in all; what ended longest ago goes first. */
  total_megabytes: between(10, 1_000_000).default(2_000),
  /** Ended sessions are kept this long. */
  retention_days: between(0, 36_500).default(30),
  /** A session that nobody is attached to and that is silent for longer is ended when it sits at its prompt. */
  idle_hours: between(0.01, 87_600).default(24),
  /** End it also while something runs in it, instead of marking it. */
  end_busy: z.boolean().default(false),
  /** Each session takes one client at a time; one that returns keeps its place. */
  single_client: z.boolean().default(false),
  /** A paired device that was away for longer is forgotten. */
  device_days: between(0.01, 36_500).default(90),
  /** One file that a client brings; 0: none is taken. */
  upload_megabytes: between(0, 100_000).default(100),
  /** All that were brought; more are refused until some go with their sessions. */
  uploads_total_megabytes: between(0, 1_000_000).default(1_000),
  /** Phones that asked for it are notified through their browsers' push services. */
  push: z.boolean().default(true),
  /** For sessions that name no command; left out: the login shell. */
  shell: Shell.optional(),
  /** The page's port. */
  port: z.int(PORT).min(0, PORT).max(65_535, PORT).optional(),
  /** What to listen on: `loopback`, `private`, `all`, or IP addresses with commas between. */
  bind: Bound.default('private'),
  /** Names of a proxy or tunnel in front. */
  allow_hosts: z.array(Name).max(64).default([]),
  /** PEM files, or `tailscale`. */
  tls: Tls.optional(),
})
export type Settings = z.infer<typeof Settings>

/** What stands in the file, by name. */
export type Given = Record<string, unknown>

/** What is in the file; nothing when there is none. Throws `settings_invalid`. */
export function readGiven(file: string): Given {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {}
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
  return value as Given
}

/** What is not there is as by default. Throws `settings_invalid`, naming what is wrong; `file`: whose fault it is. */
export function parseSettings(given: Given, file?: string): Settings {
  const parsed = Settings.safeParse(given)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.')
  const what = `${where ? `${where}: ` : ''}${issue?.message}`
  if (file !== undefined) throw invalid(file, what, parsed.error)
  throw new CodedError('settings_invalid', what, { cause: parsed.error })
}

/** Settings as they travel: what is left out is null. */
export function wireSettings({ shell, port, tls, ...rest }: Settings): SettingValues {
  return { ...rest, shell: shell ?? null, port: port ?? null, tls: tls ?? null }
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
  return new CodedError('settings_invalid', `${file}: ${why}; mend it, or move it away for the defaults`, { cause })
}
