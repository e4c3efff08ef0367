// Counts the recordings that this page deleted or renamed: each time the history is read again.
import { signal } from '@preact/signals'

export const historyChanges = signal(0)

export function noteHistoryChange(): void {
  historyChanges.value++
}
