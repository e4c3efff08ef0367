// Draws a terminal with WebGL where that holds, and with the DOM otherwise. Knows nothing of what is drawn.
import type { Terminal } from '@xterm/xterm'
import type { Extent } from './size-policy.ts'

/**
 * Loads the WebGL renderer when the machine has one that is not emulated in software: there xterm's DOM renderer is the
 * faster of the two. A lost context (a phone takes it when the page sleeps) falls back to the DOM for good. `changed` is
 * told of every switch: the two round the size of a cell differently.
 */
export async function loadRenderer(term: Terminal, changed: () => void): Promise<void> {
  mendInverted(term)
  if (!hasWebgl()) return
  try {
    // Loaded when asked for: the first screen does not wait for it.
    const { WebglAddon } = await import('@xterm/addon-webgl')
    if (!term.element?.isConnected) return
    const addon = new WebglAddon()
    addon.onContextLoss(() => {
      addon.dispose()
      changed()
    })
    term.loadAddon(addon)
    changed()
  } catch {
    // The DOM renderer is in place already.
  }
}

interface Cell {
  isInverse(): number
  isBgDefault(): boolean
}

interface RowFactory {
  _themeService: { colors: { background: unknown } }
  _applyMinimumContrast?: (
    element: Element,
    ground: unknown,
    letters: unknown,
    cell: Cell,
    ...rest: unknown[]
  ) => boolean
}

const mended = new WeakSet<object>()

/**
 * Inverted text has letters in the colour of the background. xterm's DOM renderer (6.0.0) forgets that where it looks after
 * contrast, takes them to be as light as their ground and makes them grey; its WebGL renderer does not.
 */
function mendInverted(term: Terminal): void {
  const core = (
    term as unknown as { _core: { _renderService?: { _renderer?: { value?: { _rowFactory?: RowFactory } } } } }
  )._core
  const factory = core._renderService?._renderer?.value?._rowFactory
  const apply = factory?._applyMinimumContrast
  if (!factory || !apply) return
  // For all of them: where WebGL is lost, xterm makes another.
  const prototype = Object.getPrototypeOf(factory) as RowFactory
  if (mended.has(prototype)) return
  mended.add(prototype)
  prototype._applyMinimumContrast = function (this: RowFactory, element, ground, letters, cell, ...rest) {
    const isGround = cell.isInverse() !== 0 && cell.isBgDefault()
    return apply.call(this, element, ground, isGround ? this._themeService.colors.background : letters, cell, ...rest)
  }
}

/** One cell as it is drawn, in CSS pixels. */
export function measureCell(term: Terminal): Extent {
  // xterm.js knows it and says it to nobody (6.0.0); looking at the element instead costs a layout.
  const { _renderService } = (term as unknown as { _core: { _renderService?: { dimensions?: Dimensions } } })._core
  const cell = _renderService?.dimensions?.css?.cell
  if (cell) return { width: cell.width, height: cell.height }
  const screen = term.element?.querySelector<HTMLElement>('.xterm-screen')
  return { width: (screen?.offsetWidth ?? 0) / term.cols, height: (screen?.offsetHeight ?? 0) / term.rows }
}

interface Dimensions {
  css?: { cell?: Extent }
}

function hasWebgl(): boolean {
  const context = document
    .createElement('canvas')
    .getContext('webgl2', { failIfMajorPerformanceCaveat: true, antialias: false })
  context?.getExtension('WEBGL_lose_context')?.loseContext()
  return context !== null
}
