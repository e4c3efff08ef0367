// Shows connection problems and offers to reconnect.
import './connection-banner.css'
import type { ClientState } from '../../protocol/client/connection.ts'
import { sentence } from './sentence.ts'

export interface ConnectionBannerProps {
  state: ClientState
  /** Whether there was a connection before. */
  reached: boolean
  /** Bytes of input that have not arrived. */
  pending?: number
  retry: () => void
}

export function ConnectionBanner({ state, reached, pending = 0, retry }: ConnectionBannerProps) {
  const kept = pending > 0 ? ' Your input is kept.' : ''
  switch (state.name) {
    case 'ready':
    case 'awaiting_approval':
      return null
    case 'connecting':
      if (state.attempt === 0 && !reached) return null
      return <Banner text={`${problem(reached)}${kept}`} />
    case 'waiting':
      return <Banner text={`${problem(reached)}${kept}`} action="Reconnect now" onAction={retry} />
    case 'gave_up':
      return <Banner bad text={`No connection for ten minutes.${kept}`} action="Try again" onAction={retry} />
    case 'closed':
      if (state.error.code === 'client_closed') return null
      return <Banner bad text={sentence(state.error.message)} />
  }
}

function Banner(props: { text: string; bad?: boolean; action?: string; onAction?: () => void }) {
  const { text, bad, action, onAction } = props
  return (
    <div class={bad ? 'connection-banner bad' : 'connection-banner'} role="status">
      <span class="text">{text}</span>
      {/* Stays in place during an attempt, so that the text beside it does not move. */}
      <button
        type="button"
        disabled={!action}
        onMouseDown={event => event.preventDefault()}
        onClick={onAction}
        hidden={bad && !action}
      >
        {action ?? 'Reconnect now'}
      </button>
    </div>
  )
}

function problem(reached: boolean): string {
  return reached ? 'Connection lost - reconnecting…' : 'Your computer is not responding. Trying again…'
}
