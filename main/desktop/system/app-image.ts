// Whether this app runs from an AppImage, and which file that is. Knows nothing of what is done with it.
import { sep } from 'node:path'

/**
 * The AppImage that this process came from. A shell inside another AppImage passes its variables on, so that they alone prove
 * nothing: the program has to lie in the folder that they name (https://docs.appimage.org/packaging-guide/environment-variables.html).
 */
export function appImage(env: NodeJS.ProcessEnv, program = process.execPath): string | undefined {
  const { APPIMAGE, APPDIR } = env
  return APPIMAGE && APPDIR && program.startsWith(APPDIR.endsWith(sep) ? APPDIR : APPDIR + sep) ? APPIMAGE : undefined
}
