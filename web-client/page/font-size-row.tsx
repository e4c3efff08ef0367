// Larger and smaller letters by buttons: what two fingers do, for who has one to spare. Knows nothing of what is written.
import { Icon } from '../../ui/kit/icons.tsx'
import { MAX_FONT_SIZE, MIN_FONT_SIZE } from '../../ui/terminal/size-policy.ts'

export interface LettersRowProps {
  /** CSS pixels. */
  size: number
  /** Somebody wanted them so. */
  chosen: boolean
  /** Undefined: as they are by themselves. */
  set: (size: number | undefined) => void
}

export function LettersRow({ size, chosen, set }: LettersRowProps) {
  return (
    <fieldset class="letters" aria-label="Letters">
      <Icon name="letters" />
      <button
        type="button"
        aria-label="Smaller letters"
        disabled={size <= MIN_FONT_SIZE}
        onClick={() => set(Math.ceil(size) - 1)}
      >
        A−
      </button>
      <output aria-label="Size of the letters">{Math.round(size)} px</output>
      <button
        type="button"
        aria-label="Larger letters"
        disabled={size >= MAX_FONT_SIZE}
        onClick={() => set(Math.floor(size) + 1)}
      >
        A+
      </button>
      {chosen && (
        <button type="button" class="plain" onClick={() => set(undefined)}>
          Reset
        </button>
      )}
    </fieldset>
  )
}
