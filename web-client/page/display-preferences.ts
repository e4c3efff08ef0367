// Display preferences of this phone, in the browser's storage: font sizes, text wrapping, clipboard requests.
import { signal } from '@preact/signals'
import { MAX_FONT_SIZE, MIN_FONT_SIZE } from '../../ui/terminal/size-policy.ts'
import type { FontSizes } from '../../ui/terminal/view-layout.ts'
import { tryStorage } from './storage.ts'

const FONT_SIZES = 'otg.font-sizes'
const READING = 'otg.reading'
const CLIPBOARD = 'otg.clipboard-requests'

export function loadFontSizes(): FontSizes {
  const { own, follow } = read(FONT_SIZES)
  return { ...(isFont(own) && { own }), ...(isFont(follow) && { follow }) }
}

export function saveFontSizes(sizes: FontSizes): void {
  write(FONT_SIZES, sizes)
}

export interface ReadingStyle {
  /** CSS pixels. */
  size: number
  /** False: long lines scroll sideways, for tables. */
  wrap: boolean
}

export function loadReadingStyle(): ReadingStyle {
  const { size, wrap } = read(READING)
  return { size: isFont(size) ? size : 14, wrap: wrap !== false }
}

export function saveReadingStyle(style: ReadingStyle): void {
  write(READING, style)
}

/** Whether programs may request a copy to the clipboard (OSC 52). */
export const clipboardRequestsAllowed = signal(read(CLIPBOARD).allowed !== false)

export function allowClipboardRequests(allowed: boolean): void {
  clipboardRequestsAllowed.value = allowed
  write(CLIPBOARD, { allowed })
}

function isFont(size: unknown): size is number {
  return typeof size === 'number' && size >= MIN_FONT_SIZE && size <= MAX_FONT_SIZE
}

/** The stored value may be anything, also from another version. */
function read(name: string): Record<string, unknown> {
  const value = tryStorage(() => JSON.parse(window.localStorage.getItem(name) ?? '{}') as unknown)
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function write(name: string, value: object): void {
  tryStorage(() => window.localStorage.setItem(name, JSON.stringify(value)))
}
