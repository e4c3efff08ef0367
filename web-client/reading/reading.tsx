// A session's whole history as text at the phone's width: scrolled and selected as any page, searched on the host. Knows
// nothing of terminals.
import './reading.css'
import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { ConnectionBanner } from '../../ui/kit/connection-banner.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { printable, stateText } from '../../ui/sessions/session-text.ts'
import { MAX_FONT_SIZE, MIN_FONT_SIZE } from '../../ui/terminal/size-policy.ts'
import type { HostLink } from '../connection/host-link.ts'
import { keepReadingLooks, readingLooks } from '../page/display-preferences.ts'
import { back, type Near } from '../page/route.ts'
import { marksIn, ReadingFind } from './reading-find.ts'
import { ReadingMenu } from './reading-menu.tsx'
import { ReadingPages } from './reading-pages.ts'
import { TextPages } from './reading-text.tsx'

/** So many screens ahead of the eye the next page is fetched. */
const AHEAD = 2
/** As near to the end somebody follows what is printed. */
const FOLLOW_PX = 48
/** How often a running session is asked for more. */
const POLL_MS = 1_500

export interface ReadingProps {
  link: HostLink
  session_id: string
  /** Where to begin; left out: at the end. */
  offset: number | undefined
  near?: Near | undefined
}

