// The terminal's colours for xterm.js, and whether the system wants the dark or the light ones. The page's own colours
// stand in ui.css; knows nothing of terminals' contents.
import type { ITheme } from '@xterm/xterm'
import { TERMINAL_COLORS } from '../../terminal/colors.ts'

export type ColorScheme = 'dark' | 'light'

const ANSI = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const
const BRIGHT = [
  'brightBlack',
  'brightRed',
  'brightGreen',
  'brightYellow',
  'brightBlue',
  'brightMagenta',
  'brightCyan',
  'brightWhite',
] as const

/** The colours that the host also answers with, for xterm. */
export function terminalTheme(colorScheme: ColorScheme): ITheme {
  const { foreground, background, cursor, ansi } = TERMINAL_COLORS[colorScheme]
  const theme: ITheme = {
    foreground,
    background,
    cursor,
    cursorAccent: background,
    selectionBackground: colorScheme === 'dark' ? '#2f5079' : '#b9d7fb',
    scrollbarSliderBackground: `${foreground}33`,
    scrollbarSliderHoverBackground: `${foreground}55`,
    scrollbarSliderActiveBackground: `${foreground}77`,
  }
  for (const [index, name] of [...ANSI, ...BRIGHT].entries()) theme[name] = ansi[index]!
  return theme
}

const light = () => window.matchMedia('(prefers-color-scheme: light)')

export function scheme(): ColorScheme {
  return light().matches ? 'light' : 'dark'
}

export function currentTheme(): ITheme {
  return terminalTheme(scheme())
}

/** Calls at every change of the system's wish until the returned function is called. */
export function onSchemeChange(listener: (scheme: ColorScheme) => void): () => void {
  const query = light()
  const changed = () => listener(scheme())
  query.addEventListener('change', changed)
  return () => query.removeEventListener('change', changed)
}
