// Takes over text input from xterm.js: events of its field go to `SoftInput`, hardware keys still go to xterm.js.
import type { Terminal } from '@xterm/xterm'
import { createPreedit } from './preedit.ts'
import { type Action, isModifierKey, type KeyPress, SoftInput } from './soft-input.ts'

export interface SoftInputBinding {
  /** Call before sending anything not typed into the field: sends composed text and clears the field. */
  finish(): void
  /** Typed text was changed before it was sent, so the field no longer matches the line: clears it. */
  forget(): void
  dispose(): void
}

export interface SoftInputTarget {
  /** The visible part of the terminal. */
  view: HTMLElement
  /** Typed text; deletions are DEL. */
  type: (text: string) => void
  /** Text from a clipboard, or several lines at once. */
  paste: (text: string) => void
  /** Whether a sticky Ctrl or Alt applies to the next character. */
  modified: () => boolean
}

/** Input types that paste rather than type. */
const PASTES = new Set(['insertFromPaste', 'insertFromPasteAsQuotation', 'insertFromDrop', 'insertFromYank'])
/** Undoing in the field would not undo in the session. */
const REFUSED = new Set(['historyUndo', 'historyRedo'])

/**
 * xterm.js keeps its field, the focus and all keys that are not text. Its own handling of input, composition and `keypress`
 * never runs: it guesses from single events, and doubles or loses characters with most soft keyboards (xterm.js#3600).
 */
export function bindSoftInput(term: Terminal, { view, type, paste, modified }: SoftInputTarget): SoftInputBinding {
  const field = term.textarea!
  const root = term.element!
  const soft = new SoftInput({ ...detectKeyboard(), modified })
  const overlay = createPreedit(term, view)
  const off = new AbortController()
  let syncTimer: ReturnType<typeof setTimeout> | undefined

  const perform = (actions: Action[]) => {
    for (const action of actions) {
      if (action.do === 'type') type(action.text)
      else paste(action.text)
    }
    syncField()
    overlay.show(soft.preedit)
  }

  /** Writes to the field only if it differs: writing ends dictation and composition. */
  const syncField = () => {
    clearTimeout(syncTimer)
    if (field.readOnly || soft.composing || field.value === soft.field) return
    field.value = soft.field
    moveCaretToEnd()
  }

  const moveCaretToEnd = () => {
    const end = field.value.length
    if (field.selectionStart !== end || field.selectionEnd !== end) field.setSelectionRange(end, end)
  }

  /**
   * A keyboard that continues to compose text that was sent would type it again. Chromium on Android restarts it when the
   * action of its Enter key changes (ImeAdapterImpl.updateState); both actions look the same.
   */
  const restartKeyboard = () => {
    field.enterKeyHint = field.enterKeyHint === 'enter' ? '' : 'enter'
  }

  const finish = () => {
    const interrupted = soft.composing
    perform(soft.finish())
    if (interrupted) restartKeyboard()
  }

  const forget = () => {
    const interrupted = soft.composing
    soft.forget()
    syncField()
    overlay.show('')
    if (interrupted) restartKeyboard()
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
    syncField()
    const press = pressOf(event)
    if (soft.keyGoesTo(press) === 'field') {
      event.stopPropagation()
      // All text may be selected. What a soft keyboard has selected itself, it is about to replace.
      if (press.keyCode !== 229 && !press.isComposing) moveCaretToEnd()
      return
    }
    if (isModifierKey(press.key)) return
    finish()
    // xterm.js empties the field after some keys.
    syncTimer = setTimeout(syncField)
  })
  on('keyup', () => {
    soft.keyIsUp()
    syncField()
  })
  on('keypress', event => event.stopPropagation())
  on('beforeinput', event => {
    event.stopPropagation()
    if (field.value === '') syncField()
    if (REFUSED.has(event.inputType)) event.preventDefault()
    if (!PASTES.has(event.inputType)) return
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
    syncField()
    moveCaretToEnd()
  })
  return {
    finish,
    forget,
    dispose: () => {
      off.abort()
      clearTimeout(syncTimer)
      overlay.dispose()
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

function detectKeyboard(): { composesWords: boolean; language: string; blank: string } {
  const { userAgent, platform, languages, language } = navigator
  const touched = window.matchMedia('(pointer: coarse)').matches
  return {
    // With "desktop site" on, Android reports Linux.
    composesWords: /Android/.test(userAgent) || (platform.startsWith('Linux') && touched),
    language: languages[0] ?? language,
    // On iOS a held Backspace repeats over this character; elsewhere keyboards need a space to begin a word.
    blank: /Mac|iP(hone|ad|od)/.test(platform) ? '\u200b' : ' ',
  }
}
