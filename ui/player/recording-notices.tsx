// What is to be said above a recording that cannot be shown, cannot go on, or has a hole. Knows nothing of how it is read.

import { gapText } from '../sessions/session-text.ts'
import type { Player, PlayerState } from './player.ts'

export interface RecordingNoticesProps {
  failure: { text: string; does: string; act: () => void } | undefined
  state: PlayerState | undefined
  player: Player | undefined
}

export function RecordingNotices({ failure: failed, state, player }: RecordingNoticesProps) {
  return (
    <>
      {failed && (
        <div class="notice" role="alert">
          <span>{failed.text}</span>
          <button type="button" onClick={failed.act}>
            {failed.does}
          </button>
        </div>
      )}
      {state?.error && (
        <div class="notice" role="alert">
          <span>It cannot go on from here: {state.error.message}.</span>
          <button type="button" onClick={() => player?.seek({ at: state.at })}>
            Try again
          </button>
        </div>
      )}
      {state?.gap && (
        <div class="notice" role="status">
          <span>What comes here is missing: {gapText(state.gap.reason, state.gap.bytes)}.</span>
        </div>
      )}
    </>
  )
}
