// The states of xterm.js 6.0's escape sequence parser and their transitions. All our code that has to know where a sequence
// ends uses them, because the host's screen and the pages are xterm.js.

export const GROUND = 0
export const ESCAPE = 1
export const ESCAPE_INTERMEDIATE = 2
export const CSI_ENTRY = 3
export const CSI_PARAM = 4
export const CSI_INTERMEDIATE = 5
export const CSI_IGNORE = 6
/** SOS, PM and APC, whose contents are ignored. This state and all after it are inside a string. */
export const STRING = 7
export const OSC = 8
export const DCS_ENTRY = 9
export const DCS_PARAM = 10
export const DCS_IGNORE = 11
export const DCS_INTERMEDIATE = 12
export const DCS_PASSTHROUGH = 13

/** The first of the characters that all have the same transitions; represents them all. */
export const NON_ASCII = 0xa0

/** xterm.js's VT500_TRANSITION_TABLE without its actions; the numbers of the states are the same (a test compares). */
export function nextState(state: number, code: number): number {
  if (code >= 0x80 && code < NON_ASCII) {
    if (code === 0x90) return DCS_ENTRY
    if (code === 0x9b) return CSI_ENTRY
    if (code === 0x9d) return OSC
    if (code === 0x98 || code === 0x9e || code === 0x9f) return STRING
    return GROUND
  }
  if (code === 0x1b) return ESCAPE
  if (code === 0x18 || code === 0x1a) return GROUND
  if (code < 0x20) return state === OSC && code === 0x07 ? GROUND : state
  if (code >= NON_ASCII)
    return state === OSC || state === CSI_IGNORE || state === DCS_IGNORE || state === DCS_PASSTHROUGH ? state : GROUND
  switch (state) {
    case GROUND:
    case STRING:
    case OSC:
    case DCS_IGNORE:
    case DCS_PASSTHROUGH:
      return state
  }
  if (code === 0x7f) return state
  switch (state) {
    case ESCAPE:
      if (code < 0x30) return ESCAPE_INTERMEDIATE
      if (code === 0x5b) return CSI_ENTRY
      if (code === 0x5d) return OSC
      if (code === 0x50) return DCS_ENTRY
      return code === 0x58 || code === 0x5e || code === 0x5f ? STRING : GROUND
    case ESCAPE_INTERMEDIATE:
      return code < 0x30 ? state : GROUND
    case CSI_ENTRY:
      return code < 0x30 ? CSI_INTERMEDIATE : code < 0x40 ? CSI_PARAM : GROUND
    case CSI_PARAM:
      return code < 0x30 ? CSI_INTERMEDIATE : code < 0x3c ? state : code < 0x40 ? CSI_IGNORE : GROUND
    case CSI_INTERMEDIATE:
      return code < 0x30 ? state : code < 0x40 ? CSI_IGNORE : GROUND
    case CSI_IGNORE:
      return code < 0x40 ? state : GROUND
    case DCS_ENTRY:
      return code < 0x30 ? DCS_INTERMEDIATE : code < 0x40 ? DCS_PARAM : DCS_PASSTHROUGH
    case DCS_PARAM:
      return code < 0x30 ? DCS_INTERMEDIATE : code < 0x3c ? state : code < 0x40 ? DCS_IGNORE : DCS_PASSTHROUGH
    case DCS_INTERMEDIATE:
      return code < 0x30 ? state : code < 0x40 ? DCS_IGNORE : DCS_PASSTHROUGH
    default:
      return GROUND
  }
}

/** The length of the UTF-8 character at `at`, or minus the number of bytes that xterm.js's decoder skips as invalid. */
export function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  const needed = first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0
  if (needed === 0) return -1
  let point = first & (0xff >> (needed + 1))
  for (let i = 1; i < needed; i++) {
    const byte = bytes[at + i]
    if (byte === undefined || (byte & 0xc0) !== 0x80) return -i
    point = (point << 6) | (byte & 0x3f)
  }
  if (needed === 2) return point < 0x80 ? -1 : 2
  if (needed === 3) return point < 0x800 || (point >= 0xd800 && point <= 0xdfff) || point === 0xfeff ? -3 : 3
  return point < 0x10000 || point > 0x10ffff ? -4 : 4
}
