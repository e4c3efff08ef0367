// The user's login shell.
import { userInfo } from 'node:os'

/** argv of a login shell: the environment's, otherwise the account's. */
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