export function Reading({ link, session_id, offset, near }: ReadingProps) {
  const { history } = link.client
  const pages = useMemo(() => new ReadingPages((id, place) => history.read(id, place), session_id), [session_id])
  const find = useMemo(() => new ReadingFind((query, page) => history.search(query, page), session_id), [session_id])
  const scroller = useRef<HTMLElement>(null)
  const failed = useSignal<CodedError | undefined>(undefined)
  const session = useSession(link, session_id)
  const running = session?.state === 'running'
  const menu = useSignal(false)
  const finding = useSignal(false)
  const newer = useSignal(false)
  const following = useRef(false)
  const looks = useSignal(readingLooks())
  /** The line that keeps its place on the screen while something changes around it. */
  const anchor = useRef<{ element: Element; top: number } | undefined>(undefined)
  /** The line at the upper edge, for when the phone is turned. */
  const edge = useRef<{ element: Element; top: number } | undefined>(undefined)
  /** To be shown once it is there; `end`: the last line. */
  const wanted = useRef<string | undefined>(undefined)

  const hold = () => {
    anchor.current = scroller.current ? firstSeen(scroller.current) : undefined
  }
  /** Puts a line back to where it was. */
  const keep = (held: typeof anchor.current) => {
    const { current } = scroller
    if (!current) return
    if (following.current) current.scrollTop = current.scrollHeight
    else if (held?.element.isConnected) current.scrollTop += held.element.getBoundingClientRect().top - held.top
  }

  const guarded = async (work: () => Promise<unknown>) => {
    try {
      await work()
      failed.value = undefined
    } catch (error) {
      failed.value = toCoded(error)
    }
  }

  const toEnd = () =>
    guarded(async () => {
      anchor.current = undefined
      wanted.current = 'end'
      newer.value = false
      await pages.end()
    })

  const open = () =>
    guarded(async () => {
      if (offset === undefined && !near) return toEnd()
      if (near) wanted.current = (await pages.near(near)) ?? 'end'
      else {
        await pages.at(offset ?? 0)
        wanted.current = pages.shown(offset ?? 0) ?? 'end'
      }
      // It is there already: the pages have been drawn while this was waited for.
      bring()
    })

  /** Scrolls to what is wanted, if it is there. */
  const bring = () => {
    const { current } = scroller
    const key = wanted.current
    if (!current || key === undefined || pages.pages.peek() === undefined) return
    const line = key === 'end' ? undefined : current.querySelector(`[data-line="${key}"]`)
    if (key === 'end') current.scrollTop = current.scrollHeight
    else if (line) line.scrollIntoView({ block: 'center' })
    else return
    wanted.current = undefined
    following.current = isAtEnd(current)
  }

  useEffect(() => void open(), [])

  // What came while nothing could be asked for.
  const ready = link.state.value.name === 'ready'
  useEffect(() => {
    if (ready && failed.peek()) void (pages.pages.peek() ? look() : open())
  }, [ready])

  useLayoutEffect(() => {
    const { current } = scroller
    const held = anchor.current
    anchor.current = undefined
    if (!current) return
    if (wanted.current !== undefined) return bring()
    keep(held)
  }, [pages.pages.value, looks.value])

  // The phone is turned, or a keyboard opens: what is read stays.
  useEffect(() => {
    const { current } = scroller
    if (!current) return
    let [width, height] = [current.clientWidth, current.clientHeight]
    const observer = new ResizeObserver(() => {
      if (current.clientWidth === width && current.clientHeight === height) return
      ;[width, height] = [current.clientWidth, current.clientHeight]
      keep(edge.current)
    })
    observer.observe(current)
    return () => observer.disconnect()
  }, [])

  /** Fetches what is near to the eye and not there. */
  const look = async () => {
    const { current } = scroller
    if (!current || pages.pages.peek() === undefined) return
    edge.current = firstSeen(current)
    const reach = AHEAD * current.clientHeight
    const { scrollTop, scrollHeight, clientHeight } = current
    following.current = pages.atEnd.peek() && isAtEnd(current)
    if (following.current) newer.value = false
    await guarded(async () => {
      if (scrollTop < reach) await pages.earlier()
      if (scrollHeight - clientHeight - scrollTop < reach && !pages.atEnd.peek()) await pages.later()
    })
  }
  pages.changing = hold

  // What has come may not be enough yet.
  useEffect(() => void look(), [pages.pages.value])

  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => {
      if (document.hidden || link.state.peek().name !== 'ready' || !pages.atEnd.peek()) return
      void guarded(async () => {
        if (following.current) await pages.later()
        else if (!newer.peek()) newer.value = await pages.hasMore()
      })
    }, POLL_MS)
    return () => clearInterval(timer)
  }, [running])

  const hit = find.current.value
  useEffect(() => {
    if (!hit) return
    void guarded(async () => {
      following.current = false
      const isIt = (text: string) => marksIn(text, hit).length > 0
      if (!pages.shown(hit.offset)) await pages.at(hit.offset)
      wanted.current = pages.shown(hit.offset, isIt)
      bring()
    })
  }, [hit])

  const setLooks = (change: Partial<typeof looks.value>) => {
    hold()
    looks.value = { ...looks.peek(), ...change }
    keepReadingLooks(looks.peek())
  }
  const setSize = (size: number) => setLooks({ size: Math.min(MAX_FONT_SIZE, Math.max(MIN_FONT_SIZE, size)) })
  usePinch(scroller, () => looks.peek().size, setSize)

  const title = printable(session?.title ?? '')
  useEffect(() => {
    document.title = title ? `${title} · On the Go` : 'On the Go'
    return () => {
      document.title = 'On the Go'
    }
  }, [title])

  const shown = pages.pages.value
  const first = shown?.[0]
  return (
    <div class="page reading">
      <header>
        <button type="button" class="icon" aria-label="Back" onClick={back}>
          <Icon name="back" />
        </button>
        <h1>
          <bdi>{title || 'Text'}</bdi>
        </h1>
        <button
          type="button"
          class="icon"
          aria-label="Find"
          aria-expanded={finding.value}
          onClick={() => {
            if (finding.value) find.ask('')
            finding.value = !finding.value
          }}
        >
          <Icon name="search" />
        </button>
        <button
          type="button"
          class="icon"
          aria-label="Menu"
          aria-haspopup="dialog"
          onClick={() => {
            menu.value = true
          }}
        >
          <Icon name="more" />
        </button>
      </header>
      {finding.value && (
        <FindBar
          find={find}
          close={() => {
            find.ask('')
            finding.value = false
          }}
        />
      )}
      <ConnectionBanner state={link.state.value} reached={link.reached.value} retry={link.retry} />
      <div class="paper">
        <main
          ref={scroller}
          class={looks.value.wraps ? 'text' : 'text unwrapped'}
          style={{ fontSize: `${looks.value.size}px` }}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
          tabIndex={0}
          aria-label="Text of the session"
          aria-busy={shown === undefined}
          onScroll={() => void look()}
        >
          {shown && (
            <>
              <p class="edge">{first?.before === null ? 'This is the beginning.' : 'Loading…'}</p>
              <TextPages pages={shown} born={session?.created_at} hits={find.byOffset.value} current={hit} />
              {pages.atEnd.value && (
                <p class="edge">
                  {shown.every(page => page.lines.length === 0) ? 'Nothing was printed.' : endWords(session)}
                </p>
              )}
            </>
          )}
          {!shown && !failed.value && <p class="edge appears">Loading…</p>}
          {failed.value && ready && (
            <div class="note">
              <p>{failed.value.message}</p>
              <button type="button" onClick={() => void (shown ? look() : open())}>
                Try again
              </button>
            </div>
          )}
        </main>
        {(newer.value || (shown && !pages.atEnd.value)) && (
          <button type="button" class="newer" onClick={() => void toEnd()}>
            <Icon name="down" /> {newer.value ? 'Newer output' : 'To the end'}
          </button>
        )}
      </div>
      {menu.value && (
        <ReadingMenu
          looks={looks.value}
          setLooks={setLooks}
          setSize={setSize}
          text={() => pages.lines.map(({ text }) => text).join('\n')}
          close={() => {
            menu.value = false
          }}
        />
      )}
    </div>
  )
}

