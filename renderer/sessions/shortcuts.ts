// The window's keyboard shortcuts, which must leave almost every key to the terminal.
import type { Terminal } from '@xterm/xterm'

export type Shortcut = 'new' | 'next' | 'previous' | 'attention' | 'seen' | 'list' | 'phone' | 'history' | 'settings'

const mac = navigator.platform.startsWith('Mac')

/** Ctrl+Shift, and Cmd on a Mac, conflicts with no key that a shell uses. */
const MODIFIER = mac ? 'Meta' : 'Control+Shift'

const KEYS: Record<string, Shortcut> = {
  n: 'new',
  pagedown: 'next',
  pageup: 'previous',
  // Not U, as in other apps: with Ctrl+Shift it begins a Unicode code on Linux.
  j: 'attention',
  d: 'seen',
  l: 'list',
  p: 'phone',
  // On a Mac, Cmd+H hides the app.
  [mac ? 'y' : 'h']: 'history',
}

function isOurs(event: KeyboardEvent): boolean {
  if (event.altKey) return false
  return mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && event.shiftKey && !event.metaKey
}

/** Ctrl+, or Cmd+, as in most apps. Terminals have no code for it. */
function isSettings(event: KeyboardEvent): boolean {
  const { altKey, shiftKey, metaKey, ctrlKey, key } = event
  return key === ',' && !altKey && !shiftKey && (mac ? metaKey && !ctrlKey : ctrlKey && !metaKey)
}

/** Calls `listener` at every shortcut, wherever the focus is. Returns a function that stops it. */
export function onShortcut(listener: (shortcut: Shortcut) => void): () => void {
  const press = (event: KeyboardEvent) => {
    const shortcut = isSettings(event) ? 'settings' : isOurs(event) ? KEYS[event.key.toLowerCase()] : undefined
    if (!shortcut) return
    event.preventDefault()
    event.stopPropagation()
    listener(shortcut)
  }
  // Capture runs before the terminal.
  window.addEventListener('keydown', press, { capture: true })
  return () => window.removeEventListener('keydown', press, { capture: true })
}

/** The shortcut's keys, for `aria-keyshortcuts` and tooltips. */
export function shortcutKeys(shortcut: Shortcut): { aria: string; title: string } {
  if (shortcut === 'settings') return mac ? { aria: 'Meta+,', title: '⌘,' } : { aria: 'Control+,', title: 'Ctrl+,' }
  const key = Object.keys(KEYS).find(name => KEYS[name] === shortcut)!
  const named = key.length === 1 ? key.toUpperCase() : key === 'pagedown' ? 'PageDown' : 'PageUp'
  return { aria: `${MODIFIER}+${named}`, title: mac ? `⌘${named}` : `Ctrl+Shift+${named}` }
}

/** Whether the terminal gets a key. Ctrl+Shift+C copies the selection; Ctrl+Shift+V pastes: Chromium does it when xterm.js ignores the key. */
export function takesKey(event: KeyboardEvent, term: Terminal): boolean {
  if (mac || !isOurs(event)) return true
  const key = event.key.toLowerCase()
  if (key === 'c') {
    event.preventDefault()
    // xterm.js handles the copy event with its own selection.
    if (event.type === 'keydown' && term.hasSelection()) document.execCommand('copy')
    return false
  }
  return key !== 'v'
}
