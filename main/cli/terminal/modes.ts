// Remembers which modes of a terminal a program has switched, to switch them back. Knows no terminal and no session.
//
// Nothing is undone that was not done: an outer terminal keeps the cursor shape and colours that its owner chose, and the
// sequences that move the cursor are sent only where they must be.

const ESC = 0x1b
/** Longer sequences set no mode. */
const SEQUENCE_BYTES = 128

/** Modes that are on in a fresh terminal: wrapping, key repeat, the cursor. */
const ON_AT_FIRST = new Set([7, 8, 25])
const ALTERNATE = new Set([47, 1047, 1049])
/** Saves the cursor and does nothing else. */
const SAVE_CURSOR = 1048
const ORIGIN = 6

/** Colours that OSC sets, and what puts each back. */
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

type State = 'ground' | 'escape' | 'csi' | 'osc'

export class Modes {
  #state: State = 'ground'
  #sequence = ''
  /** Private modes (DECSET) whose value is not that of a fresh terminal. */
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
  /** Entries on the kitty keyboard stack of the normal and the alternate screen, and whether the lowest was changed. */
  #keyboards = { normal: { pushed: 0, set: false }, alternate: { pushed: 0, set: false } }

  /** Takes in output, however it is cut. */
  note(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) {
      if (this.#state === 'ground') {
        at = bytes.indexOf(ESC, at)
        if (at < 0) return
        this.#state = 'escape'
      } else this.#take(bytes[at]!)
    }
  }

  get alternate(): boolean {
    return this.#alternate
  }

  /** What brings a terminal from where the noted output left it to what a shell expects. */
  undo(): string {
    // CAN ends a sequence that was cut off; SGR, charsets and the link under the pen come in any terminal's stride.
    let out = '\x18\x1b[m\x0f\x1b(B'
    out += keyboardOff(this.#keyboards[this.#alternate ? 'alternate' : 'normal'])
    const moves = this.#margins || this.#private.has(ORIGIN)
    if (moves) out += '\x1b[?6l\x1b[r'
    if (this.#alternate) out += `\x1b[?1049l\x1b[m${keyboardOff(this.#keyboards.normal)}`
    // Resetting the margins sent the cursor home, where the next prompt would overwrite what is there.
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

  #take(byte: number): void {
    switch (this.#state) {
      case 'ground':
        return
      case 'escape':
        return this.#escape(byte)
      case 'csi':
        if (byte >= 0x40 && byte <= 0x7e) {
          this.#state = 'ground'
          this.#csi(this.#sequence, String.fromCharCode(byte))
        } else this.#collect(byte)
        return
      case 'osc':
        // Only its beginning says anything: the number, and for a link whether one follows.
        if (byte === 0x07 || byte === 0x9c || byte < 0x20) {
          this.#state = byte === ESC ? 'escape' : 'ground'
          this.#osc(this.#sequence)
        } else if (this.#sequence.length >= SEQUENCE_BYTES) {
          this.#state = 'ground'
          this.#osc(this.#sequence)
        } else this.#sequence += String.fromCharCode(byte)
        return
    }
  }

  #collect(byte: number): void {
    if (byte === ESC) this.#state = 'escape'
    else if (byte === 0x18 || byte === 0x1a || this.#sequence.length >= SEQUENCE_BYTES) this.#state = 'ground'
    else if (byte >= 0x20) this.#sequence += String.fromCharCode(byte)
  }

  #escape(byte: number): void {
    this.#sequence = ''
    this.#state = 'ground'
    const char = String.fromCharCode(byte)
    if (byte === ESC) this.#state = 'escape'
    else if (char === '[') this.#state = 'csi'
    else if (char === ']') this.#state = 'osc'
    else if (char === '=') this.#keypad = true
    else if (char === '>') this.#keypad = false
    else if (char === 'c') this.#fresh()
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
    else this.#colors.delete(number)
  }

  #fresh(): void {
    this.#private.clear()
    this.#ansi.clear()
    this.#alternate = this.#margins = this.#cursorShape = this.#keypad = this.#modifyKeys = this.#link = false
    this.#keyboards = { normal: { pushed: 0, set: false }, alternate: { pushed: 0, set: false } }
  }
}

function keyboardOff({ pushed, set }: { pushed: number; set: boolean }): string {
  return (pushed > 0 ? `\x1b[<${pushed}u` : '') + (set ? '\x1b[=0u' : '')
}
