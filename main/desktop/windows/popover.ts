// The popover, the small window at the tray: created when first needed, then only hidden.
import { BrowserWindow, nativeTheme, type Rectangle, screen } from 'electron'
import { SAFE_PREFERENCES } from '../pages/guards.ts'
import { POPOVER_PAGE } from '../pages/origin.ts'
import { popoverPosition } from './popover-position.ts'

export interface PopoverOptions {
  preload: string
  /** Called whenever the popover is shown or hidden. */
  changed(): void
}

/** Fits about ten sessions, or a code that scans from an arm's length. */
const SIZE = { width: 360, height: 480 }

/** Whether it is shown, as in preload.cts; a page cannot always tell. */
const CHANNEL = 'otg:shown'

/** A click on the tray icon first takes the focus, which hides the popover; the same click must not show it again. */
const SAME_CLICK_MS = 300

export class Popover {
  readonly #options: PopoverOptions
  #window: BrowserWindow | undefined
  /** The page has content. Until then, `show` waits for it. */
  #ready = false
  #icon: Rectangle | undefined
  #hiddenAt = 0

  constructor(options: PopoverOptions) {
    this.#options = options
  }

  /** `icon`: position of the tray icon, if the system reports it. */
  toggle(icon?: Rectangle): void {
    if (this.#window?.isVisible()) this.hide()
    else if (Date.now() - this.#hiddenAt > SAME_CLICK_MS) this.show(icon)
  }

  show(icon?: Rectangle): void {
    this.#icon = icon
    const window = this.#window ?? this.#create()
    if (this.#ready) this.#present(window)
  }

  #present(window: BrowserWindow): void {
    const icon = this.#icon
    const pointer = screen.getCursorScreenPoint()
    const display = icon?.width ? screen.getDisplayMatching(icon) : screen.getDisplayNearestPoint(pointer)
    window.setBounds({ ...SIZE, ...popoverPosition({ icon, pointer, size: SIZE, display }) })
    window.show()
    window.focus()
    window.webContents.send(CHANNEL, true)
    this.#options.changed()
  }

  hide(): void {
    if (!this.#window?.isVisible()) return
    this.#hiddenAt = Date.now()
    this.#window.hide()
    this.#window.webContents.send(CHANNEL, false)
    this.#options.changed()
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
      this.#present(window)
    })
    window.on('blur', () => this.hide())
    window.on('closed', () => {
      if (this.#window === window) this.#window = undefined
      this.#options.changed()
    })
    // The next click creates a new one, and nothing is lost.
    window.webContents.on('render-process-gone', () => window.destroy())
    window.loadURL(POPOVER_PAGE).catch(() => {}) // rejects if the window closes meanwhile
    return window
  }
}
