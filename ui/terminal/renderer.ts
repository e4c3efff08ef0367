// Chooses how a terminal is drawn: with WebGL where it is fast, otherwise with the DOM.
import type { Terminal } from '@xterm/xterm'
import type { Extent } from './size-policy.ts'

/**
 * Loads the WebGL renderer if the device has WebGL in hardware; in software, xterm.js's DOM renderer is faster. When the
 * context is lost (a phone takes it when the page sleeps), the DOM renderer stays for good. `changed` is called at every
 * switch: the two round the size of a cell differently.
 */
export async function loadRenderer(term: Terminal, changed: () => void): Promise<void> {
  fixInverseText(term)
  if (!hasWebgl()) return
  try {
    // Loaded separately: the first screen does not wait for it.
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
    background: unknown,
    foreground: unknown,
    cell: Cell,
    ...rest: unknown[]
  ) => boolean
}

const fixed = new WeakSet<object>()

/**
 * Inverse text is drawn in the background color. xterm.js's DOM renderer (6.0.0) ignores that when it ensures contrast, and
 * makes such text gray; its WebGL renderer does not.
 */
function fixInverseText(term: Terminal): void {
  const core = (
    term as unknown as { _core: { _renderService?: { _renderer?: { value?: { _rowFactory?: RowFactory } } } } }
  )._core
  const factory = core._renderService?._renderer?.value?._rowFactory
  const apply = factory?._applyMinimumContrast
  if (!factory || !apply) return
  // On the prototype: when WebGL is lost, xterm.js creates another factory.
  const prototype = Object.getPrototypeOf(factory) as RowFactory
  if (fixed.has(prototype)) return
  fixed.add(prototype)
  prototype._applyMinimumContrast = function (this: RowFactory, element, background, foreground, cell, ...rest) {
    const isBackground = cell.isInverse() !== 0 && cell.isBgDefault()
    return apply.call(
      this,
      element,
      background,
      isBackground ? this._themeService.colors.background : foreground,
      cell,
      ...rest,
    )
  }
}

/** One cell as it is drawn, in CSS pixels. */
export function measureCell(term: Terminal): Extent {
  // xterm.js has no public API for this (6.0.0); measuring the element instead costs a layout.
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
