// The window's keyboard shortcuts, beside a terminal that wants almost every key. Knows nothing of what they do.
import type { Terminal } from '@xterm/xterm'

export type Shortcut = 'new' | 'next' | 'previous' | 'list' | 'phone' | 'history' | 'settings'

const mac = navigator.platform.startsWith('Mac')

/** Ctrl+Shift leaves every key that a shell knows to the shell; on a Mac that is what Cmd does. */
const MODIFIER = mac ? 'Meta' : 'Control+Shift'

const KEYS: Record<string, Shortcut> = {
  n: 'new',
  pagedown: 'next',
  pageup: 'previous',
  l: 'list',
  p: 'phone',
  // Cmd+H hides a Mac's windows.
  [mac ? 'y' : 'h']: 'history',
}

function ours(event: KeyboardEvent): boolean {
  if (event.altKey) return false
  return mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && event.shiftKey && !event.metaKey
}

/** What settings are opened by everywhere; a terminal has no code for it. */
function isSettings(event: KeyboardEvent): boolean {
  const { altKey, shiftKey, metaKey, ctrlKey, key } = event
  return key === ',' && !altKey && !shiftKey && (mac ? metaKey && !ctrlKey : ctrlKey && !metaKey)
}

/** Calls at every shortcut, wherever the focus is, until the returned function is called. */
export function onShortcut(listener: (shortcut: Shortcut) => void): () => void {
  const press = (event: KeyboardEvent) => {
    const shortcut = isSettings(event) ? 'settings' : ours(event) ? KEYS[event.key.toLowerCase()] : undefined
    if (!shortcut) return
    event.preventDefault()
    event.stopPropagation()
    listener(shortcut)
  }
  // Before the terminal sees it.
  window.addEventListener('keydown', press, { capture: true })
  return () => window.removeEventListener('keydown', press, { capture: true })
}

/** For `aria-keyshortcuts` and titles. */
export function keysOf(shortcut: Shortcut): { aria: string; title: string } {
  if (shortcut === 'settings') return mac ? { aria: 'Meta+,', title: '⌘,' } : { aria: 'Control+,', title: 'Ctrl+,' }
  const key = Object.keys(KEYS).find(name => KEYS[name] === shortcut)!
  const named = key.length === 1 ? key.toUpperCase() : key === 'pagedown' ? 'PageDown' : 'PageUp'
  return { aria: `${MODIFIER}+${named}`, title: mac ? `⌘${named}` : `Ctrl+Shift+${named}` }
}

/** Ctrl+Shift+C copies the selection; Ctrl+Shift+V pastes, which Chromium does by itself when xterm.js leaves it alone. */
export function terminalKeys(term: Terminal): void {
  term.attachCustomKeyEventHandler(event => {
    if (mac || !ours(event)) return true
    const key = event.key.toLowerCase()
    if (key === 'c') {
      event.preventDefault()
      // xterm.js answers the page's copy event with its own selection.
      if (event.type === 'keydown' && term.hasSelection()) document.execCommand('copy')
      return false
    }
    return key !== 'v'
  })
}
