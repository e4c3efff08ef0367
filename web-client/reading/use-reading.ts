// The state of the reading screen: which pages are loaded, where the text is scrolled, what is searched.
import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import type { SessionInfo } from '../../protocol/messages.ts'
import { MAX_FONT_SIZE, MIN_FONT_SIZE } from '../../ui/terminal/size-policy.ts'
import type { HostLink } from '../connection/host-link.ts'
import { loadReadingStyle, type ReadingStyle, saveReadingStyle } from '../page/display-preferences.ts'
import type { LineHint } from '../page/route.ts'
import { findMarks, ReadingFind } from './reading-find.ts'
import { ReadingPages } from './reading-pages.ts'
import { firstVisibleLine, isAtEnd, type LineAnchor, restoreLine, usePinch } from './reading-scroll.ts'

/** Pages are loaded this many screens ahead of the view. */
const AHEAD = 2
/** How often more output of a running session is requested. */
const POLL_MS = 1_500

export interface ReadingOptions {
  link: HostLink
  session_id: string
  /** Where to begin; left out: at the end. */
  offset: number | undefined
  near: LineHint | undefined
  scroller: RefObject<HTMLElement | null>
}

export function useReading({ link, session_id, offset, near, scroller }: ReadingOptions) {
  const { history } = link.client
  const pages = useMemo(() => new ReadingPages((id, range) => history.read(id, range), session_id), [session_id])
  const find = useMemo(() => new ReadingFind((query, page) => history.search(query, page), session_id), [session_id])
  const failed = useSignal<CodedError | undefined>(undefined)
  const session = useSession(link, session_id)
  const isRunning = session?.state === 'running'
  /** There is newer output than what is loaded. */
  const newer = useSignal(false)
  const following = useRef(false)
  const style = useSignal(loadReadingStyle())
  /** The line that keeps its position while the text around it changes. */
  const anchor = useRef<LineAnchor | undefined>(undefined)
  /** The line at the upper edge, to restore when the phone is rotated. */
  const edge = useRef<LineAnchor | undefined>(undefined)
  /** The key of the line to scroll to once it is rendered; `end`: the last line. */
  const target = useRef<string | undefined>(undefined)

  const holdAnchor = () => {
    anchor.current = scroller.current ? firstVisibleLine(scroller.current) : undefined
  }
  const restore = (held: LineAnchor | undefined) => {
    const { current } = scroller
    if (!current) return
    if (following.current) current.scrollTop = current.scrollHeight
    else restoreLine(current, held)
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
      target.current = 'end'
      newer.value = false
      await pages.openEnd()
    })

  const open = () =>
    guarded(async () => {
      if (offset === undefined && !near) return toEnd()
      if (near) target.current = (await pages.openNear(near)) ?? 'end'
      else {
        await pages.openAt(offset ?? 0)
        target.current = pages.lineKeyAt(offset ?? 0) ?? 'end'
      }
      // The pages were rendered before the target was known.
      scrollToTarget()
    })

  const scrollToTarget = () => {
    const { current } = scroller
    const key = target.current
    if (!current || key === undefined || pages.pages.peek() === undefined) return
    const line = key === 'end' ? undefined : current.querySelector(`[data-line="${key}"]`)
    if (key === 'end') current.scrollTop = current.scrollHeight
    else if (line) line.scrollIntoView({ block: 'center' })
    else return
    target.current = undefined
    following.current = isAtEnd(current)
  }

  useEffect(() => void open(), [])

  // Repeats what failed while the connection was lost.
  const ready = link.state.value.name === 'ready'
  useEffect(() => {
    if (ready && failed.peek()) void (pages.pages.peek() ? loadNearby() : open())
  }, [ready])

  useLayoutEffect(() => {
    const { current } = scroller
    const held = anchor.current
    anchor.current = undefined
    if (!current) return
    if (target.current !== undefined) return scrollToTarget()
    restore(held)
  }, [pages.pages.value, style.value])

  // The phone was rotated, or a keyboard opened.
  useEffect(() => {
    const { current } = scroller
    if (!current) return
    let [width, height] = [current.clientWidth, current.clientHeight]
    const observer = new ResizeObserver(() => {
      if (current.clientWidth === width && current.clientHeight === height) return
      ;[width, height] = [current.clientWidth, current.clientHeight]
      restore(edge.current)
    })
    observer.observe(current)
    return () => observer.disconnect()
  }, [])

  /** Loads the pages near the view that are missing. */
  const loadNearby = async () => {
    const { current } = scroller
    if (!current || pages.pages.peek() === undefined) return
    edge.current = firstVisibleLine(current)
    const reach = AHEAD * current.clientHeight
    const { scrollTop, scrollHeight, clientHeight } = current
    following.current = pages.atEnd.peek() && isAtEnd(current)
    if (following.current) newer.value = false
    await guarded(async () => {
      if (scrollTop < reach) await pages.loadEarlier()
      if (scrollHeight - clientHeight - scrollTop < reach && !pages.atEnd.peek()) await pages.loadLater()
    })
  }
  pages.beforeChange = holdAnchor

  // One page may not be enough.
  useEffect(() => void loadNearby(), [pages.pages.value])

  useEffect(() => {
    if (!isRunning) return
    const timer = setInterval(() => {
      if (document.hidden || link.state.peek().name !== 'ready' || !pages.atEnd.peek()) return
      void guarded(async () => {
        if (following.current) await pages.loadLater()
        else if (!newer.peek()) newer.value = await pages.hasMore()
      })
    }, POLL_MS)
    return () => clearInterval(timer)
  }, [isRunning])

  const hit = find.current.value
  useEffect(() => {
    if (!hit) return
    void guarded(async () => {
      following.current = false
      const isIt = (text: string) => findMarks(text, hit).length > 0
      if (!pages.lineKeyAt(hit.offset)) await pages.openAt(hit.offset)
      target.current = pages.lineKeyAt(hit.offset, isIt)
      scrollToTarget()
    })
  }, [hit])

  const setStyle = (change: Partial<ReadingStyle>) => {
    holdAnchor()
    style.value = { ...style.peek(), ...change }
    saveReadingStyle(style.peek())
  }
  const setSize = (size: number) => setStyle({ size: Math.min(MAX_FONT_SIZE, Math.max(MIN_FONT_SIZE, size)) })
  usePinch(scroller, () => style.peek().size, setSize)

  return {
    pages,
    find,
    hit,
    session,
    newer: newer.value,
    style: style.value,
    setStyle,
    setSize,
    /** Undefined also while there is no connection: it is repeated by itself. */
    error: ready ? failed.value : undefined,
    isLoading: pages.pages.value === undefined && !failed.value,
    toEnd: () => void toEnd(),
    loadNearby: () => void loadNearby(),
    retry: () => void (pages.pages.peek() ? loadNearby() : open()),
  }
}

/** From the session list; a session that is not in it is requested once. */
function useSession(link: HostLink, session_id: string): SessionInfo | undefined {
  const recorded = useSignal<SessionInfo | undefined>(undefined)
  const listed = link.sessions.value?.find(one => one.session_id === session_id)
  const isMissing = link.sessions.value !== undefined && !listed
  useEffect(() => {
    if (!isMissing) return
    link.client.history.sessions({ filter: { session_id } }).then(
      ({ sessions }) => {
        recorded.value = sessions.find(one => one.session_id === session_id)
      },
      () => {}, // only the title is missing; reading the text reports the error
    )
  }, [isMissing])
  return listed ?? recorded.value
}
