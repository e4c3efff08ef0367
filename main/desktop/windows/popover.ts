// The small window at the tray: made when it is first wanted, then kept and only hidden. Knows nothing of what it shows.
import { BrowserWindow, nativeTheme, type Rectangle, screen } from 'electron'
import { SAFE_PREFERENCES } from '../pages/guards.ts'
import { POPOVER_PAGE } from '../pages/origin.ts'
import { popoverPlace } from './popover-position.ts'

export interface PopoverOptions {
  preload: string
  /** Calls whenever it comes before the person. */
  seen(): void
}

/** Some ten sessions, or a code that is scanned from an arm's length. */
const SIZE = { width: 360, height: 480 }

/** As in preload.cts: whether it is shown. A page alone does not always know. */
const CHANNEL = 'otg:shown'

/** A click on the tray icon takes the focus first, which hides the window; the same click is not to show it again. */
const SAME_CLICK_MS = 300

export class Popover {
  readonly #options: PopoverOptions
  #window: BrowserWindow | undefined
  /** It has something to show; until then it is shown as soon as it has. */
  #ready = false
  #icon: Rectangle | undefined
  #hiddenAt = 0

  constructor(options: PopoverOptions) {
    this.#options = options
  }

  /** Shows or hides it. `icon`: where the tray icon is, where the system says so. */
  toggle(icon?: Rectangle): void {
    if (this.#window?.isVisible()) this.hide()
    else if (Date.now() - this.#hiddenAt > SAME_CLICK_MS) this.show(icon)
  }

  show(icon?: Rectangle): void {
    this.#icon = icon
    const window = this.#window ?? this.#create()
    if (this.#ready) this.#bring(window)
  }

  #bring(window: BrowserWindow): void {
    const icon = this.#icon
    const pointer = screen.getCursorScreenPoint()
    const display = icon?.width ? screen.getDisplayMatching(icon) : screen.getDisplayNearestPoint(pointer)
    window.setBounds({ ...SIZE, ...popoverPlace({ icon, pointer, size: SIZE, display }) })
    window.show()
    window.focus()
    window.webContents.send(CHANNEL, true)
    this.#options.seen()
  }

  hide(): void {
    if (!this.#window?.isVisible()) return
    this.#hiddenAt = Date.now()
    this.#window.hide()
    this.#window.webContents.send(CHANNEL, false)
  }

  get visible(): boolean {
    return this.#window?.isVisible() === true
  }

  #create(): BrowserWindow {
    const window = new BrowserWindow({
      title: 'On the Go: sessions',
      ...SIZE,
      show: false,
      frame: false,
      resizable: false,
      minimizable: false,
      maximizable: false,
      fullscreenable: false,
      skipTaskbar: true,
      alwaysOnTop: true,
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#13171d' : '#f3f5f8',
      webPreferences: { ...SAFE_PREFERENCES, preload: this.#options.preload },
    })
    this.#window = window
    this.#ready = false
    window.once('ready-to-show', () => {
      this.#ready = true
      this.#bring(window)
    })
    window.on('blur', () => this.hide())
    window.on('closed', () => {
      if (this.#window === window) this.#window = undefined
    })
    // Nothing is lost with it: the next click makes another one.
    window.webContents.on('render-process-gone', () => window.destroy())
    window.loadURL(POPOVER_PAGE).catch(() => {}) // overtaken by its end
    return window
  }
}
