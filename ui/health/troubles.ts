// What a page shows of the host's trouble, and what its user has hidden.
import { signal } from '@preact/signals'
import type { Trouble } from '../../protocol/messages.ts'

/** The dialog with all troubles is open. */
export const isTroubleOpen = signal(false)

export const openTrouble = () => {
  isTroubleOpen.value = true
}

/** Keys of troubles whose banner was hidden, until the page is loaded again: a mark stays. */
const hidden = signal<ReadonlySet<string>>(new Set())

/** One trouble from its beginning to its end; if it comes back, it is another one. */
const keyOf = ({ kind, since }: Trouble) => `${kind} ${since}`

/** Those that the user has not hidden, the worst first. */
export function shownTroubles(troubles: readonly Trouble[]): Trouble[] {
  return worstFirst(troubles).filter(trouble => !hidden.value.has(keyOf(trouble)))
}

export function hideTroubles(troubles: readonly Trouble[]): void {
  hidden.value = new Set(troubles.map(keyOf))
}

export function worstFirst(troubles: readonly Trouble[]): Trouble[] {
  const rank = ({ severity }: Trouble) => (severity === 'error' ? 0 : 1)
  return troubles.toSorted((a, b) => rank(a) - rank(b) || a.since - b.since)
}

/** Those that are about the host or about this session. */
export function troublesOf(session_id: string | undefined, troubles: readonly Trouble[]): Trouble[] {
  return troubles.filter(({ sessions }) => sessions.length === 0 || (session_id && sessions.includes(session_id)))
}

/** The worst one, and how many more there are. */
export function troubleLine(troubles: readonly Trouble[]): string {
  const [worst, ...more] = worstFirst(troubles)
  if (!worst) return ''
  return more.length === 0 ? worst.title : `${worst.title}, and ${more.length} more`
}
