// Whether there is room for the session list beside a terminal: on tablets, not on a phone in landscape.
import { signal } from '@preact/signals'

const query = window.matchMedia('(min-width: 768px) and (min-height: 600px)')

export const isWide = signal(query.matches)

query.addEventListener('change', () => {
  isWide.value = query.matches
})
