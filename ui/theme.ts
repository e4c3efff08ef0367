// The terminal's colours in the dark and in the light, and which of the two the system wants. The page's own colours
// stand in ui.css; knows nothing of terminals' contents.
import type { ITheme } from '@xterm/xterm'

export type Scheme = 'dark' | 'light'

/** Every colour but black has a contrast of 4.5 or more against the background (WCAG 2.2, 1.4.3). */
export const DARK: ITheme = {
  background: '#101318',
  foreground: '#d7dce4',
  cursor: '#7cc4ff',
  cursorAccent: '#101318',
  selectionBackground: '#2f5079',
  scrollbarSliderBackground: '#d7dce433',
  scrollbarSliderHoverBackground: '#d7dce455',
  scrollbarSliderActiveBackground: '#d7dce477',
  black: '#2b313b',
  red: '#ff7b72',
  green: '#6fcf7c',
  yellow: '#e3b75c',
  blue: '#76aaff',
  magenta: '#d193f2',
  cyan: '#55c9d4',
  white: '#c3cad5',
  brightBlack: '#8b95a5',
  brightRed: '#ffa198',
  brightGreen: '#94e69d',
  brightYellow: '#f5d38a',
  brightBlue: '#a2c7ff',
  brightMagenta: '#e4b8fa',
  brightCyan: '#8ce3ea',
  brightWhite: '#f7f9fc',
}

export const LIGHT: ITheme = {
  background: '#fcfcfd',
  foreground: '#23272f',
  cursor: '#0b63ce',
  cursorAccent: '#fcfcfd',
  selectionBackground: '#b9d7fb',
  scrollbarSliderBackground: '#23272f33',
  scrollbarSliderHoverBackground: '#23272f55',
  scrollbarSliderActiveBackground: '#23272f77',
  black: '#23272f',
  red: '#c02633',
  green: '#17742f',
  yellow: '#8a5a00',
  blue: '#0b5ac0',
  magenta: '#8a36b5',
  cyan: '#0a6f7c',
  white: '#5d6675',
  brightBlack: '#667080',
  brightRed: '#d0303d',
  brightGreen: '#1b7f35',
  brightYellow: '#946200',
  brightBlue: '#1a68d4',
  brightMagenta: '#9b45c7',
  brightCyan: '#0d7a88',
  brightWhite: '#3b424e',
}

/** What the system's own monospace is called, from Apple's to Android's; no font is downloaded. */
export const FONT =
  'ui-monospace, "SF Mono", Menlo, "Cascadia Mono", Consolas, "DejaVu Sans Mono", "Roboto Mono", monospace'

const light = () => window.matchMedia('(prefers-color-scheme: light)')

export function scheme(): Scheme {
  return light().matches ? 'light' : 'dark'
}

export function palette(): ITheme {
  return scheme() === 'light' ? LIGHT : DARK
}

/** Calls at every change of the system's wish until the returned function is called. */
export function onSchemeChange(listener: (scheme: Scheme) => void): () => void {
  const query = light()
  const changed = () => listener(scheme())
  query.addEventListener('change', changed)
  return () => query.removeEventListener('change', changed)
}
