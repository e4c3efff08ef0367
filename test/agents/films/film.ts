// One run of a real agent that is recorded: what is typed, and which state is right when.
import { type Moment, type ProgramRecorder, pause } from '../../support/agents/recording.ts'

export interface Film {
  name: string
  args?: string[]
  /** As after an installation, so that the first start asks its questions. */
  fresh?: boolean
  /** Added to the environment. */
  env?: Record<string, string>
  run(film: Director): Promise<void>
}

const POLL_MS = 30
const SHOWN_MS = 60_000

/** A screen is drawn in several writes. */
const DRAWN_MS = 350

/** An agent whose turn is over prints nothing; while it works, its spinner turns. */
const QUIET_MS = 1_100

export class Director {
  readonly recorder: ProgramRecorder

  constructor(recorder: ProgramRecorder) {
    this.recorder = recorder
  }

  /** Types a prompt and Enter, as a person does. */
  async prompt(text: string): Promise<void> {
    await this.recorder.line(text)
  }

  key(key: string): void {
    this.recorder.type(key)
  }

  wait(milliseconds: number): Promise<void> {
    return pause(milliseconds)
  }

  /** Waits until the screen shows this; lines that are wrapped on a narrow screen are joined by a blank. */
  async shows(what: string | RegExp): Promise<void> {
    const text = () => this.recorder.screen.lines().join(' ').replace(/\s+/g, ' ')
    const isShown = () => (typeof what === 'string' ? text().includes(what) : what.test(text()))
    for (let waited = 0; !isShown(); waited += POLL_MS) {
      if (waited > SHOWN_MS || this.recorder.ended)
        throw new Error(`the screen does not show ${what}:\n${this.recorder.screen.lines().join('\n')}`)
      await pause(POLL_MS)
    }
  }

  /** Waits until the screen shows a question, and marks it. */
  async asks(note: string, shown: string | RegExp, more: Pick<Moment, 'question' | 'options'> = {}): Promise<void> {
    await this.shows(shown)
    await pause(DRAWN_MS)
    this.recorder.mark('blocked', note, more)
  }

  /** Waits until the screen shows this, and marks a moment at work. */
  async works(note: string, shown: string | RegExp = /./): Promise<void> {
    await this.shows(shown)
    await pause(DRAWN_MS)
    this.recorder.mark('working', note)
  }

  /** Waits until nothing moves, and marks that the program waits for its next task. */
  async rests(note: string, shown: string | RegExp = /./): Promise<void> {
    await this.shows(shown)
    // Longer than what follows a key: work that begins, or the echo.
    await pause(QUIET_MS)
    await this.recorder.quiet(QUIET_MS)
    this.recorder.mark('idle', note)
  }
}
