// The keys that a soft keyboard lacks, on pages of fourteen. Knows nothing of terminals: it says which key was pressed with
// what held, and which action was asked for.
import './key-bar.css'
import { type Signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../kit/icons.tsx'
import type { Key, Modifiers } from './key-codes.ts'
import { type BarAction, type BarKey, KEY_PAGES } from './key-layout.ts'
import type { StickyModifiers } from './sticky-modifiers.ts'

/** Held this long a key begins to repeat, and then this often: what keyboards do. */
const REPEAT_AFTER_MS = 400
const REPEAT_EVERY_MS = 55
/** A finger that went further sideways turns the page; one that went anywhere as far has left the key. */
const SWIPE_PX = 36
/** What a finger feels of a key: as short as motors can. */
const TICK_MS = 8

export interface KeyBarProps {
  sticky: StickyModifiers
  press: (key: Key, modifiers: Modifiers) => void
  act: (action: BarAction) => void
}

/** A finger on the bar. */
interface Finger {
  face: BarKey
  x: number
  y: number
  /** It has pressed its key already, or has left it. */
  done: boolean
  /** It drags the pages. */
  drags?: true
  timer?: ReturnType<typeof setTimeout>
}

export function KeyBar({ sticky, press, act }: KeyBarProps) {
  const page = useSignal(0)
  const drag = useSignal<number | undefined>(undefined)
  /** Where the page that is shown came from. */
  const from = useSignal(0)
  const fingers = useRef(new Map<number, Finger>())
  useEffect(() => () => forget(fingers.current), [])

  const turn = (by: 1 | -1, dragged = 0) => {
    from.value = by * window.innerWidth + dragged
    page.value = (page.value + by + KEY_PAGES.length) % KEY_PAGES.length
  }

  const strike = ({ action: does, shift = false, ctrl = false }: BarKey): (() => void) | undefined => {
    if (does === 'ctrl' || does === 'alt') return void sticky.tap(does)
    if (does === 'more') return void turn(1)
    if (does === 'compose' || does === 'paste') return void act(does)
    const taken = sticky.consume()
    const modifiers = { ...taken, shift, ctrl: ctrl || taken.ctrl }
    press(does, modifiers)
    return () => press(does, modifiers)
  }

  const down = (event: PointerEvent, face: BarKey) => {
    event.preventDefault()
    if (event.button !== 0) return
    // Ctrl held with one thumb while the other taps: it has to be on before the key.
    for (const other of fingers.current.values()) {
      if (other.done || (other.face.action !== 'ctrl' && other.face.action !== 'alt')) continue
      other.done = true
      strike(other.face)
    }
    const finger: Finger = { face, x: event.clientX, y: event.clientY, done: false }
    fingers.current.set(event.pointerId, finger)
    if (!face.repeats) return
    finger.timer = setTimeout(() => {
      finger.done = true
      tick()
      const again = strike(face)
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
    // Whatever else ends it (a system gesture, a mouse that left) presses nothing.
    if (event.type !== 'pointerup') return
    if (finger.drags && Math.abs(across) > SWIPE_PX) turn(across < 0 ? 1 : -1, across)
    if (finger.done) return
    tick()
    strike(finger.face)
  }

  return (
    // A mousedown would take the focus from the terminal, and the soft keyboard would close.
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
        {KEY_PAGES.map((faces, index) => (
          <div
            key={faces[0]?.name}
            class={`keys page-${index + 1}`}
            style={`--at: ${beside(index, page.value)}`}
            inert={index !== page.value}
          >
            {faces.map(face => (
              <KeyButton
                key={face.area}
                face={face}
                sticky={sticky}
                page={page}
                down={down}
                click={() => strike(face)}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  )
}

interface KeyButtonProps {
  face: BarKey
  sticky: StickyModifiers
  page: Signal<number>
  down: (event: PointerEvent, face: BarKey) => void
  click: () => void
}

function KeyButton({ face, sticky, page, down, click }: KeyButtonProps) {
  const { action: does, label: shown, name, area } = face
  const held = does === 'ctrl' || does === 'alt' ? sticky[does].value : undefined
  let label = name
  if (held === 'locked') label = `${name}, locked`
  else if (does === 'more') label = `${name}, page ${page.value + 1} of ${KEY_PAGES.length}`
  let content: ComponentChildren = shown
  if (does === 'compose' || does === 'paste' || does === 'enter') content = <Icon name={does} />
  else if (does === 'more') content = <Dots page={page.value} />
  return (
    <button
      type="button"
      class={`${[...shown].length === 1 ? 'sign' : 'word'}${held ? ` sticky ${held}` : ''}`}
      style={`grid-area: ${area}`}
      aria-label={label}
      aria-pressed={held && held !== 'off'}
      onPointerDown={event => down(event, face)}
      // Without a pointer: a screen reader's or a keyboard's way to press a button.
      onClick={event => event.detail === 0 && click()}
    >
      {content}
    </button>
  )
}

function Dots({ page }: { page: number }) {
  return (
    <span class="dots" aria-hidden="true">
      {KEY_PAGES.map((faces, index) => (
        <i key={faces[0]?.name} class={index === page ? 'here' : ''} />
      ))}
    </span>
  )
}

/** How many pages further `index` is than `page`, going round the shorter way. */
function beside(index: number, page: number): number {
  const on = (index - page + KEY_PAGES.length) % KEY_PAGES.length
  return on > KEY_PAGES.length / 2 ? on - KEY_PAGES.length : on
}

function forget(fingers: Map<number, Finger>): void {
  for (const { timer } of fingers.values()) clearTimeout(timer)
  fingers.clear()
}

/** Before a first tap browsers allow no vibration, and say so in the console. */
function tick(): void {
  if (navigator.userActivation?.isActive) navigator.vibrate?.(TICK_MS)
}
