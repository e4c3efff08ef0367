// What the rules see of a screen.

/** The lower part of a rendered screen. */
export interface ScreenView {
  /** Logical lines (rows that wrapped are joined), top to bottom, without trailing blanks. */
  lines: string[]
  /** The cursor's line in `lines`, and the number of characters before it in that line. */
  cursor: { line: number; column: number }
  alternate: boolean
  /** The screen's width; left out: not known. */
  columns?: number
  /** How each character of a line is drawn; to be called before the screen changes. Left out: only the text is known. */
  inks?(line: number): CharacterInk[]
  /** Arrow keys send the application's sequences (DECCKM). */
  application_cursor_keys?: boolean
}

/** Lines of a screen that rules see: the largest dialog of an agent with a diff in it takes less. */
export const VIEW_LINES = 60

/** Longer lines are cut before a rule sees them, so that no pattern takes long. */
export const VIEW_LINE_CHARACTERS = 300

/** How a character is drawn. Equal values look alike. */
export interface CharacterInk {
  /** The color behind it; of inverse text that of the text. */
  background: string
  /** Its color and weight. */
  text: string
}
