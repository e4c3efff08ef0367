// Ctrl and Alt that stay on after a tap: for the next key, or until tapped again.
import { signal } from '@preact/signals'
import type { KeyboardProtocol } from '../../terminal/keyboard-protocol.ts'
import { type Modifiers, withModifiers } from './key-codes.ts'

export type ModifierState = 'off' | 'once' | 'locked'

/** Two taps within this time lock the modifier. */
const DOUBLE_TAP_MS = 400

export class StickyModifiers {
  readonly ctrl = signal<ModifierState>('off')
  readonly alt = signal<ModifierState>('off')
  #last: { name: 'ctrl' | 'alt'; at: number } | undefined

  tap(name: 'ctrl' | 'alt', now = performance.now()): void {
    const hold = this[name]
    const double = this.#last?.name === name && now - this.#last.at <= DOUBLE_TAP_MS
    this.#last = { name, at: now }
    if (hold.value === 'off') hold.value = 'once'
    else hold.value = hold.value === 'once' && double ? 'locked' : 'off'
  }

  /** Whether a modifier applies to the next key. */
  get active(): boolean {
    return this.ctrl.peek() !== 'off' || this.alt.peek() !== 'off'
  }

  /** The modifiers for a key. Those that were on for one key are off afterwards. */
  consume(): Modifiers {
    const on = { ctrl: this.ctrl.value !== 'off', alt: this.alt.value !== 'off', shift: false }
    if (this.ctrl.value === 'once') this.ctrl.value = 'off'
    if (this.alt.value === 'once') this.alt.value = 'off'
    return on
  }

  /** For a terminal view's `filter`. Only a single typed character uses up a modifier. */
  readonly filter = (text: string, protocol: KeyboardProtocol): string =>
    [...text].length === 1 ? withModifiers(text, this.consume(), protocol) : text
}
