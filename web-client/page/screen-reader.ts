// Whether terminals speak to screen readers: what this phone was told. Knows no terminals.
import { effect, signal } from '@preact/signals'
import { quietly } from './address.ts'

const KEY = 'otg.screen_reader'

/** Browsers do not tell a page whether somebody listens to it, so it has to be said once. */
export const screenReader = signal(quietly(() => window.localStorage.getItem(KEY)) === 'on')

effect(() => {
  const { value } = screenReader
  quietly(() => (value ? window.localStorage.setItem(KEY, 'on') : window.localStorage.removeItem(KEY)))
})
