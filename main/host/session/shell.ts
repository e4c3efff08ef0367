// The person's own shell. Knows nothing of sessions.
import { userInfo } from 'node:os'

/** argv of a login shell: what the environment names, else the account. */
export function loginShell(env: NodeJS.ProcessEnv): string[] {
  if (process.platform === 'win32') return [env.ComSpec ?? 'cmd.exe']
  return [env.SHELL || accountShell() || '/bin/sh', '-l']
}

function accountShell(): string | null {
  try {
    return userInfo().shell
  } catch {
    return null // an account without an entry in the user database
  }
}
