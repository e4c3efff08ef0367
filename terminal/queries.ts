// Every sequence with which a program asks the terminal something, and how to know it in a stream. Knows nothing of
// terminals, sockets or bytes: the host, the page and the command line each apply it to their own parser.

// Where each comes from, who answers it and examples: query-notes.ts, which the page does not carry.

interface Asked {
  name: string
}

export interface CsiQuery extends Asked {
  kind: 'csi'
  prefix?: string
  intermediates?: string
  final: string
  /** A question only if the first parameter is one of these (left out counts as 0). Absent: with any parameters. */
  first?: readonly number[]
  /** A question only if that parameter stands alone. */
  alone?: true
  /** DECSET: setting one of these modes makes a terminal speak at once. The other modes of the sequence are none of ours. */
  modes?: readonly number[]
}

export interface OscQuery extends Asked {
  kind: 'osc'
  ids: readonly number[]
  /** A question if this matches the payload: what follows the number and its `;`. */
  asks: RegExp
  /** Once this matches the payload so far, nothing that follows can change the verdict. Absent: only the whole decides. */
  settles?: RegExp
  /** How the payload splits when questions and settings are mixed in one sequence; see `settingsOf`. */
  mixed?: 'pairs' | 'stack' | 'keys'
  /** No question but access to the clipboard: refused all the same unless the user has allowed it (case 42). */
  clipboard?: true
}

export interface DcsQuery extends Asked {
  kind: 'dcs'
  intermediates?: string
  final: string
}

export interface EscQuery extends Asked {
  kind: 'esc'
  final: string
}

/** A string that xterm.js skips unread: APC, known by its first character. */
export interface ApcQuery extends Asked {
  kind: 'apc'
  first: string
}

/** One control character, C0 or C1. */
export interface ControlQuery extends Asked {
  kind: 'control'
  code: number
}

export type Query = CsiQuery | OscQuery | DcsQuery | EscQuery | ApcQuery | ControlQuery

const COLOR_ASKED = /(?:^|;)\s*\?/ // urxvt looks at the first character only, xterm at the whole field
const FIRST_IS_QUESTION = { asks: /^\?/, settles: /^./s }

