// Renders pages of text, with times at pauses and notes at gaps.
import { Component, type ComponentChildren } from 'preact'
import type { SearchHit } from '../../protocol/client/history-client.ts'
import { gapText } from '../../ui/sessions/session-text.ts'
import { findMarks } from './reading-find.ts'
import { keyOf, type Line, type TextPage } from './reading-pages.ts'

/** A pause that is worth a line with the time. */
const PAUSE_MS = 60_000

export interface TextPagesProps {
  pages: readonly TextPage[]
  /** When the session was created, in Unix milliseconds; undefined while unknown. */
  born: number | undefined
  hits: ReadonlyMap<number, readonly SearchHit[]>
  /** The current hit. */
  current: SearchHit | undefined
}

export function TextPages({ pages, ...rest }: TextPagesProps) {
  return (
    <>
      {pages.map((page, index) => (
        <TextLines key={page.key} page={page} since={pages[index - 1]?.lines.at(-1)?.at} {...rest} />
      ))}
    </>
  )
}

interface TextLinesProps extends Omit<TextPagesProps, 'pages'> {
  page: TextPage
  /** When the line before the first was printed, in milliseconds. */
  since: number | undefined
}

/** Rendered again only after a change: a reader has thousands of lines loaded. */
class TextLines extends Component<TextLinesProps> {
  override shouldComponentUpdate(next: TextLinesProps): boolean {
    const { page, since, born, hits, current } = this.props
    return (
      next.page !== page || next.since !== since || next.born !== born || next.hits !== hits || next.current !== current
    )
  }

  override render({ page, since, born, hits, current }: TextLinesProps) {
    const children: ComponentChildren[] = []
    const gaps = [...page.gaps]
    let before = since
    for (const [index, line] of page.lines.entries()) {
      while (gaps[0] && gaps[0].offset <= line.offset) children.push(<Gap key={`gap-${index}`} {...gaps.shift()!} />)
      if (born !== undefined && (before === undefined || line.at - before >= PAUSE_MS))
        children.push(<Moment key={`at-${index}`} at={born + line.at} />)
      before = line.at
      const hit = hits.get(line.offset)?.find(one => findMarks(line.text, one).length > 0)
      children.push(
        <div key={index} class={hit && hit === current ? 'line current' : 'line'} data-line={keyOf(page, index)}>
          {marked(line, hit)}
        </div>,
      )
    }
    for (const [index, gap] of gaps.entries()) children.push(<Gap key={`end-${index}`} {...gap} />)
    return <div class="lines">{children}</div>
  }
}

function marked({ text }: Line, hit: SearchHit | undefined): ComponentChildren {
  // An empty element would not be a line in copied text.
  if (text === '') return <br />
  const marks = hit ? findMarks(text, hit) : []
  if (marks.length === 0) return text
  const parts: ComponentChildren[] = []
  let from = 0
  for (const [begin, end] of marks) {
    parts.push(text.slice(from, begin), <mark key={begin}>{text.slice(begin, end)}</mark>)
    from = end
  }
  return [...parts, text.slice(from)]
}

function Gap({ reason }: TextPage['gaps'][number]) {
  return <p class="between gap">{gapText(reason)}</p>
}

function Moment({ at }: { at: number }) {
  const date = new Date(at)
  const today = date.toDateString() === new Date().toDateString()
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  const day = date.toLocaleDateString([], { weekday: 'short', day: 'numeric', month: 'short' })
  return (
    <p class="between">
      <time dateTime={date.toISOString()}>{today ? time : `${day}, ${time}`}</time>
    </p>
  )
}
