// A session's terminal on a page: xterm.js in a box, its size policy, its input. Knows nothing of connections or lists;
// it is bound to an attachment.
import '@xterm/xterm/css/xterm.css'
import './terminal-view.css'
import { Terminal } from '@xterm/xterm'
import type { ClientAttachment, TerminalSink } from '../../protocol/client/client-attachment.ts'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import { CHARACTER_WIDTHS } from '../../terminal/character-widths.ts'
import { WholeCharacters } from '../../terminal/whole-characters.ts'
import { guard } from '../../terminal/xterm-guard.ts'
import { type Key, keySequence, type Modifiers } from '../input/key-codes.ts'
import { pasteSequence } from '../input/paste.ts'
import { bindSoftInput, type SoftInputBinding } from '../input/soft-input/bind.ts'
import { onPresence } from '../kit/presence.ts'
import { characterAdvance, FONT_FAMILY, onFontLoaded, waitForFont } from './font.ts'
import { type IgnoredQueries, ignoreQueries } from './ignore-queries.ts'
import { enableLinks } from './links.ts'
import { pauseDrawing } from './pause-drawing.ts'
import { Pinch } from './pinch.ts'
import { loadRenderer, measureCell } from './renderer.ts'
import { lineAnchor } from './selection-text.ts'
import {
  type Extent,
  fitFontSize,
  fitGrid,
  type Grid,
  MAX_FONT_SIZE,
  MIN_FONT_SIZE,
  roundUpToRows,
  type SizeMode,
  scrollToReveal,
} from './size-policy.ts'
import { currentTheme, onSchemeChange } from './theme.ts'
import { onGestures } from './touch.ts'
import { TouchScroll } from './touch-scroll.ts'
import type { Selected, TouchSelect } from './touch-select.ts'

/** CSS pixels that a person chose; left out: those that are there by themselves. */
export type Letters = { readonly [mode in SizeMode]?: number }

export interface TerminalViewOptions {
  /** `own` when the box decides the session's size, `follow` (the default) when somebody else does. */
  mode?: SizeMode
  /** The session's, where it is known already: then nothing is laid out for another one first. */
  size?: Grid | undefined
  /** CSS pixels; in `follow` mode the most that is used. */
  fontSize?: number
  /** Letters that a person wants, by mode, whatever else would be: in `follow` mode also when the columns do not fit. */
  letters?: Letters
  lettersChanged?: (letters: Letters) => void
  /** How large they are drawn now, and whether somebody wanted them so. */
  lettersDrawn?: (drawn: { size: number; chosen: boolean }) => void
  /** A finger may select; where it did, or that nothing is selected any more. */
  selected?: (selected: Selected | undefined) => void
  /** Somebody pulls down what has earlier output above it: so many pixels, up to EARLIER_PX, are free at the top. */
  pulled?: (pixels: number) => void
  /** A program wants to put this on the clipboard, now. Ask. */
  clipboardWanted?: (text: string) => void
  /** In `follow` mode letters are made small enough for the rows too. */
  whole?: boolean
  /** A CSS list of fonts; left out: the one that comes with the page. */
  fontFamily?: string
  /** A link was tapped; `target` is http(s) and shows where it leads. Ask before opening it. */
  openLink?: (target: string) => void
  /** Typing failed (`input_full`, `session_ended`, `read_only`). */
  typingFailed?: (error: CodedError) => void
  /** Pasted into the terminal: to be asked about, and given to `paste`. Left out: it is pasted as it is. */
  pasted?: (text: string, files: File[]) => void
  /** Changes what was typed on its way out; for sticky modifiers. */
  filter?: (text: string) => string
  /** Whether `filter` would change the next character. */
  modified?: () => boolean
  /** The mode changed, or the session's size. */
  sizeChanged?: (mode: SizeMode, size: Grid) => void
}

/** As much as a page may hold of what scrolled by; the whole history stays on the host. */
export const SCROLLBACK = 10_000

/** Room for a button, above the first line. */
export const EARLIER_PX = 44

