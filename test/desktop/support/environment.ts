// Where the app under test and hosts beside it run: the checkout, and the environment they get. Knows no test.
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..', '..')

/** What a desktop session has, with a plain shell: a person's own prompt and startup files are not under test. */
export function environment(dataDir: string): Record<string, string> {
  const env: Record<string, string> = {
    HOME: dataDir,
    SHELL: '/bin/sh',
    OTG_DATA_DIR: join(dataDir, 'data'),
  }
  for (const name of ['PATH', 'DISPLAY', 'XAUTHORITY', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR', 'LANG', 'CI'])
    if (process.env[name]) env[name] = process.env[name]
  return env
}
