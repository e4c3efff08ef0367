// Short messages that disappear by themselves.
import { signal } from '@preact/signals'
import { toCoded } from '../../protocol/errors.ts'
import { sentence } from './sentence.ts'

interface Toast {
  id: number
  text: string
  bad: boolean
  /** What a tap does; left out: it only informs. */
  act?: (() => void) | undefined
}

/** Long enough to read a line twice. */
const SHOWN_MS = 4_000
/** Long enough to read it and to reach it. */
const ACTION_SHOWN_MS = 10_000
/** More at once would cover the page. */
const MAX_TOASTS = 2

const toasts = signal<Toast[]>([])
let next = 1

export function toast(text: string, bad = false): void {
  show({ text, bad }, SHOWN_MS)
}

/** A message that is also a button. */
export function toastAction(text: string, act: () => void): void {
  show({ text, bad: false, act }, ACTION_SHOWN_MS)
}

function show(shown: Omit<Toast, 'id'>, milliseconds: number): void {
  const id = next++
  toasts.value = [...toasts.value.filter(one => one.text !== shown.text), { ...shown, id }].slice(-MAX_TOASTS)
  setTimeout(() => remove(id), milliseconds)
}

function remove(id: number): void {
  toasts.value = toasts.value.filter(one => one.id !== id)
}

export function toastError(error: unknown): void {
  toast(sentence(toCoded(error).message), true)
}

export function Toasts() {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, text, bad, act }) =>
        act ? (
          <button
            key={id}
            type="button"
            class="toast"
            // The terminal keeps the focus, and its soft keyboard stays open.
            onMouseDown={event => event.preventDefault()}
            onClick={() => {
              remove(id)
              act()
            }}
          >
            {text}
          </button>
        ) : (
          <div key={id} class={bad ? 'toast bad' : 'toast'}>
            {text}
          </div>
        ),
      )}
    </div>
  )
}
