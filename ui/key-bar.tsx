// The keys that a soft keyboard lacks. Knows nothing of terminals: it says which key was pressed with what held.
import './key-bar.css'
import { useEffect, useRef } from 'preact/hooks'
import type { Key, Modifiers } from './key-codes.ts'
import type { Hold, Sticky } from './sticky.ts'

/** Held this long a key begins to repeat, and then this often: what keyboards do. */
const REPEAT_AFTER_MS = 400
const REPEAT_EVERY_MS = 55

interface KeyFace {
  /** Also its place in the grid (key-bar.css). */
  id: string
  face: string
  /** For those who hear it. */
  name: string
  key: Key
  shift?: true
  repeats?: true
}

const KEYS: readonly KeyFace[] = [
  { id: 'esc', face: 'Esc', name: 'Escape', key: 'escape' },
  { id: 'stab', face: '⇤', name: 'Shift Tab', key: 'tab', shift: true },
  { id: 'intr', face: '^C', name: 'Control C', key: 'interrupt' },
  { id: 'home', face: 'Home', name: 'Home', key: 'home' },
  { id: 'up', face: '↑', name: 'Up', key: 'up', repeats: true },
  { id: 'end', face: 'End', name: 'End', key: 'end' },
  { id: 'pgup', face: 'PgUp', name: 'Page up', key: 'page_up', repeats: true },
  { id: 'tab', face: 'Tab', name: 'Tab', key: 'tab' },
  { id: 'left', face: '←', name: 'Left', key: 'left', repeats: true },
  { id: 'down', face: '↓', name: 'Down', key: 'down', repeats: true },
  { id: 'right', face: '→', name: 'Right', key: 'right', repeats: true },
  { id: 'pgdn', face: 'PgDn', name: 'Page down', key: 'page_down', repeats: true },
]

export interface KeyBarProps {
  sticky: Sticky
  press: (key: Key, modifiers: Modifiers) => void
}

export function KeyBar({ sticky, press }: KeyBarProps) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const stop = () => clearTimeout(timer.current)
  useEffect(() => stop, [])

  const strike = ({ key, shift, repeats }: KeyFace, held: boolean) => {
    const taken = sticky.take()
    const modifiers = shift ? { ...taken, shift } : taken
    press(key, modifiers)
    if (!repeats || !held) return
    const again = () => {
      press(key, modifiers)
      timer.current = setTimeout(again, REPEAT_EVERY_MS)
    }
    stop()
    timer.current = setTimeout(again, REPEAT_AFTER_MS)
  }

  return (
    // A mousedown would take the focus from the terminal, and the soft keyboard would close.
    <div class="key-bar" role="toolbar" aria-label="Keys" onMouseDown={event => event.preventDefault()}>
      {KEYS.map(key => (
        <button
          key={key.id}
          type="button"
          class={key.face.length === 1 ? 'sign' : 'word'}
          style={`grid-area: ${key.id}`}
          aria-label={key.name}
          onPointerDown={event => {
            event.preventDefault()
            strike(key, true)
          }}
          onPointerUp={stop}
          onPointerCancel={stop}
          onPointerLeave={stop}
          onContextMenu={event => event.preventDefault()}
          // Without a pointer: a screen reader's or a keyboard's way to press a button.
          onClick={event => event.detail === 0 && strike(key, false)}
        >
          {key.face}
        </button>
      ))}
      <StickyKey id="ctrl" face="Ctrl" name="Control" hold={sticky.ctrl.value} tap={() => sticky.tap('ctrl')} />
      <StickyKey id="alt" face="Alt" name="Alt" hold={sticky.alt.value} tap={() => sticky.tap('alt')} />
    </div>
  )
}

function StickyKey(props: { id: string; face: string; name: string; hold: Hold; tap: () => void }) {
  const { id, face, name, hold, tap } = props
  return (
    <button
      type="button"
      class={`word sticky ${hold}`}
      style={`grid-area: ${id}`}
      aria-label={hold === 'locked' ? `${name}, locked` : name}
      aria-pressed={hold !== 'off'}
      onPointerDown={event => {
        event.preventDefault()
        tap()
      }}
      onContextMenu={event => event.preventDefault()}
      onClick={event => event.detail === 0 && tap()}
    >
      {face}
    </button>
  )
}
