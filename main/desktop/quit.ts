// How the app ends: asks when sessions would end with it, stops the host, then quits. Knows no window and no session.
import { app, dialog } from 'electron'
import { oneLine } from '../../protocol/one-line.ts'

export interface QuitOptions {
  /** Sessions that end with this process. */
  running(): number
  /** What they are called. */
  titles(): string[]
  stop(): Promise<void>
}

/** Sessions get 5 s between SIGHUP and SIGKILL; what takes much longer than that hangs. */
const STOP_MS = 15_000

export class Quit {
  readonly #options: QuitOptions
  #state: 'no' | 'asking' | 'stopping' | 'stopped' = 'no'

  /** From now on every way out leads through here. After the app is ready: Electron sets its own signal handlers before. */
  constructor(options: QuitOptions) {
    this.#options = options
    app.on('before-quit', event => {
      if (this.#state === 'stopped') return
      event.preventDefault()
      void this.ask()
    })
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void this.now())
  }

  /** Quits, after a yes if sessions would end. `update`: to install this version. */
  async ask(update?: { version: string; install: () => void }): Promise<void> {
    if (this.#state !== 'no') return
    const running = this.#options.running()
    if (running > 0) {
      this.#state = 'asking'
      const yes = await confirm(running, this.#options.titles(), update?.version)
      // A signal may have come meanwhile.
      if (this.#state !== 'asking') return
      this.#state = 'no'
      if (!yes) return
    }
    await this.now(update?.install)
  }

  /** Quits without asking: whoever sends a signal has decided. `last`: does it, when everything has ended. */
  async now(last = () => app.quit()): Promise<void> {
    if (this.#state === 'stopping' || this.#state === 'stopped') return
    this.#state = 'stopping'
    const hung = setTimeout(() => app.exit(1), STOP_MS)
    try {
      await this.#options.stop()
    } catch (error) {
      process.stderr.write(`on-the-go: stopping failed: ${error instanceof Error ? error.message : error}\n`)
      process.exitCode = 1
    }
    clearTimeout(hung)
    this.#state = 'stopped'
    // Called straight from here it can hang: the quit that was prevented may still be on the stack.
    setImmediate(last)
  }
}

/** Titles in a question that is read at a glance. */
const MOST_TITLES = 5
const TITLE_CHARACTERS = 40

async function confirm(running: number, titles: string[], version: string | undefined): Promise<boolean> {
  const one = running === 1
  const sessions = one ? '1 session' : `${running} sessions`
  const doing = version === undefined ? 'Quit' : `Install ${version}`
  const then = version === undefined ? 'the app quits' : 'it is installed'
  const instead =
    version === undefined
      ? 'Closing the window keeps everything running.'
      : 'It stays downloaded and can be installed later.'
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    title: 'On the Go',
    message: `${doing} and end ${sessions}?`,
    detail: `${named(running, titles)} ${one ? 'runs' : 'run'} in this app and ${one ? 'ends' : 'end'} when ${then}. ${instead}`,
    buttons: [`End ${one ? 'Session' : 'Sessions'} and ${version === undefined ? 'Quit' : 'Install'}`, 'Cancel'],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  })
  return response === 0
}

/** `“a”, “b” and 3 more`. Programs choose titles; of a session that has just begun it is not known yet. */
function named(running: number, titles: string[]): string {
  const shown = titles.slice(0, MOST_TITLES).map(title => `“${oneLine(title, TITLE_CHARACTERS) || 'untitled'}”`)
  const rest = running - shown.length
  const last = rest > 0 ? (shown.length > 0 ? `${rest} more` : 'What') : shown.pop()
  return shown.length > 0 ? `${shown.join(', ')} and ${last}` : `${last}`
}
