// Turns pasted text into input for a program, and decides which pastes to confirm.
import { CodedError } from '../../protocol/errors.ts'
import { INPUT_BYTES } from '../../protocol/limits.ts'
import { CONTROL, hasHiddenCharacters, LINE_END } from '../kit/visible-text.ts'

const EACH_CONTROL = new RegExp(CONTROL.source, 'g')
const EACH_END = new RegExp(LINE_END.source, 'g')

/**
 * One unit of input. Line ends become Enter (CR), as in xterm; if the program has turned on bracketed paste (DECSET 2004),
 * the text is put between ESC[200~ and ESC[201~. Control characters are replaced with their Unicode pictures, as in VTE:
 * text from anywhere could end the bracket (ESC[201~) or press Ctrl+C. Throws `input_full`.
 */
export function pasteSequence(text: string, bracketed: boolean): Uint8Array {
  const safe = text.replace(EACH_CONTROL, picture).replace(EACH_END, '\r')
  const bytes = new TextEncoder().encode(bracketed ? `\x1b[200~${safe}\x1b[201~` : safe)
  if (bytes.length > INPUT_BYTES)
    throw new CodedError(
      'input_full',
      `a paste can have ${INPUT_BYTES / 1_048_576} MiB, and this one has ${(bytes.length / 1_048_576).toFixed(1)}; send it as a file`,
    )
  return bytes
}

/** A line end at the end of the text does not begin another line. */
export function lineCount(text: string): number {
  return text.replace(/(\r\n?|\n)$/, '').split(LINE_END).length
}

/** Whether to confirm a paste on a phone: several lines, hidden characters, or an Enter that takes effect at once. */
export function needsConfirmation(text: string, bracketed: boolean): boolean {
  return lineCount(text) > 1 || isRisky(text, bracketed)
}

/** Whether to confirm a paste even where the user sees it whole: hidden characters, or an Enter that takes effect at once. */
export function isRisky(text: string, bracketed: boolean): boolean {
  return hasHiddenCharacters(text) || (!bracketed && LINE_END.test(text))
}

/** U+2400 and up for C0 and DEL; C1 has no pictures. */
function picture(control: string): string {
  const code = control.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '\u2421' : '\ufffd'
}
