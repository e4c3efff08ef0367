// The lines of a session as far as somebody reads in them: pages that are fetched on either side and dropped when they are
// far away. Knows no DOM, and of the host only what it is given to ask with.
import { signal } from '@preact/signals'
import type { HistoryClient } from '../../protocol/client/history-client.ts'
import type { Near } from '../page/route.ts'

type Read = HistoryClient['read']
type Lines = Awaited<ReturnType<Read>>
export type Line = Lines['lines'][number]

export interface TextPage extends Lines {
  /** Tells pages from each other. */
  key: number
}

/** A few screens of a phone, and drawn within a frame or two. */
export const PAGE_LINES = 300
/** As much as a phone lays out without a stutter; what is further away is fetched again. */
const MOST_LINES = 2_400
/** A terminal holds hardly more (SCROLLBACK); a line that is not in these is not there. */
const NEAR_PAGES = 36

export class ReadingPages {
  /** In order, one after the other. Undefined until the first has come. */
  readonly pages = signal<TextPage[] | undefined>(undefined)
  /** The last page is the end of what there is, as far as is known. */
  readonly atEnd = signal(false)
  /** Called before pages come or go, so that what is looked at can keep its place. */
  changing: () => void = () => {}
  readonly #read: Read
  readonly #session_id: string
  #key = 0
  #busy = false
  #jump = 0

  constructor(read: Read, session_id: string) {
    this.#read = read
    this.#session_id = session_id
  }

  get lines(): Line[] {
    return (this.pages.peek() ?? []).flatMap(page => page.lines)
  }

  /** Shows the end. */
  async end(): Promise<void> {
    await this.#open(async () => [await this.#page({})], true)
  }

  /** Shows what is around an offset. */
  async at(offset: number): Promise<void> {
    await this.#open(async () => {
      const before = await this.#page({ before: offset + 1 })
      const after = await this.#page({ after: before.after })
      return [before, after]
    })
  }

  /** Shows the line of a terminal nearest to where it stood; where it is not to be found, the end. */
  async near({ line, below }: Near): Promise<string | undefined> {
    const text = line.trim()
    const pages: TextPage[] = []
    let best: { key: string; away: number; page: TextPage } | undefined
    await this.#open(async () => {
      for (let under = 0; pages.length < NEAR_PAGES; ) {
        const first = pages[0]
        if (first?.before === null) break
        const page = await this.#page(first ? { before: first.before } : {})
        pages.unshift(page)
        for (const [index, { text: candidate }] of page.lines.entries()) {
          const away = Math.abs(under + page.lines.length - 1 - index - below)
          if (candidate.trim() === text && (!best || away <= best.away)) best = { key: keyOf(page, index), away, page }
        }
        under += page.lines.length
        // What is further up is further away than what has been found.
        if (page.lines.length === 0 || (best && under - below > best.away)) break
      }
      const middle = best ? pages.indexOf(best.page) : pages.length - 1
      return pages.slice(Math.max(0, middle - 2), middle + 3)
    }, pages.length === 0)
    this.atEnd.value = this.pages.peek()?.at(-1) === pages.at(-1)
    return best?.key
  }

  /** Fetches what stands before what is shown. False: there is nothing more, or it is being fetched. */
  async earlier(): Promise<boolean> {
    const first = this.pages.peek()?.[0]
    const before = first?.before
    if (before === undefined || before === null) return false
    return this.#grow(async () => {
      const page = await this.#page({ before })
      return pages => {
        // A host that has nothing there, and says that there is more, is not asked again.
        if (page.before === before) page.before = null
        const next = [page, ...pages]
        while (count(next) > MOST_LINES && next.length > 2) {
          next.pop()
          this.atEnd.value = false
        }
        return next
      }
    })
  }

  /** Fetches what follows, and what became of lines that were still on the session's screen. */
  async later(): Promise<boolean> {
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
        // New lines of a session that prints slowly would be a page each.
        if (last.lines.length + page.lines.length <= PAGE_LINES)
          next[next.length - 1] = {
            ...last,
            lines: [...last.lines, ...page.lines],
            gaps: [...last.gaps, ...page.gaps],
            after: page.after,
          }
        else next.push(page)
        while (count(next) > MOST_LINES && next.length > 2) next.shift()
        return next
      }
    })
  }

  /** Whether there is more behind what is shown. Fetches nothing that is kept. */
  async hasMore(): Promise<boolean> {
    const last = this.pages.peek()?.at(-1)
    if (!last) return false
    const { lines } = await this.#read(this.#session_id, { after: last.after, limit: 1 })
    return lines.length > 0
  }

  /** The line of a hit, if it is shown: lines that were written at once have one offset, with blank ones above. */
  shown(offset: number, is: (text: string) => boolean = text => text !== ''): string | undefined {
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

  async #page(place: { before?: number; after?: number }): Promise<TextPage> {
    const page = await this.#read(this.#session_id, { ...place, limit: PAGE_LINES })
    return { ...page, key: ++this.#key }
  }

  /** A jump: whatever was being fetched is not wanted any more. */
  async #open(fetch: () => Promise<TextPage[]>, end = false): Promise<void> {
    const jump = ++this.#jump
    this.#busy = false
    const pages = await fetch()
    if (jump !== this.#jump) return
    const last = pages.at(-1)
    this.atEnd.value = end || !last || last.lines.length === 0 || last.lines.at(-1)?.open === true
    this.changing()
    this.pages.value = pages.filter((page, index) => index === 0 || page.lines.length > 0 || page.gaps.length > 0)
  }

  async #grow(fetch: () => Promise<((pages: TextPage[]) => TextPage[]) | undefined>): Promise<boolean> {
    if (this.#busy) return false
    this.#busy = true
    const jump = this.#jump
    try {
      const change = await fetch()
      if (jump !== this.#jump || !change) return false
      this.changing()
      this.pages.value = change(this.pages.peek() ?? [])
      return true
    } finally {
      if (jump === this.#jump) this.#busy = false
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
