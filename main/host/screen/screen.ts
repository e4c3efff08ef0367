// One session's screen: the host's own terminal emulator, which makes keyframes.
import { oneLine } from '../../../protocol/one-line.ts'
import type { Position } from '../../../protocol/position.ts'
import { visibleText } from '../../../protocol/visible-text.ts'
import { partialTail, WholeCharacters } from '../../../terminal/whole-characters.ts'
import { type CharacterInk, type ScreenView, VIEW_LINE_CHARACTERS, VIEW_LINES } from '../agents/screen-view.ts'
import { characterInks, lineText } from './cells.ts'
import { registerNotices } from './notification-sequences.ts'
import { Pending } from './pending.ts'
import type { CommandMark } from './screen-protocol.ts'
import { snapshot } from './snapshot.ts'
import { createTerminal, PARSE_BYTES, parse, type Terminal } from './xterm.ts'
import { coreOf } from './xterm-internals.ts'

/** The terminal's state at a position: reset, resize to `cols` × `rows`, write `vt`, write `pending`, then the log from there. */
export interface Keyframe {
  position: Position
  cols: number
  rows: number
  vt: Uint8Array
  pending: Uint8Array
  /** An unfinished sequence was longer than PENDING_BYTES: its effect is lost, but its end is found. */
  pending_dropped: boolean
}

export interface ScreenHooks {
  title?(text: string): void
  bell?(): void
  /** The text of a desktop notification. */
  notice?(text: string): void
  /** A path from OSC 7, decoded; only from this host if `hostname` was given. */
  cwd?(path: string): void
  /** The terminal's answer to a query, for the PTY. */
  answer?(text: string): void
  alternate?(on: boolean): void
  /** OSC 9;4: whether a progress bar is shown. */
  progress?(isShown: boolean): void
  /** OSC 133;C and D, from shells with prompt marks. */
  command?(mark: CommandMark): void
}

export interface ScreenOptions {
  cols: number
  rows: number
  scrollback?: number
  /** The position in the log at which this screen begins. */
  position?: Position
  /** This computer's name: OSC 7 with another name (over ssh) is ignored. */
  hostname?: string
  hooks?: ScreenHooks
}

/** PATH_MAX on Linux. */
const PATH_CHARS = 4096

/** Of the last line, as session lists show it. */
const LAST_LINE_CHARACTERS = 200

/** Lines of only frames, which mean nothing in a list (Unicode blocks Box Drawing and Block Elements). */
const ONLY_FRAME = /^[\s\u2500-\u259f]*$/

export class Screen {
  readonly terminal: Terminal
  #offset: number
  #resizes: number
  readonly #pending = new Pending()
  readonly #characters = new WholeCharacters()
  #disposed = false

  constructor({ cols, rows, scrollback = 1000, position, hostname, hooks = {} }: ScreenOptions) {
    this.terminal = createTerminal({ cols, rows, scrollback })
    this.#offset = position?.offset ?? 0
    this.#resizes = position?.n ?? 0
    const { terminal } = this
    terminal.onData(text => hooks.answer?.(text))
    terminal.onBell(() => hooks.bell?.())
    registerNotices(
      terminal,
      text => hooks.notice?.(text),
      isShown => hooks.progress?.(isShown),
    )
    // FinalTerm's prompt marks (https://iterm2.com/documentation-escape-codes.html): C, the command runs; D, it ended.
    terminal.parser.registerOscHandler(133, data => {
      const [kind, code] = data.split(';', 2)
      if (kind === 'C') hooks.command?.({ running: true })
      else if (kind === 'D')
        hooks.command?.({ running: false, exit_code: /^\d{1,3}$/.test(code ?? '') ? Number(code) : null })
      return true
    })
    terminal.onTitleChange(text => hooks.title?.(text))
    terminal.buffer.onBufferChange(buffer => hooks.alternate?.(buffer.type === 'alternate'))
    terminal.parser.registerOscHandler(7, data => {
      const path = pathOf(data, hostname)
      if (path !== undefined) hooks.cwd?.(path)
      return true
    })
  }

