// Session ids as people write them: as short as they stay unique. Knows no host.

/** Enough that two sessions hardly ever share it. */
const SHORT_CHARACTERS = 8

/** The beginning of `id` that no other of `all` has. */
export function shortId(id: string, all: readonly string[] = []): string {
  for (let length = SHORT_CHARACTERS; length < id.length; length++) {
    const short = id.slice(0, length)
    if (!all.some(other => other !== id && other.startsWith(short))) return short
  }
  return id
}

/** The whole id that `id` begins; `id` itself when none or several do, for the host to say so. */
export function fullId(id: string, sessions: readonly { session_id: string }[]): string {
  const found = sessions.filter(({ session_id }) => session_id.startsWith(id))
  return found.length === 1 ? found[0]!.session_id : id
}
