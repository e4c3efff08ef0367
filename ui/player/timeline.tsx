// A recording's timeline: activity, gaps, marks, and the position, to seek with.
import './timeline.css'
import { useMemo, useRef, useState } from 'preact/hooks'
import { gapText } from '../sessions/session-text.ts'
import { timeCode } from './time-code.ts'
import type { Timeline } from './use-recording.ts'

export interface TimeRange {
  from: number | undefined
  to: number | undefined
}

export interface TimelineBarProps {
  timeline: Timeline
  /** Milliseconds since the session began. */
  at: number
  to: number
  /** The range to export, if not all. */
  range: TimeRange
  seek: (at: number) => void
  /** A finger points at this time; undefined: it lifted. */
  onTouch?: (at: number | undefined) => void
  onKeyDown?: (event: KeyboardEvent) => void
}

export function TimelineBar({ timeline, at, to, range, seek, onTouch, onKeyDown }: TimelineBarProps) {
  const { from, activity, gaps, marks } = timeline
  const bar = useRef<HTMLDivElement>(null)
  const [under, setUnder] = useState<number>()
  const dragging = useRef(false)
  const span = Math.max(1, to - from)
  const percent = (time: number) => `${(100 * Math.min(Math.max(0, time - from), span)) / span}%`
  // The loaded timeline may end before the latest output of a running session.
  const bars = useMemo(() => barsOf(activity), [activity])
  const known = Math.max(1, timeline.to - from) / span

  const timeAt = (event: PointerEvent): number => {
    const { left, width } = bar.current!.getBoundingClientRect()
    return from + (Math.min(Math.max(0, event.clientX - left), width) / Math.max(1, width)) * span
  }
  /** A finger would hide the label, so the page shows it elsewhere. */
  const point = (event: PointerEvent, time: number | undefined) =>
    event.pointerType === 'touch' && onTouch ? onTouch(time) : setUnder(time)
  const over = (event: PointerEvent) => {
    dragging.current = false
    if (event.pointerType === 'touch') point(event, undefined)
  }
  return (
    <div
      ref={bar}
      class="timeline"
      role="slider"
      tabIndex={0}
      aria-label="Position in the recording"
      aria-valuemin={0}
      aria-valuemax={Math.round(span / 1000)}
      aria-valuenow={Math.round((at - from) / 1000)}
      aria-valuetext={`${timeCode(at)} of ${timeCode(to)}`}
      onKeyDown={onKeyDown}
      onPointerDown={event => {
        if (event.button !== 0) return
        dragging.current = true
        event.currentTarget.setPointerCapture(event.pointerId)
        const time = timeAt(event)
        if (event.pointerType === 'touch') point(event, time)
        seek(time)
      }}
      onPointerMove={event => {
        const time = timeAt(event)
        point(event, time)
        if (dragging.current) seek(time)
      }}
      onPointerUp={over}
      onPointerCancel={over}
      onPointerLeave={event => point(event, undefined)}
    >
      <svg
        viewBox={`0 0 ${activity.length} 100`}
        preserveAspectRatio="none"
        style={{ width: `${100 * known}%` }}
        aria-hidden="true"
      >
        <path d={bars} />
      </svg>
      {(range.from !== undefined || range.to !== undefined) && (
        <div
          class="range"
          style={{
            left: percent(range.from ?? from),
            width: `calc(${percent(range.to ?? to)} - ${percent(range.from ?? from)})`,
          }}
        />
      )}
      {gaps.map(gap => (
        <div
          key={`${gap.from.offset} ${gap.from.n}`}
          class="gap"
          style={{ left: percent(gap.at) }}
          title={gapText(gap.reason, gap.to.offset - gap.from.offset)}
        />
      ))}
      {marks.map(mark => (
        <div key={mark.mark_id} class="tick" style={{ left: percent(mark.at) }} />
      ))}
      <div class="played" style={{ width: percent(at) }} />
      <div class="head" style={{ left: percent(at) }} />
      {under !== undefined && (
        <div class="under" style={{ left: percent(under) }} data-side={under - from > span / 2 ? 'left' : 'right'}>
          {timeCode(under)}
        </div>
      )}
    </div>
  )
}

/** An SVG path of bars with logarithmic heights, so that a few bytes are visible beside a flood. */
function barsOf(activity: readonly number[]): string {
  const maxLog = Math.log1p(activity.reduce((a, b) => Math.max(a, b), 1))
  return activity
    .map((bytes, at) => {
      if (bytes === 0) return ''
      const height = Math.max(6, (100 * Math.log1p(bytes)) / maxLog)
      return `M${at} 100v${-height.toFixed(1)}h1V100z`
    })
    .join('')
}
