// How the app ends: asks when sessions would end with it, stops the host, then quits. Knows no window and no session.
import { app, dialog } from 'electron'

export interface QuitOptions {
  /** Sessions that end with this process. */
  running(): number
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

  /** Quits, after a yes if sessions would end. */
  async ask(): Promise<void> {
    if (this.#state !== 'no') return
    const running = this.#options.running()
    if (running > 0) {
      this.#state = 'asking'
      const yes = await confirmQuit(running)
      // A signal may have come meanwhile.
      if (this.#state !== 'asking') return
      this.#state = 'no'
      if (!yes) return
    }
    await this.now()
  }

  /** Quits without asking: whoever sends a signal has decided. */
  async now(): Promise<void> {
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
    setImmediate(() => app.quit())
  }
}

async function confirmQuit(running: number): Promise<boolean> {
  const sessions = running === 1 ? '1 session' : `${running} sessions`
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    title: 'On the Go',
    message: `Quit and end ${sessions}?`,
    detail: `${running === 1 ? 'A shell runs' : 'Shells run'} in this app, and what runs in ${running === 1 ? 'it' : 'them'} ends when the app quits. Closing the window keeps everything running.`,
    buttons: [running === 1 ? 'End Session and Quit' : 'End Sessions and Quit', 'Cancel'],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  })
  return response === 0
}
