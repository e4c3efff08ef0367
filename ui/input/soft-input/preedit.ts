// Shows composed text that was not sent yet, at the terminal's cursor.
import type { Terminal } from '@xterm/xterm'
import './preedit.css'

export interface Preedit {
  /** Empty text hides it. */
  show(text: string): void
  dispose(): void
}

/** Stays within the visible part of `view`; at the right edge it wraps, as the terminal will. */
export function createPreedit(term: Terminal, view: HTMLElement): Preedit {
  const screen = term.element?.querySelector<HTMLElement>('.xterm-screen')
  const box = document.createElement('div')
  const span = document.createElement('span')
  box.className = 'preedit'
  // Screen readers read it from the field.
  box.setAttribute('aria-hidden', 'true')
  box.append(span)

  const place = () => {
    if (!screen || !box.isConnected) return
    const { cursorX, cursorY, baseY, viewportY } = term.buffer.active
    const whole = screen.getBoundingClientRect()
    const visible = view.getBoundingClientRect()
    const width = whole.width / term.cols
    const height = whole.height / term.rows
    const left = Math.max(0, visible.left - whole.left)
    const right = Math.min(whole.width, visible.right - whole.left)
    const bottom = Math.min(whole.height, visible.bottom - whole.top)
    box.style.font = `${term.options.fontSize}px/${height}px ${term.options.fontFamily}`
    box.style.left = `${left}px`
    box.style.width = `${right - left}px`
    // A cursor past the last column is drawn at it; the text then begins in the next line.
    box.style.textIndent = `${Math.max(0, Math.min(cursorX * width, right) - left)}px`
    box.classList.remove('above')
    const top = (baseY + cursorY - viewportY) * height
    // Half a line may be cut off. Text with less room below goes above the line, which stays readable.
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
