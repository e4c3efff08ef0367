// The sheet that turns the lock on and off.
import './lock.css'
import { useState } from 'preact/hooks'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { MIN_PIN_CHARACTERS, PasskeyError, passkeysPossible, turnOff, turnOn } from './lock.ts'

const MINUTES = [1, 5, 15, 60]

export function LockSheet({ link, close }: { link: HostLink; close: () => void }) {
  const lock = link.identities.lock.value
  const [minutes, setMinutes] = useState(lock?.minutes ?? 5)
  const [pin, setPin] = useState('')
  const [again, setAgain] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const change = async (work: () => Promise<void>, done: string) => {
    setBusy(true)
    setProblem('')
    try {
      await work()
      toast(done)
      close()
    } catch (error) {
      if (!(error instanceof PasskeyError)) throw error
      setProblem(
        error.why === 'canceled' ? 'No passkey was made.' : 'Passkeys of this phone cannot encrypt. Use a PIN instead.',
      )
    } finally {
      setBusy(false)
    }
  }
  const setUpPin = () => {
    if ([...pin].length < MIN_PIN_CHARACTERS) return setProblem(`Use at least ${MIN_PIN_CHARACTERS} characters.`)
    if (pin !== again) return setProblem('The two PINs are different.')
    void change(() => turnOn(link, { pin }, minutes), 'The lock is on')
  }
  return (
    <Dialog class="lock" title="Lock this page" noAutofocus onClose={close}>
      <p class="small">
        The page locks when you open it and when you have not used it for a while. This phone’s key is then encrypted.
        Notifications still appear, but cannot be answered from their buttons.
      </p>
      <form
        onSubmit={event => {
          event.preventDefault()
          setUpPin()
        }}
      >
        <label>
          Lock after
          <select value={String(minutes)} onChange={event => setMinutes(Number(event.currentTarget.value))}>
            {MINUTES.map(one => (
              <option key={one} value={String(one)}>
                {one === 60 ? '1 hour' : one === 1 ? '1 minute' : `${one} minutes`}
              </option>
            ))}
          </select>
        </label>
        {passkeysPossible() && (
          <button
            type="button"
            class="primary"
            disabled={busy}
            onClick={() => void change(() => turnOn(link, 'passkey', minutes), 'The lock is on')}
          >
            Lock with a passkey
          </button>
        )}
        <label>
          {passkeysPossible() ? 'Or with a PIN' : 'PIN'}
          <input
            type="password"
            autocomplete="new-password"
            value={pin}
            disabled={busy}
            onInput={event => setPin(event.currentTarget.value)}
          />
        </label>
        <label>
          Repeat the PIN
          <input
            type="password"
            autocomplete="new-password"
            value={again}
            disabled={busy}
            onInput={event => setAgain(event.currentTarget.value)}
          />
        </label>
        <p class="small">
          At least {MIN_PIN_CHARACTERS} digits or letters. After ten wrong tries this phone forgets its key. Someone
          with a copy of its storage can try longer; letters make that harder.
        </p>
        <p class="problem" role="alert">
          {problem}
        </p>
        <button type="submit" disabled={busy || pin === ''}>
          {busy ? 'Encrypting…' : 'Lock with this PIN'}
        </button>
        {lock && (
          <button type="button" disabled={busy} onClick={() => void change(() => turnOff(link), 'The lock is off')}>
            Turn the lock off
          </button>
        )}
        <button type="button" disabled={busy} onClick={close}>
          Cancel
        </button>
      </form>
    </Dialog>
  )
}
