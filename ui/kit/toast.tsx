// Short messages that go by themselves. Knows nothing of what they say.
import { signal } from '@preact/signals'

interface Toast {
  id: number
  text: string
  bad: boolean
}

/** Long enough to read a line twice. */
const SHOWN_MS = 4_000
/** More at once cover what they speak of. */
const MOST = 2

const toasts = signal<Toast[]>([])
let next = 1

export function toast(text: string, bad = false): void {
  const id = next++
  toasts.value = [...toasts.value.filter(one => one.text !== text), { id, text, bad }].slice(-MOST)
  setTimeout(() => {
    toasts.value = toasts.value.filter(one => one.id !== id)
  }, SHOWN_MS)
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
