// What becomes of pasted text on its way to a program. Knows no DOM and no terminal.
import { CodedError } from '../../protocol/errors.ts'
import { INPUT_BYTES } from '../../protocol/limits.ts'
import { CONTROL, hasHiddenCharacters, LINE_END } from '../kit/visible-text.ts'

const EACH_CONTROL = new RegExp(CONTROL.source, 'g')
const EACH_END = new RegExp(LINE_END.source, 'g')

/**
 * One unit of input. Line ends become Enter (CR), as xterm has it, and between ESC[200~ and ESC[201~ where the program has
 * asked for that (DECSET 2004). No control character is pasted as itself: text from anywhere could end the bracket
 * (ESC[201~) or press Ctrl+C; in their place stand their pictures, as VTE does it. Throws `input_full`.
 */
export function pasteSequence(text: string, bracketed: boolean): Uint8Array {
  const tame = text.replace(EACH_CONTROL, picture).replace(EACH_END, '\r')
  const bytes = new TextEncoder().encode(bracketed ? `\x1b[200~${tame}\x1b[201~` : tame)
  if (bytes.length > INPUT_BYTES)
    throw new CodedError(
      'input_full',
      `this is ${(bytes.length / 1_048_576).toFixed(1)} MiB of text, and one paste takes ${INPUT_BYTES / 1_048_576} MiB: send it as a file`,
    )
  return bytes
}

/** Lines as people count them: what ends with a line end has none after it. */
export function lineCount(text: string): number {
  return text.replace(/(\r\n?|\n)$/, '').split(LINE_END).length
}

/** Whether a person is asked before it is pasted: more than a line, something unseen, or an Enter that works at once. */
export function needsConfirmation(text: string, bracketed: boolean): boolean {
  return lineCount(text) > 1 || isRisky(text, bracketed)
}

/** Whether even those are asked who see what they paste, and know what a program does with lines that it waits with. */
export function isRisky(text: string, bracketed: boolean): boolean {
  return hasHiddenCharacters(text) || (!bracketed && LINE_END.test(text))
}

/** U+2400 and on for C0 and DEL; C1 has no pictures. */
function picture(control: string): string {
  const code = control.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '\u2421' : '\ufffd'
}
