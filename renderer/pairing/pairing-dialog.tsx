// “Allow this phone?”, over whatever the window shows. Knows no other phone, and not how the answer reaches the phone.
import './pairing-dialog.css'
import { useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { toCoded } from '../../protocol/errors.ts'
import type { PairingRequest } from '../../protocol/messages.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { useNow } from '../../ui/kit/use-now.ts'
import { printable } from '../../ui/sessions/session-text.ts'
import { clock, groupedCode, secureWords, shownAddress } from './phone-text.ts'
import { useArmed } from './use-armed.ts'

export interface PairingDialogProps {
  client: HostClient
  request: PairingRequest
  /** How many others wait behind it. */
  others: number
  /** Nothing is decided; it can be asked about again. */
  putAside: () => void
}

const TICK_MS = 1_000

/**
 * Whoever says yes here gives a shell away, and it comes up by itself over a terminal that somebody types into. So for a
 * moment it takes no answer, nothing in it has the focus, Enter gives no permission, and what Tab reaches first puts it aside.
 */
export function PairingDialog({ client, request, others, putAside }: PairingDialogProps) {
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
      () => answer.allow && toast(answer.read_only ? `“${name}” may look` : `“${name}” is let in`),
      error => {
        const { code, message } = toCoded(error)
        // Somebody else was faster, or it has expired: the list of those who wait says so too.
        if (code === 'pairing_unknown') return
        setSent(false)
        setHint(`That did not work: ${message}.`)
      },
    )
  }
  const noEnter = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    setHint('Enter decides nothing here: press the space bar.')
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
      mayClose={how => how === 'key' && isArmed()}
      onClose={putAside}
    >
      <button
        type="button"
        class="icon aside"
        aria-label="Decide later"
        title="Decide later"
        aria-disabled={!armed}
        onClick={() => isArmed() && putAside()}
      >
        <Icon name="close" />
      </button>
      <p class="only-if">Only if the phone shows the same code</p>
      <p class="short-code" data-testid="short-code">
        {groupedCode(request.code)}
      </p>
      <p class="facts">
        <span>
          From <bdi>{shownAddress(request.address)}</bdi>
        </span>
        <span>over {secureWords(request.secure)}</span>
        <span>
          <span role="timer">{clock(request.expires_at - now)}</span> left
        </span>
        {others > 0 && <span>{others === 1 ? '1 more waits' : `${others} more wait`}</span>}
      </p>
      <p class="means">Allowed, it can do in every session what you can. With Look only it sees them.</p>
      <p class="hint" role="alert">
        {hint}
      </p>
      <div class="actions">
        <button {...button} onClick={() => answer({ allow: false })}>
          Refuse
        </button>
        <button {...button} onClick={() => answer({ allow: true, read_only: true })}>
          Look only
        </button>
        <button {...button} class="primary" onClick={() => answer({ allow: true })}>
          Allow
        </button>
      </div>
    </Dialog>
  )
}
