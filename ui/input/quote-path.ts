// A path as a shell of the session's computer takes it. Knows no files.

/** Characters that no shell of the platform looks at twice. */
const PLAIN_POSIX = /^[\w@%+=:,./-]+$/
const PLAIN_WINDOWS = /^[\w+=:./\\-]+$/

/** PowerShell takes typographic ones for its own (about_Quoting_Rules), and folders are called by people's names. */
const POWERSHELL_QUOTE = /['\u2018-\u201b]/g

/**
 * `platform` and `shell` as the host says them in its welcome. POSIX shells: single quotes where something needs them.
 * Windows: double quotes (a path holds none), for PowerShell single ones, as it looks for variables in the others.
 */
export function quotePath(path: string, platform: string, shell: string): string {
  const name = shell.split(/[/\\]/).at(-1)!.toLowerCase()
  if (platform !== 'win32' || /^(ba|z|fi|da)?sh(\.exe)?$/.test(name))
    return PLAIN_POSIX.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
  if (PLAIN_WINDOWS.test(path)) return path
  return /^(pwsh|powershell)/.test(name) ? `'${path.replace(POWERSHELL_QUOTE, '$&$&')}'` : `"${path}"`
}
