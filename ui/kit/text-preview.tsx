// A preview of text to confirm, with hidden characters made visible.
import { showHidden } from './visible-text.ts'

/** Nobody reads more, and a megabyte takes a phone seconds to lay out. */
const MAX_CHARACTERS = 4_000

export function TextPreview({ text }: { text: string }) {
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users must be able to scroll it */}
      <pre tabIndex={0}>{showHidden(text.slice(0, MAX_CHARACTERS))}</pre>
      {text.length > MAX_CHARACTERS && <p>and {(text.length - MAX_CHARACTERS).toLocaleString('en')} more characters</p>}
    </>
  )
}
