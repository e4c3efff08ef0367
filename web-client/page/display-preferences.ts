// How a person likes to look at terminals on this phone: sizes of letters, whether programs may ask to copy. Kept by the
// browser. Knows no terminal.
import { signal } from '@preact/signals'
import { MAX_FONT_SIZE, MIN_FONT_SIZE } from '../../ui/terminal/size-policy.ts'
import type { Letters } from '../../ui/terminal/terminal-view.ts'
import { quietly } from './address.ts'

const LETTERS = 'otg.letters'
const READING = 'otg.reading'
const ASKING = 'otg.programs-ask'

export function keptLetters(): Letters {
  const { own, follow } = read(LETTERS)
  return { ...(isFont(own) && { own }), ...(isFont(follow) && { follow }) }
}

export function keepLetters(letters: Letters): void {
  write(LETTERS, letters)
}

export interface ReadingLooks {
  /** CSS pixels. */
  size: number
  /** False: lines are as long as they are, for tables. */
  wraps: boolean
}

export function readingLooks(): ReadingLooks {
  const { size, wraps } = read(READING)
  return { size: isFont(size) ? size : 14, wraps: wraps !== false }
}

export function keepReadingLooks(looks: ReadingLooks): void {
  write(READING, looks)
}

/** Whether a program that wants something on the clipboard is heard (OSC 52). */
export const programsMayAsk = signal(read(ASKING).may !== false)

export function letProgramsAsk(may: boolean): void {
  programsMayAsk.value = may
  write(ASKING, { may })
}

function isFont(size: unknown): size is number {
  return typeof size === 'number' && size >= MIN_FONT_SIZE && size <= MAX_FONT_SIZE
}

/** What is kept may be anything, from another version too. */
function read(name: string): Record<string, unknown> {
  const value = quietly(() => JSON.parse(window.localStorage.getItem(name) ?? '{}') as unknown)
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function write(name: string, value: object): void {
  quietly(() => window.localStorage.setItem(name, JSON.stringify(value)))
}
