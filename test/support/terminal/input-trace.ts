// Recorded and rebuilt event sequences of soft keyboards (test/data/input-traces), and how one is played on a field.
// Knows nothing of what is made of them.
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
  /** Done to the field before the event: code units that go from its end, and what comes there. */
  edit?: [number, string]
  /** Also when what it follows from was prevented. */
  regardless?: boolean
}

export interface Trace {
  file: string
  name: string
  keyboard: string
  platform: string
  /** By which the page tells who composes what. */
  os: 'android' | 'apple' | 'other'
  language: string
  /** Where the sequence was published, and how this file came from it. */
  source: string
  built: string
  /** What has to go out. */
  expected: string
  /** What a line editor holds then; null where line editors differ. */
  line: string | null
  events: TraceEvent[]
}

const FOLDER = join(import.meta.dirname, '..', '..', 'data', 'input-traces')

export function inputTraces(): Trace[] {
  return readdirSync(FOLDER)
    .sort()
    .map(name => ({ file: name.slice(0, -5), ...JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) }))
}

/** A text area is one. */
export interface PlayedField {
  value: string
  setSelectionRange(start: number, end: number): void
}

/**
 * Plays a sequence as a browser does: what follows from an event that was prevented does not happen. `dispatch` tells whether
 * it was not prevented. Also runs in a page, so it uses nothing from outside.
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
      const [gone, come] = event.edit
      field.value = field.value.slice(0, Math.max(0, field.value.length - gone)) + come
      field.setSelectionRange(field.value.length, field.value.length)
    }
    if (!dispatch(event) && (event.type === 'keydown' || event.type === 'beforeinput')) prevented = event.type
  }
}
