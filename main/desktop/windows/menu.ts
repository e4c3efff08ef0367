// The application's menu.
import { Menu } from 'electron'

/**
 * Only on macOS, which always has a menu bar. Elsewhere, the default menu would take Ctrl+R, Ctrl+W and others from the shell.
 */
export function appMenu(): Menu | null {
  if (process.platform !== 'darwin') return null
  return Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }])
}
