// A session as text to be read: pages of lines, backward and forward, from its beginning to what its screen shows now.
import type { HostMessageOf } from '../../../../protocol/messages.ts'
import type { GapReason } from '../../recording/types.ts'
import type { SessionRow } from '../../store/session-rows.ts'
import type { Store } from '../../store/store.ts'
import { type GroupText, GroupTexts, NO_TEXT } from './group-texts.ts'
import { type RowGroup, RowGroups } from './row-groups.ts'
import { shorten } from './shorten.ts'
import type { TextLine } from './text-blocks.ts'

export interface ReadRequest {
  session_id: string
  /** Lines before this offset; or after one; or the last ones. */
  before: number | undefined
  after: number | undefined
  limit: number
}

export type ReadReply = Omit<HostMessageOf<'lines'>, 'type' | 'request_id'>

/** Longer lines are cut: a page has to fit a message. */
const LINE_CHARACTERS = 4_000

/** A page is full with this many characters, so that it fits a message (MESSAGE_BYTES) in any script. */
const PAGE_CHARACTERS = 200_000

interface Line {
  offset: number
  at: number
  text: string
  open?: true
}

export class LinePages {
  readonly #store: Store
  readonly #groups: RowGroups
  readonly #texts: GroupTexts

  /** `store`: a connection of its own, because it reads in long transactions. */
  constructor(store: Store) {
    this.#store = store
    this.#groups = new RowGroups(store)
    this.#texts = new GroupTexts(store, this.#groups)
  }

  /**
   * Yields after at most a few milliseconds; one read has to end before the next begins. Throws `session_unknown`. If time
   * is up before there is a line (a gigabyte of line ends has none), the reply is `unfinished`, and the same request
   * continues, also within a segment. The read sees the log as it was when it began.
   */
  *read({ session_id, before, after, limit }: ReadRequest, isOver: () => boolean): Generator<undefined, ReadReply> {
    const end = this.#store.beginReading()
    this.#texts.beginRead()
    try {
      const session = this.#store.sessions.require(session_id)
      const page = new Page(limit)
      if (after === undefined) return yield* this.#backward(session, before, page, isOver)
      return yield* this.#forward(session, after, page, isOver)
    } finally {
      end()
    }
  }

  *#backward(
    session: SessionRow,
    before: number | undefined,
    page: Page,
    isOver: () => boolean,
  ): Generator<undefined, ReadReply> {
    const unfinished = {
      lines: [],
      before: before ?? null,
      after: Math.max(0, (before ?? 0) - 1),
      gaps: [],
      unfinished: true,
    }
    const start = before === undefined ? this.#groups.last(session) : yield* this.#groupBefore(session, before, isOver)
    if (start === 'unfinished') return unfinished
    let group = start
    const lines: Line[] = []
    const gaps: ReadReply['gaps'] = []
    const addGap = (reason: GapReason) => {
      const first = lines.at(-1)
      if (first && !gaps.some(({ offset, reason: known }) => offset === first.offset && known === reason))
        gaps.push({ offset: first.offset, reason })
    }
    let hasMore = false
    for (; group && !hasMore; group = this.#groups.previous(session, group)) {
      if (lines.length > 0 && isOver()) hasMore = true
      else if (lines.length === 0 && this.#texts.hasAdvanced && isOver()) return unfinished
      const loaded = hasMore ? NO_TEXT : yield* this.#texts.load(session, group, isOver)
      if (loaded === 'unfinished' && lines.length === 0) return unfinished
      if (loaded === 'unfinished') hasMore = true
      const text = loaded === 'unfinished' ? NO_TEXT : loaded
      for (let at = text.lines.length - 1; at >= 0; at--) {
        const line = text.lines[at]!
        if (before !== undefined && line.offset >= before) continue
        if (page.isFull && line.offset !== lines.at(-1)!.offset) {
          hasMore = true
          break
        }
        lines.push(page.take(line, text))
      }
      if (text.gap) addGap(text.gap)
    }
    if (!hasMore && session.start_offset > 0) addGap('trimmed')
    lines.reverse()
    const [first, last] = [lines[0], lines.at(-1)]
    return {
      lines: page.fit(lines),
      before: hasMore && first ? first.offset : null,
      after: last?.offset ?? Math.max(0, (before ?? 0) - 1),
      gaps: gaps.reverse(),
    }
  }

  *#forward(session: SessionRow, after: number, page: Page, isOver: () => boolean): Generator<undefined, ReadReply> {
    const lines: Line[] = []
    const gaps: ReadReply['gaps'] = []
    const passed = new Set<GapReason>()
    if (after < session.start_offset) passed.add('trimmed')
    const unfinished = { lines: [], before: null, after, gaps: [], unfinished: true }
    let group: RowGroup | undefined = this.#groupAt(session, after)
    pages: for (; group; group = this.#groups.next(session, group)) {
      if (lines.length > 0 && isOver()) break
      if (lines.length === 0 && this.#texts.hasAdvanced && isOver()) return unfinished
      const text = yield* this.#texts.load(session, group, isOver)
      if (text === 'unfinished') {
        if (lines.length === 0) return unfinished
        break
      }
      if (text.gap && group.to.offset > after) passed.add(text.gap)
      for (const line of text.lines) {
        if (line.offset <= after) continue
        if (page.isFull && line.offset !== lines.at(-1)!.offset) break pages
        lines.push(page.take(line, text))
        for (const reason of passed) gaps.push({ offset: line.offset, reason })
        passed.clear()
      }
    }
    return {
      lines: page.fit(lines),
      before: after <= session.start_offset ? null : (lines[0]?.offset ?? after + 1),
      after: lines.at(-1)?.offset ?? after,
      gaps,
    }
  }

  /** The group in which an offset is, or the first one. */
  #groupAt(session: SessionRow, offset: number): RowGroup | undefined {
    return this.#groups.at(session, { offset, n: Number.MAX_SAFE_INTEGER }) ?? this.#groups.first(session)
  }

  /**
   * The group that may contain the last line before an offset. That may be after the offset's own: a line is in the text
   * of the group in which it left the screen.
   */
  *#groupBefore(
    session: SessionRow,
    offset: number,
    isOver: () => boolean,
  ): Generator<undefined, RowGroup | undefined | 'unfinished'> {
    let group = this.#groupAt(session, offset)
    for (let next = group && this.#groups.next(session, group); next; next = this.#groups.next(session, next)) {
      if (this.#texts.hasAdvanced && isOver()) return 'unfinished'
      const text = yield* this.#texts.load(session, next, isOver)
      if (text === 'unfinished') return text
      const first = text.lines[0]
      if (!first) continue
      if (first.offset >= offset) break
      group = next
    }
    return group
  }
}

/** Takes lines until it is full. */
class Page {
  readonly #limit: number
  #lines = 0
  #characters = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.#lines >= this.#limit || this.#characters >= PAGE_CHARACTERS
  }

  take(line: TextLine, { timeOf }: GroupText): Line {
    const { offset, open } = line
    const text = shorten(line.text, LINE_CHARACTERS)
    this.#lines++
    this.#characters += text.length
    return { offset, at: timeOf(offset), text, ...(open && { open }) }
  }

  /** Lines with the same offset stay together, however long they are: then each is cut shorter. */
  fit(lines: Line[]): Line[] {
    if (this.#characters <= PAGE_CHARACTERS + LINE_CHARACTERS) return lines
    const maxCharacters = Math.floor(PAGE_CHARACTERS / lines.length)
    return lines.map(line => ({ ...line, text: shorten(line.text, maxCharacters) }))
  }
}
