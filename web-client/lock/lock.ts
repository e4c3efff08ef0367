// Locks and unlocks this page: what the lock's screens do. Loaded only where the lock is used.
import { keyPairOf } from '../../protocol/channel/keys.ts'
import type { HostLink } from '../connection/host-link.ts'
import type { Seal } from '../connection/stored-identity.ts'
import { forgetAllTexts } from '../page/composed-texts.ts'
import { LOCK_CHANGED, tryStorage } from '../page/storage.ts'
import { keyFromPasskey, keyFromPin, type LockKey, MAX_TRIES, newPasskey, seal, unseal } from './sealing.ts'
import { watchUse } from './watch-use.ts'

export { MIN_PIN_CHARACTERS, PasskeyError, passkeysPossible } from './sealing.ts'

/** `forgotten`: too many wrong PINs, and the key was deleted. */
export type Unlocked = 'unlocked' | { left: number } | 'forgotten'

/** With the PIN, or with the passkey (then it rejects with PasskeyError). */
export async function unlock(link: HostLink, pin?: string): Promise<Unlocked> {
  const { identities } = link
  const locked = identities.locked.value
  if (!locked) return 'unlocked'
  const before = locked.seal
  // Counted before it is tried, and for all tabs together, so that neither a reload nor a second tab brings more tries.
  const tries = before.kind === 'pin' ? await identities.countTry() : 1
  if (tries > MAX_TRIES) return forget(link)
  const bytes =
    before.kind === 'pin'
      ? (await keyFromPin(pin ?? '', before.salt)).bytes
      : await keyFromPasskey(before.credential!, before.salt)
  const secretKey = unseal(before, bytes, locked.hostKey)
  if (!secretKey) {
    const left = MAX_TRIES - tries
    return left === 0 ? forget(link) : { left }
  }
  await identities.saveSeal({ ...before, tries: 0 })
  const waiting = identities.lockedPending
  const waitingKey = waiting && unseal(waiting.seal, bytes, waiting.hostKey)
  const { kind, salt, credential, minutes } = before
  follow(link, { how: { kind, salt, minutes, ...(credential && { credential }) }, bytes })
  const { hostKey, hostName } = locked
  link.unlocked(
    { hostKey, hostName, keys: keyPairOf(secretKey), code: '' },
    waitingKey && { hostKey: waiting.hostKey, hostName: '', keys: keyPairOf(waitingKey), code: waiting.code },
  )
  return 'unlocked'
}

/** Deletes this phone's key and what else belongs to the host. */
export async function forget(link: HostLink): Promise<'forgotten'> {
  await link.identities.forget()
  forgetAllTexts()
  return 'forgotten'
}

/** Turns the lock on, or changes it. Rejects with PasskeyError. */
export async function turnOn(link: HostLink, how: { pin: string } | 'passkey', minutes: number): Promise<void> {
  if (how === 'passkey') {
    const { credential, salt, bytes } = await newPasskey(link.deviceName.value)
    follow(link, { how: { kind: 'passkey', salt, credential, minutes }, bytes })
  } else {
    const { salt, bytes } = await keyFromPin(how.pin)
    follow(link, { how: { kind: 'pin', salt, minutes }, bytes })
  }
  await link.identities.saveLock()
  tellOtherTabs()
}

export async function turnOff(link: HostLink): Promise<void> {
  stop()
  link.identities.lock.value = undefined
  await link.identities.saveLock()
  tellOtherTabs()
}

/** They load again, and are locked too or no longer (main.tsx). */
function tellOtherTabs(): void {
  tryStorage(() => window.localStorage.setItem(LOCK_CHANGED, String(Date.now())))
}

let stop = () => {}

/** The page is open: from now on it locks itself. */
function follow(link: HostLink, key: LockKey): void {
  stop()
  link.identities.lock.value = {
    kind: key.how.kind,
    minutes: key.how.minutes,
    seal: (hostKey, secretKey): Seal => seal(key, hostKey, secretKey),
  }
  // Loading the page again leaves nothing of a session or a key in its memory.
  stop = watchUse(key.how.minutes * 60_000, () => window.location.reload())
}
