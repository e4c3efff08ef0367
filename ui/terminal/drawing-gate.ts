// Pauses a terminal view's drawing while a state is restored or missed output is replayed, so that only the result is seen.
import type { Terminal } from '@xterm/xterm'
import { pauseDrawing } from './pause-drawing.ts'

/** A replay that takes longer than this is shown in progress: better than an empty box. */
const MAX_HIDDEN_MS = 2_000

/** While missed output still flows, the old picture is kept for up to this many times MAX_HIDDEN_MS. */
const MAX_WAITS = 5

export class DrawingGate {
  readonly #term: Terminal
  readonly #box: HTMLElement
  readonly #resumed: () => void
  /** A keyframe is being written. */
  #restoring = false
  /** Stays paused until `show`, whatever is written. */
  #held = false
  #paused = false
  /** How many writes have been parsed. */
  #writes = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `resumed` is called each time drawing resumes: only then can a new size be measured. */
  constructor(term: Terminal, box: HTMLElement, resumed: () => void) {
    this.#term = term
    this.#box = box
    this.#resumed = resumed
  }

  /** What xterm.js reports meanwhile (focus, for example) comes from the restored state, not from the program. */
  get restoring(): boolean {
    return this.#restoring
  }

  /** False while old output is replayed: what it requests was requested long ago. */
  get live(): boolean {
    return !this.#restoring && !this.#held && !this.#box.classList.contains('catching-up')
  }

  /** The terminal is reset, and its next write is a keyframe. */
  startRestoring(): void {
    this.#restoring = true
    this.#setPaused(true)
  }

  /** A write has been parsed. Returns whether it was a keyframe; then call `resume` when the write is acknowledged. */
  parsed(): boolean {
    const restored = this.#restoring
    this.#restoring = false
    this.#writes++
    return restored
  }

  /** Draws again, unless drawing is held. */
  resume(): void {
    if (!this.#held) this.#setPaused(false)
  }

  /** Shows nothing until `show`: for the first replay. */
  hideUntilCaughtUp(): void {
    this.#box.classList.add('catching-up')
    this.hold(true)
    this.#showLater(1)
  }

  /** Keeps the old picture until `show`: missed output is not played back. */
  keepUntilCaughtUp(): void {
    this.hold(true)
    this.#showLater(MAX_WAITS)
  }

  show(): void {
    clearTimeout(this.#timer)
    this.hold(false)
    this.#box.classList.remove('catching-up')
  }

  /** While held, the last picture stays, whatever is written. */
  hold(held: boolean): void {
    this.#held = held
    this.#setPaused(held)
  }

  dispose(): void {
    clearTimeout(this.#timer)
    this.#box.classList.remove('catching-up')
  }

  /** Does not wait for `show` forever; waits again only while output still arrives. */
  #showLater(waits: number): void {
    clearTimeout(this.#timer)
    const before = this.#writes
    this.#timer = setTimeout(() => {
      if (waits > 1 && this.#writes > before) this.#showLater(waits - 1)
      else this.show()
    }, MAX_HIDDEN_MS)
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return
    this.#paused = paused
    pauseDrawing(this.#term, paused)
    if (!paused) this.#resumed()
  }
}
