// A text field with `SoftInput` outside a page; does what ui/input/soft-input/bind.ts does.
import { isModifierKey, SoftInput } from '../../../ui/input/soft-input/soft-input.ts'
import { play, type Trace, type TraceEvent } from './input-trace.ts'

export interface Setting {
  os: Trace['os']
  language?: string
}

export class TypedField {
  value = ''
  /** All input that was sent. */
  sent = ''
  readonly pasted: string[] = []
  /** How a sticky modifier changes the next character. */
  modify: ((text: string) => string) | undefined
  readonly soft: SoftInput

  constructor({ os, language = 'en' }: Setting) {
    const blank = os === 'apple' ? '\u200b' : ' '
    this.soft = new SoftInput({
      blank,
      composesWords: os === 'android',
      language,
      modified: () => this.modify !== undefined,
    })
    this.#settle()
  }

  setSelectionRange(): void {}

  play(events: readonly TraceEvent[]): void {
    play(this, events, event => this.dispatch(event))
  }

  /** Returns false if the event was prevented. */
  dispatch(event: TraceEvent): boolean {
    const { soft } = this
    switch (event.type) {
      case 'keydown': {
        this.#settle()
        const { key = '', keyCode = 0, isComposing = false } = event
        const press = { key, keyCode, isComposing, ctrl: false, alt: false, meta: false, altGraph: false }
        if (soft.keyGoesTo(press) === 'field' || isModifierKey(key)) return true
        this.finish()
        // As in xterm.js.
        if (key === 'Enter') {
          this.value = ''
          this.sent += '\r'
        }
        return false
      }
      case 'keyup':
        soft.keyIsUp()
        this.#settle()
        break
      case 'compositionstart':
      case 'compositionupdate':
        soft.compose(event.data ?? '')
        break
      case 'compositionend':
        this.#perform(soft.composed(this.value))
        break
      case 'beforeinput':
        if (this.value === '') this.#settle()
        break
      case 'input':
        if (event.isComposing && event.inputType === 'insertCompositionText') soft.compose(event.data ?? '')
        this.#perform(soft.input(this.value, event.inputType ?? ''))
        break
    }
    return true
  }

  /** Taps a key of the key bar. */
  finish(): void {
    this.#perform(this.soft.finish())
  }

  #perform(actions: ReturnType<SoftInput['finish']>): void {
    for (const action of actions) {
      if (action.do === 'paste') this.pasted.push(action.text)
      else this.#type(action.text)
    }
    this.#settle()
  }

  #type(text: string): void {
    const { modify } = this
    if (modify && [...text].length === 1) {
      this.modify = undefined
      this.sent += modify(text)
      this.soft.forget()
    } else this.sent += text
  }

  #settle(): void {
    if (!this.soft.composing) this.value = this.soft.field
  }
}
