// A field with `SoftInput` behind it, without a page: does what ui/input/soft-input/bind.ts does. Knows no keyboard.
import { isModifierKey, SoftInput } from '../../../ui/input/soft-input/soft-input.ts'
import { play, type Trace, type TraceEvent } from './input-trace.ts'

export interface Setting {
  os: Trace['os']
  language?: string
}

export class TypedField {
  value = ''
  /** All that went out. */
  sent = ''
  readonly pasted: string[] = []
  /** What a sticky modifier makes of the next character. */
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

  /** False: prevented. */
  dispatch(event: TraceEvent): boolean {
    const { soft } = this
    switch (event.type) {
      case 'keydown': {
        this.#settle()
        const { key = '', keyCode = 0, isComposing = false } = event
        const press = { key, keyCode, isComposing, ctrl: false, alt: false, meta: false, altGraph: false }
        if (soft.keyGoesTo(press) === 'field' || isModifierKey(key)) return true
        this.finish()
        // As xterm.js does.
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

  /** A key of the key bar is tapped. */
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
