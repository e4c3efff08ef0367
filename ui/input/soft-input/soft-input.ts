// What a soft keyboard means: from what happens to a text field to what is typed. Knows no DOM and no terminal.
import { type Composer, isHeld } from './composing.ts'
import { common, difference } from './difference.ts'

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

/** In order. `type` goes out as keys do, `paste` is text that came whole and has several lines. */
export type Action = { do: 'type'; text: string } | { do: 'paste'; text: string }

export interface SoftInputOptions extends Composer {
  /** Stands before the text, so that there is always something to delete: keyboards report no Backspace in an empty field. */
  blank: string
  /** A sticky Ctrl or Alt waits for the next character. */
  modified: () => boolean
}

/** Code units of typed text that stay for a keyboard to correct. More would be deleted and typed anew for a slip at its start. */
const CONTEXT = 128
/** After trimming; so that it is rare. */
const CONTEXT_KEPT = 64
/** Dictation rewrites its whole phrase and must not be trimmed meanwhile; nobody dictates more without a pause. */
const FIELD_MOST = 4096

const DEL = '\x7f'

/** Keys that do nothing by themselves. */
const SILENT = new Set(
  'Shift Control Alt AltGraph Meta OS CapsLock NumLock ScrollLock Fn FnLock Hyper Super Symbol ContextMenu'.split(' '),
)

/**
 * The field mirrors what was typed lately, and each change of it is sent as the difference. So it does not matter by which
 * events a keyboard says something, or how often: what stands in its field is in the line, once.
 */
export class SoftInput {
  readonly #options: SoftInputOptions
  /** What was sent of the field's text. */
  #sent = ''
  /** What is composed and waits. */
  #held = ''
  #composing = false
  #composed = ''
  /** The field was emptied under a keyboard that composed this; it may not have noticed. */
  #cut = ''
  #dead = false
  /** Line editors may differ in what they made of it: it is forgotten as soon as that ends no composition. */
  #unsure = false
  /** A key was pressed since the field changed last: not dictation. */
  #keyed = false
  /** Enter is down and went to the terminal as a key; a browser may break the line all the same. */
  #entered = false

  constructor(options: SoftInputOptions) {
    this.#options = options
  }

  /** What the field has to hold, with the caret at its end; while something is composed it is the keyboard's. */
  get field(): string {
    return this.#options.blank + this.#sent + this.#held
  }

  /** Composed, not sent: to be shown at the cursor. */
  get preedit(): string {
    return this.#held
  }

  get composing(): boolean {
    return this.#composing
  }

  /** Who gets a key: the field, by what the browser does with it, or the terminal; `finish` is called before the latter. */
  keyGoesTo(press: KeyPress): 'field' | 'terminal' {
    this.#keyed = true
    this.#dead = press.key === 'Dead'
    this.#entered = false
    const modified = (press.ctrl || press.alt || press.meta) && !press.altGraph
    if (modified) return 'terminal'
    // 229: an input method has it. Its key may have a name all the same.
    if (press.isComposing || press.keyCode === 229 || /^(Unidentified|Process|Dead)$/.test(press.key)) return 'field'
    if ([...press.key].length === 1 || press.key === 'Backspace') return 'field'
    this.#entered = press.key === 'Enter'
    return 'terminal'
  }

  /** The key is up again: what comes now does not come from it. */
  keyIsUp(): void {
    this.#entered = false
  }

  compose(text: string): void {
    this.#composing = true
    this.#composed = text
  }

  /** The keyboard is done with what it composed; `value` is what the field holds. */
  composed(value: string): Action[] {
    this.#composing = false
    this.#composed = ''
    const actions = this.#changed(value)
    if (this.#unsure) this.forget()
    return actions
  }

  /** The field holds `value` now. */
  input(value: string, inputType: string): Action[] {
    // Safari's way to commit: it takes the text away to put it back. Should it not come back, the end of the composition tells.
    if (this.#composing && inputType === 'deleteCompositionText') return []
    // Nothing of ours was left to delete: it is the program's line that Backspace is for.
    if (value === '' && this.#sent + this.#held === '' && /^(delete|$)/.test(inputType)) return typed(DEL)
    return this.#changed(value)
  }

  /** Before something else is sent: what waits goes out, and the field starts anew. */
  finish(): Action[] {
    const text = this.#held
    this.#sent += text
    this.#held = ''
    this.forget()
    return typed(text)
  }

  /** The line is not known any more, or another one: nothing of it is corrected from here on. */
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
    // WebKitGTK types before the blank, wherever it says that the caret is.
    else if (isEmpty && value.endsWith(blank)) text = value.slice(0, -blank.length)
    const keyed = this.#keyed
    this.#keyed = false
    if (text === this.#sent) {
      this.#held = ''
      return []
    }
    // One letter more than was cut off: the keyboard goes on as if nothing had been, so only the letter is new.
    if (this.#cut && this.#sent === '' && text.startsWith(this.#cut) && [...text.slice(this.#cut.length)].length === 1)
      this.#sent = this.#cut
    this.#cut = ''

    if (this.#composing && this.#isHeld()) return this.#hold(text)
    this.#held = ''
    const { deletions, inserted, unsure } = difference(this.#sent, text)
    this.#sent = text
    const lines = /[\r\n]/.test(inserted)
    if (!lines) {
      this.#unsure ||= unsure
      if (this.#unsure && !this.#composing) this.forget()
      else this.#bound(inserted, keyed)
      return typed(DEL.repeat(deletions) + inserted)
    }
    this.forget()
    const entered = this.#entered
    this.#entered = false
    if (entered && /^\r?\n$/.test(inserted)) return typed(DEL.repeat(deletions))
    // A keyboard may finish a word and press Enter in one step; more than that came from a clipboard or was dictated.
    if (/^\S*(\r\n|\r|\n)$/.test(inserted)) return typed(DEL.repeat(deletions) + inserted.replace(/\r?\n$/, '\r'))
    return [...typed(DEL.repeat(deletions)), { do: 'paste', text: inserted }]
  }

  #isHeld(): boolean {
    return isHeld(this.#composed, this.#options, { dead: this.#dead, modified: this.#options.modified() })
  }

  /** What is composed waits; what it replaces of what was sent does not. */
  #hold(text: string): Action[] {
    const kept = common(this.#sent, text)
    const { deletions } = difference(this.#sent, kept)
    this.#sent = kept
    this.#held = text.slice(kept.length)
    return typed(DEL.repeat(deletions))
  }

  #bound(inserted: string, keyed: boolean): void {
    if (this.#composing) return
    if (this.#sent.length > FIELD_MOST) this.forget()
    if (this.#sent.length <= CONTEXT || !keyed || !/\s$/.test(inserted)) return
    const tail = this.#sent.slice(-CONTEXT_KEPT)
    this.#sent = tail.slice(tail.search(/\s/) + 1)
  }
}

/** Whether a key does nothing by itself. */
export function isSilent(key: string): boolean {
  return SILENT.has(key)
}

function typed(text: string): Action[] {
  return text === '' ? [] : [{ do: 'type', text }]
}
