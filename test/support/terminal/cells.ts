// What a terminal shows, cell by cell, in a form that can be compared between terminals.
import type { Terminal } from '@xterm/headless'

export interface ScreenState {
  cols: number
  rows: number
  /** For each row of the screen one entry per cell: its text and style. The second half of a wide character is ''. */
  cells: string[][]
  /** The same rows as plain text. */
  text: string
  cursor: { x: number; y: number; hidden: boolean }
  alternate: boolean
  applicationCursor: boolean
  mouse: boolean
  links: { uri: string | undefined; row: number; text: string }[]
  /** The scrollback as text. */
  scrollback: string[]
}

interface Core {
  coreService: { isCursorHidden: boolean }
  _oscLinkService: { getLinkData(id: number): { uri: string } | undefined }
}

/** Reads the screen, wherever it is scrolled to. Self-contained, so that it can run in a page. */
export function readScreen(term: Terminal): ScreenState {
  const { cols, rows } = term
  const buffer = term.buffer.active
  const flags = ['Bold', 'Dim', 'Italic', 'Blink', 'Inverse', 'Invisible', 'Strikethrough', 'Overline'] as const
  const core = (term as unknown as { _core: Core })._core
  const links: ScreenState['links'] = []
  const cells: string[][] = []
  const lines: string[] = []
  for (let y = 0; y < rows; y++) {
    const line = buffer.getLine(buffer.baseY + y)!
    const row: string[] = []
    for (let x = 0; x < cols; x++) {
      const cell = line.getCell(x)!
      if (cell.getWidth() === 0) {
        row.push('')
        continue
      }
      // Not in the public API: the underline style (links have their own), the underline color, and the link.
      const inner = cell as unknown as {
        extended: { _ext: number; _urlId: number }
        isUnderlineColorDefault(): boolean
        getUnderlineColor(): number
      }
      const styles: string[] = flags.filter(flag => cell[`is${flag}`]() !== 0)
      if (inner.extended._urlId > 0) {
        const uri = core._oscLinkService.getLinkData(inner.extended._urlId)?.uri
        if (links.at(-1)?.uri === uri && links.at(-1)?.row === y) links.at(-1)!.text += cell.getChars()
        else links.push({ uri, row: y, text: cell.getChars() })
      }
      if (cell.isUnderline()) {
        const color = inner.isUnderlineColorDefault() ? '' : `:${inner.getUnderlineColor()}`
        styles.push(`Underline${(inner.extended._ext >>> 26) & 7}${color}`)
      }
      // An erased cell has only a background, a printed space has a full style. Which of the two a program uses depends on
      // `bce` in its terminal's description. The difference is invisible, unless the style shows on a space.
      const blank = cell.getChars().trim() === '' && !styles.some(one => !/^(Bold|Dim|Italic|Blink)$/.test(one))
      if (blank) styles.length = 0
      else if (cell.isFgRGB()) styles.push(`fg#${cell.getFgColor().toString(16)}`)
      else if (cell.isFgPalette()) styles.push(`fg${cell.getFgColor()}`)
      if (cell.isBgRGB()) styles.push(`bg#${cell.getBgColor().toString(16)}`)
      else if (cell.isBgPalette()) styles.push(`bg${cell.getBgColor()}`)
      row.push(
        `${cell.getChars() || ' '}${cell.getWidth() === 2 ? '(wide)' : ''}${styles.map(one => ` ${one}`).join('')}`,
      )
    }
    cells.push(row)
    lines.push(line.translateToString(true).trimEnd())
  }
  const above: string[] = []
  for (let y = 0; y < buffer.baseY; y++) above.push(buffer.getLine(y)!.translateToString(true).trimEnd())
  return {
    cols,
    rows,
    cells,
    links,
    text: lines.join('\n').trimEnd(),
    cursor: { x: Math.min(buffer.cursorX, cols - 1), y: buffer.cursorY, hidden: core.coreService.isCursorHidden },
    alternate: buffer.type === 'alternate',
    applicationCursor: term.modes.applicationCursorKeysMode,
    mouse: term.modes.mouseTrackingMode !== 'none',
    scrollback: above,
  }
}

/** The differences, one line each. */
export function screenDifferences(page: ScreenState, tmux: ScreenState): string[] {
  const found: string[] = []
  const compare = (what: string, mine: unknown, theirs: unknown) => {
    if (JSON.stringify(mine) !== JSON.stringify(theirs))
      found.push(`${what}: page ${JSON.stringify(mine)}, tmux ${JSON.stringify(theirs)}`)
  }
  for (const key of ['cols', 'rows', 'alternate', 'applicationCursor', 'mouse'] as const)
    compare(key, page[key], tmux[key])
  compare('cursor', page.cursor, tmux.cursor)
  for (let y = 0; y < Math.max(page.rows, tmux.rows); y++)
    for (let x = 0; x < Math.max(page.cols, tmux.cols); x++)
      compare(`row ${y} column ${x}`, page.cells[y]?.[x], tmux.cells[y]?.[x])
  return found
}

declare global {
  interface Window {
    /** The page's terminal, after `findTerminal` has found it. */
    otgTerminal?: Terminal
  }
}

/** Runs in a page: finds its terminal in the objects below the app's root, since pages do not expose it. */
export function findTerminal(): boolean {
  const seen = new Set<unknown>()
  let layer: unknown[] = [document.getElementById('app')]
  while (layer.length > 0) {
    const next: unknown[] = []
    for (const one of layer) {
      if (typeof one !== 'object' || one === null || seen.has(one)) continue
      seen.add(one)
      const term = (one as { view?: { term?: Terminal } }).view?.term
      if (term?.buffer && document.body.contains((term as unknown as { element: HTMLElement }).element)) {
        window.otgTerminal = term
        return true
      }
      // Only the app's root is searched, not the rest of the document.
      if (one instanceof Node && one.nodeName !== 'DIV') continue
      for (const key of Object.getOwnPropertyNames(one)) next.push((one as Record<string, unknown>)[key])
    }
    layer = next
  }
  return false
}
