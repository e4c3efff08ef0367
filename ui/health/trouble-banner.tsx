// Says that something is wrong with the host. It can be hidden; then a mark stays, which opens the same dialog.
import './trouble-banner.css'
import type { Trouble } from '../../protocol/messages.ts'
import { IconButton } from '../kit/icon-button.tsx'
import { Icon } from '../kit/icons.tsx'
import { hideTroubles, openTrouble, shownTroubles, troubleLine } from './troubles.ts'

/** A tap must not take the focus from a terminal: the soft keyboard would go. */
const keepFocus = (event: Event) => event.preventDefault()

export function TroubleBanner({ troubles }: { troubles: readonly Trouble[] }) {
  const shown = shownTroubles(troubles)
  if (shown.length === 0) return null
  const isBad = shown.some(({ severity }) => severity === 'error')
  return (
    <div class={isBad ? 'trouble-banner bad' : 'trouble-banner'} role={isBad ? 'alert' : 'status'}>
      <button type="button" class="plain" aria-haspopup="dialog" onMouseDown={keepFocus} onClick={openTrouble}>
        <Icon name="warning" />
        <span class="text">{troubleLine(shown)}</span>
        <span class="more">Details</span>
      </button>
      <IconButton icon="close" label="Hide" onMouseDown={keepFocus} onClick={() => hideTroubles(troubles)} />
    </div>
  )
}

/** Stays where the banner was hidden. */
export function TroubleMark({ troubles }: { troubles: readonly Trouble[] }) {
  if (troubles.length === 0 || shownTroubles(troubles).length > 0) return null
  const isBad = troubles.some(({ severity }) => severity === 'error')
  return (
    <IconButton
      icon="warning"
      class={isBad ? 'trouble-mark bad' : 'trouble-mark'}
      label={`Trouble: ${troubleLine(troubles)}`}
      aria-haspopup="dialog"
      onMouseDown={keepFocus}
      onClick={openTrouble}
    />
  )
}
