// A session's terminal on a page: xterm.js in a box, bound to an attachment.
import '@xterm/xterm/css/xterm.css'
import './terminal-view.css'
import { Terminal } from '@xterm/xterm'
import type { ClientAttachment } from '../../protocol/client/client-attachment.ts'
import type { TerminalSink } from '../../protocol/client/log-applier.ts'
import { CHARACTER_WIDTHS } from '../../terminal/character-widths.ts'
import { WholeCharacters } from '../../terminal/whole-characters.ts'
import { applyPatches } from '../../terminal/xterm-patches.ts'
import type { Key, Modifiers } from '../input/key-codes.ts'
import { onPresence } from '../kit/presence.ts'
import { DrawingGate } from './drawing-gate.ts'
import { FONT_FAMILY, onFontLoaded, waitForFont } from './font.ts'
import { type IgnoredQueries, ignoreQueries } from './ignore-queries.ts'
import { enableLinks } from './links.ts'
import { loadRenderer } from './renderer.ts'
import { lineAnchor } from './selection-text.ts'
import type { Grid, SizeMode } from './size-policy.ts'
import { currentTheme, onSchemeChange } from './theme.ts'
import type { TouchSelect } from './touch-select.ts'
import { type GestureOptions, ViewGestures } from './view-gestures.ts'
import { type InputOptions, ViewInput } from './view-input.ts'
import { initialFontSize, type LayoutOptions, ViewLayout } from './view-layout.ts'

export interface TerminalViewOptions extends LayoutOptions, InputOptions, GestureOptions {
  /** The session's size if it is known: saves a layout for another one. */
  size?: Grid | undefined
  /** A program wants to put this on the clipboard (OSC 52), now and not in a replay. Ask the user. */
  clipboardWritten?: (text: string) => void
  /** A link was tapped; `target` is http(s) and shows where it leads. Ask before opening it. */
  openLink?: (target: string) => void
}

/** Lines that a page keeps; the whole history stays on the host. */
const SCROLLBACK = 10_000

/** For a session whose size is not known yet. */
const STANDARD_SIZE: Grid = { cols: 80, rows: 24 }

export class TerminalView implements TerminalSink {
  readonly term: Terminal
  /** Resolves when font and renderer are loaded: only then does a cell have its final size. */
  readonly drawn: Promise<void>
  readonly #options: TerminalViewOptions
  readonly #box: HTMLElement
  readonly #sheet: HTMLElement
  readonly #ignored: IgnoredQueries
  readonly #layout: ViewLayout
  readonly #input: ViewInput
  readonly #gestures: ViewGestures
  readonly #gate: DrawingGate
  readonly #cleanup: (() => void)[] = []
  readonly #characters = new WholeCharacters()
  #attachment: ClientAttachment | undefined
  #unbind: (() => void)[] = []
  /** The terminal began with a keyframe: what was printed before is not in it. */
  #beganLater = false

