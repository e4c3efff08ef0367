// What the user types and pastes into a terminal view, on its way to the session.
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import { type KeyboardProtocol, keyboardProtocol } from '../../terminal/keyboard-protocol.ts'
import { type Key, keySequence, type Modifiers, NO_MODIFIERS, withModifiers } from '../input/key-codes.ts'
import { keyStroke } from '../input/key-events.ts'
import { isProtocolOn, type KeyStroke, protocolSequence } from '../input/key-protocol.ts'
import { pasteSequence } from '../input/paste.ts'
import { bindSoftInput, type SoftInputBinding } from '../input/soft-input/bind.ts'
import type { TouchScroll } from './touch-scroll.ts'
import type { ViewLayout, ViewParts } from './view-layout.ts'

export interface InputOptions {
  /** Typing failed (`input_full`, `session_ended`, `read_only`). */
  typingFailed?: (error: CodedError) => void
  /** Text or files were pasted: confirm, then call `paste`. Left out: text is pasted at once. */
  pasted?: (text: string, files: File[]) => void
  /** Changes typed text before it is sent: for sticky modifiers. */
  filter?: (text: string, protocol: KeyboardProtocol) => string
  /** Whether `filter` would change the next character. */
  modified?: () => boolean
  /** Keys that are not for the program: false keeps one from it. */
  takesKey?: (event: KeyboardEvent, term: ViewParts['term']) => boolean
  /**
   * Whether the program takes Alt+Enter for a new line. Then Shift+Enter sends the same, unless a keyboard protocol is on: without
   * one, nothing else tells it from Enter.
   */
  wantsNewLines?: () => boolean
}

export interface InputContext {
  /** Sends to the session. Returns whether there is one; throws when the session takes no input. */
  send: (bytes: Uint8Array) => boolean
  /** Whether what xterm.js sends now is its own report rather than input. */
  isReport: () => boolean
  layout: ViewLayout
  scroll: TouchScroll
}

/** A soft keyboard must not autocorrect what is typed into a shell. */
const TYPING_HINTS: readonly [string, string][] = [
  ['autocapitalize', 'off'],
  ['autocorrect', 'off'],
  ['autocomplete', 'off'],
  ['spellcheck', 'false'],
  ['enterkeyhint', 'enter'],
]

const IS_MAC = /^(?:Mac|iPhone|iPad)/.test(navigator.platform)

const encoder = new TextEncoder()

/** Focus gained or lost (DEC private mode 1004). */
const FOCUS_REPORT = /^\x1b\[[IO]$/

export class ViewInput {
  readonly #parts: ViewParts
  readonly #options: InputOptions
  readonly #context: InputContext
  readonly #soft: SoftInputBinding

  constructor(parts: ViewParts, options: InputOptions, context: InputContext) {
    this.#parts = parts
    this.#options = options
    this.#context = context
    const { term, box, sheet } = parts
    term.attachCustomKeyEventHandler(this.#onKey)
    term.onData(text => this.#type(text))
    term.onBinary(text => this.#send(Uint8Array.from(text, character => character.charCodeAt(0))))
    this.#soft = bindSoftInput(term, {
      view: box,
      type: text => term.input(text),
      paste: text => this.#receive(text, []),
      modified: () => options.modified?.() ?? false,
    })
    // Before xterm.js's own listeners, which would let pasted text end its bracket.
    sheet.addEventListener('paste', this.#onPaste, { capture: true })
    for (const [name, value] of TYPING_HINTS) term.textarea?.setAttribute(name, value)
  }

  /** Whether the program has turned on bracketed paste; then it does not run pasted lines at once. */
  get bracketsPaste(): boolean {
    return this.#parts.term.modes.bracketedPasteMode
  }

  /**
   * While nothing can be typed, a tap opens no soft keyboard. xterm.js makes its field read-only, which is not enough on
   * every system.
   */
  setEnabled(enabled: boolean): void {
    const { term } = this.#parts
    term.options.disableStdin = !enabled
    if (term.textarea) term.textarea.inputMode = enabled ? '' : 'none'
  }

  /** Presses a key: what it sends depends on the modes that the program has set. */
  press(key: Key, modifiers: Modifiers): void {
    this.#prepare()
    const { applicationCursorKeysMode } = this.#parts.term.modes
    this.#send(encoder.encode(keySequence(key, modifiers, applicationCursorKeysMode, this.#protocol)))
  }

  /** Pastes as one unit of input. Returns whether it was sent; failures go to `typingFailed`. */
  paste(text: string): boolean {
    this.#prepare()
    try {
      return this.#send(pasteSequence(text, this.bracketsPaste))
    } catch (error) {
      this.#options.typingFailed?.(toCoded(error))
      return false
    }
  }

  dispose(): void {
    this.#soft.dispose()
    this.#parts.sheet.removeEventListener('paste', this.#onPaste, { capture: true })
  }

  #prepare(): void {
    this.#soft.finish()
    this.#returnToCursor()
    this.#parts.term.scrollToBottom()
  }

  /** Shows where the input appears, wherever a finger had moved the view. */
  #returnToCursor(): void {
    this.#context.layout.followsCursor = true
    this.#context.scroll.halt()
  }

  #type(text: string): void {
    // The host tells programs of the focus, because it knows all clients'; what xterm.js says of this one is no typing.
    if (this.#context.isReport() || FOCUS_REPORT.test(text)) return
    // Wheel events that a finger turned into keys do not move the view.
    if (!this.#context.scroll.sendingWheel) this.#returnToCursor()
    const protocol = this.#protocol
    const filtered = this.#options.filter?.(text, protocol) ?? text
    if (filtered !== text) this.#soft.forget()
    this.#send(encoder.encode(filtered === text ? withModifiers(text, NO_MODIFIERS, protocol) : filtered))
  }

  get #protocol(): KeyboardProtocol {
    return keyboardProtocol(this.#parts.term)
  }

  /** Keys whose text a soft or hardware keyboard types do not come here. Returns whether xterm.js handles the key. */
  #onKey = (event: KeyboardEvent): boolean => {
    const { term } = this.#parts
    if (this.#options.takesKey?.(event, term) === false) return false
    // The keys with Meta are the system's and the browser's.
    if (event.type === 'keypress' || event.metaKey || term.options.disableStdin) return true
    const stroke = keyStroke(event, IS_MAC)
    if (!stroke) return true
    const sequence = protocolSequence(stroke, this.#protocol) ?? this.#newLine(stroke)
    if (sequence === undefined) return true
    event.preventDefault()
    if (sequence === '') return false
    if (event.type === 'keydown') this.#prepare()
    this.#send(encoder.encode(sequence))
    return false
  }

  #newLine({ key, shift, alt, ctrl, event }: KeyStroke): string | undefined {
    if (key !== 'enter' || !shift || alt || ctrl || event === 'release' || isProtocolOn(this.#protocol))
      return undefined
    return this.#options.wantsNewLines?.() ? '\x1b\r' : undefined
  }

  #onPaste = (event: ClipboardEvent): void => {
    event.preventDefault()
    event.stopPropagation()
    if (this.#parts.term.options.disableStdin || !event.clipboardData) return
    this.#receive(event.clipboardData.getData('text/plain'), [...event.clipboardData.files])
  }

  #receive(text: string, files: File[]): void {
    const { pasted } = this.#options
    if (pasted) pasted(text, files)
    else if (text) this.paste(text)
  }

  /** Returns whether it was sent. */
  #send(bytes: Uint8Array): boolean {
    try {
      return this.#context.send(bytes)
    } catch (error) {
      this.#options.typingFailed?.(toCoded(error))
      return false
    }
  }
}
