// Whether the app starts when the person logs in: what the system keeps of it. Knows no windows and no settings.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { app } from 'electron'
import { CodedError } from '../../../protocol/errors.ts'
import { appImage } from './app-image.ts'

/** An app that was started like this shows its tray icon only. */
export const AT_LOGIN = '--at-login'

export function startsAtLogin(env: NodeJS.ProcessEnv): boolean {
  if (process.platform !== 'linux') return app.getLoginItemSettings({ args: argumentsOf() }).openAtLogin
  try {
    return !/^Hidden=true$/m.test(readFileSync(autostartFile(env), 'utf8'))
  } catch {
    return false
  }
}

/** Throws `data_dir_unusable` when the system's file cannot be written. */
export function setStartAtLogin(on: boolean, env: NodeJS.ProcessEnv): void {
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: on, args: argumentsOf() })
    return
  }
  const file = autostartFile(env)
  try {
    if (!on) return rmSync(file, { force: true })
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, desktopEntry(env))
  } catch (cause) {
    throw new CodedError('data_dir_unusable', `${file} cannot be written`, { cause })
  }
}

/** https://specifications.freedesktop.org/autostart-spec */
function autostartFile(env: NodeJS.ProcessEnv): string {
  const config = env.XDG_CONFIG_HOME
  // A relative one is to be ignored (basedir-spec).
  return join(config && isAbsolute(config) ? config : join(homedir(), '.config'), 'autostart', 'on-the-go.desktop')
}

function desktopEntry(env: NodeJS.ProcessEnv): string {
  // An AppImage is mounted anew at each start: its own file is what stays.
  const words = [appImage(env) ?? process.execPath, ...argumentsOf()]
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

/** From a checkout Electron has to be told which app it is. */
function argumentsOf(): string[] {
  return app.isPackaged ? [AT_LOGIN] : [app.getAppPath(), AT_LOGIN]
}

/** A quoted word of Exec; a percent sign would be a field code, and the value is unescaped twice (desktop-entry-spec). */
function quoted(word: string): string {
  return `"${word
    .replace(/(["`$\\])/g, '\\$1')
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%')}"`
}