  /** Fills `box`, which must be in the page and have an extent of its own. */
  constructor(box: HTMLElement, options: TerminalViewOptions = {}) {
    this.#options = options
    this.#box = box
    box.classList.add('terminal-view')
    const sheet = document.createElement('div')
    this.#sheet = sheet
    sheet.className = 'terminal-sheet'
    box.append(sheet)

    const size = options.size ?? STANDARD_SIZE
    const term = new Terminal({
      ...size,
      allowProposedApi: true,
      scrollback: SCROLLBACK,
      theme: currentTheme(),
      fontFamily: options.fontFamily ?? FONT_FAMILY,
      fontSize: initialFontSize(box, options, size),
      cursorBlink: false,
      cursorInactiveStyle: 'outline',
      macOptionIsMeta: true,
      // A program's colors were chosen for its author's background; they must be legible on ours too.
      minimumContrastRatio: 4.5,
      rescaleOverlappingGlyphs: true,
      scrollOnUserInput: true,
      logLevel: 'off',
    })
    this.term = term
    applyPatches(term)
    // The same character widths as the host's screen, or their cursors would drift apart.
    term.unicode.register(CHARACTER_WIDTHS)
    term.unicode.activeVersion = CHARACTER_WIDTHS.version
    enableLinks(term, target => options.openLink?.(target))
    term.open(sheet)
    showCursor(term)
    // After the addons: xterm.js asks the latest handler first.
    this.#ignored = ignoreQueries(term, { onClipboardWrite: text => this.#clipboardWritten(text) })
    const parts = { box, sheet, term }
    this.#layout = new ViewLayout(
      parts,
      options,
      grid => this.#requestSize(grid),
      () => this.#gestures.selection?.relayout(),
    )
    this.#gate = new DrawingGate(term, box, () => this.#layout.layout())
    this.#gestures = new ViewGestures(parts, options, this.#layout, () => this.#hasEarlier)
    this.#input = new ViewInput(parts, options, {
      send: bytes => this.#send(bytes),
      isReport: () => this.#ignored.reporting || this.#gate.restoring,
      layout: this.#layout,
      scroll: this.#gestures.scroll,
    })
    this.drawn = Promise.all([waitForFont(), loadRenderer(term, () => this.#layout.layout())]).then(() => {})
    term.onRender(() => {
      this.#gestures.scroll.afterRender()
      this.#layout.afterRender()
    })
    const observer = new ResizeObserver(() => this.#layout.layout())
    observer.observe(box)
    this.#cleanup.push(
      onSchemeChange(() => {
        term.options.theme = currentTheme()
      }),
      onFontLoaded(() => this.#layout.fontLoaded()),
      () => observer.disconnect(),
    )
    this.#layout.layout()
  }

  get mode(): SizeMode {
    return this.#layout.mode
  }

  /** The session's size. */
  get size(): Grid {
    return this.#layout.size
  }

  /** What fits the box at the full font size: the size to create or take a session with. */
  measure(): Grid {
    return this.#layout.measure()
  }

  /** Whether a session of this size is shaped for this box. */
  fits(size: Grid): boolean {
    return this.#layout.fits(size)
  }

  /** Connects the input with the attachment whose sink this view is. Nothing is shown until it has caught up. */
  bind(attachment: ClientAttachment): void {
    this.unbind()
    this.#attachment = attachment
    this.#layout.requested = attachment.options.size
    this.#input.setEnabled(attachment.options.read_only !== true)
    this.#gate.hideUntilCaughtUp()
    this.#unbind.push(
      attachment.on('session', ({ read_only }) => {
        this.#input.setEnabled(!read_only)
        if (attachment.have) this.#gate.keepUntilCaughtUp()
      }),
      attachment.on('keyframe', ({ offset }) => {
        this.#beganLater = offset > 0
      }),
      attachment.on('caught_up', () => this.#gate.show()),
      attachment.on('failed', () => this.#stopInput()),
      attachment.on('exit', () => this.#stopInput()),
      onPresence((present, focused) => attachment.setPresent(present, focused)),
      attachment.on('size_owner', owned => this.#layout.setMode(owned ? 'own' : 'follow')),
    )
    this.#layout.layout()
  }

  unbind(): void {
    this.#attachment = undefined
    for (const off of this.#unbind.splice(0)) off()
  }

  /** `own`: gives the session this box's size. `follow`: gives the size back to the client that had it before. */
  setMode(mode: SizeMode): void {
    if (mode === this.mode) return
    if (mode === 'follow') {
      this.#layout.cancelRequest()
      this.#attachment?.releaseSize()
    }
    this.#layout.setMode(mode)
  }

  /** CSS pixels of the box that a soft keyboard or a banner covers for now; they still count as the terminal's. */
  setCovered(pixels: number): void {
    this.#layout.setCovered(pixels)
  }

  /** The font from now on; `size` as in the options. */
  setFont(family: string | undefined, size: number): void {
    this.#layout.setFont(family, size)
  }

  /** The user's font size for the current mode; undefined: the automatic one. */
  setFontSize(size: number | undefined): void {
    this.#gestures.setFontSize(size)
  }

  /** Selecting with a finger; undefined until `loadSelection` has resolved. */
  get selection(): TouchSelect | undefined {
    return this.#gestures.selection
  }

  loadSelection(): Promise<void> {
    return this.#gestures.loadSelection()
  }

  /** Output is also in the page as text, and read aloud. Costs markup for each row, so it is off by default. */
  setScreenReader(on: boolean): void {
    this.term.options.screenReaderMode = on
  }

  focus(): void {
    this.term.focus()
  }

  /** The first line in the terminal, to read on above it. */
  topAnchor(): { line: string; below: number } | undefined {
    return lineAnchor(this.term.buffer.active, this.term.cols, 0)
  }

  /** While paused, the last picture stays, whatever is written: for seeking in a recording. */
  pauseDrawing(paused: boolean): void {
    this.#gate.hold(paused)
  }

  /** Presses a key of a key bar: what it sends depends on the modes that the program has set. */
  press(key: Key, modifiers: Modifiers): void {
    this.#input.press(key, modifiers)
  }

  /** Whether the program has turned on bracketed paste; then it does not run pasted lines at once. */
  get bracketsPaste(): boolean {
    return this.#input.bracketsPaste
  }

  /** The cursor's row up to the cursor: usually the prompt. */
  promptLine(): string {
    const { active } = this.term.buffer
    return active.getLine(active.baseY + active.cursorY)?.translateToString(false, 0, active.cursorX) ?? ''
  }

  /** Pastes as one unit of input. Returns whether it was sent; failures go to `typingFailed`. */
  paste(text: string): boolean {
    return this.#input.paste(text)
  }

  /** May be called twice. */
  dispose(): void {
    this.unbind()
    this.#layout.cancelRequest()
    this.#gate.dispose()
    this.#gestures.dispose()
    this.#input.dispose()
    for (const step of this.#cleanup.splice(0)) step()
    this.#ignored.dispose()
    this.term.dispose()
    this.#sheet.remove()
    this.#box.classList.remove('terminal-view')
  }

  // --- TerminalSink ---

  write(bytes: Uint8Array, done: () => void): void {
    this.#characters.push(bytes, whole => this.term.write(whole))
    this.term.write('', () => {
      const restored = this.#gate.parsed()
      done()
      // A reset and the keyframe after it are one change to the eye.
      if (restored) this.#gate.resume()
    })
  }

  resize(cols: number, rows: number): void {
    this.term.resize(cols, rows)
    this.#layout.layout()
  }

  reset(cols: number, rows: number): void {
    this.#characters.reset()
    this.#gate.startRestoring()
    this.term.reset()
    this.resize(cols, rows)
  }

  // ---

  /** Whether more was printed than the terminal holds. */
  get #hasEarlier(): boolean {
    const { normal } = this.term.buffer
    return this.#beganLater || normal.length >= SCROLLBACK + this.term.rows
  }

  #send(bytes: Uint8Array): boolean {
    this.#attachment?.type(bytes)
    return this.#attachment !== undefined
  }

  #requestSize({ cols, rows }: Grid): boolean {
    const attachment = this.#attachment
    if (!attachment || attachment.ended) return false
    attachment.resize(cols, rows)
    return true
  }

  #stopInput(): void {
    this.#input.setEnabled(false)
    this.#gate.show()
  }

  #clipboardWritten(text: string): void {
    if (this.#gate.live) this.#options.clipboardWritten?.(text)
  }
}

/**
 * xterm.js draws no cursor before its first focus (6.0.0), which on a phone comes with the keyboard; until then the user
 * could not see where typing would go.
 */
function showCursor(term: Terminal): void {
  const { coreService } = (term as unknown as { _core: { coreService?: { isCursorInitialized?: boolean } } })._core
  if (coreService) coreService.isCursorInitialized = true
}
