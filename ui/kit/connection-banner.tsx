// Says how the connection is when it is not well, and offers what a person can do. Knows no sockets, only the state.
import './connection-banner.css'
import type { ClientState } from '../../protocol/client/client.ts'

export interface ConnectionBannerProps {
  state: ClientState
  /** There was a connection before. */
  reached: boolean
  /** Bytes that were typed and have not arrived. */
  pending?: number
  retry: () => void
}

export function ConnectionBanner({ state, reached, pending = 0, retry }: ConnectionBannerProps) {
  const waits = pending > 0 ? ' What you typed is kept.' : ''
  switch (state.name) {
    case 'ready':
    case 'awaiting_approval':
      return null
    case 'connecting':
      if (state.attempt === 0 && !reached) return null
      return <Banner text={`${lost(reached)}${waits}`} />
    case 'waiting':
      return <Banner text={`${lost(reached)}${waits}`} action="Reconnect now" onAction={retry} />
    case 'gave_up':
      return <Banner bad text={`No connection for ten minutes.${waits}`} action="Try again" onAction={retry} />
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
      {/* Kept in place while a try is under way, so that the text beside it does not jump. */}
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

function lost(reached: boolean): string {
  return reached ? 'Connection lost - reconnecting…' : 'The host does not answer - trying again…'
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.')
}
