// XTSAVE and XTRESTORE (ctlseqs: CSI ? Pm s, CSI ? Pm r), which xterm.js 6.0 does not have: programs save the modes that they change and
// restore them when they end.
// No upstream issue that we know of.

/** The modes that are saved: those that are a state of the terminal alone. The others, such as another screen, do more when they are set. */
const SAVED = [1, 6, 7, 9, 25, 45, 66, 1000, 1002, 1003, 1004, 1006, 1016, 2004] as const
type SavedMode = (typeof SAVED)[number]

/** On in a new terminal. */
const ON_AT_FIRST: readonly number[] = [7, 25]

const PROTOCOLS: Partial<Record<SavedMode, string>> = { 9: 'X10', 1000: 'VT200', 1002: 'DRAG', 1003: 'ANY' }
const ENCODINGS: Partial<Record<SavedMode, string>> = { 1006: 'SGR', 1016: 'SGR_PIXELS' }

interface Params {
  length: number
  params: number[]
}

export interface SavingCore {
  registerCsiHandler(
    id: { prefix?: string; final: string },
    handler: (params: { toArray(): unknown[] }) => boolean,
  ): unknown
  registerEscHandler(id: { final: string }, handler: () => boolean): unknown
  coreService: {
    isCursorHidden: boolean
    decPrivateModes: {
      applicationCursorKeys: boolean
      applicationKeypad: boolean
      bracketedPasteMode: boolean
      origin: boolean
      reverseWraparound: boolean
      sendFocus: boolean
      wraparound: boolean
    }
  }
  coreMouseService: { activeProtocol: string; activeEncoding: string }
  _inputHandler: { setModePrivate(params: Params): boolean; resetModePrivate(params: Params): boolean }
}

/** By terminal core. */
const saved = new WeakMap<object, Map<SavedMode, boolean>>()

export function saveModes(core: SavingCore): void {
  const values = new Map<SavedMode, boolean>()
  saved.set(core, values)
  core.registerCsiHandler({ prefix: '?', final: 's' }, params => {
    for (const mode of savedModesIn(params)) values.set(mode, isOn(core, mode))
    return true
  })
  core.registerCsiHandler({ prefix: '?', final: 'r' }, params => {
    for (const mode of savedModesIn(params)) {
      const value = values.get(mode)
      // Only what is different: turning off one mouse mode turns off any.
      if (value === undefined || value === isOn(core, mode)) continue
      const params = { length: 1, params: [mode] }
      if (value) core._inputHandler.setModePrivate(params)
      else core._inputHandler.resetModePrivate(params)
    }
    return true
  })
  core.registerEscHandler({ final: 'c' }, () => {
    values.clear()
    return false
  })
}

/** The sequences that save the same modes in a new terminal, and leave its modes as they are. */
export function savedModes(core: object): string {
  let out = ''
  for (const [mode, value] of saved.get(core) ?? []) {
    // A full reset does not show a hidden cursor (6.0.0), so nothing is left to it.
    out += `${set(mode, value)}\x1b[?${mode}s${set(mode, ON_AT_FIRST.includes(mode))}`
  }
  return out
}

function set(mode: SavedMode, value: boolean): string {
  return `\x1b[?${mode}${value ? 'h' : 'l'}`
}

function savedModesIn(params: { toArray(): unknown[] }): SavedMode[] {
  return SAVED.filter(mode => params.toArray().includes(mode))
}

function isOn({ coreService, coreMouseService }: SavingCore, mode: SavedMode): boolean {
  const { decPrivateModes: dec, isCursorHidden } = coreService
  switch (mode) {
    case 1:
      return dec.applicationCursorKeys
    case 6:
      return dec.origin
    case 7:
      return dec.wraparound
    case 25:
      return !isCursorHidden
    case 45:
      return dec.reverseWraparound
    case 66:
      return dec.applicationKeypad
    case 1004:
      return dec.sendFocus
    case 2004:
      return dec.bracketedPasteMode
    case 1006:
    case 1016:
      return coreMouseService.activeEncoding === ENCODINGS[mode]
    default:
      return coreMouseService.activeProtocol === PROTOCOLS[mode]
  }
}
