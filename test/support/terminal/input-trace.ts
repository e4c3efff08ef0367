// Recorded and reconstructed event sequences of soft keyboards (test/data/input-traces), and a function that plays one on a field.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface TraceEvent {
  type: string
  key?: string
  keyCode?: number
  inputType?: string
  data?: string | null
  isComposing?: boolean
  repeat?: boolean
  /** The change of the field before the event: code units deleted at its end, and text inserted there. */
  edit?: [number, string]
  /** Dispatched even if the event that causes it was prevented. */
  regardless?: boolean
}

export interface Trace {
  file: string
  name: string
  keyboard: string
  platform: string
  /** What the page knows about the keyboard. */
  os: 'android' | 'apple' | 'other'
  language: string
  /** Where the sequence was published, and how this file was derived from it. */
  source: string
  built: string
  /** The input that must be sent. */
  expected: string
  /** What a line editor then contains; null if line editors differ. */
  line: string | null
  events: TraceEvent[]
}

const FOLDER = join(import.meta.dirname, '..', '..', 'data', 'input-traces')

export function inputTraces(): Trace[] {
  return readdirSync(FOLDER)
    .sort()
    .map(name => ({ file: name.slice(0, -5), ...JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) }))
}

/** A text area, for example. */
export interface PlayedField {
  value: string
  setSelectionRange(start: number, end: number): void
}

/**
 * Plays a sequence like a browser: if an event is prevented, its consequences do not happen. `dispatch` returns false for
 * a prevented event. Self-contained, since it also runs in a page.
 */
export function play(
  field: PlayedField,
  events: readonly TraceEvent[],
  dispatch: (event: TraceEvent) => boolean,
): void {
  let prevented: string | undefined
  for (const event of events) {
    if (event.type === 'keydown' || event.type === 'keyup') prevented = undefined
    if (prevented === 'beforeinput' && event.type !== 'input') prevented = undefined
    if (prevented && !event.regardless) continue
    if (event.edit) {
      const [deleted, inserted] = event.edit
      field.value = field.value.slice(0, Math.max(0, field.value.length - deleted)) + inserted
      field.setSelectionRange(field.value.length, field.value.length)
    }
    if (!dispatch(event) && (event.type === 'keydown' || event.type === 'beforeinput')) prevented = event.type
  }
}