const TABLE = [
  // --- who are you
  {
    name: 'ENQ',
    kind: 'control',
    code: 0x05,
  },
  {
    name: 'DECID',
    kind: 'esc',
    final: 'Z',
  },
  {
    name: 'DECID as C1',
    kind: 'control',
    code: 0x9a,
  },
  {
    name: 'DA1',
    kind: 'csi',
    final: 'c',
  },
  {
    name: 'DA2',
    kind: 'csi',
    prefix: '>',
    final: 'c',
  },
  {
    name: 'DA3',
    kind: 'csi',
    prefix: '=',
    final: 'c',
  },
  {
    name: 'XTVERSION',
    kind: 'csi',
    prefix: '>',
    final: 'q',
  },
  {
    name: 'DECREQTPARM',
    kind: 'csi',
    final: 'x',
  },
  {
    name: 'XTGETTCAP',
    kind: 'dcs',
    intermediates: '+',
    final: 'q',
  },
  {
    name: 'XTQALLOWED',
    kind: 'osc',
    ids: [60, 61, 62],
    asks: /^/,
    settles: /^/,
  },

  // --- how are you
  {
    name: 'DSR',
    kind: 'csi',
    final: 'n',
    first: [5, 6],
  },
  {
    name: 'DSR of rxvt',
    kind: 'csi',
    final: 'n',
  },
  {
    name: 'DECXCPR',
    kind: 'csi',
    prefix: '?',
    final: 'n',
    first: [6],
  },
  {
    name: 'DEC DSR',
    kind: 'csi',
    prefix: '?',
    final: 'n',
    first: [15, 25, 26, 53, 55, 56, 62, 63, 75, 85, 996],
  },
  {
    name: 'DEC DSR, unknown',
    kind: 'csi',
    prefix: '?',
    final: 'n',
  },
  {
    name: 'DECRQM, ANSI',
    kind: 'csi',
    intermediates: '$',
    final: 'p',
  },
  {
    name: 'DECRQM, private',
    kind: 'csi',
    prefix: '?',
    intermediates: '$',
    final: 'p',
  },
  {
    name: 'DECRQSS',
    kind: 'dcs',
    intermediates: '$',
    final: 'q',
  },
  {
    name: 'kitty keyboard',
    kind: 'csi',
    prefix: '?',
    final: 'u',
  },
  {
    name: 'XTQMODKEYS',
    kind: 'csi',
    prefix: '?',
    final: 'm',
  },
  {
    name: 'kitty multiple cursors',
    kind: 'csi',
    prefix: '>',
    intermediates: ' ',
    final: 'q',
    first: [0, 100, 101],
    alone: true,
  },
  {
    name: 'in-band resize',
    kind: 'csi',
    prefix: '?',
    final: 'h',
    modes: [2048],
  },

  // --- how large, where, what colour
  {
    name: 'XTWINOPS reports',
    kind: 'csi',
    final: 't',
    first: [11, 13, 14, 15, 16, 18, 19],
  },
  {
    name: 'title reports',
    kind: 'csi',
    final: 't',
    first: [20, 21],
  },
  {
    name: 'DECRQDE',
    kind: 'csi',
    intermediates: '"',
    final: 'v',
  },
  {
    name: 'palette colours',
    kind: 'osc',
    ids: [4],
    asks: COLOR_ASKED,
    mixed: 'pairs',
  },
  {
    name: 'special colours',
    kind: 'osc',
    ids: [5],
    asks: COLOR_ASKED,
    mixed: 'pairs',
  },
  {
    name: 'text and cursor colours',
    kind: 'osc',
    ids: [10, 11, 12],
    asks: COLOR_ASKED,
    mixed: 'stack',
  },
  {
    name: 'pointer, Tektronix and highlight colours',
    kind: 'osc',
    ids: [13, 14, 15, 16, 17, 18, 19],
    asks: COLOR_ASKED,
    mixed: 'stack',
  },
  {
    name: 'kitty colours',
    kind: 'osc',
    ids: [21],
    asks: /=\s*\?/,
    mixed: 'keys',
  },
  {
    name: 'pixmap and colours of rxvt',
    kind: 'osc',
    ids: [20, 39, 49, 701, 702, 704, 705, 706, 707, 708, 710, 711, 712, 713],
    ...FIRST_IS_QUESTION,
  },
  {
    name: 'palette, font and glyphs of mintty',
    kind: 'osc',
    ids: [7704, 7770, 7771, 7777],
    ...FIRST_IS_QUESTION,
  },
  {
    name: 'pointer shape',
    kind: 'osc',
    ids: [22],
    ...FIRST_IS_QUESTION,
  },
  {
    name: 'font',
    kind: 'osc',
    ids: [50],
    ...FIRST_IS_QUESTION,
  },
  {
    name: 'XTSMGRAPHICS',
    kind: 'csi',
    prefix: '?',
    final: 'S',
  },
  {
    name: 'kitty graphics',
    kind: 'apc',
    first: 'G',
  },
  {
    name: 'ReGIS',
    kind: 'dcs',
    final: 'p',
  },

  // --- what is on your screen, in your state, in your clipboard
  {
    name: 'DECRQCRA',
    kind: 'csi',
    intermediates: '*',
    final: 'y',
  },
  {
    name: 'XTREPORTSGR',
    kind: 'csi',
    intermediates: '#',
    final: '|',
  },
  {
    name: 'XTREPORTCOLORS',
    kind: 'csi',
    intermediates: '#',
    final: 'R',
  },
  {
    name: 'DECRQPSR',
    kind: 'csi',
    intermediates: '$',
    final: 'w',
  },
  {
    name: 'DECRQTSR',
    kind: 'csi',
    intermediates: '$',
    final: 'u',
  },
  {
    name: 'DECRQUPSS',
    kind: 'csi',
    intermediates: '&',
    final: 'u',
  },
  {
    name: 'DECRQKT',
    kind: 'csi',
    intermediates: ',',
    final: 'u',
  },
  {
    name: 'DECRQPKFM',
    kind: 'csi',
    intermediates: '+',
    final: 'x',
  },
  {
    name: 'DECRQLP',
    kind: 'csi',
    intermediates: "'",
    final: '|',
  },
  {
    name: 'clipboard read',
    kind: 'osc',
    ids: [52],
    asks: /^[^;]*;\s*\?/,
    settles: /^[^;]*;\s*\S/,
  },
  {
    name: 'clipboard write',
    kind: 'osc',
    ids: [52],
    asks: /^/,
    settles: /^/,
    clipboard: true,
  },
  {
    name: 'kitty clipboard',
    kind: 'osc',
    ids: [5522],
    asks: /^/,
    settles: /^/,
  },
  {
    name: 'iTerm2 reports',
    kind: 'osc',
    ids: [1337],
    asks: /^(?:ReportCellSize|ReportVariable|RequestUpload|Capabilities)/,
    settles: /^.{14}/s,
  },
  {
    name: 'iTerm2 clipboard write',
    kind: 'osc',
    ids: [1337],
    asks: /^(?:Copy|EndCopy)/,
    settles: /^.{7}/s,
    clipboard: true,
  },
  {
    name: 'kitty notifications',
    kind: 'osc',
    ids: [99],
    asks: /^(?:[^;]*:)?(?:p=\?|p=alive|c=1|a=[^:;]*report)/,
    settles: /^[^;]*;/,
  },
  {
    name: 'kitty remote control',
    kind: 'dcs',
    final: '@',
  },
  {
    name: 'tmux passthrough',
    kind: 'dcs',
    final: 't',
  },
] as const satisfies readonly Query[]

