// What a person may set of the app itself, in a file of its own in the profile. Knows the values, not what they do.
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { CodedError } from '../../protocol/errors.ts'
import { writeWhole } from '../host/whole-file.ts'

const Preferences = z.strictObject({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** The computer does not go to sleep by itself while sessions run. */
  keep_awake: z.boolean().default(false),
})
export type Preferences = z.infer<typeof Preferences>

/** As a page may ask; a name that we do not know is refused. */
export const PreferencesChange = z.strictObject({
  theme: Preferences.shape.theme.unwrap().optional(),
  keep_awake: z.boolean().optional(),
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
export function changed(preferences: Preferences, { theme, keep_awake }: PreferencesChange): Preferences {
  return { theme: theme ?? preferences.theme, keep_awake: keep_awake ?? preferences.keep_awake }
}

/** Throws `data_dir_unusable`. */
export function writePreferences(file: string, preferences: Preferences): void {
  writeWhole(file, `${JSON.stringify(preferences, null, 2)}\n`)
}

/** What a page sent, or a `settings_invalid` that says what is wrong with it. */
export function parseChange(value: unknown): PreferencesChange {
  const parsed = PreferencesChange.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.join('.')
  throw new CodedError('settings_invalid', `${where ? `${where}: ` : ''}${issue?.message}`, { cause: parsed.error })
}
