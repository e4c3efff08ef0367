// What a person may set of the app itself, in a file of its own in the profile. Knows the values, not what they do.
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { CodedError } from '../../../protocol/errors.ts'
import { writeAtomically } from '../../host/files/atomic-file.ts'
import { isLoopback } from '../../host/listen/addresses.ts'

const Preferences = z.strictObject({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** The computer does not go to sleep by itself while sessions run. */
  keep_awake: z.boolean().default(false),
  /** Where newer versions are looked for; empty: nowhere. */
  update_feed: z
    .string()
    .max(2000)
    .refine(text => text === '' || isFeed(text), 'takes an https address (http only on this computer)')
    .default(''),
})
export type Preferences = z.infer<typeof Preferences>

/** As a page may ask; a name that we do not know is refused. */
export const PreferencesChange = z.strictObject({
  theme: Preferences.shape.theme.unwrap().optional(),
  keep_awake: z.boolean().optional(),
  update_feed: Preferences.shape.update_feed.unwrap().optional(),
  /** Not kept here: the system knows it. */
  start_at_login: z.boolean().optional(),
})
export type PreferencesChange = z.infer<typeof PreferencesChange>

/** A file that cannot be read or does not fit is told in the log and stands for the defaults: the app has to start. */
export function readPreferences(file: string): Preferences {
  try {
    return Preferences.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      process.stderr.write(`on-the-go: ${file} cannot be used; the defaults hold\n`)
    return Preferences.parse({})
  }
}

/** What is named in `change` is as it says. */
export function changed(preferences: Preferences, change: PreferencesChange): Preferences {
  return {
    theme: change.theme ?? preferences.theme,
    keep_awake: change.keep_awake ?? preferences.keep_awake,
    update_feed: change.update_feed ?? preferences.update_feed,
  }
}

/** Whoever can change what comes from there runs programs here: so HTTPS, but on this computer. */
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

/** What a page sent, or a `settings_invalid` that says what is wrong with it. */
export function parseChange(value: unknown): PreferencesChange {
  const parsed = PreferencesChange.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.')
  throw new CodedError('settings_invalid', `${where ? `${where}: ` : ''}${issue?.message}`, { cause: parsed.error })
}
