// Play, pause, steps, speed, and where one is: the row under a timeline. Knows nothing of what is played.
import type { ComponentChildren, RefObject } from 'preact'
import { useState } from 'preact/hooks'
import { Icon } from '../../ui/kit/icons.tsx'
import { type Player, type PlayerState, SPEEDS } from '../../ui/player/player.ts'
import { parseTimeCode, timeCode } from '../../ui/player/time-code.ts'

/** In what is shorter, tenths of a second matter. */
const TENTHS_MS = 60_000

export interface PlayerControlsProps {
  player: Player
  state: PlayerState
  time: RefObject<HTMLInputElement | null>
  showKeys: () => void
  children?: ComponentChildren
}

export function PlayerControls({ player, state, time, showKeys, children }: PlayerControlsProps) {
  const { playing, speed, skipIdle, end, at, to } = state
  const [typed, setTyped] = useState<string>()
  const wanted = typed === undefined ? undefined : parseTimeCode(typed)
  const play = playing ? 'Pause' : end === 'over' ? 'Play from the beginning' : 'Play'
  return (
    <div class="controls">
      <button type="button" class="icon" aria-label="Step back" title="Step back (,)" onClick={() => player.step(-1)}>
        <Icon name="step_back" />
      </button>
      <button
        type="button"
        class="icon play"
        aria-label={play}
        title={`${play} (space)`}
        onClick={() => (playing ? player.pause() : player.play())}
      >
        <Icon name={playing ? 'pause' : 'play'} />
      </button>
      <button type="button" class="icon" aria-label="Step on" title="Step on (.)" onClick={() => player.step(1)}>
        <Icon name="step_on" />
      </button>
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
          title="Go to a time (g)"
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
      <label class="speed">
        <span class="word">Speed</span>
        <select
          aria-label="Speed"
          title="Speed (< and >)"
          value={String(speed)}
          onChange={event => {
            player.speed = Number(event.currentTarget.value)
          }}
        >
          {SPEEDS.map(one => (
            <option key={one} value={String(one)}>
              {one}×
            </option>
          ))}
        </select>
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
      <button type="button" class="icon help" aria-label="Keys" title="Keys (?)" onClick={showKeys}>
        ?
      </button>
    </div>
  )
}
