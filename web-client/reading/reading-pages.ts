// The loaded lines of a session, in pages: more are loaded on either side, and distant ones are dropped.
import { signal } from '@preact/signals'
import type { HistoryClient } from '../../protocol/client/history-client.ts'
import type { LineHint } from '../page/route.ts'

type Read = HistoryClient['read']
type Lines = Awaited<ReturnType<Read>>
export type Line = Lines['lines'][number]

export interface TextPage extends Lines {
  /** Identifies the page among all that were loaded. */
  key: number
}

/** A few screens of a phone, rendered within a frame or two. */
export const PAGE_LINES = 300
/** As much as a phone lays out without stuttering; lines further away are dropped and loaded again. */
const MAX_LINES = 2_400
/** A terminal's scrollback is hardly longer (SCROLLBACK): a line that is not in these pages is not there. */
const MAX_NEAR_PAGES = 36

export class ReadingPages {
  /** Contiguous, in order. Undefined until the first page is loaded. */
  readonly pages = signal<TextPage[] | undefined>(undefined)
  /** The last page ends at the end of the output, as far as is known. */
  readonly atEnd = signal(false)
  /** Called before pages are added or dropped, so that the scroll position can be kept. */
  beforeChange: () => void = () => {}
  readonly #read: Read
  readonly #session_id: string
  #key = 0
  #busy = false
  #generation = 0

  constructor(read: Read, session_id: string) {
    this.#read = read
    this.#session_id = session_id
  }

  get lines(): Line[] {
    return (this.pages.peek() ?? []).flatMap(page => page.lines)
  }

  /** Opens the end of the output. */
  async openEnd(): Promise<void> {
    await this.#open(async () => [await this.#page({})], true)
  }