export type QueryName = (typeof TABLE)[number]['name']

export const QUERIES: readonly (Query & { name: QueryName })[] = TABLE

/** `prefix`, `intermediates` and `final` in one string, which is what a parser dispatches on. */
export function identOf(q: { prefix?: string; intermediates?: string; final: string }): string {
  return (q.prefix ?? '') + (q.intermediates ?? '') + q.final
}

/** Whether these parameters (main ones only, left out counts as 0) make the sequence of `q` a question. */
export function asksCsi(q: CsiQuery, params: readonly number[]): boolean {
  if (q.modes) return params.some(p => q.modes!.includes(p))
  if (q.alone && params.length > 1) return false
  return !q.first || q.first.includes(params[0] ?? 0)
}

/** One colour of an OSC 4, 5 or 10 to 19: `index` for the first two only. `spec` is what the program sent, or `?…`. */
export interface ColorField {
  osc: number
  index?: string
  spec: string
}

const LAST_STACKED_COLOR = 19

/** The fields of an OSC 4, 5 (pairs) or 10 to 19 (a stack: each further field belongs to the next number). */
export function colorFields(osc: number, payload: string): ColorField[] {
  const slots = payload.split(';')
  const fields: ColorField[] = []
  if (osc === 4 || osc === 5) {
    for (let i = 0; i < slots.length; i += 2) fields.push({ osc, index: slots[i]!, spec: slots[i + 1] ?? '' })
  } else {
    slots.slice(0, LAST_STACKED_COLOR + 1 - osc).forEach((spec, i) => {
      fields.push({ osc: osc + i, spec })
    })
  }
  return fields
}

export function isQuestion(field: string): boolean {
  return field.trimStart().startsWith('?')
}

/**
 * What is left of an OSC when its questions are taken out: the bodies (`number;payload`) of the sequences that do the same
 * settings. Empty for a sequence that only asks.
 */
export function settingsOf(q: OscQuery, osc: number, payload: string): string[] {
  if (q.mixed === 'keys') {
    const kept = payload.split(';').filter(slot => !/=\s*\?/.test(slot))
    return kept.length ? [`${osc};${kept.join(';')}`] : []
  }
  if (!q.mixed) return []
  return colorFields(osc, payload)
    .filter(f => f.spec !== '' && !isQuestion(f.spec) && !isQuestion(f.index ?? ''))
    .map(f => (f.index === undefined ? `${f.osc};${f.spec}` : `${f.osc};${f.index};${f.spec}`))
}

export interface Registration {
  dispose(): void
}

interface SequenceId {
  prefix?: string
  intermediates?: string
  final: string
}

/** What `registerAnswers` and `swallowQueries` need of an xterm.js parser; `Terminal.parser` is one. */
export interface QueryParser {
  registerCsiHandler(id: SequenceId, callback: (params: (number | number[])[]) => boolean): Registration
  registerOscHandler(ident: number, callback: (payload: string) => boolean): Registration
  registerDcsHandler(id: SequenceId, callback: (payload: string) => boolean): Registration
  registerEscHandler(id: SequenceId, callback: () => boolean): Registration
}

/** The parameters that xterm.js hands to a CSI handler, without their subparameters. */
export function mainParams(params: readonly (number | number[])[]): number[] {
  return params.filter(p => typeof p === 'number')
}

/** `prefix`, `intermediates` and `final` of `q` as xterm.js wants them: absent rather than undefined. */
export function sequenceId(q: SequenceId): SequenceId {
  const id: SequenceId = { final: q.final }
  if (q.prefix) id.prefix = q.prefix
  if (q.intermediates) id.intermediates = q.intermediates
  return id
}
