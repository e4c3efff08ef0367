// A row of buttons for the font size, the alternative to a pinch.
import './font-size-row.css'
import { Icon } from '../../ui/kit/icons.tsx'
import { MAX_FONT_SIZE, MIN_FONT_SIZE } from '../../ui/terminal/size-policy.ts'

export interface FontSizeRowProps {
  /** CSS pixels. */
  size: number
  /** The user set this size. */
  chosen: boolean
  /** Undefined resets to the default. */
  set: (size: number | undefined) => void
}

export function FontSizeRow({ size, chosen, set }: FontSizeRowProps) {
  return (
    <fieldset class="font-size" aria-label="Font size">
      <Icon name="font_size" />
      <button
        type="button"
        aria-label="Decrease font size"
        disabled={size <= MIN_FONT_SIZE}
        onClick={() => set(Math.ceil(size) - 1)}
      >
        A−
      </button>
      <output aria-label="Current font size">{Math.round(size)} px</output>
      <button
        type="button"
        aria-label="Increase font size"
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
