// Takes a terminal's text input from xterm.js: its field's events go to `SoftInput`, real keys go on. Knows no session.
import type { Terminal } from '@xterm/xterm'
import { preedit } from './preedit.ts'
import { type Action, isSilent, type KeyPress, SoftInput } from './soft-input.ts'

export interface SoftInputBinding {
  /** Before something is sent that was not typed into the field: what is composed goes out, and the field starts anew. */
  finish(): void
  /** What was typed became something else on its way, so it does not stand in the line. */
  forget(): void
  dispose(): void
}

export interface SoftInputTarget {
  /** What is seen of the terminal. */
  view: HTMLElement
  /** What is typed, and what is deleted as DEL. */
  type: (text: string) => void
  /** Text that came as a whole: from a clipboard, or several lines at once. */
  paste: (text: string) => void
  /** A sticky Ctrl or Alt waits for the next character. */
  modified: () => boolean
}

/** Not typed here, whatever the browser calls it. */
const BROUGHT = new Set(['insertFromPaste', 'insertFromPasteAsQuotation', 'insertFromDrop', 'insertFromYank'])
/** The field's past is not the line's. */
const REFUSED = new Set(['historyUndo', 'historyRedo'])

/**
 * xterm.js keeps its field, the focus and all keys that are no text. Its own reading of input, composition and `keypress`
 * never runs: it guesses from single events, and doubles or loses characters with most soft keyboards (xterm.js#3600).
 */
export function bindSoftInput(term: Terminal, { view, type, paste, modified }: SoftInputTarget): SoftInputBinding {
  const field = term.textarea!
  const root = term.element!
  const soft = new SoftInput({ ...keyboardHere(), modified })
  const shown = preedit(term, view)
  const off = new AbortController()
  let settling: ReturnType<typeof setTimeout> | undefined

  const perform = (actions: Action[]) => {
    for (const action of actions) {
      if (action.do === 'type') type(action.text)
      else paste(action.text)
    }
    settle()
    shown.show(soft.preedit)
  }

  /** Writes only what differs: a field that is written to ends dictation and composition. */
  const settle = () => {
    clearTimeout(settling)
    if (field.readOnly || soft.composing || field.value === soft.field) return
    field.value = soft.field
    toEnd()
  }

  const toEnd = () => {
    const end = field.value.length
    if (field.selectionStart !== end || field.selectionEnd !== end) field.setSelectionRange(end, end)
  }

  /**
   * A keyboard that goes on composing what is gone would type it again. Chromium on Android starts it anew when the action of
   * its Enter changes (ImeAdapterImpl.updateState); to the eye both are the same.
   */
  const startAnew = () => {
    field.enterKeyHint = field.enterKeyHint === 'enter' ? '' : 'enter'
  }

  const finish = () => {
    const cut = soft.composing
    perform(soft.finish())
    if (cut) startAnew()
  }

  const forget = () => {
    const cut = soft.composing
    soft.forget()
    settle()
    shown.show('')
    if (cut) startAnew()
  }

  const on = <Type extends keyof HTMLElementEventMap>(
    name: Type,
    listener: (event: HTMLElementEventMap[Type]) => void,
  ) =>
    root.addEventListener(
      name,
      event => {
        if (event.target === field && !field.readOnly) listener(event)
      },
      { capture: true, signal: off.signal },
    )

  on('keydown', event => {
    settle()
    const press = pressOf(event)
    if (soft.keyGoesTo(press) === 'field') {
      event.stopPropagation()
      // Everything may be selected; what a keyboard itself has selected it is about to replace.
      if (press.keyCode !== 229 && !press.isComposing) toEnd()
      return
    }
    if (isSilent(press.key)) return
    finish()
    // xterm.js empties the field after some keys.
    settling = setTimeout(settle)
  })
  on('keyup', () => {
    soft.keyIsUp()
    settle()
  })
  on('keypress', event => event.stopPropagation())
  on('beforeinput', event => {
    event.stopPropagation()
    if (field.value === '') settle()
    if (REFUSED.has(event.inputType)) event.preventDefault()
    if (!BROUGHT.has(event.inputType)) return
    event.preventDefault()
    const text = event.data ?? event.dataTransfer?.getData('text/plain')
    if (text) paste(text)
  })
  on('input', event => {
    event.stopPropagation()
    const { inputType, data, isComposing } = event as InputEvent
    if (isComposing && inputType === 'insertCompositionText') soft.compose(data ?? '')
    perform(soft.input(field.value, inputType))
  })
  on('compositionstart', event => {
    event.stopPropagation()
    soft.compose(event.data)
  })
  on('compositionupdate', event => {
    event.stopPropagation()
    soft.compose(event.data)
  })
  on('compositionend', event => {
    event.stopPropagation()
    perform(soft.composed(field.value))
  })
  on('blur', finish)
  on('focus', () => {
    settle()
    toEnd()
  })
  return {
    finish,
    forget,
    dispose: () => {
      off.abort()
      clearTimeout(settling)
      shown.dispose()
    },
  }
}

function pressOf(event: KeyboardEvent): KeyPress {
  return {
    key: event.key,
    keyCode: event.keyCode,
    ctrl: event.ctrlKey,
    alt: event.altKey,
    meta: event.metaKey,
    altGraph: event.getModifierState('AltGraph'),
    isComposing: event.isComposing,
  }
}

function keyboardHere(): { words: boolean; language: string; blank: string } {
  const { userAgent, platform, languages, language } = navigator
  const touched = window.matchMedia('(pointer: coarse)').matches
  return {
    // Asked for the desktop's page, Android says it was Linux.
    words: /Android/.test(userAgent) || (platform.startsWith('Linux') && touched),
    language: languages[0] ?? language,
    // On iOS a held Backspace is known to go on over this one; elsewhere keyboards take a space for the start of a word.
    blank: /Mac|iP(hone|ad|od)/.test(platform) ? '\u200b' : ' ',
  }
}
