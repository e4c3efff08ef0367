// Play, steps, speed, idle time and marks, for a thumb. Knows nothing of what is played.
import { Icon } from '../../ui/kit/icons.tsx'
import { type Player, type PlayerState, SPEEDS } from '../../ui/player/player.ts'

export interface PlayerBarProps {
  player: Player
  state: PlayerState
  /** How many there are. */
  marks: number
  showMarks: () => void
}

export function PlayerBar({ player, state, marks, showMarks }: PlayerBarProps) {
  const { playing, speed, skipIdle, end } = state
  return (
    <div class="controls" role="toolbar" aria-label="Player">
      <button type="button" class="icon" aria-label="Step back" onClick={() => player.step(-1)}>
        <Icon name="step_back" />
      </button>
      <button
        type="button"
        class="icon play"
        aria-label={playing ? 'Pause' : end === 'over' ? 'Play from the beginning' : 'Play'}
        onClick={() => (playing ? player.pause() : player.play())}
      >
        <Icon name={playing ? 'pause' : 'play'} />
      </button>
      <button type="button" class="icon" aria-label="Step on" onClick={() => player.step(1)}>
        <Icon name="step_on" />
      </button>
      <select
        class="speed"
        aria-label="Speed"
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
      <button
        type="button"
        class="icon switch"
        role="switch"
        aria-label="Skip idle time"
        aria-checked={skipIdle}
        onClick={() => {
          player.skipIdle = !skipIdle
        }}
      >
        <Icon name="skip" />
      </button>
      <button
        type="button"
        class="icon"
        aria-label={marks === 0 ? 'Marks' : `Marks, ${marks}`}
        aria-haspopup="dialog"
        onClick={showMarks}
      >
        <Icon name="flag" />
        {marks > 0 && <span class="count">{marks}</span>}
      </button>
    </div>
  )
}
