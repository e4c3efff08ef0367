// Text that a person is asked about, with what is hidden in it made visible. Knows nothing of the question.
import { showHidden } from './visible-text.ts'

/** Nobody reads more of it, and a megabyte takes a phone seconds to lay out. */
const SHOWN_CHARACTERS = 4_000

export function TextPreview({ text }: { text: string }) {
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has keys only must be able to scroll it */}
      <pre tabIndex={0}>{showHidden(text.slice(0, SHOWN_CHARACTERS))}</pre>
      {text.length > SHOWN_CHARACTERS && (
        <p>and {(text.length - SHOWN_CHARACTERS).toLocaleString('en')} more characters</p>
      )}
    </>
  )
}
