// Tracks which terminal modes a program has changed, to restore them.
//
// Only changes are undone: the outer terminal keeps the cursor shape and colors that its owner chose, and sequences that
// move the cursor are sent only if necessary.

import { EscapeScanner, type EscapeSink, type StringKind } from '../../../terminal/escape-scanner.ts'
import { WholeCharacters } from '../../../terminal/whole-characters.ts'

const ESC = 0x1b
/** First byte of the 8-bit controls in UTF-8. */
const C1_LEAD = 0xc2

/** How much of an OSC is read: enough for its number, and to tell whether a link opens or closes. */
const OSC_CHARACTERS = 128

/** Modes that are on in a fresh terminal: wrapping, key repeat, the cursor. */
const ON_AT_FIRST = new Set([7, 8, 25])
const ALTERNATE = new Set([47, 1047, 1049])
/** Saves the cursor and does nothing else. */
const SAVE_CURSOR = 1048
const ORIGIN = 6

/** OSC numbers that set colors, and the number that resets each. */
const COLORS: Record<string, string> = {
  4: '104',
  5: '105',
  10: '110',
  11: '111',
  12: '112',
  13: '113',
  14: '114',
  17: '117',
  19: '119',
}

export class Modes implements EscapeSink {
  readonly #scanner = new EscapeScanner()
  readonly #characters = new WholeCharacters()
  #chunk: Uint8Array = new Uint8Array()
  /** The beginning of the OSC that has begun; undefined in other strings. */
  #oscText: string | undefined
  /** Private modes (DECSET) that differ from a fresh terminal. */
  #private = new Set<number>()
  #ansi = new Set<number>()
  #alternate = false
  #margins = false
  #cursorShape = false
  #keypad = false
  #modifyKeys = false
  #link = false
  #pointer = false
  #colors = new Set<string>()
  /** Entries on the kitty keyboard stack of each screen, and whether the lowest was changed. */
  #keyboards = { normal: { pushed: 0, set: false }, alternate: { pushed: 0, set: false } }

  /** Notes the modes that output sets, however it is split. */
  note(bytes: Uint8Array): void {
    const isPlain = this.#scanner.isGround && !bytes.includes(ESC) && !bytes.includes(C1_LEAD)
    if (isPlain && this.#characters.partial.length === 0) return
    this.#characters.push(bytes, whole => {
      this.#chunk = whole
      this.#scanner.feedBytes(whole, this)
    })
  }

  get alternate(): boolean {
    return this.#alternate
  }

  /** The sequences that bring a terminal from the state after the noted output to the state that a shell expects. */
  undo(): string {
    // CAN ends an incomplete sequence. Resetting SGR and character sets is harmless in any terminal.
    let out = '\x18\x1b[m\x0f\x1b(B'
    out += keyboardOff(this.#keyboards[this.#alternate ? 'alternate' : 'normal'])
    const moves = this.#margins || this.#private.has(ORIGIN)
    if (moves) out += '\x1b[?6l\x1b[r'
    if (this.#alternate) out += `\x1b[?1049l\x1b[m${keyboardOff(this.#keyboards.normal)}`
    // Resetting the margins moved the cursor home, where the next prompt would overwrite text.
    else if (moves) out += '\x1b[999;1H'
    for (const mode of this.#private) {
      if (mode !== ORIGIN) out += `\x1b[?${mode}${ON_AT_FIRST.has(mode) ? 'h' : 'l'}`
    }
    for (const mode of this.#ansi) out += `\x1b[${mode}l`
    if (this.#keypad) out += '\x1b>'
    if (this.#cursorShape) out += '\x1b[0 q'
    if (this.#modifyKeys) out += '\x1b[>4m'
    if (this.#link) out += '\x1b]8;;\x1b\\'
    if (this.#pointer) out += '\x1b]22;\x1b\\'
    for (const color of this.#colors) out += `\x1b]${color}\x1b\\`
    return out
  }

  text(): void {}
  control(): void {}

  esc(final: number): void {
    if (this.#scanner.sequence !== '') return
    const char = String.fromCharCode(final)
    if (char === '=') this.#keypad = true
    else if (char === '>') this.#keypad = false
    else if (char === 'c') this.#reset()
  }

  csi(final: number): void {
    const { sequence } = this.#scanner
    if (sequence !== undefined) this.#csi(sequence, String.fromCharCode(final))
  }

  stringBegin(kind: StringKind): void {
    this.#oscText = kind === 'osc' ? '' : undefined
  }

  stringData(begin: number, end: number): void {
    if (this.#oscText === undefined) return
    const room = OSC_CHARACTERS - this.#oscText.length
    if (room > 0) this.#oscText += String.fromCharCode(...this.#chunk.subarray(begin, Math.min(end, begin + room)))
  }

  stringEnd(isCancelled: boolean): void {
    if (this.#oscText !== undefined && !isCancelled) this.#osc(this.#oscText)
    this.#oscText = undefined
  }

  #csi(body: string, final: string): void {
    const [, prefix = '', parameters = '', intermediates = ''] = /^([<-?]*)([\d;:]*)([ -/]*)$/.exec(body) ?? []
    const numbers = parameters.split(';').map(Number)
    const which = prefix + intermediates + final
    switch (which) {
      case '?h':
      case '?l':
        for (const mode of numbers) this.#setPrivate(mode, final === 'h')
        return
      case 'h':
        for (const mode of numbers) this.#ansi.add(mode)
        return
      case 'l':
        for (const mode of numbers) this.#ansi.delete(mode)
        return
      case 'r':
        this.#margins = parameters.replace(';', '') !== ''
        return
      case ' q':
        this.#cursorShape = numbers[0] !== 0
        return
      case '!p':
        this.#margins = false
        this.#private.delete(ORIGIN)
        return
      case '>m':
        if (numbers[0] === 4) this.#modifyKeys = (numbers[1] ?? 0) !== 0
        return
      case '>u':
        this.#keyboard.pushed++
        return
      case '<u':
        this.#keyboard.pushed = Math.max(0, this.#keyboard.pushed - (numbers[0] || 1))
        return
      case '=u':
        if (this.#keyboard.pushed === 0) this.#keyboard.set = true
        return
    }
  }

  get #keyboard() {
    return this.#keyboards[this.#alternate ? 'alternate' : 'normal']
  }

  #setPrivate(mode: number, on: boolean): void {
    if (ALTERNATE.has(mode)) this.#alternate = on
    else if (mode !== SAVE_CURSOR && on !== ON_AT_FIRST.has(mode)) this.#private.add(mode)
    else this.#private.delete(mode)
  }

  #osc(text: string): void {
    const [number = '', ...rest] = text.split(';')
    if (number === '8') this.#link = (rest[1] ?? '') !== ''
    else if (number === '22') this.#pointer = (rest[0] ?? '') !== ''
    const undo = COLORS[number]
    if (undo) this.#colors.add(undo)
    // With indexes it resets those colors only.
    else if (rest.join('') === '') this.#colors.delete(number)
  }

  #reset(): void {
    this.#private.clear()
    this.#ansi.clear()
    this.#alternate = this.#margins = this.#cursorShape = this.#keypad = this.#modifyKeys = this.#link = false
    this.#keyboards = { normal: { pushed: 0, set: false }, alternate: { pushed: 0, set: false } }
  }
}

function keyboardOff({ pushed, set }: { pushed: number; set: boolean }): string {
  return (pushed > 0 ? `\x1b[<${pushed}u` : '') + (set ? '\x1b[=0u' : '')
}
