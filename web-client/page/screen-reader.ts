// Whether screen reader mode is on, on this phone.
import { effect, signal } from '@preact/signals'
import { tryStorage } from './storage.ts'

const KEY = 'otg.screen_reader'

/** Browsers do not reveal whether a screen reader is running, so the user turns the mode on once. */
export const screenReader = signal(tryStorage(() => window.localStorage.getItem(KEY)) === 'on')

effect(() => {
  const { value } = screenReader
  tryStorage(() => (value ? window.localStorage.setItem(KEY, 'on') : window.localStorage.removeItem(KEY)))
})