  /**
   * Parses `bytes` synchronously, calls the hooks meanwhile and `done` at the end. Plain text takes about 1 ms per 100 KiB,
   * other output a few times as long: callers have to keep their turns short.
   */
  write(bytes: Uint8Array, done?: () => void): void {
    if (this.#disposed) return
    this.#characters.push(bytes, whole => {
      while (whole.length > PARSE_BYTES) {
        const chunk = whole.subarray(0, PARSE_BYTES)
        const cut = chunk.length - partialTail(chunk)
        this.#parse(whole.subarray(0, cut))
        whole = whole.subarray(cut)
      }
      this.#parse(whole)
    })
    this.#offset += bytes.length
    done?.()
  }

  /** Takes effect at once, because everything written before has been parsed. */
  resize(cols: number, rows: number): void {
    if (this.#disposed) return
    this.terminal.resize(cols, rows)
    this.#resizes++
  }

  get position(): Position {
    return { offset: this.#offset, n: this.#resizes }
  }

  /** xterm.js's number of its parser's state. */
  get parserState(): number {
    return this.#pending.state
  }

  /** Names the sequence that is open. */
  get openString(): number {
    return this.#pending.sequence
  }

  /** The output ends in the middle of a character. */
  get isInCharacter(): boolean {
    return this.#characters.partial.length > 0
  }

  get cols(): number {
    return this.terminal.cols
  }

  get rows(): number {
    return this.terminal.rows
  }

  keyframe(): Keyframe {
    const sequence = this.#pending.bytes()
    const pending = new Uint8Array(sequence.length + this.#characters.partial.length)
    pending.set(sequence)
    pending.set(this.#characters.partial, sequence.length)
    return {
      position: this.position,
      cols: this.cols,
      rows: this.rows,
      vt: snapshot(this.terminal),
      pending,
      pending_dropped: this.#pending.dropped,
    }
  }

  /** The rows on the screen as plain text, without trailing blanks. */
  lines(): string[] {
    const { active } = this.terminal.buffer
    return this.#text(active.baseY, active.baseY + this.rows)
  }

  /** The last logical line on the screen that is neither blank nor a frame, as one printable line; '' if there is none. */
  lastLine(): string {
    const { lines, ybase } = coreOf(this.terminal)._bufferService.buffers.active
    let end = ybase + this.rows - 1
    while (end >= ybase && ONLY_FRAME.test(this.#text(end, end + 1)[0]!)) end--
    if (end < ybase) return ''
    let begin = end
    while (begin > ybase && lines.get(begin)?.isWrapped) begin--
    const rows = Math.ceil((LAST_LINE_CHARACTERS * 4) / this.cols)
    return oneLine(lineText(lines, begin, Math.min(end + 1, begin + rows)), LAST_LINE_CHARACTERS)
  }

  /** Its lower part, for the rules that recognize programs. */
  view(): ScreenView {
    const { lines, ybase, x, y } = coreOf(this.terminal)._bufferService.buffers.active
    const cursorRow = ybase + y
    // From the last row with text, since rules look at the lower part; the cursor may be above or below it.
    let end = ybase + this.rows
    while (
      end > cursorRow + 1 &&
      end > ybase &&
      lines
        .get(end - 1)
        ?.translateToString(true)
        .trimEnd() === ''
    )
      end--
    const begin = Math.max(ybase, end - VIEW_LINES)
    /** The first row of each logical line. */
    const firstRows: number[] = []
    const view: ScreenView = {
      lines: [],
      cursor: { line: 0, column: 0 },
      alternate: this.altScreen,
      columns: this.cols,
      inks: line => this.#inks(firstRows[line]!, firstRows[line + 1] ?? end),
      application_cursor_keys: coreOf(this.terminal).coreService.decPrivateModes.applicationCursorKeys,
    }
    for (let row = begin; row < end; row++) {
      const line = lines.get(row)
      const text = line?.translateToString(true) ?? ''
      const isWrapped = line?.isWrapped === true && view.lines.length > 0
      const before = isWrapped ? view.lines.pop()! : ''
      if (!isWrapped) firstRows.push(row)
      if (row === cursorRow) {
        const left = this.terminal.buffer.active.getLine(row)?.translateToString(false, 0, Math.min(x, this.cols)) ?? ''
        view.cursor = { line: view.lines.length, column: before.length + left.length }
      }
      const whole = before + text
      // A mark at its end: without it, a line that was cut in its blanks would look whole.
      const isLong = whole.length > VIEW_LINE_CHARACTERS && whole.slice(VIEW_LINE_CHARACTERS).trim() !== ''
      view.lines.push(isLong ? `${whole.slice(0, VIEW_LINE_CHARACTERS - 1)}…` : whole.slice(0, VIEW_LINE_CHARACTERS))
    }
    view.lines = view.lines.map(text => text.trimEnd())
    return view
  }

  /** The normal buffer's scrollback as plain text, oldest row first. */
  get scrollbackText(): string[] {
    const { normal } = coreOf(this.terminal)._bufferService.buffers
    const text: string[] = []
    for (let y = 0; y < normal.ybase; y++) text.push(normal.lines.get(y)!.translateToString(true).trimEnd())
    return text
  }

  get altScreen(): boolean {
    return this.terminal.buffer.active.type === 'alternate'
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.terminal.dispose()
  }

  #parse(bytes: Uint8Array): void {
    parse(this.terminal, bytes)
    this.#pending.feed(bytes)
  }

  /** How the characters of a logical line are drawn, as `translateToString` gives them for its rows, and the blank rest of the last. */
  #inks(from: number, to: number): CharacterInk[] {
    const { lines } = coreOf(this.terminal)._bufferService.buffers.active
    const inks: CharacterInk[] = []
    for (let row = from; row < to; row++) {
      const line = lines.get(row)
      const count = row === to - 1 ? Number.POSITIVE_INFINITY : (line?.translateToString(true).length ?? 0)
      if (line) inks.push(...characterInks(line, count))
    }
    return inks.slice(0, VIEW_LINE_CHARACTERS)
  }

  #text(from: number, to: number): string[] {
    const { lines } = coreOf(this.terminal)._bufferService.buffers.active
    const text: string[] = []
    for (let y = from; y < to; y++) text.push(visibleText(lines.get(y)?.translateToString(true) ?? '').trimEnd())
    return text
  }
}

/** The path in `file://host/path`; undefined: not an absolute path, or on another computer. */
function pathOf(data: string, hostname: string | undefined): string | undefined {
  if (data.length > PATH_CHARS * 3) return undefined // every byte may be %-encoded
  // A path that begins with two slashes is a share of another computer on Windows.
  const match = /^file:\/\/([^/]*)(\/(?!\/).*)$/s.exec(data)
  if (!match) return undefined
  const host = match[1]!.toLowerCase()
  if (hostname !== undefined && host !== '' && host !== 'localhost' && host !== hostname.toLowerCase()) return undefined
  try {
    const path = decodeURIComponent(match[2]!)
    return path.length > PATH_CHARS || /[\x00-\x1f\x7f]/.test(path) ? undefined : path
  } catch {
    return undefined // stray %
  }
}
