// Turns what a soft keyboard does to a text field into typed text. Independent of the DOM.
import { type Composer, isHeld } from './composing.ts'
import { commonPrefix, difference } from './difference.ts'

export interface KeyPress {
  key: string
  keyCode: number
  ctrl: boolean
  alt: boolean
  meta: boolean
  /** The third level of a hardware keyboard, which some systems report as Ctrl and Alt. */
  altGraph: boolean
  isComposing: boolean
}

/** `type`: to be sent like keys. `paste`: text with several lines that was inserted at once. */
export type Action = { do: 'type'; text: string } | { do: 'paste'; text: string }

export interface SoftInputOptions extends Composer {
  /** Precedes the text, so that there is always something to delete: keyboards report no Backspace in an empty field. */
  blank: string
  /** Whether a sticky Ctrl or Alt applies to the next character. */
  modified: () => boolean
}

/**
 * Code units of sent text that stay in the field for the keyboard to correct. With more, a correction at its start would
 * delete and retype all of it.
 */
const MAX_CONTEXT = 128
/** What trimming leaves; less than MAX_CONTEXT, so that trimming is rare. */
const TRIMMED_CONTEXT = 64
/** Dictation rewrites its whole phrase and must not be trimmed meanwhile; no one dictates more without a pause. */
const MAX_FIELD = 4096

const DEL = '\x7f'

/** Keys that do nothing by themselves. */
const MODIFIER_KEYS = new Set(
  'Shift Control Alt AltGraph Meta OS CapsLock NumLock ScrollLock Fn FnLock Hyper Super Symbol ContextMenu'.split(' '),
)

/**
 * The field mirrors the text typed last, and each change of the field is sent as a difference. So it does not matter which
 * events a keyboard sends, or how often: what is in the field is in the line exactly once.
 */
export class SoftInput {
  readonly #options: SoftInputOptions
  /** The part of the field's text that was sent. */
  #sent = ''
  /** Composed text that waits. */
  #held = ''
  #composing = false
  #composed = ''
  /** The field was cleared while the keyboard composed this; it may not have noticed. */
  #cut = ''
  #dead = false
  /** The line may not match the field: the field is cleared as soon as that does not end a composition. */
  #unsure = false
  /** A key was pressed since the last change of the field, so it is not dictation. */
  #keyed = false
  /** Enter is down and was sent as a key; a browser may insert a line break as well. */
  #entered = false

  constructor(options: SoftInputOptions) {
    this.#options = options
  }

  /** What the field must contain, with the caret at its end. Must not be written while something is composed. */
  get field(): string {
    return this.#options.blank + this.#sent + this.#held
  }

  /** Composed and not sent: to be shown at the cursor. */
  get preedit(): string {
    return this.#held
  }

  get composing(): boolean {
    return this.#composing
  }

  /** Who handles a key: the field, through the browser, or the terminal. Call `finish` before the latter. */
  keyGoesTo(press: KeyPress): 'field' | 'terminal' {
    this.#keyed = true
    this.#dead = press.key === 'Dead'
    this.#entered = false
    const modified = (press.ctrl || press.alt || press.meta) && !press.altGraph
    if (modified) return 'terminal'
    // 229: an input method handles it, even if the key has a name.
    if (press.isComposing || press.keyCode === 229 || /^(Unidentified|Process|Dead)$/.test(press.key)) return 'field'
    if ([...press.key].length === 1 || press.key === 'Backspace') return 'field'
    this.#entered = press.key === 'Enter'
    return 'terminal'
  }

  /** The key is up: changes from now on are not caused by it. */
  keyIsUp(): void {
    this.#entered = false
  }

  compose(text: string): void {
    this.#composing = true
    this.#composed = text
  }

