// Stops a terminal's drawing for a moment and lets it catch up in one go. Knows nothing of why.
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
 * While `still`, the last picture stays, whatever is written or resized. xterm.js does so by itself for a terminal that is
 * scrolled out of sight, and offers no other way (RenderService, 6.0.0); without that method everything is drawn as it comes.
 */
export function pauseDrawing(term: Terminal, still: boolean): void {
  const core = (term as unknown as { _core: Core })._core
  const service = core._renderService
  const renderer = service?._renderer?.value
  // The DOM renderer draws all rows whenever the selection is looked at, seen or not (at every line that scrolls out), and
  // a reset clears the picture at once.
  for (const name of ['renderRows', 'clear'] as const) {
    if (!renderer) break
    if (still) renderer[name] = () => {}
    else if (Object.hasOwn(renderer, name)) delete renderer[name]
  }
  // At every line that scrolls out the bar beside the terminal is measured and moved: two fifths of the time that reading
  // a long history takes.
  const bar = core._viewport
  if (bar?._sync && still) bar._sync = () => {}
  else if (bar && Object.hasOwn(bar, '_sync')) {
    delete bar._sync
    core._viewport?._sync?.()
  }
  service?._handleIntersectionChange?.({ isIntersecting: !still, intersectionRatio: still ? 0 : 1 })
  // A terminal that was opened a moment ago is told meanwhile that it is in sight, and has drawn nothing since.
  if (!still) term.refresh(0, term.rows - 1)
}
