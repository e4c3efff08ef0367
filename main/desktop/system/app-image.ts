// Finds the AppImage that this app runs from.
import { sep } from 'node:path'

/**
 * The AppImage of this process. A shell inside another AppImage passes on that one's variables, so the program must also be
 * in the folder that they name (https://docs.appimage.org/packaging-guide/environment-variables.html).
 */
export function appImage(env: NodeJS.ProcessEnv, program = process.execPath): string | undefined {
  const { APPIMAGE, APPDIR } = env
  return APPIMAGE && APPDIR && program.startsWith(APPDIR.endsWith(sep) ? APPDIR : APPDIR + sep) ? APPIMAGE : undefined
}
