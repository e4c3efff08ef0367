// The row under the timeline: play, pause, step, time, speed.
import type { ComponentChildren, RefObject } from 'preact'
import { useState } from 'preact/hooks'
import type { Player, PlayerState } from '../../ui/player/player.ts'
import { PlayButtons, SpeedSelect } from '../../ui/player/player-buttons.tsx'
import { parseTimeCode, timeCode } from '../../ui/player/time-code.ts'

/** Shorter recordings show tenths of a second. */
const TENTHS_MS = 60_000

export interface PlayerControlsProps {
  player: Player
  state: PlayerState
  time: RefObject<HTMLInputElement | null>
  showKeys: () => void
  children?: ComponentChildren
}

export function PlayerControls({ player, state, time, showKeys, children }: PlayerControlsProps) {
  const { speed, skipIdle, at, to } = state
  const [typed, setTyped] = useState<string>()
  const wanted = typed === undefined ? undefined : parseTimeCode(typed)
  return (
    <div class="controls">
      <PlayButtons player={player} state={state} hints />
      <form
        class="time"
        onSubmit={event => {
          event.preventDefault()
          if (wanted === undefined) return
          player.seek({ at: wanted })
          setTyped(undefined)
          time.current?.closest<HTMLElement>('.recording')?.focus()
        }}
      >
        <input
          ref={time}
          aria-label="Time in the recording"
          title="Go to time (g)"
          aria-invalid={typed !== undefined && wanted === undefined}
          autocomplete="off"
          spellcheck={false}
          value={typed ?? timeCode(at, true)}
          onFocus={event => {
            setTyped(timeCode(at, true))
            event.currentTarget.select()
          }}
          onBlur={() => setTyped(undefined)}
          onInput={event => setTyped(event.currentTarget.value)}
          onKeyDown={event => {
            if (event.key !== 'Escape') return
            event.preventDefault()
            event.stopPropagation()
            setTyped(undefined)
            event.currentTarget.closest<HTMLElement>('.recording')?.focus()
          }}
        />
        <span class="whole">/ {timeCode(to, to < TENTHS_MS)}</span>
      </form>
      <label class="speed" for="playback-speed">
        <span class="word">Speed</span>
        <SpeedSelect id="playback-speed" player={player} speed={speed} title="Speed (< and >)" />
      </label>
      <button
        type="button"
        role="switch"
        class="switch"
        aria-checked={skipIdle}
        title="Skip idle time (i)"
        onClick={() => {
          player.skipIdle = !skipIdle
        }}
      >
        <span class="track" aria-hidden="true" />
        Skip idle
      </button>
      {children}
      <button
        type="button"
        class="icon help"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={showKeys}
      >
        ?
      </button>
    </div>
  )
}
