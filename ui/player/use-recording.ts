// A hook that loads one session's timeline and plays its recording in a box.
import type { RefObject } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import type { SearchHit } from '../../protocol/client/history-client.ts'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import type { HostMessageOf, Mark, SeekTarget } from '../../protocol/messages.ts'
import { toastError } from '../kit/toast.tsx'
import { Player, type PlayerState } from './player.ts'
import { RecordedView } from './recorded-view.ts'

export type Timeline = HostMessageOf<'timeline'>

/** Where to start: at a search hit, which is highlighted, or at a time or offset. */
export type PlayFrom = { hit: Pick<SearchHit, 'offset' | 'line' | 'ranges'> } | { target: SeekTarget }

export interface RecordingOptions {
  client: HostClient
  session_id: string
  /** Fills it. */
  box: RefObject<HTMLElement | null>
  /** Undefined: at the end. Used only when the recording is opened. */
  from: PlayFrom | undefined
  /** The session is still running. */
  running: boolean
  /** A link was tapped; `target` is http(s) and shows where it leads. Ask before opening it. */
  openLink: (target: string) => void
}

/** One for every two pixels of a wide window. */
const BUCKETS = 600

/** How often the timeline of a running session is updated; updating it more often makes no visible difference. */
const GROWING_MS = 3_000

export interface RecordingState {
  timeline: Timeline | undefined
  state: PlayerState | undefined
  failed: CodedError | undefined
  /** Undefined until the timeline is loaded. */
  player: Player | undefined
  screen: RecordedView | undefined
  selected: boolean
  /** Shows a mark that the host has stored; replaces one with the same id. */
  addMark: (mark: Mark) => void
  /** Removes it from the history; a failure is shown as a toast. */
  removeMark: (mark: Mark) => void
  retry: () => void
}

export function useRecording({ client, session_id, box, from, running, openLink }: RecordingOptions): RecordingState {
  const [timeline, setTimeline] = useState<Timeline>()
  const [state, setState] = useState<PlayerState>()
  const [failed, setFailed] = useState<CodedError>()
  const [parts, setParts] = useState<{ player: Player; screen: RecordedView }>()
  const [selected, setSelected] = useState(false)
  const [attempt, setAttempt] = useState(0)
  const start = useRef(from)
  const link = useRef(openLink)
  link.current = openLink

  useEffect(() => {
    let disposed = false
    let cleanUp = () => {}
    setFailed(undefined)
    client.history.timeline(session_id, BUCKETS).then(
      timeline => {
        if (disposed) return
        const screen = new RecordedView(box.current!, {
          openLink: target => link.current(target),
          selected: setSelected,
        })
        const player = new Player({
          recording: {
            seek: target => client.history.seek(session_id, target),
            readChunk: position => client.history.readChunk(session_id, position),
          },
          screen,
          from: timeline.from,
          to: timeline.to,
        })
        const begin = start.current
        const hit = begin && 'hit' in begin ? begin.hit : undefined
        let revealed = hit === undefined
        player.on('change', state => {
          setState(state)
          if (revealed || state.seeking || state.playing) return
          revealed = true
          if (hit && !state.error) screen.reveal(hit.line, hit.ranges)
        })
        setTimeline(timeline)
        setState(player.state)
        setParts({ player, screen })
        player.seek(hit ? { offset: hit.offset } : begin && 'target' in begin ? begin.target : { at: timeline.to })
        cleanUp = () => {
          player.dispose()
          screen.dispose()
        }
      },
      error => !disposed && setFailed(toCoded(error)),
    )
    return () => {
      disposed = true
      cleanUp()
      setParts(undefined)
    }
  }, [client, session_id, box, attempt])

  useEffect(() => {
    if (!running || !parts) return
    const update = () =>
      client.history.timeline(session_id, BUCKETS).then(
        timeline => {
          setTimeline(timeline)
          parts.player.extend(timeline.to)
        },
        () => {}, // Another request will show the error.
      )
    const timer = setInterval(update, GROWING_MS)
    return () => {
      clearInterval(timer)
      // The session has just ended: load its last output too.
      void update()
    }
  }, [client, session_id, running, parts])

  const setMarks = (change: (marks: readonly Mark[]) => Mark[]) =>
    setTimeline(was => was && { ...was, marks: change(was.marks).sort((a, b) => a.at - b.at) })

  return {
    timeline,
    state,
    failed,
    player: parts?.player,
    screen: parts?.screen,
    selected,
    addMark: mark => setMarks(marks => [...marks.filter(one => one.mark_id !== mark.mark_id), mark]),
    removeMark: ({ mark_id }) =>
      void client.history
        .unmark(session_id, mark_id)
        .then(() => setMarks(marks => marks.filter(one => one.mark_id !== mark_id)), toastError),
    retry: () => setAttempt(was => was + 1),
  }
}
