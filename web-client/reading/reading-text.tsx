// Lines of text with what is between them: how late it was, and what is gone. Knows nothing of where they come from.
import { Component, type ComponentChildren } from 'preact'
import type { SearchHit } from '../../protocol/client/history-client.ts'
import { gapText } from '../../ui/sessions/session-text.ts'
import { marksIn } from './reading-find.ts'
import { keyOf, type Line, type TextPage } from './reading-pages.ts'

/** A pause that a reader wants to know of. */
const PAUSE_MS = 60_000

export interface TextPagesProps {
  pages: readonly TextPage[]
  /** When the session began, in Unix milliseconds; undefined: not known (yet). */
  born: number | undefined
  hits: ReadonlyMap<number, readonly SearchHit[]>
  /** The one that is looked at. */
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
  /** When the line before the first was printed. */
  since: number | undefined
}

/** Drawn anew only when something of it changed: a reader has thousands of lines around. */
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
      const hit = hits.get(line.offset)?.find(one => marksIn(line.text, one).length > 0)
      children.push(
        <div key={index} class={hit && hit === current ? 'line here' : 'line'} data-line={keyOf(page, index)}>
          {marked(line, hit)}
        </div>,
      )
    }
    for (const [index, gap] of gaps.entries()) children.push(<Gap key={`end-${index}`} {...gap} />)
    return <div class="lines">{children}</div>
  }
}

function marked({ text }: Line, hit: SearchHit | undefined): ComponentChildren {
  // An empty element would be no line in what is copied.
  if (text === '') return <br />
  const marks = hit ? marksIn(text, hit) : []
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
  return <p class="between gone">{gapText(reason)}</p>
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
