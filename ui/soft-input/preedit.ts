// Shows what is composed and not yet typed, at the terminal's cursor. Knows nothing of keyboards.
import type { Terminal } from '@xterm/xterm'
import './preedit.css'

export interface Preedit {
  /** Empty: nothing is shown. */
  show(text: string): void
  dispose(): void
}

/** Where the text has no room before the right edge it moves left, and where it is too long it wraps. */
export function preedit(term: Terminal): Preedit {
  const screen = term.element?.querySelector<HTMLElement>('.xterm-screen')
  const box = document.createElement('div')
  box.className = 'preedit'
  // The field has it, and says so to screen readers.
  box.setAttribute('aria-hidden', 'true')

  const place = () => {
    if (!screen || !box.isConnected) return
    const { cursorX, cursorY, baseY, viewportY } = term.buffer.active
    const width = screen.clientWidth / term.cols
    const height = screen.clientHeight / term.rows
    box.style.font = `${term.options.fontSize}px/${height}px ${term.options.fontFamily}`
    box.style.left = '0'
    const left = Math.min(cursorX * width, screen.clientWidth - box.offsetWidth)
    const top = (baseY + cursorY - viewportY) * height
    box.style.left = `${Math.max(0, left)}px`
    box.style.top = `${Math.max(0, Math.min(top, screen.clientHeight - box.offsetHeight))}px`
  }
  const rendered = term.onRender(place)
  return {
    show: text => {
      if (box.textContent !== text) box.textContent = text
      if (text === '') box.remove()
      else if (!box.isConnected) screen?.append(box)
      place()
    },
    dispose: () => {
      rendered.dispose()
      box.remove()
    },
  }
}
