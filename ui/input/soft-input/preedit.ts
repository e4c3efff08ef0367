// Shows what is composed and not yet typed, at the terminal's cursor. Knows nothing of keyboards.
import type { Terminal } from '@xterm/xterm'
import './preedit.css'

export interface Preedit {
  /** Empty: nothing is shown. */
  show(text: string): void
  dispose(): void
}

/** Stays within what is seen of `view`: at the right edge it goes on in the next line, as the terminal will. */
export function preedit(term: Terminal, view: HTMLElement): Preedit {
  const screen = term.element?.querySelector<HTMLElement>('.xterm-screen')
  const box = document.createElement('div')
  const span = document.createElement('span')
  box.className = 'preedit'
  // The field has it, and says so to screen readers.
  box.setAttribute('aria-hidden', 'true')
  box.append(span)

  const place = () => {
    if (!screen || !box.isConnected) return
    const { cursorX, cursorY, baseY, viewportY } = term.buffer.active
    const all = screen.getBoundingClientRect()
    const seen = view.getBoundingClientRect()
    const width = all.width / term.cols
    const height = all.height / term.rows
    const left = Math.max(0, seen.left - all.left)
    const right = Math.min(all.width, seen.right - all.left)
    const bottom = Math.min(all.height, seen.bottom - all.top)
    box.style.font = `${term.options.fontSize}px/${height}px ${term.options.fontFamily}`
    box.style.left = `${left}px`
    box.style.width = `${right - left}px`
    // A cursor past the last column stands at it; there the text begins in the next line.
    box.style.textIndent = `${Math.max(0, Math.min(cursorX * width, right) - left)}px`
    box.classList.remove('above')
    const top = (baseY + cursorY - viewportY) * height
    // Half a line may be cut off; what has no room below goes above the line, which stays to be read.
    const above = top + box.offsetHeight > bottom + height / 2
    if (above) {
      box.classList.add('above')
      box.style.textIndent = '0'
    }
    box.style.top = `${above ? Math.max(0, top - box.offsetHeight) : top}px`
  }
  const rendered = term.onRender(place)
  const resized = new ResizeObserver(place)
  resized.observe(view)
  view.addEventListener('scroll', place)
  return {
    show: text => {
      if (span.textContent !== text) span.textContent = text
      if (text === '') box.remove()
      else if (!box.isConnected) screen?.append(box)
      place()
    },
    dispose: () => {
      rendered.dispose()
      resized.disconnect()
      view.removeEventListener('scroll', place)
      box.remove()
    },
  }
}
