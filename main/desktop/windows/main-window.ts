// The main window: created on demand, navigated to a location, reloaded when its page crashes.
import { app, BrowserWindow, nativeTheme } from 'electron'
import { SAFE_PREFERENCES } from '../pages/guards.ts'
import { PAGE } from '../pages/origin.ts'

export interface MainWindowOptions {
  preload: string
  icon: string
}

/**
 * What the window shows: a session, the history, the phone panel, the settings or the host's trouble. Passed in the fragment of the page's URL,
 * so that it needs no message and survives a reload.
 */
export type WindowLocation = { session: string } | 'history' | 'phone' | 'settings' | 'trouble'

/** A page that crashes more often than this is not reloaded. */
const MAX_RELOADS = 3
const RELOADS_MS = 60_000

export class MainWindow {
  readonly #options: MainWindowOptions
  readonly #focusListeners = new Set<() => void>()
  #window: BrowserWindow | undefined
  #reloads: number[] = []

  constructor(options: MainWindowOptions) {
    this.#options = options
  }

  /** Shows the window, at `location` if one is given. */
  open(location?: WindowLocation): void {
    const fragment =
      location === undefined ? '' : typeof location === 'string' ? `#${location}` : `#session=${location.session}`
    const window = this.#current()
    if (!window) {
      this.#create(`${PAGE}${fragment}`)
      return
    }
    // Loading the same URL reloads the page; another fragment only fires hashchange.
    if (fragment && window.webContents.getURL() !== `${PAGE}${fragment}`) load(window, `${PAGE}${fragment}`)
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
  }

  /** Brings the window to the front as it is. If there is none, opens one at `location`. */
  bringToFront(location: WindowLocation): void {
    // On macOS, show() only raises the window above other windows of the same app.
    if (process.platform === 'darwin') app.focus({ steal: true })
    this.open(this.#current() ? undefined : location)
  }

  /** Calls `listener` whenever the window gets or loses the focus. */
  onFocusChange(listener: () => void): void {
    this.#focusListeners.add(listener)
  }

  get focused(): boolean {
    return this.#current()?.isFocused() === true
  }

  /** While a window closes, its page is destroyed first and `closed` fires last. */
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
    const focusChanged = () => {
      for (const listener of this.#focusListeners) listener()
    }
    window.on('focus', focusChanged)
    window.on('blur', focusChanged)
    window.on('closed', () => {
      if (this.#window === window) this.#window = undefined
      focusChanged()
    })
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason !== 'clean-exit') this.#recover(window)
    })
    load(window, url)
  }

  /** Sessions live in the host, so a page that crashed has lost nothing and returns to its location. */
  #recover(window: BrowserWindow): void {
    const now = Date.now()
    this.#reloads = [...this.#reloads.filter(at => now - at < RELOADS_MS), now]
    if (window.isDestroyed()) return
    if (this.#reloads.length > MAX_RELOADS) window.destroy()
    else window.reload()
  }
}

/** A load rejects if the next one replaces it or the window closes; the page shows other errors itself. */
function load(window: BrowserWindow, url: string): void {
  window.loadURL(url).catch(() => {})
}
