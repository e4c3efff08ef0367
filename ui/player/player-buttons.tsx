// What every player has: step back, play or pause, step forward, and the speed.
import { IconButton } from '../kit/icon-button.tsx'
import { type Player, type PlayerState, SPEEDS } from './player.ts'

export interface PlayButtonsProps {
  player: Player
  state: PlayerState
  /** Shows the keyboard shortcuts in tooltips. */
  hints?: boolean
}

export function PlayButtons({ player, state: { playing, end }, hints = false }: PlayButtonsProps) {
  const play = playing ? 'Pause' : end === 'over' ? 'Play from the beginning' : 'Play'
  const hint = (label: string, key: string) => (hints ? `${label} (${key})` : undefined)
  return (
    <>
      <IconButton icon="step_back" label="Step back" title={hint('Step back', ',')} onClick={() => player.step(-1)} />
      <IconButton
        icon={playing ? 'pause' : 'play'}
        class="play"
        label={play}
        title={hint(play, 'space')}
        onClick={() => (playing ? player.pause() : player.play())}
      />
      <IconButton
        icon="step_forward"
        label="Step forward"
        title={hint('Step forward', '.')}
        onClick={() => player.step(1)}
      />
    </>
  )
}

export interface SpeedSelectProps {
  player: Player
  speed: number
  id?: string
  class?: string
  title?: string
}

export function SpeedSelect({ player, speed, ...attributes }: SpeedSelectProps) {
  return (
    <select
      {...attributes}
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
  )
}
