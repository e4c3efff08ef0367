// One session's recording: its timeline, and a player on a screen in a box. Knows nothing of buttons.
import type { RefObject } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import type { SearchHit } from '../../protocol/client/history-client.ts'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import type { HostMessageOf, Mark, SeekTarget } from '../../protocol/messages.ts'
import { Player, type PlayerState } from './player.ts'
import { RecordedView } from './recorded-view.ts'

export type Timeline = HostMessageOf<'timeline'>

/** Where a recording is looked at first: at what was found, or at a place. */
export type PlayFrom = { hit: Pick<SearchHit, 'offset' | 'line' | 'ranges'> } | { place: SeekTarget }

export interface RecordingOptions {
  client: HostClient
  session_id: string
  /** Fills it. */
  box: RefObject<HTMLElement | null>
  /** Left out: at its end. Counts when it is opened. */
  from: PlayFrom | undefined
  /** It still grows. */
  running: boolean
  /** A link was tapped; `target` is http(s) and shows where it leads. Ask before opening it. */
  openLink: (target: string) => void
}

/** One for each two pixels of a wide window. */
const BUCKETS = 600

/** A recording that grows: its host records every 0.7 s, and nobody sees a timeline change more often than this. */
const GROWING_MS = 3_000

export interface RecordingState {
  timeline: Timeline | undefined
  state: PlayerState | undefined
  failed: CodedError | undefined
  /** Undefined until the timeline is there. */
  player: Player | undefined
  screen: RecordedView | undefined
  selected: boolean
  setMarks: (change: (marks: readonly Mark[]) => Mark[]) => void
  retry: () => void
}

export function useRecording({ client, session_id, box, from, running, openLink }: RecordingOptions): RecordingState {
  const [timeline, setTimeline] = useState<Timeline>()
  const [state, setState] = useState<PlayerState>()
  const [failed, setFailed] = useState<CodedError>()
  const [parts, setParts] = useState<{ player: Player; screen: RecordedView }>()
  const [selected, setSelected] = useState(false)
  const [tries, setTries] = useState(0)
  const start = useRef(from)
  const link = useRef(openLink)
  link.current = openLink

  useEffect(() => {
    let gone = false
    let undo = () => {}
    setFailed(undefined)
    client.history.timeline(session_id, BUCKETS).then(
      timeline => {
        if (gone) return
        const screen = new RecordedView(box.current!, {
          openLink: target => link.current(target),
          selected: setSelected,
        })
        const player = new Player({
          recording: {
            moment: place => client.history.seek(session_id, place),
            stretch: position => client.history.readChunk(session_id, position),
          },
          screen,
          from: timeline.from,
          to: timeline.to,
        })
        const begin = start.current
        const hit = begin && 'hit' in begin ? begin.hit : undefined
        let shown = hit === undefined
        player.on('change', state => {
          setState(state)
          if (shown || state.seeking || state.playing) return
          shown = true
          if (hit && !state.error) screen.reveal(hit.line, hit.ranges)
        })
        setTimeline(timeline)
        setState(player.state)
        setParts({ player, screen })
        player.seek(hit ? { offset: hit.offset } : begin && 'place' in begin ? begin.place : { at: timeline.to })
        undo = () => {
          player.dispose()
          screen.dispose()
        }
      },
      error => !gone && setFailed(toCoded(error)),
    )
    return () => {
      gone = true
      undo()
      setParts(undefined)
    }
  }, [client, session_id, box, tries])

  useEffect(() => {
    if (!running || !parts) return
    const look = () =>
      client.history.timeline(session_id, BUCKETS).then(
        timeline => {
          setTimeline(timeline)
          parts.player.extend(timeline.to)
        },
        () => {}, // told when something else is asked for
      )
    const timer = setInterval(look, GROWING_MS)
    return () => {
      clearInterval(timer)
      // It has just ended: what came last is wanted too.
      void look()
    }
  }, [client, session_id, running, parts])

  return {
    timeline,
    state,
    failed,
    player: parts?.player,
    screen: parts?.screen,
    selected,
    setMarks: change => setTimeline(was => was && { ...was, marks: change(was.marks).sort((a, b) => a.at - b.at) }),
    retry: () => setTries(was => was + 1),
  }
}
