// Notices above a recording that cannot be shown or continued, or that has a gap.

import { gapText } from '../sessions/session-text.ts'
import type { Player, PlayerState } from './player.ts'

export interface RecordingNoticesProps {
  /** Why it cannot be shown, and a button to act on it. */
  failure: { text: string; action: string; act: () => void } | undefined
  state: PlayerState | undefined
  player: Player | undefined
}

export function RecordingNotices({ failure, state, player }: RecordingNoticesProps) {
  return (
    <>
      {failure && (
        <div class="notice" role="alert">
          <span>{failure.text}</span>
          <button type="button" onClick={failure.act}>
            {failure.action}
          </button>
        </div>
      )}
      {state?.error && (
        <div class="notice" role="alert">
          <span>Playback stopped: {state.error.message}.</span>
          <button type="button" onClick={() => player?.seek({ at: state.at })}>
            Try again
          </button>
        </div>
      )}
      {state?.gap && (
        <div class="notice" role="status">
          <span>Output is missing here: {gapText(state.gap.reason, state.gap.bytes)}.</span>
        </div>
      )}
    </>
  )
}
