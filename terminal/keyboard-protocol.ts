// Which keyboard protocol a program has asked for: kitty's (https://sw.kovidgoyal.net/kitty/keyboard-protocol/) or xterm's
// modifyOtherKeys (ctlseqs, CSI > 4 ; Pv m). xterm.js 6.0 has neither; until https://github.com/xtermjs/xterm.js/issues/4198 is in a
// release. ui/input/key-protocol.ts writes what keys send.

/** The flags of kitty's protocol ("Progressive enhancement"). */
export const KITTY = {
  /** Keys with modifiers, and Escape, are told from text. */
  disambiguate: 1,
  /** Repeats and releases are reported. */
  events: 2,
  /** The shifted key and that of the US layout are reported, too. */
  alternates: 4,
  /** Keys that type text are reported as keys. */
  all: 8,
  /** The text that a key types is reported with it. */
  text: 16,
} as const

const FLAGS = 31

/** As in kitty: an older entry is dropped for a new one. */
const STACK_ENTRIES = 8

export interface KeyboardProtocol {
  /** Of `KITTY`; 0: kitty's protocol is off. */
  flags: number
  /** 0: off; 1: keys that have no other way; 2: all keys with modifiers (ctlseqs, modifyOtherKeys). */
  modifyOtherKeys: 0 | 1 | 2
}

export const NO_PROTOCOL: KeyboardProtocol = { flags: 0, modifyOtherKeys: 0 }

interface State {
  /** The last is in force; the first is the one that is there without a push. */
  normal: number[]
  alternate: number[]
  modifyOtherKeys: 0 | 1 | 2
}

type Params = (number | number[])[]

export interface KeyboardCore {
  registerCsiHandler(
    id: { prefix?: string; final: string },
    handler: (params: { toArray(): unknown[] }) => boolean,
  ): unknown
  registerEscHandler(id: { final: string }, handler: () => boolean): unknown
  _bufferService: { buffers: { active: object; alt: object } }
}

/** By terminal core. */
const states = new WeakMap<object, State>()

const begin = (): State => ({ normal: [0], alternate: [0], modifyOtherKeys: 0 })

/** Makes a terminal note the protocol. It reports nothing: the host answers (`registerAnswers`). */
export function noteKeyboardProtocol(core: KeyboardCore): void {
  states.set(core, begin())
  const csi = (
    prefix: string,
    final: string,
    handle: (first: number, second: number | undefined, all: Params) => void,
  ) =>
    core.registerCsiHandler({ prefix, final }, params => {
      const all = params.toArray() as Params
      handle(numberAt(all, 0) ?? 0, numberAt(all, 1), all)
      return true
    })
  csi('>', 'u', flags => {
    const stack = stackOf(core)
    stack.push(flags & FLAGS)
    if (stack.length > STACK_ENTRIES) stack.shift()
  })
  csi('<', 'u', count => {
    const stack = stackOf(core)
    for (let left = Math.min(count || 1, STACK_ENTRIES); left > 0; left--) {
      if (stack.length > 1) stack.pop()
      else stack[0] = 0
    }
  })
  csi('=', 'u', (flags, mode = 1) => {
    const stack = stackOf(core)
    const now = stack.at(-1)!
    const next = mode === 2 ? now | flags : mode === 3 ? now & ~flags : mode === 1 ? flags : now
    stack[stack.length - 1] = next & FLAGS
  })
  csi('>', 'm', (resource, value, all) => {
    // Without parameters, all resources are reset.
    if (all.length === 0 || resource === 0) stateOf(core).modifyOtherKeys = 0
    if (resource === 4) stateOf(core).modifyOtherKeys = value === 1 || value === 2 ? value : 0
  })
  csi('>', 'n', resource => {
    if (resource === 4) stateOf(core).modifyOtherKeys = 0
  })
  core.registerEscHandler({ final: 'c' }, () => {
    states.set(core, begin())
    return false
  })
}

/** The protocol in force on the screen that is shown. */
export function keyboardProtocol(terminal: object): KeyboardProtocol {
  const core = (terminal as { _core: KeyboardCore })._core
  return { flags: stackOf(core).at(-1)!, modifyOtherKeys: stateOf(core).modifyOtherKeys }
}

/** The sequences that give a new terminal the same protocol, on both screens. `enter` and `leave` switch to the alternate one and back. */
export function keyboardSequences(core: object, enter: string, leave: string): string {
  const { normal, alternate, modifyOtherKeys } = stateOf(core)
  const other = stackSequences(alternate)
  return `${stackSequences(normal)}${other && enter + other + leave}${modifyOtherKeys ? `\x1b[>4;${modifyOtherKeys}m` : ''}`
}

/** The sequences that turn the protocol of one screen off, when they arrive on it. Exactly as many pops as there were pushes. */
export function keyboardOff(core: object, screen: 'normal' | 'alternate'): string {
  const [first, ...pushed] = stateOf(core)[screen]
  return `${pushed.length > 0 ? `\x1b[<${pushed.length}u` : ''}${first ? '\x1b[=0u' : ''}`
}

export function otherKeysOff(core: object): string {
  return stateOf(core).modifyOtherKeys ? '\x1b[>4m' : ''
}

function stackSequences([first = 0, ...pushed]: number[]): string {
  return `${first ? `\x1b[=${first}u` : ''}${pushed.map(flags => `\x1b[>${flags}u`).join('')}`
}

function stateOf(core: object): State {
  return states.get(core) ?? begin()
}

function stackOf(core: KeyboardCore): number[] {
  const { active, alt } = core._bufferService.buffers
  return stateOf(core)[active === alt ? 'alternate' : 'normal']
}

function numberAt(params: Params, index: number): number | undefined {
  const param = params[index]
  return typeof param === 'number' ? param : undefined
}
