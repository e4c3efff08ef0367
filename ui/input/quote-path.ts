// Quotes a path for the shell of the session's computer.

/** Characters that no shell of the platform treats as special. */
const PLAIN_POSIX = /^[\w@%+=:,./-]+$/
const PLAIN_WINDOWS = /^[\w+=:./\\-]+$/

/** PowerShell treats typographic quotes like its own (about_Quoting_Rules), and they occur in names of folders. */
const POWERSHELL_QUOTE = /['\u2018-\u201b]/g

/**
 * `platform` and `shell` as in the host's welcome. POSIX shells: single quotes if needed. Windows: double quotes (a path
 * cannot contain them); PowerShell: single quotes, as it expands variables in double ones.
 */
export function quotePath(path: string, platform: string, shell: string): string {
  const name = shell.split(/[/\\]/).at(-1)!.toLowerCase()
  if (platform !== 'win32' || /^(ba|z|fi|da)?sh(\.exe)?$/.test(name))
    return PLAIN_POSIX.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
  if (PLAIN_WINDOWS.test(path)) return path
  return /^(pwsh|powershell)/.test(name) ? `'${path.replace(POWERSHELL_QUOTE, '$&$&')}'` : `"${path}"`
}
