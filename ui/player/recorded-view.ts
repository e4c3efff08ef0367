// The screen on which a recording is played: a terminal that nobody types into and that says nothing. Knows no player.
import type { IBufferLine } from '@xterm/xterm'
import { TerminalView } from '../terminal/terminal-view.ts'
import type { PlayerScreen } from './player.ts'

export interface RecordedViewOptions {
  /** A link was tapped; `target` is http(s) and shows where it leads. Ask before opening it. */
  openLink?: (target: string) => void
  /** Something is selected, or no longer. */
  selected?: (selected: boolean) => void
}

/** Reports of a mouse, in whatever form: a recorded program gets none, and the mouse stays free to select. */
const MOUSE_MODES = new Set([9, 1000, 1001, 1002, 1003, 1005, 1006, 1007, 1015, 1016])

export class RecordedView implements PlayerScreen {
  readonly #view: TerminalView

  /** Fills `box`, which must be in the page and have an extent of its own. */
  constructor(box: HTMLElement, { openLink, selected }: RecordedViewOptions = {}) {
    this.#view = new TerminalView(box, { mode: 'follow', whole: true, ...(openLink && { openLink }) })
    const { term } = this.#view
    term.options.disableStdin = true
    term.options.cursorInactiveStyle = 'block'
    // Keys are the player's.
    term.attachCustomKeyEventHandler(() => false)
    term.parser.registerCsiHandler({ prefix: '?', final: 'h' }, params =>
      params.every(mode => MOUSE_MODES.has(Number(mode))),
    )
    if (term.textarea) {
      term.textarea.tabIndex = -1
      term.textarea.readOnly = true
      term.textarea.setAttribute('aria-label', 'Recorded screen')
    }
    term.onSelectionChange(() => selected?.(term.hasSelection()))
  }

  reset(cols: number, rows: number): void {
    this.#view.reset(cols, rows)
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise(resolve => this.#view.write(bytes, resolve))
  }

  resize(cols: number, rows: number): void {
    this.#view.resize(cols, rows)
  }

  pauseDrawing(still: boolean): void {
    this.#view.hold(still)
  }

  scrollPages(pages: number): void {
    this.#view.term.scrollPages(pages)
  }

  /** What is selected; else all that is seen. */
  text(): string {
    const { term } = this.#view
    if (term.hasSelection()) return term.getSelection()
    const { viewportY, getLine } = term.buffer.active
    let text = ''
    for (let y = 0; y < term.rows; y++) {
      const line = getLine.call(term.buffer.active, viewportY + y)
      if (!line) continue
      if (y > 0 && !line.isWrapped) text += '\n'
      const next = getLine.call(term.buffer.active, viewportY + y + 1)
      text += line.translateToString(!next?.isWrapped)
    }
    return `${text.trimEnd()}\n`
  }

  /** Selects the last place where this line stands, and brings it into view; false when it is not there (any more). */
  reveal(line: string, ranges: readonly (readonly [number, number])[]): boolean {
    const { term } = this.#view
    const { active } = term.buffer
    const from = ranges[0]?.[0] ?? 0
    const to = ranges.at(-1)?.[1] ?? line.length
    // Long lines come cut, with dots where.
    const wanted = line.replace(/^…|…$/g, '').trim()
    if (wanted === '') return false
    const into = Math.max(0, from - line.indexOf(wanted))
    for (let y = active.length - 1; y >= 0; y--) {
      if (active.getLine(y)?.isWrapped) continue
      const parts: IBufferLine[] = []
      for (let row = y; row < active.length && (row === y || active.getLine(row)?.isWrapped); row++)
        parts.push(active.getLine(row)!)
      const text = parts.map(part => part.translateToString(false)).join('')
      const at = text.indexOf(wanted)
      if (at < 0) continue
      const begin = cellOf(parts, at + into)
      const end = cellOf(parts, at + into + to - from)
      const row = y + Math.floor(begin / term.cols)
      term.scrollToLine(Math.max(0, row - Math.floor(term.rows / 2)))
      term.select(begin % term.cols, row, Math.max(1, end - begin))
      return true
    }
    return false
  }

  /** Twice is fine. */
  dispose(): void {
    this.#view.dispose()
  }
}

/** The cell, counted from the first line's beginning, in which the UTF-16 unit `index` of their text stands. */
function cellOf(lines: readonly IBufferLine[], index: number): number {
  let units = 0
  let cells = 0
  for (const line of lines) {
    for (let x = 0; x < line.length; x++) {
      const cell = line.getCell(x)
      if (units >= index && cell?.getWidth() !== 0) return cells + x
      if (cell && cell.getWidth() > 0) units += cell.getChars().length || 1
    }
    cells += line.length
  }
  return cells
}
