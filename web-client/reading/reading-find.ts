// Searches one session's output on the host, hit by hit, newest first.
import { computed, signal } from '@preact/signals'
import type { HistoryClient, SearchHit } from '../../protocol/client/history-client.ts'
import { type CodedError, toCoded } from '../../protocol/errors.ts'

/** The pause in typing after which a search starts. */
const PAUSE_MS = 250
/** Hits per request. */
const LIMIT = 50
/** More hits are requested this many before the last known one. */
const AHEAD = 5

export class ReadingFind {
  readonly query = signal('')
  readonly hits = signal<SearchHit[]>([])
  /** The index of the current hit; -1: none. */
  readonly index = signal(-1)
  readonly searching = signal(false)
  readonly failed = signal<CodedError | undefined>(undefined)
  /** There may be more hits than are known. */
  readonly more = computed(() => this.#cursor.value !== null)
  readonly current = computed(() => this.hits.value[this.index.value])
  /** By the line's offset; lines written at once share one. */
  readonly byOffset = computed(() => {
    const groups = new Map<number, SearchHit[]>()
    for (const hit of this.hits.value) groups.set(hit.offset, [...(groups.get(hit.offset) ?? []), hit])
    return groups
  })

  readonly #cursor = signal<string | null>(null)
  readonly #search: HistoryClient['search']
  readonly #session_id: string
  #timer: ReturnType<typeof setTimeout> | undefined
  #abort = new AbortController()

  constructor(search: HistoryClient['search'], session_id: string) {
    this.#search = search
    this.#session_id = session_id
  }

  /** Starts a new search and then goes to the first hit. */
  search(query: string): void {
    this.stop()
    this.query.value = query
    this.hits.value = []
    this.index.value = -1
    this.#cursor.value = null
    this.failed.value = undefined
    if (query.trim() === '') return
    this.searching.value = true
    this.#timer = setTimeout(() => void this.#fetch(), PAUSE_MS)
  }

  /** Goes to an older (1) or newer (-1) hit; stays at either end. */
  step(by: 1 | -1): void {
    const next = this.index.peek() + by
    if (next >= 0 && next < this.hits.peek().length) this.index.value = next
    if (by > 0 && this.more.peek() && next >= this.hits.peek().length - AHEAD) void this.#fetch()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#abort.abort()
    this.#abort = new AbortController()
    this.searching.value = false
  }

  async #fetch(): Promise<void> {
    const { signal } = this.#abort
    const cursor = this.#cursor.peek()
    if (this.searching.peek() && this.hits.peek().length > 0) return
    this.searching.value = true
    try {
      // A search that ran out of time returns a cursor to continue from, possibly without a hit.
      for (let from = cursor; ; ) {
        const page = { filter: { session_id: this.#session_id }, limit: LIMIT, context: 0, signal }
        const found = await this.#search(this.query.peek(), from === null ? page : { ...page, cursor: from })
        if (signal.aborted) return
        this.hits.value = [...this.hits.peek(), ...found.hits]
        this.#cursor.value = found.cursor
        from = found.cursor
        if (found.hits.length > 0 || from === null) break
      }
      if (this.index.peek() < 0 && this.hits.peek().length > 0) this.index.value = 0
    } catch (error) {
      if (!signal.aborted) this.failed.value = toCoded(error)
    } finally {
      if (!signal.aborted) this.searching.value = false
    }
  }
}

/**
 * The ranges of a hit's words in a line; empty if it is another line. Long lines are shortened in a hit, marked by dots, and
 * may be shortened elsewhere in the text: then the words are searched one after another.
 */
export function findMarks(text: string, { line, ranges }: Pick<SearchHit, 'line' | 'ranges'>): [number, number][] {
  const begins = line.startsWith('…') ? 1 : 0
  const at = text.indexOf(line.slice(begins, line.endsWith('…') ? -1 : undefined))
  if (at >= 0) return ranges.map(([begin, end]) => [begin - begins + at, end - begins + at])
  const marks: [number, number][] = []
  let from = 0
  for (const [begin, end] of ranges) {
    const word = line.slice(begin, end)
    const found = word === '' ? -1 : text.indexOf(word, from)
    if (found < 0) continue
    from = found + word.length
    marks.push([found, from])
  }
  return marks
}