  /** The composition ended; `value` is the field's text. */
  composed(value: string): Action[] {
    this.#composing = false
    this.#composed = ''
    const actions = this.#changed(value)
    if (this.#unsure) this.forget()
    return actions
  }

  /** The field's text changed to `value`. */
  input(value: string, inputType: string): Action[] {
    // Safari commits by deleting the text and inserting it again. If it does not, the end of the composition shows that.
    if (this.#composing && inputType === 'deleteCompositionText') return []
    // The field had nothing left to delete: Backspace is meant for the program's line.
    if (value === '' && this.#sent + this.#held === '' && /^(delete|$)/.test(inputType)) return typed(DEL)
    return this.#changed(value)
  }

  /** Call before anything else is sent: returns held text to send, and clears the field. */
  finish(): Action[] {
    const text = this.#held
    this.#sent += text
    this.#held = ''
    this.forget()
    return typed(text)
  }

  /** Clears the field: the line is no longer known, so nothing of it can be corrected. */
  forget(): void {
    if (this.#composing) this.#cut = this.#composed
    this.#sent = ''
    this.#held = ''
    this.#composing = false
    this.#composed = ''
    this.#unsure = false
  }

  #changed(value: string): Action[] {
    const { blank } = this.#options
    const isEmpty = this.#sent + this.#held === ''
    let text = value
    if (value.startsWith(blank)) text = value.slice(blank.length)
    // WebKitGTK inserts before the blank, wherever it reports the caret.
    else if (isEmpty && value.endsWith(blank)) text = value.slice(0, -blank.length)
    const keyed = this.#keyed
    this.#keyed = false
    if (text === this.#sent) {
      this.#held = ''
      return []
    }
    // The text that was composed plus one letter: the keyboard continues its composition, so only the letter is new.
    if (this.#cut && this.#sent === '' && text.startsWith(this.#cut) && [...text.slice(this.#cut.length)].length === 1)
      this.#sent = this.#cut
    this.#cut = ''

    if (this.#composing && this.#isHeld()) return this.#hold(text)
    this.#held = ''
    const { deletions, inserted, unsure } = difference(this.#sent, text)
    this.#sent = text
    const hasLineBreak = /[\r\n]/.test(inserted)
    if (!hasLineBreak) {
      this.#unsure ||= unsure
      if (this.#unsure && !this.#composing) this.forget()
      else this.#trim(inserted, keyed)
      return typed(DEL.repeat(deletions) + inserted)
    }
    this.forget()
    const entered = this.#entered
    this.#entered = false
    if (entered && /^\r?\n$/.test(inserted)) return typed(DEL.repeat(deletions))
    // A keyboard may finish a word and press Enter in one step; anything longer was pasted or dictated.
    if (/^\S*(\r\n|\r|\n)$/.test(inserted)) return typed(DEL.repeat(deletions) + inserted.replace(/\r?\n$/, '\r'))
    return [...typed(DEL.repeat(deletions)), { do: 'paste', text: inserted }]
  }

  #isHeld(): boolean {
    return isHeld(this.#composed, this.#options, { dead: this.#dead, modified: this.#options.modified() })
  }

  /** Composed text waits; sent text that it replaces is deleted at once. */
  #hold(text: string): Action[] {
    const kept = commonPrefix(this.#sent, text)
    const { deletions } = difference(this.#sent, kept)
    this.#sent = kept
    this.#held = text.slice(kept.length)
    return typed(DEL.repeat(deletions))
  }

  #trim(inserted: string, keyed: boolean): void {
    if (this.#composing) return
    if (this.#sent.length > MAX_FIELD) this.forget()
    if (this.#sent.length <= MAX_CONTEXT || !keyed || !/\s$/.test(inserted)) return
    const tail = this.#sent.slice(-TRIMMED_CONTEXT)
    this.#sent = tail.slice(tail.search(/\s/) + 1)
  }
}

/** Whether a key does nothing by itself. */
export function isModifierKey(key: string): boolean {
  return MODIFIER_KEYS.has(key)
}

function typed(text: string): Action[] {
  return text === '' ? [] : [{ do: 'type', text }]
}
