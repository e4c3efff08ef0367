// The player's controls, within reach of a thumb.
import { IconButton } from '../../ui/kit/icon-button.tsx'
import type { Player, PlayerState } from '../../ui/player/player.ts'
import { PlayButtons, SpeedSelect } from '../../ui/player/player-buttons.tsx'

export interface PlayerBarProps {
  player: Player
  state: PlayerState
  /** The number of marks. */
  marks: number
  showMarks: () => void
}

export function PlayerBar({ player, state, marks, showMarks }: PlayerBarProps) {
  const { speed, skipIdle } = state
  return (
    <div class="controls" role="toolbar" aria-label="Player">
      <PlayButtons player={player} state={state} />
      <SpeedSelect player={player} speed={speed} class="speed" />
      <IconButton
        icon="skip"
        label="Skip idle time"
        class="switch"
        role="switch"
        aria-checked={skipIdle}
        onClick={() => {
          player.skipIdle = !skipIdle
        }}
      />
      <IconButton
        icon="flag"
        label={marks === 0 ? 'Marks' : `Marks, ${marks}`}
        aria-haspopup="dialog"
        onClick={showMarks}
      >
        {marks > 0 && <span class="count">{marks}</span>}
      </IconButton>
    </div>
  )
}
