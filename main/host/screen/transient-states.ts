// States that a program leaves by itself soon, unless it died in them: a string sequence without an end, which swallows everything
// after it, and synchronized output (mode 2026), during which nothing is drawn. The host ends them in the log, so every screen,
// recording and outer terminal does the same.
import { GROUND, STRING } from '../../../terminal/parser-states.ts'
import type { Screen } from './screen.ts'
import type { TransientState } from './screen-protocol.ts'
import { coreOf } from './xterm-internals.ts'

/** As long as tmux waits for the end of a string (INPUT_TIMEOUT in input.c). */
export const STRING_MS = 5_000

/** A string that grew by this much meanwhile is being sent, over a slow link for example, and gets as long again. */
const GROWING_BYTES = 4 * 1024

/** No longer in all: most of a megabyte for the clipboard at the slowest pace that counts as growing. */
const MAX_STRING_MS = 60_000

/** As long as xterm.js draws nothing (SYNCHRONIZED_OUTPUT_TIMEOUT_MS in its RenderService). */
export const SYNCHRONIZED_MS = 1_000

/** Where more output always follows, the host waits this long for a moment at which it knows the state exactly. */
const LATE_MS = 1_000

/** An overdue state is told again this often at most. */
const AGAIN_MS = 50

/** A state lasts too long. `isLate`: it has been told before, a while ago. */
type Overdue = (state: TransientState, isLate: boolean) => void

interface Watch {
  /** Names one visit to the state. */
  visit: number
  since: number
  timer: NodeJS.Timeout | undefined
  overdueAt: number | undefined
  toldAt: number
}

export class TransientStates {
  readonly #screen: Screen
  readonly #overdue: Overdue
  readonly #watches: Partial<Record<TransientState, Watch>> = {}
  /** How often synchronized output was begun. */
  #frames = 0

  constructor(screen: Screen, overdue: Overdue) {
    this.#screen = screen
    this.#overdue = overdue
    screen.terminal.parser.registerCsiHandler({ prefix: '?', final: 'h' }, params => {
      if (params.includes(2026)) this.#frames++
      return false
    })
  }

  /** Output was parsed. */
  parsed(): void {
    const { openString, parserState } = this.#screen
    this.#note('string', parserState >= STRING ? openString : undefined)
    const { synchronizedOutput } = coreOf(this.#screen.terminal).coreService.decPrivateModes
    this.#note('synchronized', synchronizedOutput ? this.#frames : undefined)
  }

  dispose(): void {
    for (const watch of Object.values(this.#watches)) clearTimeout(watch.timer)
  }

  #note(state: TransientState, visit: number | undefined): void {
    const watch = this.#watches[state]
    if (visit !== watch?.visit) {
      clearTimeout(watch?.timer)
      delete this.#watches[state]
      if (visit === undefined) return
      const begun: Watch = { visit, since: performance.now(), timer: undefined, overdueAt: undefined, toldAt: 0 }
      this.#watches[state] = begun
      return this.#wait(state, begun)
    }
    // The host could not end it at the offset that it was told.
    if (watch?.overdueAt !== undefined && performance.now() - watch.toldAt >= AGAIN_MS) this.#tell(state, watch)
  }

  #wait(state: TransientState, watch: Watch): void {
    const { offset } = this.#screen.position
    watch.timer = setTimeout(
      () => {
        const isGrowing = state === 'string' && this.#screen.position.offset - offset >= GROWING_BYTES
        if (isGrowing && performance.now() - watch.since < MAX_STRING_MS) return this.#wait(state, watch)
        watch.overdueAt = performance.now()
        this.#tell(state, watch)
      },
      state === 'string' ? STRING_MS : SYNCHRONIZED_MS,
    )
  }

  #tell(state: TransientState, watch: Watch): void {
    // Not in the middle of another sequence, or of a character.
    if (state === 'synchronized' && (this.#screen.parserState !== GROUND || this.#screen.isInCharacter)) return
    watch.toldAt = performance.now()
    this.#overdue(state, watch.toldAt - watch.overdueAt! > LATE_MS)
  }
}