  /** Opens the pages around an offset. */
  async openAt(offset: number): Promise<void> {
    await this.#open(async () => {
      const before = await this.#page({ before: offset + 1 })
      const after = await this.#page({ after: before.after })
      return [before, after]
    })
  }

  /** Opens the pages around a line seen in a terminal, and returns its key; without a match, the end. */
  async openNear({ line, below }: LineHint): Promise<string | undefined> {
    const text = line.trim()
    const pages: TextPage[] = []
    let best: { key: string; distance: number; page: TextPage } | undefined
    await this.#open(async () => {
      for (let under = 0; pages.length < MAX_NEAR_PAGES; ) {
        const first = pages[0]
        if (first?.before === null) break
        const page = await this.#page(first ? { before: first.before } : {})
        pages.unshift(page)
        for (const [index, { text: candidate }] of page.lines.entries()) {
          const distance = Math.abs(under + page.lines.length - 1 - index - below)
          if (candidate.trim() === text && (!best || distance <= best.distance))
            best = { key: keyOf(page, index), distance, page }
        }
        under += page.lines.length
        // Pages further up are further away than the match.
        if (page.lines.length === 0 || (best && under - below > best.distance)) break
      }
      const middle = best ? pages.indexOf(best.page) : pages.length - 1
      return pages.slice(Math.max(0, middle - 2), middle + 3)
    }, pages.length === 0)
    this.atEnd.value = this.pages.peek()?.at(-1) === pages.at(-1)
    return best?.key
  }

  /** Loads the page before the first. False: there is none, or a page is being loaded. */
  async loadEarlier(): Promise<boolean> {
    const first = this.pages.peek()?.[0]
    const before = first?.before
    if (before === undefined || before === null) return false
    return this.#grow(async () => {
      const page = await this.#page({ before })
      return pages => {
        // A host that claims there is more but returns nothing is not asked again.
        if (page.before === before) page.before = null
        const next = [page, ...pages]
        while (count(next) > MAX_LINES && next.length > 2) {
          next.pop()
          this.atEnd.value = false
        }
        return next
      }
    })
  }

  /** Loads the page after the last, and updates lines that were still on the session's screen. */
  async loadLater(): Promise<boolean> {
    return this.#grow(async () => {
      const known = this.pages.peek() ?? []
      const kept = known.map(page => ({ ...page, lines: page.lines.filter(line => !line.open) }))
      const tail = known.flatMap(page => page.lines.filter(line => line.open))
      const last = kept.findLast(page => page.lines.length > 0) ?? kept[0]
      if (!last) return undefined
      const page = await this.#page({
        after: last.lines.at(-1)?.offset ?? Math.max(0, (tail[0]?.offset ?? last.after) - 1),
      })
      const ends = page.lines.length === 0 || page.lines.at(-1)?.open === true
      this.atEnd.value = ends
      if (page.gaps.length === 0 && same(page.lines, tail)) return undefined
      return () => {
        const next = kept.slice(0, kept.indexOf(last) + 1)
        // Appends to a short page: otherwise a slow session would make a page of every line.
        if (last.lines.length + page.lines.length <= PAGE_LINES)
          next[next.length - 1] = {
            ...last,
            lines: [...last.lines, ...page.lines],
            gaps: [...last.gaps, ...page.gaps],
            after: page.after,
          }
        else next.push(page)
        while (count(next) > MAX_LINES && next.length > 2) next.shift()
        return next
      }
    })
  }

  /** Whether there is output after the last page. Does not add it. */
  async hasMore(): Promise<boolean> {
    const last = this.pages.peek()?.at(-1)
    if (!last) return false
    const { lines } = await this.#read(this.#session_id, { after: last.after, limit: 1 })
    return lines.length > 0
  }

  /** The key of a hit's line, if it is loaded. Lines written at once share one offset, and blank ones may precede it. */
  lineKeyAt(offset: number, is: (text: string) => boolean = text => text !== ''): string | undefined {
    const { lines } = this
    const [first, last] = [lines[0], lines.at(-1)]
    if (!first || !last || offset < first.offset || offset > last.offset) return undefined
    return this.#keyOf(line => line.offset === offset && is(line.text)) ?? this.#keyOf(line => line.offset >= offset)
  }

  #keyOf(is: (line: Line) => boolean): string | undefined {
    for (const page of this.pages.peek() ?? []) {
      const index = page.lines.findIndex(is)
      if (index >= 0) return keyOf(page, index)
    }
    return undefined
  }

  async #page(range: { before?: number; after?: number }): Promise<TextPage> {
    const page = await this.#read(this.#session_id, { ...range, limit: PAGE_LINES })
    return { ...page, key: ++this.#key }
  }

  /** Replaces all pages. A page that is being loaded meanwhile is discarded. */
  async #open(fetch: () => Promise<TextPage[]>, end = false): Promise<void> {
    const generation = ++this.#generation
    this.#busy = false
    const pages = await fetch()
    if (generation !== this.#generation) return
    const last = pages.at(-1)
    this.atEnd.value = end || !last || last.lines.length === 0 || last.lines.at(-1)?.open === true
    this.beforeChange()
    this.pages.value = pages.filter((page, index) => index === 0 || page.lines.length > 0 || page.gaps.length > 0)
  }

  async #grow(fetch: () => Promise<((pages: TextPage[]) => TextPage[]) | undefined>): Promise<boolean> {
    if (this.#busy) return false
    this.#busy = true
    const generation = this.#generation
    try {
      const change = await fetch()
      if (generation !== this.#generation || !change) return false
      this.beforeChange()
      this.pages.value = change(this.pages.peek() ?? [])
      return true
    } finally {
      if (generation === this.#generation) this.#busy = false
    }
  }
}

export function keyOf(page: TextPage, index: number): string {
  return `${page.key}-${index}`
}

function count(pages: readonly TextPage[]): number {
  return pages.reduce((sum, { lines }) => sum + lines.length, 0)
}

function same(a: readonly Line[], b: readonly Line[]): boolean {
  return (
    a.length === b.length && a.every((line, index) => line.offset === b[index]?.offset && line.text === b[index].text)
  )
}
