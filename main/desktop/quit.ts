// Quits the app: asks for confirmation if sessions would end, stops the host, then quits.
import { app, dialog } from 'electron'
import { oneLine } from '../../protocol/one-line.ts'

export interface QuitOptions {
  /** Sessions that end with this process. */
  running(): number
  /** Their titles. */
  titles(): string[]
  stop(): Promise<void>
}

/** Sessions get 5 s between SIGHUP and SIGKILL; if stopping takes much longer, it hangs. */
const STOP_MS = 15_000

export class Quit {
  readonly #options: QuitOptions
  #state: 'no' | 'asking' | 'stopping' | 'stopped' = 'no'

  /** Takes over every way to quit. Create it after the app is ready, because Electron installs its signal handlers before. */
  constructor(options: QuitOptions) {
    this.#options = options
    app.on('before-quit', event => {
      if (this.#state === 'stopped') return
      event.preventDefault()
      void this.request()
    })
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void this.now())
  }

  /** Quits, after a confirmation if sessions would end. `update`: quits to install this version. */
  async request(update?: { version: string; install: () => void }): Promise<void> {
    if (this.#state !== 'no') return
    const running = this.#options.running()
    if (running > 0) {
      this.#state = 'asking'
      const yes = await confirm(running, this.#options.titles(), update?.version)
      // A signal may have arrived meanwhile.
      if (this.#state !== 'asking') return
      this.#state = 'no'
      if (!yes) return
    }
    await this.now(update?.install)
  }

  /** Quits without asking, as for a signal. `last` ends the process when everything has stopped. */
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

/** How many titles the confirmation names. */
const MAX_TITLES = 5
const TITLE_CHARACTERS = 40

async function confirm(running: number, titles: string[], version: string | undefined): Promise<boolean> {
  const one = running === 1
  const sessions = one ? '1 session' : `${running} sessions`
  const action = version === undefined ? 'Quit' : `Install ${version}`
  const alternative =
    version === undefined ? 'Close the window instead to keep everything running.' : 'You can also install it later.'
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    title: 'On the Go',
    message: `${action} and end ${sessions}?`,
    detail: `${sessionNames(running, titles)} will end. ${alternative}`,
    buttons: [`End ${one ? 'session' : 'sessions'} and ${version === undefined ? 'quit' : 'install'}`, 'Cancel'],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  })
  return response === 0
}

/** `“a”, “b” and 3 more`. Titles come from programs, and a session that just started may not be listed yet. */
function sessionNames(running: number, titles: string[]): string {
  const shown = titles.slice(0, MAX_TITLES).map(title => `“${oneLine(title, TITLE_CHARACTERS) || 'untitled'}”`)
  const rest = running - shown.length
  if (shown.length === 0) return running === 1 ? 'The session' : 'The sessions'
  const last = rest > 0 ? `${rest} more` : shown.pop()
  return shown.length > 0 ? `${shown.join(', ')} and ${last}` : `${last}`
}
