// Draws a terminal with WebGL where that holds, and with the DOM otherwise. Knows nothing of what is drawn.
import type { Terminal } from '@xterm/xterm'

/**
 * Loads the WebGL renderer when the machine has one that is not emulated in software: there xterm's DOM renderer is the
 * faster of the two. A lost context (a phone takes it when the page sleeps) falls back to the DOM for good. `changed` is
 * told of every switch: the two round the size of a cell differently.
 */
export async function drawFast(term: Terminal, changed: () => void): Promise<void> {
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

function hasWebgl(): boolean {
  const context = document
    .createElement('canvas')
    .getContext('webgl2', { failIfMajorPerformanceCaveat: true, antialias: false })
  context?.getExtension('WEBGL_lose_context')?.loseContext()
  return context !== null
}
