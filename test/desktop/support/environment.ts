// The checkout and the environment of the app under test.
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..', '..')

/** The variables of a desktop session, with a plain shell without the user's prompt and startup files. */
export function environment(dataDir: string): Record<string, string> {
  const env: Record<string, string> = {
    HOME: dataDir,
    SHELL: '/bin/sh',
    OTG_DATA_DIR: join(dataDir, 'data'),
  }
  for (const name of [
    'PATH',
    'DISPLAY',
    'XAUTHORITY',
    'DBUS_SESSION_BUS_ADDRESS',
    'XDG_RUNTIME_DIR',
    'LANG',
    'CI',
    'OTG_TEST_RELEASE_KEY',
  ])
    if (process.env[name]) env[name] = process.env[name]
  return env
}
