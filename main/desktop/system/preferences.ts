// The app's own preferences and the file that stores them.
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { CodedError } from '../../../protocol/errors.ts'
import { writeAtomically } from '../../host/files/atomic-file.ts'
import { isLoopback } from '../../host/listen/addresses.ts'

const Preferences = z.strictObject({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** Keep the computer awake while sessions run. */
  keep_awake: z.boolean().default(false),
  /** URL of the update feed; empty turns updates off. */
  update_feed: z
    .string()
    .max(2000)
    .refine(text => text === '' || isFeed(text), 'must be an https address (http only on this computer)')
    .default(''),
})
export type Preferences = z.infer<typeof Preferences>

/** What a page may change. Unknown names are rejected. */
export const PreferencesChange = z.strictObject({
  theme: Preferences.shape.theme.unwrap().optional(),
  keep_awake: z.boolean().optional(),
  update_feed: Preferences.shape.update_feed.unwrap().optional(),
  /** Not stored here: the system stores it. */
  start_at_login: z.boolean().optional(),
})
export type PreferencesChange = z.infer<typeof PreferencesChange>

/** Falls back to the defaults, with a message, if the file is unreadable or invalid, because the app has to start. */
export function readPreferences(file: string): Preferences {
  try {
    return Preferences.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      process.stderr.write(`on-the-go: cannot use ${file}; using the defaults\n`)
    return Preferences.parse({})
  }
}

export function applyChange(preferences: Preferences, change: PreferencesChange): Preferences {
  return {
    theme: change.theme ?? preferences.theme,
    keep_awake: change.keep_awake ?? preferences.keep_awake,
    update_feed: change.update_feed ?? preferences.update_feed,
  }
}

/** An attacker who can alter the feed can run programs here, so it must be HTTPS, except on this computer. */
export function isFeed(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return (
    protocol === 'https:' ||
    (protocol === 'http:' && (hostname === 'localhost' || isLoopback(hostname.replace(/^\[|\]$/g, ''))))
  )
}

/** Throws `data_dir_unusable`. */
export function writePreferences(file: string, preferences: Preferences): void {
  writeAtomically(file, `${JSON.stringify(preferences, null, 2)}\n`)
}

/** Validates what a page sent. Throws `settings_invalid`. */
export function parseChange(value: unknown): PreferencesChange {
  const parsed = PreferencesChange.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.')
  throw new CodedError('settings_invalid', `${where ? `${where}: ` : ''}${issue?.message}`, { cause: parsed.error })
}
