// The pages of a session's text, and the hits in it, with a fake host that replies like the real one.
import { describe, expect, it } from 'vitest'
import { findMarks } from '../../../web-client/reading/reading-find.ts'
import { type Line, PAGE_LINES, ReadingPages } from '../../../web-client/reading/reading-pages.ts'

/** A session with lines of 10 bytes; the last `open` of them are still on its screen. */
class Session {
  lines: Line[] = []
  asked: object[] = []
  /** Pages are cut after this many lines, as at the host's time limit. */
  most = Number.POSITIVE_INFINITY

  constructor(count: number) {
    this.print(count)
  }

  print(count: number): void {
    for (let index = 0; index < count; index++) {
      const offset = (this.lines.length + 1) * 10
      this.lines.push({ offset, at: offset, text: `line ${this.lines.length + 1}` })
    }
  }

  readonly read = async (
    _: string,
    { before, after, limit = 100 }: { before?: number; after?: number; limit?: number } = {},
  ) => {
    this.asked.push({ before, after })
    const most = Math.min(limit, this.most)
    const from = (offset: number) => {
      const index = this.lines.findIndex(line => line.offset >= offset)
      return index < 0 ? this.lines.length : index
    }
    const end = before === undefined ? this.lines.length : from(before)
    const begin = after === undefined ? Math.max(0, end - most) : from(after + 1)
    const lines = this.lines.slice(begin, after === undefined ? end : begin + most)
    const first = lines[0]?.offset
    return {
      lines,
      before: first === undefined ? (before ?? null) : first === this.lines[0]?.offset ? null : first,
      after: lines.at(-1)?.offset ?? after ?? Math.max(0, (before ?? 0) - 1),
      gaps: [],
    }
  }
}

const texts = (pages: ReadingPages) => pages.lines.map(({ text }) => text)

/** Every number occurs once, in order. */
function isWhole(pages: ReadingPages): void {
  const numbers = texts(pages).map(text => Number(text.split(' ')[1]))
  expect(numbers).toEqual(Array.from(numbers, (_, index) => numbers[0]! + index))
}

async function readToTheBeginning(pages: ReadingPages): Promise<void> {
  while (await pages.loadEarlier());
}

describe('the text of a session', () => {
  it('opens at its end and goes back to its beginning, with a bounded number of lines in memory', async () => {
    const session = new Session(100_000)
    const pages = new ReadingPages(session.read, 's')
    await pages.openEnd()
    expect(texts(pages).at(-1)).toBe('line 100000')
    expect(pages.atEnd.value).toBe(true)
    let most = 0
    while (await pages.loadEarlier()) most = Math.max(most, pages.lines.length)
    expect(texts(pages)[0]).toBe('line 1')
    expect(most).toBeLessThanOrEqual(3_000)
    expect(pages.atEnd.value).toBe(false)
    isWhole(pages)
    // And forward again.
    while (!pages.atEnd.value) await pages.loadLater()
    expect(texts(pages).at(-1)).toBe('line 100000')
    isWhole(pages)
    expect(pages.lines.length).toBeLessThanOrEqual(3_000)
  })

  it('opens around an offset', async () => {
    const pages = new ReadingPages(new Session(5_000).read, 's')
    await pages.openAt(20_000)
    expect(pages.atEnd.value).toBe(false)
    isWhole(pages)
    const key = pages.lineKeyAt(20_000)!
    const [page, index] = key.split('-').map(Number)
    expect(pages.pages.value!.find(one => one.key === page)!.lines[index!]!.text).toBe('line 2000')
    expect(texts(pages)).toContain(`line ${2000 + PAGE_LINES}`)
    expect(pages.lineKeyAt(45_000)).toBeUndefined()
  })

  it('finds a terminal’s line by its text, the occurrence nearest to its place', async () => {
    const session = new Session(4_000)
    for (const at of [500, 2_990, 3_900]) session.lines[at]!.text = '$ make'
    const pages = new ReadingPages(session.read, 's')
    const key = await pages.openNear({ line: '$ make  ', below: 1_000 })
    const [page, index] = key!.split('-').map(Number)
    expect(pages.pages.value!.find(one => one.key === page)!.lines[index!]!.offset).toBe(29_910)
    expect(pages.atEnd.value).toBe(false)
    expect(await pages.openNear({ line: 'nowhere', below: 3 })).toBeUndefined()
    expect(texts(pages).at(-1)).toBe('line 4000')
    expect(pages.atEnd.value).toBe(true)
  })

  it('follows new output, and replaces lines that were only on the screen', async () => {
    const session = new Session(50)
    session.lines.push({ offset: 510, at: 510, text: '$ ', open: true })
    const pages = new ReadingPages(session.read, 's')
    await pages.openEnd()
    expect(await pages.hasMore()).toBe(false)
    expect(await pages.loadLater()).toBe(false)
    session.lines.pop()
    session.lines.push({ offset: 520, at: 520, text: '$ make' }, { offset: 530, at: 530, text: 'done', open: true })
    expect(await pages.hasMore()).toBe(true)
    expect(await pages.loadLater()).toBe(true)
    expect(texts(pages).slice(-3)).toEqual(['line 50', '$ make', 'done'])
    expect(pages.pages.value).toHaveLength(1)
  })

  it('continues after a page that was cut short, and stops at the end', async () => {
    const session = new Session(1_000)
    session.most = 7
    const pages = new ReadingPages(session.read, 's')
    await pages.openAt(5_000)
    while (!pages.atEnd.value) await pages.loadLater()
    await readToTheBeginning(pages)
    expect(texts(pages)).toHaveLength(1_000)
    isWhole(pages)
    const empty = new ReadingPages(async () => ({ lines: [], before: 5, after: 4, gaps: [] }), 's')
    await empty.openEnd()
    await readToTheBeginning(empty)
    expect(empty.lines).toEqual([])
  })

  it('discards pending pages after a jump', async () => {
    const session = new Session(3_000)
    const pages = new ReadingPages(session.read, 's')
    await pages.openAt(9_000)
    const slow = pages.loadEarlier()
    await pages.openEnd()
    await slow
    expect(texts(pages).at(-1)).toBe('line 3000')
    expect(pages.lines).toHaveLength(PAGE_LINES)
    isWhole(pages)
  })

  it('tries again after a failure', async () => {
    const session = new Session(1_000)
    let fails = false
    const pages = new ReadingPages((id, place) => {
      if (fails) throw new Error('gone')
      return session.read(id, place)
    }, 's')
    await pages.openEnd()
    fails = true
    await expect(pages.loadEarlier()).rejects.toThrow('gone')
    fails = false
    expect(await pages.loadEarlier()).toBe(true)
  })
})

describe('a hit in a line', () => {
  it('is highlighted in its place, even if the host cut the line', () => {
    expect(
      findMarks('see foo and foo', {
        line: 'see foo and foo',
        ranges: [
          [4, 7],
          [12, 15],
        ],
      }),
    ).toEqual([
      [4, 7],
      [12, 15],
    ])
    expect(findMarks(`${'x'.repeat(600)} needle end`, { line: '…xx needle end', ranges: [[4, 10]] })).toEqual([
      [601, 607],
    ])
    // The word, not the beginning of a longer word before it.
    expect(findMarks('tcpmux 1/tcp', { line: 'tcpmux 1/tcp', ranges: [[9, 12]] })).toEqual([[9, 12]])
    expect(findMarks('another line', { line: 'see foo', ranges: [[4, 7]] })).toEqual([])
  })
})
