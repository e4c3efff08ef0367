// Short messages that disappear by themselves.
import { signal } from '@preact/signals'
import { toCoded } from '../../protocol/errors.ts'
import { sentence } from './sentence.ts'

interface Toast {
  id: number
  text: string
  bad: boolean
}

/** Long enough to read a line twice. */
const SHOWN_MS = 4_000
/** More at once would cover the page. */
const MAX_TOASTS = 2

const toasts = signal<Toast[]>([])
let next = 1

export function toast(text: string, bad = false): void {
  const id = next++
  toasts.value = [...toasts.value.filter(one => one.text !== text), { id, text, bad }].slice(-MAX_TOASTS)
  setTimeout(() => {
    toasts.value = toasts.value.filter(one => one.id !== id)
  }, SHOWN_MS)
}

export function toastError(error: unknown): void {
  toast(sentence(toCoded(error).message), true)
}

export function Toasts() {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, text, bad }) => (
        <div key={id} class={bad ? 'toast bad' : 'toast'}>
          {text}
        </div>
      ))}
    </div>
  )
}
