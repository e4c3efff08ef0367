// Pauses a terminal's drawing, and draws everything at once afterwards.
import type { Terminal } from '@xterm/xterm'

interface Core {
  _renderService?: RenderService
  _viewport?: { _sync?: () => void }
}

interface RenderService {
  _handleIntersectionChange?: (entry: { isIntersecting: boolean; intersectionRatio: number }) => void
  _renderer?: { value?: Partial<Record<'renderRows' | 'clear', unknown>> }
}

/**
 * While paused, the last picture stays, whatever is written or resized. xterm.js pauses a terminal that is scrolled out of
 * sight, and offers no other way (RenderService, 6.0.0). Without that method everything is drawn as it arrives.
 */
export function pauseDrawing(term: Terminal, paused: boolean): void {
  const core = (term as unknown as { _core: Core })._core
  const service = core._renderService
  const renderer = service?._renderer?.value
  // The DOM renderer draws all rows whenever the selection is checked, even out of sight (at every line that scrolls out),
  // and a reset clears the picture at once.
  for (const name of ['renderRows', 'clear'] as const) {
    if (!renderer) break
    if (paused) renderer[name] = () => {}
    else if (Object.hasOwn(renderer, name)) delete renderer[name]
  }
  // At every line that scrolls out, the scrollbar is measured and moved: two fifths of the time that replaying a long
  // history takes.
  const bar = core._viewport
  if (bar?._sync && paused) bar._sync = () => {}
  else if (bar && Object.hasOwn(bar, '_sync')) {
    delete bar._sync
    core._viewport?._sync?.()
  }
  service?._handleIntersectionChange?.({ isIntersecting: !paused, intersectionRatio: paused ? 0 : 1 })
  // A terminal that was opened a moment ago already knows that it is visible, and has drawn nothing since.
  if (!paused) term.refresh(0, term.rows - 1)
}