/** A drag of a window's edge is one resize, not fifty; a person does not notice a tenth of a second. */
const RESIZE_MS = 100

/** A replay that takes longer than this is shown as it goes, rather than nothing. */
const HIDE_MS = 2_000

/** While what was missed flows, the old picture is better than a film of it: so often HIDE_MS. */
const RETURN_WAITS = 5

/** A session's that says nothing of its size, as of most terminals. */
const STANDARD_SIZE: Grid = { cols: 80, rows: 24 }

/** Cells are rounded to the pixel: by how much, at most, one size of letters tells the width of another. */
const ROUNDED = 0.25

const encoder = new TextEncoder()

export class TerminalView implements TerminalSink {
  readonly term: Terminal
  /** Resolves when font and renderer are there: only then a cell has its final size. */
  readonly drawn: Promise<void>
  readonly #options: TerminalViewOptions
  readonly #box: HTMLElement
  readonly #sheet: HTMLElement
  readonly #swallowed: IgnoredQueries
  readonly #soft: SoftInputBinding
  #selection: TouchSelect | undefined
  #selecting: Promise<void> | undefined
  readonly #scroll: TouchScroll
  readonly #undo: (() => void)[] = []
  #fontSize: number
  #letters: Letters
  readonly #characters = new WholeCharacters()
  /** A state is being written: what xterm says meanwhile (of focus) is about that, not about the program. */
  #restoring = false
  /** The picture from before stays until what was missed has been written. */
  #still = false
  #returning = false
  /** That were parsed. */
  #writes = 0
  #attached: ClientAttachment | undefined
  #unbind: (() => void)[] = []
  #mode: SizeMode
  #covered = 0
  /** One cell as drawn, and whether the terminal is larger than its box. */
  #cell: Extent = { width: 0, height: 0 }
  #pans = false
  #following = true
  #resizeTimer: ReturnType<typeof setTimeout> | undefined
  #showTimer: ReturnType<typeof setTimeout> | undefined
  #asked: Grid | undefined
  /** The terminal began with a state: what was printed before that is not in it. */
  #beganLater = false
  #disposed = false

