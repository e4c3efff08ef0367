// The terminal's colors for xterm.js, and whether the system prefers the dark or the light ones. The page's own colors are
// in ui.css.
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

/** The same colors that the host reports to programs. */
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

/** Calls `listener` when the system's preference changes, until the returned function is called. */
export function onSchemeChange(listener: (scheme: ColorScheme) => void): () => void {
  const query = light()
  const changed = () => listener(scheme())
  query.addEventListener('change', changed)
  return () => query.removeEventListener('change', changed)
}
