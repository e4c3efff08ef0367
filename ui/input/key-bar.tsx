// The keys that a soft keyboard lacks, on pages of fourteen. Reports which key was pressed with which modifiers, and which
// action was tapped.
import './key-bar.css'
import { type Signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../kit/icons.tsx'
import type { Key, Modifiers } from './key-codes.ts'
import { type BarAction, type BarKey, KEY_PAGES } from './key-layout.ts'
import type { StickyModifiers } from './sticky-modifiers.ts'

/** A key that is held this long repeats at this interval, as on keyboards. */
const REPEAT_AFTER_MS = 400
const REPEAT_EVERY_MS = 55
/** Moving further sideways turns the page; moving half as far in any direction leaves the key. */
const SWIPE_PX = 36
/** The vibration at a key press: as short as motors can. */
const VIBRATION_MS = 8

export interface KeyBarProps {
  sticky: StickyModifiers
  press: (key: Key, modifiers: Modifiers) => void
  act: (action: BarAction) => void
}

/** A finger on the bar. */
interface Finger {
  key: BarKey
  x: number
  y: number
  /** It has pressed its key or left it. */
  done: boolean
  /** It drags the pages. */
  drags?: true
  timer?: ReturnType<typeof setTimeout>
}

export function KeyBar({ sticky, press, act }: KeyBarProps) {
  const page = useSignal(0)
  const drag = useSignal<number | undefined>(undefined)
  /** CSS pixels from which the new page slides in. */
  const from = useSignal(0)
  const fingers = useRef(new Map<number, Finger>())
  useEffect(() => () => stopTimers(fingers.current), [])

  const turn = (by: 1 | -1, dragged = 0) => {
    from.value = by * window.innerWidth + dragged
    page.value = (page.value + by + KEY_PAGES.length) % KEY_PAGES.length
  }

  const activate = ({ action, shift = false, ctrl = false }: BarKey): (() => void) | undefined => {
    if (action === 'ctrl' || action === 'alt') return void sticky.tap(action)
    if (action === 'more') return void turn(1)
    if (action === 'compose' || action === 'paste') return void act(action)
    const taken = sticky.consume()
    const modifiers = { ...taken, shift, ctrl: ctrl || taken.ctrl }
    press(action, modifiers)
    return () => press(action, modifiers)
  }

  const down = (event: PointerEvent, key: BarKey) => {
    event.preventDefault()
    if (event.button !== 0) return
    // Ctrl held with one thumb while the other taps: it must be on before the key.
    for (const other of fingers.current.values()) {
      if (other.done || (other.key.action !== 'ctrl' && other.key.action !== 'alt')) continue
      other.done = true
      activate(other.key)
    }
    const finger: Finger = { key, x: event.clientX, y: event.clientY, done: false }
    fingers.current.set(event.pointerId, finger)
    if (!key.repeats) return
    finger.timer = setTimeout(() => {
      finger.done = true
      vibrate()
      const again = activate(key)
      const repeat = () => {
        again?.()
        finger.timer = setTimeout(repeat, REPEAT_EVERY_MS)
      }
      finger.timer = setTimeout(repeat, REPEAT_EVERY_MS)
    }, REPEAT_AFTER_MS)
  }

  const move = (event: PointerEvent) => {
    const finger = fingers.current.get(event.pointerId)
    if (!finger) return
    const across = event.clientX - finger.x
    const far = Math.max(Math.abs(across), Math.abs(event.clientY - finger.y))
    if (!finger.done && far > SWIPE_PX / 2) {
      finger.done = true
      finger.drags = true
      clearTimeout(finger.timer)
    }
    if (finger.drags) drag.value = across
  }

  const up = (event: PointerEvent) => {
    const finger = fingers.current.get(event.pointerId)
    if (!finger) return
    fingers.current.delete(event.pointerId)
    clearTimeout(finger.timer)
    const across = event.clientX - finger.x
    if (finger.drags) drag.value = undefined
    // Any other end (a system gesture, a mouse that leaves) presses nothing.
    if (event.type !== 'pointerup') return
    if (finger.drags && Math.abs(across) > SWIPE_PX) turn(across < 0 ? 1 : -1, across)
    if (finger.done) return
    vibrate()
    activate(finger.key)
  }

  return (
    // A mousedown would take the focus from the terminal and close the soft keyboard.
    <div
      class="key-bar"
      role="toolbar"
      aria-label="Keys"
      onMouseDown={event => event.preventDefault()}
      onContextMenu={event => event.preventDefault()}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onPointerLeave={up}
    >
      <div
        class={drag.value === undefined ? 'pages' : 'pages dragged'}
        style={`--drag: ${drag.value ?? 0}px; --from: ${from.value}px`}
      >
        {KEY_PAGES.map((keys, index) => (
          <div
            key={keys[0]?.name}
            class={`keys page-${index + 1}`}
            style={`--at: ${pageDistance(index, page.value)}`}
            inert={index !== page.value}
          >
            {keys.map(key => (
              <KeyButton
                key={key.area}
                barKey={key}
                sticky={sticky}
                page={page}
                down={down}
                click={() => activate(key)}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  )
}

interface KeyButtonProps {
  barKey: BarKey
  sticky: StickyModifiers
  page: Signal<number>
  down: (event: PointerEvent, key: BarKey) => void
  click: () => void
}

function KeyButton({ barKey, sticky, page, down, click }: KeyButtonProps) {
  const { action, label, name, area } = barKey
  const held = action === 'ctrl' || action === 'alt' ? sticky[action].value : undefined
  let accessibleName = name
  if (held === 'locked') accessibleName = `${name}, locked`
  else if (action === 'more') accessibleName = `${name}, page ${page.value + 1} of ${KEY_PAGES.length}`
  let content: ComponentChildren = label
  if (action === 'compose' || action === 'paste' || action === 'enter') content = <Icon name={action} />
  else if (action === 'more') content = <Dots page={page.value} />
  return (
    <button
      type="button"
      class={`${[...label].length === 1 ? 'sign' : 'word'}${held ? ` sticky ${held}` : ''}`}
      style={`grid-area: ${area}`}
      aria-label={accessibleName}
      aria-pressed={held && held !== 'off'}
      onPointerDown={event => down(event, barKey)}
      // Without a pointer: how screen readers and keyboards press a button.
      onClick={event => event.detail === 0 && click()}
    >
      {content}
    </button>
  )
}

function Dots({ page }: { page: number }) {
  return (
    <span class="dots" aria-hidden="true">
      {KEY_PAGES.map((keys, index) => (
        <i key={keys[0]?.name} class={index === page ? 'here' : ''} />
      ))}
    </span>
  )
}

/** How many pages `index` is after `page`, going round the shorter way. */
function pageDistance(index: number, page: number): number {
  const after = (index - page + KEY_PAGES.length) % KEY_PAGES.length
  return after > KEY_PAGES.length / 2 ? after - KEY_PAGES.length : after
}

function stopTimers(fingers: Map<number, Finger>): void {
  for (const { timer } of fingers.values()) clearTimeout(timer)
  fingers.clear()
}

/** Browsers refuse to vibrate before the first tap, with a warning in the console. */
function vibrate(): void {
  if (navigator.userActivation?.isActive) navigator.vibrate?.(VIBRATION_MS)
}
