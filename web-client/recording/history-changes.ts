// Counts what this page has deleted or renamed in the history, which then has to be read again. Knows no screens.
import { signal } from '@preact/signals'

export const historyChanges = signal(0)

export function noteHistoryChange(): void {
  historyChanges.value++
}
