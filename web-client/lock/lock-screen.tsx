// The screen while this page is locked. Nothing of a session is loaded before it is unlocked.
import './lock.css'
import { useEffect, useState } from 'preact/hooks'
import { ConfirmDialog } from '../../ui/kit/dialog.tsx'
import { printable } from '../../ui/sessions/session-text.ts'
import { EntryScreen } from '../connection/entry-screen.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { forget, PasskeyError, unlock } from './lock.ts'

export function LockScreen({ link }: { link: HostLink }) {
  const locked = link.identities.locked.value
  const [pin, setPin] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const [isForgetting, setForgetting] = useState(false)
  const byPin = locked?.seal.kind === 'pin'
  const open = async () => {
    if (busy) return
    setBusy(true)
    setProblem('')
    try {
      const result = await unlock(link, pin)
      if (result === 'forgotten') return window.location.reload()
      if (typeof result === 'object')
        setProblem(
          byPin
            ? `Wrong PIN. ${result.left} more ${result.left === 1 ? 'try' : 'tries'} before this phone forgets its key.`
            : 'This passkey does not fit. Pair this phone again.',
        )
    } catch (error) {
      setProblem(
        !(error instanceof PasskeyError)
          ? 'The browser’s storage does not respond. Try again.'
          : error.why === 'canceled'
            ? 'Not unlocked. Try again.'
            : 'This browser cannot use the passkey. Pair this phone again.',
      )
    } finally {
      setPin('')
      setBusy(false)
    }
  }
  // Browsers that allow it ask without a tap.
  useEffect(() => {
    if (!byPin) void open()
  }, [])
  const name = printable(locked?.hostName ?? '')
  return (
    <div class="page lock">
      <EntryScreen title="Locked" icon="lock">
        <p>
          Unlock to see the sessions of <bdi class="name">{name || 'your computer'}</bdi>.
        </p>
        <form
          onSubmit={event => {
            event.preventDefault()
            void open()
          }}
        >
          {byPin && (
            <label>
              PIN
              <input
                type="password"
                autocomplete="off"
                autocapitalize="off"
                enterkeyhint="done"
                value={pin}
                disabled={busy}
                onInput={event => setPin(event.currentTarget.value)}
              />
            </label>
          )}
          <p class="problem" role="alert">
            {problem}
          </p>
          <button type="submit" class="primary" disabled={busy || (byPin && pin === '')}>
            {busy ? 'Unlocking…' : byPin ? 'Unlock' : 'Unlock with passkey'}
          </button>
          <button type="button" onClick={() => setForgetting(true)}>
            Forget this computer
          </button>
        </form>
      </EntryScreen>
      {isForgetting && (
        <ConfirmDialog
          title="Forget this computer?"
          confirmLabel="Forget"
          danger
          onClose={() => setForgetting(false)}
          onConfirm={() => void forget(link).then(() => window.location.reload())}
        >
          <p>This phone deletes its key. You have to pair it again at the computer.</p>
        </ConfirmDialog>
      )}
    </div>
  )
}
