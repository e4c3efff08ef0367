// The application's menu. Knows nothing of windows.
import { Menu } from 'electron'

/**
 * None but on macOS, where a menu bar is always there: a default menu would take Ctrl+R, Ctrl+W and others from the shell.
 */
export function appMenu(): Menu | null {
  if (process.platform !== 'darwin') return null
  return Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }])
}
