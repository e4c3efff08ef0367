// The terminal on which a recording is played: it takes no input and sends no reports.
import type { IBufferLine } from '@xterm/xterm'
import { TerminalView } from '../terminal/terminal-view.ts'
import type { PlayerScreen } from './player.ts'

export interface RecordedViewOptions {
  /** A link was tapped; `target` is http(s) and shows where it leads. Ask before opening it. */
  openLink?: (target: string) => void
  /** The selection changed. */
  selected?: (selected: boolean) => void
}

/** DECSET modes for mouse reports: ignored, so that the mouse can select text. */
const MOUSE_MODES = new Set([9, 1000, 1001, 1002, 1003, 1005, 1006, 1007, 1015, 1016])

export class RecordedView implements PlayerScreen {
  readonly #view: TerminalView

  /** Fills `box`, which must be in the page and have an extent of its own. */
  constructor(box: HTMLElement, { openLink, selected }: RecordedViewOptions = {}) {
    this.#view = new TerminalView(box, { mode: 'follow', fitRows: true, ...(openLink && { openLink }) })
    const { term } = this.#view
    term.options.disableStdin = true
    term.options.cursorInactiveStyle = 'block'
    // Keys control the player.
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

  pauseDrawing(paused: boolean): void {
    this.#view.pauseDrawing(paused)
  }

  scrollPages(pages: number): void {
    this.#view.term.scrollPages(pages)
  }

  /** The selected text, or the visible text if nothing is selected. */
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

  /** Selects `ranges` in the last occurrence of a line and scrolls to it. Returns false if the line is not on the screen. */
  reveal(line: string, ranges: readonly (readonly [number, number])[]): boolean {
    const { term } = this.#view
    const { active } = term.buffer
    const from = ranges[0]?.[0] ?? 0
    const to = ranges.at(-1)?.[1] ?? line.length
    // Long lines are cut; an ellipsis marks where.
    const wanted = line.replace(/^…|…$/g, '').trim()
    if (wanted === '') return false
    const into = Math.max(0, from - line.indexOf(wanted))
    for (let y = active.length - 1; y >= 0; y--) {
      if (active.getLine(y)?.isWrapped) continue
      const rows: IBufferLine[] = []
      for (let row = y; row < active.length && (row === y || active.getLine(row)?.isWrapped); row++)
        rows.push(active.getLine(row)!)
      const text = rows.map(row => row.translateToString(false)).join('')
      const at = text.indexOf(wanted)
      if (at < 0) continue
      const begin = cellOf(rows, at + into)
      const end = cellOf(rows, at + into + to - from)
      const row = y + Math.floor(begin / term.cols)
      term.scrollToLine(Math.max(0, row - Math.floor(term.rows / 2)))
      term.select(begin % term.cols, row, Math.max(1, end - begin))
      return true
    }
    return false
  }

  /** May be called twice. */
  dispose(): void {
    this.#view.dispose()
  }
}

/** The cell, counted from the start of the first row, that contains the UTF-16 code unit `index` of the rows' text. */
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
