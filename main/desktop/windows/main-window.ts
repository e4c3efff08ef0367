// The main window: made when it is wanted, pointed at a place, put back when its page crashes. Knows nothing of sessions.
import { app, BrowserWindow, nativeTheme } from 'electron'
import { SAFE_PREFERENCES } from '../pages/guards.ts'
import { PAGE } from '../pages/origin.ts'

export interface MainWindowOptions {
  preload: string
  icon: string
}

/**
 * Where in the page: a session, the history, the phone's address, or wherever it was. It is the fragment of the page's URL, so that the main
 * process needs no message to lead the page there, and a reload comes back to it.
 */
export type Place = { session: string } | 'history' | 'phone' | 'settings'

/** A page that crashes more often than this is not put back by itself. */
const MOST_RELOADS = 3
const RELOADS_MS = 60_000

export class MainWindow {
  readonly #options: MainWindowOptions
  readonly #seen = new Set<() => void>()
  #window: BrowserWindow | undefined
  #reloads: number[] = []

  constructor(options: MainWindowOptions) {
    this.#options = options
  }

  /** Shows the window, at `place` if one is named. */
  open(place?: Place): void {
    const fragment = place === undefined ? '' : typeof place === 'string' ? `#${place}` : `#session=${place.session}`
    const window = this.#current()
    if (!window) {
      this.#create(`${PAGE}${fragment}`)
      return
    }
    // The same URL again would reload the page; another fragment of it only tells the page.
    if (fragment && window.webContents.getURL() !== `${PAGE}${fragment}`) load(window, `${PAGE}${fragment}`)
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
  }

  /** Brings the window before the person as it is; where there is none, one opens at `place`. */
  call(place: Place): void {
    // On macOS a window comes before others of its own app only.
    if (process.platform === 'darwin') app.focus({ steal: true })
    this.open(this.#current() ? undefined : place)
  }

  /** Calls whenever the window comes before the person. */
  onSeen(listener: () => void): void {
    this.#seen.add(listener)
  }

  get focused(): boolean {
    return this.#current()?.isFocused() === true
  }

  /** While a window closes its page goes first, and `closed` is told last. */
  #current(): BrowserWindow | undefined {
    const window = this.#window
    return !window || window.isDestroyed() || window.webContents.isDestroyed() ? undefined : window
  }

  #create(url: string): void {
    const { preload, icon } = this.#options
    const window = new BrowserWindow({
      title: 'On the Go',
      icon,
      width: 1080,
      height: 720,
      minWidth: 480,
      minHeight: 320,
      show: false,
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#14161a' : '#ffffff',
      webPreferences: { ...SAFE_PREFERENCES, preload },
    })
    this.#window = window
    window.once('ready-to-show', () => window.show())
    window.on('focus', () => {
      for (const listener of this.#seen) listener()
    })
    window.on('closed', () => {
      if (this.#window === window) this.#window = undefined
    })
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason !== 'clean-exit') this.#recover(window)
    })
    load(window, url)
  }

  /** The sessions live in the host: a page that crashed has lost nothing and comes back where it was. */
  #recover(window: BrowserWindow): void {
    const now = Date.now()
    this.#reloads = [...this.#reloads.filter(at => now - at < RELOADS_MS), now]
    if (window.isDestroyed()) return
    if (this.#reloads.length > MOST_RELOADS) window.destroy()
    else window.reload()
  }
}

/** A load that is overtaken by the next one, or by the window's end, rejects; the page itself shows what else is wrong. */
function load(window: BrowserWindow, url: string): void {
  window.loadURL(url).catch(() => {})
}