function FindBar({ find, close }: { find: ReadingFind; close: () => void }) {
  const field = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => field.current?.focus(), [])
  const { value: hits } = find.hits
  const { value: index } = find.index
  const count = `${index + 1} of ${hits.length}${find.more.value ? '+' : ''}`
  const words = find.failed.value
    ? find.failed.value.message
    : hits.length > 0
      ? count
      : find.searching.value
        ? 'Searching…'
        : find.query.value.trim() === ''
          ? ''
          : 'Not found'
  return (
    <search class="find">
      <input
        type="search"
        aria-label="Find in this session"
        placeholder="Find"
        enterkeyhint="search"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        ref={field}
        value={find.query.value}
        onInput={event => find.ask(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Escape') close()
          if (event.key === 'Enter') find.step(event.shiftKey ? -1 : 1)
        }}
      />
      <span role="status" class={find.failed.value ? 'bad' : ''}>
        {words}
      </span>
      <button
        type="button"
        class="icon"
        aria-label="Older hit"
        disabled={index + 1 >= hits.length && !find.more.value}
        onClick={() => find.step(1)}
      >
        <Icon name="up" />
      </button>
      <button type="button" class="icon" aria-label="Newer hit" disabled={index <= 0} onClick={() => find.step(-1)}>
        <Icon name="down" />
      </button>
    </search>
  )
}

/** As the list has it; what is not in the list is asked for once. */
function useSession(link: ReadingProps['link'], session_id: string): SessionInfo | undefined {
  const past = useSignal<SessionInfo | undefined>(undefined)
  const listed = link.sessions.value?.find(one => one.session_id === session_id)
  const missing = link.sessions.value !== undefined && !listed
  useEffect(() => {
    if (!missing) return
    link.client.history.sessions({ filter: { session_id } }).then(
      ({ sessions }) => {
        past.value = sessions.find(one => one.session_id === session_id)
      },
      // Its title is not worth a word; reading will say what is wrong.
      () => {},
    )
  }, [missing])
  return listed ?? past.value
}

/** Two fingers change the size of letters; the line between them stays. */
function usePinch(scroller: { current: HTMLElement | null }, size: () => number, set: (size: number) => void): void {
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    let begun: { apart: number; size: number } | undefined
    const apart = ({ touches: [a, b] }: TouchEvent) =>
      a && b ? Math.max(1, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)) : undefined
    const start = (event: TouchEvent) => {
      const width = event.touches.length === 2 ? apart(event) : undefined
      begun = width === undefined ? undefined : { apart: width, size: size() }
    }
    const move = (event: TouchEvent) => {
      const width = begun && apart(event)
      if (!begun || width === undefined) return
      event.preventDefault()
      const next = Math.round(begun.size * (width / begun.apart))
      if (next !== size()) set(next)
    }
    element.addEventListener('touchstart', start, { passive: true })
    element.addEventListener('touchmove', move, { passive: false })
    return () => {
      element.removeEventListener('touchstart', start)
      element.removeEventListener('touchmove', move)
    }
  }, [])
}

/** The first line that begins in the picture, and where it is in the window; a long one may only end or go on there. */
function firstSeen(scroller: HTMLElement): { element: Element; top: number } | undefined {
  const { top, bottom } = scroller.getBoundingClientRect()
  const below = (element: Element) => element.getBoundingClientRect().bottom > top
  const page = [...scroller.querySelectorAll('.lines')].find(below)
  const lines = page?.querySelectorAll('.line')
  if (!lines || lines.length === 0) return undefined
  let [from, to] = [0, lines.length - 1]
  while (from < to) {
    const middle = (from + to) >> 1
    if (below(lines[middle]!)) to = middle
    else from = middle + 1
  }
  const next = lines[from + 1]
  const isCut = lines[from]!.getBoundingClientRect().top < top - 1
  const element = isCut && next && next.getBoundingClientRect().top < bottom ? next : lines[from]!
  return { element, top: element.getBoundingClientRect().top }
}

function isAtEnd({ scrollTop, clientHeight, scrollHeight }: HTMLElement): boolean {
  return scrollHeight - clientHeight - scrollTop < FOLLOW_PX
}

function endWords(session: SessionInfo | undefined): string {
  if (!session) return ''
  return session.state === 'running' ? 'It is still running.' : `It ${stateText(session)}.`
}
