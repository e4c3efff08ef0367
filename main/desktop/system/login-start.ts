// Reads and changes whether the system starts the app at login.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { app } from 'electron'
import { CodedError } from '../../../protocol/errors.ts'
import { appImage } from './app-image.ts'

/** An app started with this argument shows only its tray icon. */
export const AT_LOGIN = '--at-login'

export function startsAtLogin(env: NodeJS.ProcessEnv): boolean {
  if (process.platform !== 'linux') return app.getLoginItemSettings({ args: loginArguments() }).openAtLogin
  try {
    return !/^Hidden=true$/m.test(readFileSync(autostartFile(env), 'utf8'))
  } catch {
    return false
  }
}

/** Throws `data_dir_unusable` if the autostart file cannot be written. */
export function setStartAtLogin(on: boolean, env: NodeJS.ProcessEnv): void {
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: on, args: loginArguments() })
    return
  }
  const file = autostartFile(env)
  try {
    if (!on) return rmSync(file, { force: true })
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, desktopEntry(env))
  } catch (cause) {
    throw new CodedError('data_dir_unusable', `cannot write ${file}`, { cause })
  }
}

/** https://specifications.freedesktop.org/autostart-spec */
function autostartFile(env: NodeJS.ProcessEnv): string {
  const config = env.XDG_CONFIG_HOME
  // A relative path must be ignored (basedir-spec).
  return join(config && isAbsolute(config) ? config : join(homedir(), '.config'), 'autostart', 'on-the-go.desktop')
}

function desktopEntry(env: NodeJS.ProcessEnv): string {
  // An AppImage is mounted in another folder at each start, so the entry names the file itself.
  const words = [appImage(env) ?? process.execPath, ...loginArguments()]
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=On the Go',
    `Exec=${words.map(quoted).join(' ')}`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n')
}

/** In a checkout, Electron needs the path of the app. */
function loginArguments(): string[] {
  return app.isPackaged ? [AT_LOGIN] : [app.getAppPath(), AT_LOGIN]
}

/** A quoted argument of Exec: a percent sign begins a field code, and the value is unescaped twice (desktop-entry-spec). */
function quoted(word: string): string {
  return `"${word
    .replace(/(["`$\\])/g, '\\$1')
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%')}"`
}
