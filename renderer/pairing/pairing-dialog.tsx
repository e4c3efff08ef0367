// Asks whether a phone may pair, on top of everything else.
import './pairing-dialog.css'
import { useState } from 'preact/hooks'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { toCoded } from '../../protocol/errors.ts'
import type { PairingRequest } from '../../protocol/messages.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import { printable } from '../../ui/sessions/session-text.ts'
import { addressText, formatCode, formatCountdown, formatDate, transportText } from './phone-text.ts'
import { useArmed } from './use-armed.ts'

export interface PairingDialogProps {
  client: LocalClient
  request: PairingRequest
  /** How many other requests are waiting. */
  others: number
  /** Closes the dialog without an answer; it can be opened again. */
  postpone: () => void
}

const TICK_MS = 1_000

/**
 * Allow gives away a shell, and the dialog can appear while the user types into a terminal. Therefore it accepts no answer
 * for a moment, focuses nothing, ignores Enter, and Tab reaches “Decide later” first.
 */
export function PairingDialog({ client, request, others, postpone }: PairingDialogProps) {
  const now = useNow(TICK_MS)
  const [isArmed, armed] = useArmed()
  const [sent, setSent] = useState(false)
  const [hint, setHint] = useState('')
  const name = printable(request.name)

  const answer = (answer: { allow: boolean; read_only?: boolean }) => {
    if (!isArmed() || sent) return
    setSent(true)
    setHint('')
    client.answerPairing(request.pairing_id, answer).then(
      () => answer.allow && toast(answer.read_only ? `Paired “${name}” to watch only` : `Paired “${name}”`),
      error => {
        const { code, message } = toCoded(error)
        // Another client has answered, or the request has expired: it disappears from the list of requests.
        if (code === 'pairing_unknown') return
        setSent(false)
        setHint(`Could not answer: ${message}.`)
      },
    )
  }
  const noEnter = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    setHint('Press the space bar. Enter is disabled here to prevent accidents.')
  }
  const button = { type: 'button', 'aria-disabled': !armed || sent, onKeyDown: noEnter } as const
  return (
    <Dialog
      title={`Allow “${name}”?`}
      heading={
        <>
          Allow “<bdi>{name}</bdi>”?
        </>
      }
      class="pairing-dialog"
      mayClose={how => how === 'escape' && isArmed()}
      onClose={postpone}
    >
      <IconButton
        icon="close"
        label="Decide later"
        class="aside"
        title="Decide later"
        aria-disabled={!armed}
        onClick={() => isArmed() && postpone()}
      />
      <p class="only-if">Allow it only if your phone shows these six digits</p>
      <p class="short-code" data-testid="short-code">
        {formatCode(request.code)}
      </p>
      <p class="facts">
        <span>
          From <bdi>{addressText(request.address)}</bdi>
        </span>
        <span>over {transportText(request.secure)}</span>
        <span>
          <span role="timer">{formatCountdown(request.expires_at - now)}</span> left
        </span>
        {others > 0 && <span>{others} more waiting</span>}
      </p>
      {request.again && (
        <p class="note" role="note">
          You allowed this phone before, and it keeps its permission. It has to be allowed again because of the setting
          “Ask again about each phone”.
        </p>
      )}
      {request.looks_like && (
        <p class="note similar" role="note">
          This is a new phone. “<bdi>{printable(request.looks_like.name)}</bdi>”, paired on{' '}
          {formatDate(request.looks_like.created_at)}, has a similar name.
        </p>
      )}
      {!request.again && (
        <p class="means">An allowed phone can see and control every session. With Watch only, it cannot type.</p>
      )}
      <p class="hint" role="alert">
        {hint}
      </p>
      <div class="actions">
        <button {...button} onClick={() => answer({ allow: false })}>
          Decline
        </button>
        <button {...button} onClick={() => answer({ allow: true, read_only: true })}>
          Watch only
        </button>
        <button {...button} class="primary" onClick={() => answer({ allow: true })}>
          Allow
        </button>
      </div>
    </Dialog>
  )
}
