// The terminal's letters in this window, kept by the window itself. Knows no terminal.
import { FONT_FAMILY } from '../../ui/terminal/font.ts'

export interface Appearance {
  /** Tried before the system's own; empty: only that. */
  font: string
  /** CSS pixels. */
  size: number
}

export const DEFAULT_APPEARANCE: Appearance = { font: '', size: 14 }
/** Below one cannot read, above a row does not fit. */
export const SIZES = { least: 8, most: 32 }
const FONT_CHARACTERS = 100

const KEY = 'appearance'
const listeners = new Set<(appearance: Appearance) => void>()

export function readAppearance(): Appearance {
  try {
    return valid(JSON.parse(localStorage.getItem(KEY) ?? '{}'))
  } catch {
    return DEFAULT_APPEARANCE
  }
}

export function keepAppearance(appearance: Appearance): void {
  localStorage.setItem(KEY, JSON.stringify(valid(appearance)))
  for (const listener of listeners) listener(readAppearance())
}

export function onAppearance(listener: (appearance: Appearance) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** As CSS has it: quoted, and with what stands in where there is no such font. */
export function fontFamily({ font }: Appearance): string | undefined {
  return font === '' ? undefined : `${JSON.stringify(font)}, ${FONT_FAMILY}`
}

function valid(value: Partial<Record<keyof Appearance, unknown>>): Appearance {
  const { font, size } = value
  const fits = typeof size === 'number' && size >= SIZES.least && size <= SIZES.most
  return {
    font: typeof font === 'string' ? font.trim().slice(0, FONT_CHARACTERS) : DEFAULT_APPEARANCE.font,
    size: fits ? size : DEFAULT_APPEARANCE.size,
  }
}
