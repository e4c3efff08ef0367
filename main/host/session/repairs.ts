// What the host itself adds to a session's output, so that no screen stays stuck in a state that a program has left: in the log, where
// every screen, keyframe, recording and outer terminal reads the same.
import type { PooledScreen } from '../screen/pooled-screen.ts'
import type { ModeReset, TransientState } from '../screen/screen-protocol.ts'
import { DeadPrograms } from './dead-programs.ts'
import type { SessionLog } from './log.ts'
import type { OutputBatcher } from './output-batcher.ts'

/** CAN ends any sequence without effect (ECMA-48). */
const END_OF_STRING = '\x18'
const END_OF_SYNCHRONIZED = '\x1b[?2026l'

export interface RepairsOptions {
  /** Of the process that the session started with. */
  pid: number
  screen: Pick<PooledScreen, 'leftovers' | 'reset'>
  log: SessionLog
  batcher: OutputBatcher
  /** Appends to the log. */
  print(bytes: Uint8Array): void
}

export class Repairs {
  readonly #options: RepairsOptions
  readonly #programs: DeadPrograms
  /** The end of the last one: what a screen says of an earlier offset is over. */
  #last = 0
  #isOver = false

  constructor(options: RepairsOptions) {
    this.#options = options
    const { pid, screen, log } = options
    this.#programs = new DeadPrograms({
      pid,
      end: () => log.end.offset,
      reset: async extents => this.#reset(await screen.leftovers(extents)),
    })
  }

  /** Output was appended to the log. */
  printed(): void {
    this.#programs.printed()
  }

  /** The session has ended. */
  dispose(): void {
    this.#isOver = true
    this.#programs.dispose()
  }

  /** A screen is stuck at `offset`. `isLate`: there is always more output; a string is ended nevertheless. */
  end(state: TransientState, offset: number, isLate: boolean): void {
    if (state === 'synchronized') this.#print(END_OF_SYNCHRONIZED, offset)
    else this.#print(END_OF_STRING, isLate ? this.#end() : offset)
  }

  /** False: there was output meanwhile, so it is not known what is still to be reset. */
  #reset({ text, offset }: ModeReset): boolean {
    return text === '' ? this.#end() === offset : this.#print(text, offset)
  }

  /** Whatever was printed meanwhile: a person wants all modes as in a new terminal. Throws `screen_failed`. */
  async resetAll(): Promise<void> {
    const { text } = await this.#options.screen.reset()
    this.#print(text, this.#end())
  }

  /** The end of the log, with what was gathered for it. */
  #end(): number {
    this.#options.batcher.flush()
    return this.#options.log.end.offset
  }

  /** Only at this end of the log: later output may have ended the state, or be in the middle of a sequence. */
  #print(text: string, offset: number): boolean {
    if (this.#isOver || offset < this.#last || this.#end() !== offset) return false
    this.#options.print(new Uint8Array(Buffer.from(text)))
    this.#last = this.#end()
    return true
  }
}