  /** Fills `box`, which must be in the page and have an extent of its own. */
  constructor(box: HTMLElement, options: TerminalViewOptions = {}) {
    this.#options = options
    this.#mode = options.mode ?? 'follow'
    this.#fontSize = options.fontSize ?? 14
    this.#letters = options.letters ?? {}
    this.#box = box
    box.classList.add('terminal-view')
    this.#sheet = document.createElement('div')
    this.#sheet.className = 'terminal-sheet'
    box.append(this.#sheet)

    this.term = new Terminal({
      ...(options.size ?? STANDARD_SIZE),
      allowProposedApi: true,
      scrollback: SCROLLBACK,
      theme: currentTheme(),
      fontFamily: options.fontFamily ?? FONT_FAMILY,
      fontSize: this.#firstFont(options.size ?? STANDARD_SIZE),
      cursorBlink: false,
      cursorInactiveStyle: 'outline',
      macOptionIsMeta: true,
      // A program's colours were chosen for its author's background; they must be legible on ours too.
      minimumContrastRatio: 4.5,
      rescaleOverlappingGlyphs: true,
      scrollOnUserInput: true,
      logLevel: 'off',
    })
    const { term } = this
    guard(term)
    // The same rules of width as the host's screen, or cursors would part.
    term.unicode.register(CHARACTER_WIDTHS)
    term.unicode.activeVersion = CHARACTER_WIDTHS.version
    enableLinks(term, target => this.#options.openLink?.(target))
    term.open(this.#sheet)
    showCursor(term)
    // After the addons: xterm asks the handler that came last first.
    this.#swallowed = ignoreQueries(term, { onClipboardWrite: text => this.#clipboardWanted(text) })
    this.drawn = Promise.all([waitForFont(), loadRenderer(term, () => this.#layout())]).then(() => {})

    term.onData(text => this.#typed(text))
    term.onBinary(text => this.#send(Uint8Array.from(text, letter => letter.charCodeAt(0))))
    term.onRender(() => {
      this.#scroll.drawn()
      if (this.#pans && this.#following) this.#revealCursor()
    })
    term.onResize(() => this.#options.sizeChanged?.(this.#mode, this.size))
    this.#scroll = new TouchScroll({
      pan: box,
      term,
      cellHeight: () => this.#cell.height,
      moved: () => {
        this.#following = false
      },
      above: () => (options.pulled && this.#hasEarlier ? EARLIER_PX : 0),
      pulled: pixels => options.pulled?.(pixels),
    })
    this.#soft = bindSoftInput(term, {
      view: box,
      type: text => term.input(text),
      paste: text => this.#brought(text, []),
      modified: () => this.#options.modified?.() ?? false,
    })
    this.#undo.push(
      this.#listenToFingers(),
      () => this.#scroll.halt(),
      () => this.#selection?.dispose(),
      () => this.#soft.dispose(),
      onSchemeChange(() => {
        term.options.theme = currentTheme()
      }),
      onFontLoaded(() => this.#fontCame()),
    )
    const observer = new ResizeObserver(() => this.#layout())
    observer.observe(box)
    this.#undo.push(() => observer.disconnect())
    // Before xterm's own listeners, which would let pasted text end its bracket.
    const pasted = (event: ClipboardEvent) => this.#pasted(event)
    this.#sheet.addEventListener('paste', pasted, { capture: true })
    this.#undo.push(() => this.#sheet.removeEventListener('paste', pasted, { capture: true }))
    for (const [name, value] of TYPING_HINTS) term.textarea?.setAttribute(name, value)
    this.#layout()
  }

  get mode(): SizeMode {
    return this.#mode
  }

  /** The size that the session has. */
  get size(): Grid {
    return { cols: this.term.cols, rows: this.term.rows }
  }

  /** One cell, as drawn. */
  get cell(): Extent {
    return this.#cell
  }

  /** What would fit the box at the full font size: the size to create or take a session with. */
  measure(): Grid {
    const shown = this.term.options.fontSize
    this.#setFont(this.#full)
    const grid = fitGrid(this.#room(), this.#cell)
    this.#setFont(shown ?? this.#full)
    return grid
  }

  /** Whether a session of this size is shaped for this box. */
  fits(size: Grid): boolean {
    // Measuring changes the font twice. Where cells of the full size would be far from it, there is no need.
    const scale = this.#full / (this.term.options.fontSize ?? this.#full)
    const about = fitGrid(this.#room(), { width: this.#cell.width * scale, height: this.#cell.height * scale })
    if (Math.abs(about.cols - size.cols) > about.cols * ROUNDED) return false
    const { cols, rows } = this.measure()
    return cols === size.cols && rows === size.rows
  }

  /** Connects what is typed with the attachment whose sink this view is. Until it has caught up nothing is shown. */
  bind(attached: ClientAttachment): void {
    this.unbind()
    this.#attached = attached
    this.#asked = attached.options.size
    this.#letType(attached.options.read_only !== true)
    this.#hideUntilCaughtUp()
    this.#unbind.push(
      attached.on('session', ({ read_only }) => {
        this.#letType(!read_only)
        if (attached.have) this.#returns()
      }),
      attached.on('keyframe', ({ offset }) => {
        this.#beganLater = offset > 0
      }),
      attached.on('caught_up', () => this.#show()),
      attached.on('failed', () => this.#stopTyping()),
      attached.on('exit', () => this.#stopTyping()),
      onPresence(present => attached.setPresent(present)),
      attached.on('size_owner', owned => this.#setMode(owned ? 'own' : 'follow')),
    )
    this.#layout()
  }

  unbind(): void {
    this.#attached = undefined
    for (const off of this.#unbind.splice(0)) off()
  }

  /** `own`: gives the session this box's size. `follow`: gives it back to who had it before. */
  setMode(mode: SizeMode): void {
    if (mode === this.#mode) return
    if (mode === 'follow') {
      clearTimeout(this.#resizeTimer)
      this.#attached?.releaseSize()
    }
    this.#setMode(mode)
  }

  /** CSS pixels of the box that a soft keyboard or a banner takes for now; they still count as the terminal's. */
  setCovered(pixels: number): void {
    if (pixels === this.#covered) return
    this.#covered = pixels
    this.#following = true
    this.#layout()
  }

  /** What a finger has selected; undefined until one did. */
  get selection(): TouchSelect | undefined {
    return this.#selection
  }

  /** Fetches what it takes to select with a finger: at the latest when one rests. Does nothing where nobody wants to know. */
  letSelect(): Promise<void> {
    const { selected } = this.#options
    if (!selected) return Promise.resolve()
    this.#selecting ??= import('./touch-select.ts').then(
      ({ TouchSelect }) => {
        if (this.#disposed) return
        this.#selection = new TouchSelect({
          box: this.#box,
          term: this.term,
          scroll: (dx, dy) => this.#scroll.scrollWithoutWheel(dx, dy),
          changed: selected,
        })
      },
      () => {
        this.#selecting = undefined // the host is away: the next finger asks again
      },
    )
    return this.#selecting
  }

  /** What is printed is also there as text, and said: it costs a line of markup for each row, so only where it is asked for. */
  setSpoken(spoken: boolean): void {
    this.term.options.screenReaderMode = spoken
  }

  focus(): void {
    this.term.focus()
  }

  /** What stands at its very top, for who reads on above it. */
  top(): { line: string; below: number } | undefined {
    return lineAnchor(this.term.buffer.active, this.term.cols, 0)
  }

  /** Whether more was printed than it still has. */
  get #hasEarlier(): boolean {
    const { normal } = this.term.buffer
    return this.#beganLater || normal.length >= SCROLLBACK + this.term.rows
  }

  /** While held, the last picture stays, whatever is written. For who plays a recording in it. */
  hold(still: boolean): void {
    this.#returning = still
    this.#holdStill(still)
  }

  /** Presses a key of a key bar: what it sends depends on the modes that the program has set. */
  press(key: Key, modifiers: Modifiers): void {
    this.#soft.finish()
    this.#returnToCursor()
    this.term.scrollToBottom()
    this.#send(encoder.encode(keySequence(key, modifiers, this.term.modes.applicationCursorKeysMode)))
  }

  /** Whether the program has asked to be told of pastes: then it does not take their lines for entered. */
  get bracketsPaste(): boolean {
    return this.term.modes.bracketedPasteMode
  }

  /** The cursor's line up to the cursor: what was asked last. */
  promptLine(): string {
    const { active } = this.term.buffer
    return active.getLine(active.baseY + active.cursorY)?.translateToString(false, 0, active.cursorX) ?? ''
  }

  /** Pastes as one unit of input. What cannot be typed is told to `typingFailed`; returns whether it could. */
  paste(text: string): boolean {
    this.#soft.finish()
    this.#returnToCursor()
    this.term.scrollToBottom()
    try {
      return this.#send(pasteSequence(text, this.bracketsPaste))
    } catch (error) {
      this.#options.typingFailed?.(toCoded(error))
      return false
    }
  }

  /** Twice is fine. */
  dispose(): void {
    this.#disposed = true
    this.unbind()
    clearTimeout(this.#resizeTimer)
    clearTimeout(this.#showTimer)
    for (const step of this.#undo.splice(0)) step()
    this.#swallowed.dispose()
    this.term.dispose()
    this.#sheet.remove()
    this.#box.classList.remove('terminal-view', 'catching-up')
  }

  /** How large letters are drawn, and whether somebody wanted them so. */
  get letters(): { size: number; chosen: boolean } {
    return { size: this.term.options.fontSize ?? this.#full, chosen: this.#letters[this.#mode] !== undefined }
  }

  /** Letters of this size in the present mode; undefined: as they are by themselves. */
  setLetters(size: number | undefined): void {
    // A glide of before would go on over what is laid out anew.
    this.#scroll.halt()
    const { [this.#mode]: _, ...others } = this.#letters
    const chosen = size && Math.min(MAX_FONT_SIZE, Math.max(MIN_FONT_SIZE, size))
    this.#letters = chosen ? { ...others, [this.#mode]: chosen } : others
    this.#layout()
    this.#options.lettersChanged?.(this.#letters)
  }

  /** The letters of a terminal that is shaped for this box; in `follow` mode the most that is used to fit. */
  get #full(): number {
    return this.#letters.own ?? this.#fontSize
  }

  // --- TerminalSink ---

  write(bytes: Uint8Array, done: () => void): void {
    this.#characters.push(bytes, whole => this.term.write(whole))
    this.term.write('', () => {
      const restored = this.#restoring
      this.#restoring = false
      this.#writes++
      done()
      // Emptied and filled again is one change to the eye.
      if (restored && !this.#returning) this.#holdStill(false)
    })
  }

  resize(cols: number, rows: number): void {
    this.term.resize(cols, rows)
    this.#layout()
  }

  reset(cols: number, rows: number): void {
    this.#characters.reset()
    this.#restoring = true
    this.#holdStill(true)
    this.term.reset()
    this.resize(cols, rows)
  }

  // --- input ---

  #typed(text: string): void {
    // What xterm says of itself while it parses is not typed by anybody.
    if (this.#swallowed.reporting || this.#restoring) return
    if (!this.#scroll.turning) this.#returnToCursor()
    const sent = this.#options.filter?.(text) ?? text
    if (sent !== text) this.#soft.forget()
    this.#send(encoder.encode(sent))
  }

  /** Whoever types wants to see it, wherever a finger had moved the view. */
  #returnToCursor(): void {
    this.#following = true
    this.#scroll.halt()
  }

  #pasted(event: ClipboardEvent): void {
    event.preventDefault()
    event.stopPropagation()
    if (this.term.options.disableStdin || !event.clipboardData) return
    const text = event.clipboardData.getData('text/plain')
    this.#brought(text, [...event.clipboardData.files])
  }

  /** What came whole from elsewhere. */
  #brought(text: string, files: File[]): void {
    const { pasted } = this.#options
    if (pasted) pasted(text, files)
    else if (text) this.paste(text)
  }

  /** Returns whether it could be typed. */
  #send(bytes: Uint8Array): boolean {
    try {
      this.#attached?.type(bytes)
      return this.#attached !== undefined
    } catch (error) {
      this.#options.typingFailed?.(toCoded(error))
      return false
    }
  }

  #stopTyping(): void {
    this.#letType(false)
    this.#show()
  }

  /** Where nothing can be typed a tap opens no soft keyboard: xterm makes its field read-only, which is not enough everywhere. */
  #letType(may: boolean): void {
    this.term.options.disableStdin = !may
    if (this.term.textarea) this.term.textarea.inputMode = may ? '' : 'none'
  }

  /** What is replayed was wanted long ago. */
  #clipboardWanted(text: string): void {
    const live = !this.#restoring && !this.#returning && !this.#box.classList.contains('catching-up')
    if (live) this.#options.clipboardWanted?.(text)
  }

  // --- fingers ---

  #listenToFingers(): () => void {
    const scroll = this.#scroll
    /** Since this one rests; it may be gone before what takes its selection has come. */
    let finger: { lifted: boolean } | undefined
    const pinch = new Pinch({
      box: this.#box,
      sheet: this.#sheet,
      font: () => this.letters.size,
      cell: () => this.#cell,
      room: () => this.#room(),
      fits: () => this.#mode === 'own',
      done: size => {
        this.#following = false
        this.setLetters(size)
      },
    })
    return onGestures(this.#box, {
      touchDown: () => scroll.stop(),
      tap: () => {
        const selected = this.#selection?.active === true
        this.#selection?.clear()
        return selected
      },
      pan: (dx, dy, at) => scroll.scrollBy(-dx, -dy, at),
      fling: (vx, vy, at) => scroll.glide(-vx, -vy, at),
      longPress: at => {
        if (this.#selection) return this.#selection.hold(at)
        if (!this.#options.selected) return false
        const here = { lifted: false }
        finger = here
        void this.letSelect().then(() => {
          if (this.#selection?.hold(at) && here.lifted) this.#selection.dragEnd()
        })
        return true
      },
      drag: at => this.#selection?.drag(at),
      dragEnd: () => {
        if (finger) finger.lifted = true
        this.#selection?.dragEnd()
        scroll.settle()
      },
      pinchStart: at => {
        scroll.halt()
        pinch.start(at)
      },
      pinch: (scale, at) => pinch.move(scale, at),
      pinchEnd: () => pinch.end(),
      twoFingerDoubleTap: () => this.setLetters(undefined),
      canPanSideways: () => this.#pans && this.#box.scrollWidth > this.#box.clientWidth,
    })
  }

  // --- what is seen ---

  #hideUntilCaughtUp(): void {
    this.#box.classList.add('catching-up')
    this.#returning = true
    this.#holdStill(true)
    this.#showLater(1)
  }

  /** What was missed is not played back: the old picture, then the new one. */
  #returns(): void {
    this.#returning = true
    this.#holdStill(true)
    this.#showLater(RETURN_WAITS)
  }

  /** Waits for `caught_up`, but not without end, and more than once only for what still comes. */
  #showLater(waits: number): void {
    clearTimeout(this.#showTimer)
    const before = this.#writes
    this.#showTimer = setTimeout(() => {
      if (waits > 1 && this.#writes > before) this.#showLater(waits - 1)
      else this.#show()
    }, HIDE_MS)
  }

  #show(): void {
    clearTimeout(this.#showTimer)
    this.#returning = false
    this.#holdStill(false)
    this.#box.classList.remove('catching-up')
  }

  #holdStill(still: boolean): void {
    if (still === this.#still) return
    this.#still = still
    pauseDrawing(this.term, still)
    // A size that came meanwhile is drawn, and can be measured, only now.
    if (!still) this.#layout()
  }

  #setMode(mode: SizeMode): void {
    if (mode === this.#mode) return
    this.#mode = mode
    this.#asked = undefined
    this.#following = true
    this.#layout()
    this.#options.sizeChanged?.(mode, this.size)
  }

  /** The box without its padding, with what covers it for now. */
  #room(): Extent {
    const style = getComputedStyle(this.#box)
    const across = Number.parseFloat(style.paddingLeft) + Number.parseFloat(style.paddingRight)
    const down = Number.parseFloat(style.paddingTop) + Number.parseFloat(style.paddingBottom)
    return { width: this.#box.clientWidth - across, height: this.#box.clientHeight - down + this.#covered }
  }

  /** From now on in this font; of a size as in the options. */
  setFont(family: string | undefined, size: number): void {
    this.#fontSize = size
    this.term.options.fontFamily = family ?? FONT_FAMILY
    this.#layout()
  }

  /** xterm keeps what it measured and drew of each letter, and forgets it only for a font of another name. */
  #fontCame(): void {
    const { options } = this.term
    const name = options.fontFamily ?? FONT_FAMILY
    options.fontFamily = name.endsWith(' ') ? name.trimEnd() : `${name} `
    this.#layout()
  }

  #layout(): void {
    const room = this.#room()
    if (room.width <= 0 || room.height <= 0) return
    if (this.#mode === 'own') {
      this.#setFont(this.#full)
      this.#ask(fitGrid(room, this.#cell))
    } else if (this.#letters.follow) this.#setFont(this.#letters.follow)
    else this.#shrinkToFit(room.width, this.#options.whole ? room.height : Number.POSITIVE_INFINITY)
    const over = this.#cell.height * this.term.rows - (room.height - this.#covered)
    this.#pans = this.#cell.width * this.term.cols > room.width + 1 || over > 1
    // So that its end can be seen without a part of a row at the top.
    this.#sheet.style.paddingBottom = `${over > 1 ? this.#wholeRows(over) - over : 0}px`
    this.#revealCursor(this.#following ? 0 : undefined)
    this.#selection?.relayout()
    this.#options.lettersDrawn?.(this.letters)
  }

  /** Changing it once letters are drawn takes a tenth of a second on a phone, so the first guess is a good one. */
  #firstFont({ cols }: Grid): number {
    const { width } = this.#room()
    if (this.#mode === 'own' || width <= 0) return this.#full
    return (
      this.#letters.follow ??
      fitFontSize(width, cols, characterAdvance(this.#options.fontFamily ?? FONT_FAMILY), this.#full)
    )
  }

  #shrinkToFit(width: number, height: number): void {
    this.#setFont(
      fitFontSize(width, this.term.cols, characterAdvance(this.term.options.fontFamily ?? FONT_FAMILY), this.#full),
    )
    // Renderers round cells to device pixels, so the last quarter pixels are found by looking.
    for (let tries = 0; tries < 8; tries++) {
      const font = this.term.options.fontSize ?? 0
      const { cols, rows } = this.term
      const isTooHigh = this.#cell.height * rows > height + 0.5
      if (this.#cell.width * cols <= width + 0.5 && !isTooHigh) return
      const smaller = isTooHigh
        ? fitFontSize(height, rows, this.#cell.height / font, font - 0.25)
        : fitFontSize(width, cols, this.#cell.width / font, font - 0.25)
      if (smaller >= font) return
      this.#setFont(smaller)
    }
  }

  #setFont(size: number): void {
    if (this.term.options.fontSize !== size) this.term.options.fontSize = size
    this.#cell = measureCell(this.term)
  }

  #ask(grid: Grid): void {
    clearTimeout(this.#resizeTimer)
    if (this.#asked?.cols === grid.cols && this.#asked.rows === grid.rows) return
    this.#resizeTimer = setTimeout(() => {
      const attached = this.#attached
      if (!attached || attached.ended || this.#mode !== 'own') return
      this.#asked = grid
      attached.resize(grid.cols, grid.rows)
    }, RESIZE_MS)
  }

  /** The next scroll position from `least` on at which a row begins. */
  #wholeRows(least: number): number {
    const { offsetTop } = this.#sheet
    return offsetTop + roundUpToRows(least - offsetTop, this.#cell.height)
  }

  /** Pans so that the cursor is seen: under a keyboard, or in a terminal that is larger than its box. From `now`, as little as it takes. */
  #revealCursor(now = this.#box.scrollTop): void {
    const box = this.#box
    if (!this.#pans) {
      if (box.scrollTop !== 0) box.scrollTop = 0
      if (box.scrollLeft !== 0) box.scrollLeft = 0
      return
    }
    const cell = this.#cell
    const { active } = this.term.buffer
    const row = active.baseY + active.cursorY - active.viewportY
    if (row >= this.term.rows) return
    const y = this.#sheet.offsetTop + row * cell.height
    const least = scrollToReveal(now, box.clientHeight, y, y + cell.height, cell.height)
    // The first row that is seen is seen whole.
    const top = least > now ? Math.min(y, this.#wholeRows(least)) : least
    const x = active.cursorX * cell.width
    const left = scrollToReveal(box.scrollLeft, box.clientWidth, x, x + cell.width, cell.width * 2)
    if (Math.abs(top - box.scrollTop) >= 1) box.scrollTop = top
    if (Math.abs(left - box.scrollLeft) >= 1) box.scrollLeft = left
  }
}

/** xterm.js draws none before its first focus (6.0.0), which on a phone comes with the keyboard: where would that type? */
function showCursor(term: Terminal): void {
  const { coreService } = (term as unknown as { _core: { coreService?: { isCursorInitialized?: boolean } } })._core
  if (coreService) coreService.isCursorInitialized = true
}

/** A soft keyboard must not improve what is typed into a shell. */
const TYPING_HINTS: readonly [string, string][] = [
  ['autocapitalize', 'off'],
  ['autocorrect', 'off'],
  ['autocomplete', 'off'],
  ['spellcheck', 'false'],
  ['enterkeyhint', 'enter'],
]
