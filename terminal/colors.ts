// The terminal's colors: the pages draw with them, and the host answers color queries with them.

export interface TerminalColors {
  foreground: string
  background: string
  cursor: string
  /** The sixteen ANSI colors, black to bright white. */
  ansi: readonly string[]
}

/**
 * As `#rrggbb`. Every color except black (on dark) and white (on light) has a contrast of at least 4.5 against the
 * background (WCAG 2.2, 1.4.3), because programs print text in all of them.
 */
export const TERMINAL_COLORS: Record<'dark' | 'light', TerminalColors> = {
  dark: {
    foreground: '#d7dce4',
    background: '#101317',
    cursor: '#8ab4f8',
    ansi: [
      '#2a3039',
      '#f07178',
      '#8fc876',
      '#e5c07b',
      '#79aef5',
      '#cf93e6',
      '#5cc4cf',
      '#c3cad4',
      '#78828f',
      '#ff8b92',
      '#a8dd90',
      '#f2d49a',
      '#9cc4ff',
      '#dfb0f2',
      '#7fdbe4',
      '#f2f5f9',
    ],
  },
  light: {
    foreground: '#24292f',
    background: '#fbfcfd',
    cursor: '#1f5fbf',
    ansi: [
      '#24292f',
      '#b3261e',
      '#2b6e1f',
      '#7a5200',
      '#1f5fbf',
      '#8331a7',
      '#0b6b75',
      '#5f6873',
      '#57606a',
      '#c2352c',
      '#2f7a23',
      '#855a00',
      '#2a6ad0',
      '#9140b5',
      '#0f7480',
      '#8c959f',
    ],
  },
}
