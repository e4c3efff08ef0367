// Font and font size of terminals in this window. The window stores them itself.
import { FONT_FAMILY } from '../../ui/terminal/font.ts'

export interface Appearance {
  /** Name of a font on this computer; empty for the built-in one. */
  font: string
  /** CSS pixels. */
  fontSize: number
}

export const DEFAULT_APPEARANCE: Appearance = { font: '', fontSize: 14 }
/** Smaller is unreadable; with larger, a row does not fit. */
export const FONT_SIZES = { min: 8, max: 32 }
const FONT_CHARACTERS = 100

const KEY = 'appearance'
const listeners = new Set<(appearance: Appearance) => void>()

export function readAppearance(): Appearance {
  try {
    return validate(JSON.parse(localStorage.getItem(KEY) ?? '{}'))
  } catch {
    return DEFAULT_APPEARANCE
  }
}

export function storeAppearance(appearance: Appearance): void {
  localStorage.setItem(KEY, JSON.stringify(validate(appearance)))
  for (const listener of listeners) listener(readAppearance())
}

export function onAppearance(listener: (appearance: Appearance) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The CSS value, with the built-in font as a fallback. Undefined for the built-in font alone. */
export function fontFamily({ font }: Appearance): string | undefined {
  return font === '' ? undefined : `${JSON.stringify(font)}, ${FONT_FAMILY}`
}

function validate(value: Partial<Record<keyof Appearance, unknown>>): Appearance {
  const { font, fontSize } = value
  const isValid = typeof fontSize === 'number' && fontSize >= FONT_SIZES.min && fontSize <= FONT_SIZES.max
  return {
    font: typeof font === 'string' ? font.trim().slice(0, FONT_CHARACTERS) : DEFAULT_APPEARANCE.font,
    fontSize: isValid ? fontSize : DEFAULT_APPEARANCE.fontSize,
  }
}
