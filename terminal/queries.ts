// Every sequence with which a program queries the terminal, and how a parser recognizes it. The host, the pages and the
// command line each apply the table to their own parser.

// query-notes.ts, which the pages do not include, says where each query is specified and who answers it, with examples.

interface NamedQuery {
  name: string
}

export interface CsiQuery extends NamedQuery {
  kind: 'csi'
  prefix?: string
  intermediates?: string
  final: string
  /** A query only if the first parameter is one of these (left out counts as 0). Absent: with any parameters. */
  first?: readonly number[]
  /** A query only if there are no other parameters. */
  alone?: true
  /** DECSET: setting one of these modes makes a terminal report at once. Other modes in the sequence are not queries. */
  modes?: readonly number[]
}

export interface OscQuery extends NamedQuery {
  kind: 'osc'
  ids: readonly number[]
  /** A query if this matches the payload: what follows the number and its `;`. */
  pattern: RegExp
  /** Once this matches the payload so far, the rest cannot change whether `pattern` matches. Absent: wait for the end. */
  decided?: RegExp
  /** How the payload splits when one sequence mixes queries and settings; see `settingsOf`. */
  mixed?: 'pairs' | 'stack' | 'keys'
  /** Not a query but a clipboard write: refused all the same unless the user has allowed it (case 42). */
  clipboard?: true
}

export interface DcsQuery extends NamedQuery {
  kind: 'dcs'
  intermediates?: string
  final: string
}

export interface EscQuery extends NamedQuery {
  kind: 'esc'
  final: string
}

/** APC, which xterm.js skips unread; recognized by its first character. */
export interface ApcQuery extends NamedQuery {
  kind: 'apc'
  first: string
}

/** One control character, C0 or C1. */
export interface ControlQuery extends NamedQuery {
  kind: 'control'
  code: number
}

export type Query = CsiQuery | OscQuery | DcsQuery | EscQuery | ApcQuery | ControlQuery

const COLOR_QUERY = /(?:^|;)\s*\?/ // urxvt checks the first character only, xterm the whole field
const BEGINS_WITH_QUESTION_MARK = { pattern: /^\?/, decided: /^./s }

const TABLE = [
  // --- identity
  { name: 'ENQ', kind: 'control', code: 0x05 },
  { name: 'DECID', kind: 'esc', final: 'Z' },
  { name: 'DECID as C1', kind: 'control', code: 0x9a },
  { name: 'DA1', kind: 'csi', final: 'c' },
  { name: 'DA2', kind: 'csi', prefix: '>', final: 'c' },
  { name: 'DA3', kind: 'csi', prefix: '=', final: 'c' },
  { name: 'XTVERSION', kind: 'csi', prefix: '>', final: 'q' },
  { name: 'DECREQTPARM', kind: 'csi', final: 'x' },
  { name: 'XTGETTCAP', kind: 'dcs', intermediates: '+', final: 'q' },
  { name: 'XTQALLOWED', kind: 'osc', ids: [60, 61, 62], pattern: /^/, decided: /^/ },

  // --- status and modes
  { name: 'DSR', kind: 'csi', final: 'n', first: [5, 6] },
  { name: 'rxvt DSR', kind: 'csi', final: 'n' },
  { name: 'DECXCPR', kind: 'csi', prefix: '?', final: 'n', first: [6] },
  { name: 'DEC DSR', kind: 'csi', prefix: '?', final: 'n', first: [15, 25, 26, 53, 55, 56, 62, 63, 75, 85, 996] },
  { name: 'DEC DSR, unknown', kind: 'csi', prefix: '?', final: 'n' },
  { name: 'DECRQM, ANSI', kind: 'csi', intermediates: '$', final: 'p' },
  { name: 'DECRQM, private', kind: 'csi', prefix: '?', intermediates: '$', final: 'p' },
  { name: 'DECRQSS', kind: 'dcs', intermediates: '$', final: 'q' },
  { name: 'kitty keyboard', kind: 'csi', prefix: '?', final: 'u' },
  { name: 'XTQMODKEYS', kind: 'csi', prefix: '?', final: 'm', first: [4] },
  { name: 'XTQMODKEYS, other keys', kind: 'csi', prefix: '?', final: 'm' },
  {
    name: 'kitty multiple cursors',
    kind: 'csi',
    prefix: '>',
    intermediates: ' ',
    final: 'q',
    first: [0, 100, 101],
    alone: true,
  },
  { name: 'in-band resize', kind: 'csi', prefix: '?', final: 'h', modes: [2048] },

  // --- size, position and colors
  { name: 'XTWINOPS reports', kind: 'csi', final: 't', first: [11, 13, 14, 15, 16, 18, 19] },
  { name: 'title reports', kind: 'csi', final: 't', first: [20, 21] },
  { name: 'DECRQDE', kind: 'csi', intermediates: '"', final: 'v' },
  { name: 'palette colors', kind: 'osc', ids: [4], pattern: COLOR_QUERY, mixed: 'pairs' },
  { name: 'special colors', kind: 'osc', ids: [5], pattern: COLOR_QUERY, mixed: 'pairs' },
  { name: 'text and cursor colors', kind: 'osc', ids: [10, 11, 12], pattern: COLOR_QUERY, mixed: 'stack' },
  {
    name: 'pointer, Tektronix and highlight colors',
    kind: 'osc',
    ids: [13, 14, 15, 16, 17, 18, 19],
    pattern: COLOR_QUERY,
    mixed: 'stack',
  },
  { name: 'kitty colors', kind: 'osc', ids: [21], pattern: /=\s*\?/, mixed: 'keys' },
  {
    name: 'rxvt pixmap and colors',
    kind: 'osc',
    ids: [20, 39, 49, 701, 702, 704, 705, 706, 707, 708, 710, 711, 712, 713],
    ...BEGINS_WITH_QUESTION_MARK,
  },
  { name: 'mintty palette, font and glyphs', kind: 'osc', ids: [7704, 7770, 7771, 7777], ...BEGINS_WITH_QUESTION_MARK },
  { name: 'pointer shape', kind: 'osc', ids: [22], ...BEGINS_WITH_QUESTION_MARK },
  { name: 'font', kind: 'osc', ids: [50], ...BEGINS_WITH_QUESTION_MARK },
  { name: 'kitty file transfer', kind: 'osc', ids: [5113], pattern: /^/, decided: /^/ },
  { name: 'XTSMGRAPHICS', kind: 'csi', prefix: '?', final: 'S' },
  { name: 'kitty graphics', kind: 'apc', first: 'G' },
  { name: 'ReGIS', kind: 'dcs', final: 'p' },

  // --- screen contents, state and clipboard
  { name: 'DECRQCRA', kind: 'csi', intermediates: '*', final: 'y' },
  { name: 'XTREPORTSGR', kind: 'csi', intermediates: '#', final: '|' },
  { name: 'XTREPORTCOLORS', kind: 'csi', intermediates: '#', final: 'R' },
  { name: 'DECRQPSR', kind: 'csi', intermediates: '$', final: 'w' },
  { name: 'DECRQTSR', kind: 'csi', intermediates: '$', final: 'u' },
  { name: 'DECRQUPSS', kind: 'csi', intermediates: '&', final: 'u' },
  { name: 'DECRQKT', kind: 'csi', intermediates: ',', final: 'u' },
  { name: 'DECRQPKFM', kind: 'csi', intermediates: '+', final: 'x' },
  { name: 'DECRQLP', kind: 'csi', intermediates: "'", final: '|' },
  { name: 'clipboard read', kind: 'osc', ids: [52], pattern: /^[^;]*;\s*\?/, decided: /^[^;]*;\s*\S/ },
  { name: 'clipboard write', kind: 'osc', ids: [52], pattern: /^/, decided: /^/, clipboard: true },
  { name: 'kitty clipboard', kind: 'osc', ids: [5522], pattern: /^/, decided: /^/ },
  {
    name: 'iTerm2 reports',
    kind: 'osc',
    // iTerm2 takes 50 for the same.
    ids: [1337, 50],
    pattern: /^(?:ReportCellSize|ReportVariable|RequestUpload|Capabilities)/,
    decided: /^.{14}/s,
  },
  {
    name: 'iTerm2 clipboard write',
    kind: 'osc',
    ids: [1337, 50],
    pattern: /^(?:Copy|EndCopy)/,
    decided: /^.{7}/s,
    clipboard: true,
  },
  {
    name: 'kitty notifications',
    kind: 'osc',
    ids: [99],
    pattern: /^(?:[^;]*:)?(?:p=\?|p=alive|c=1|a=[^:;]*report)/,
    decided: /^[^;]*;/,
  },
  { name: 'kitty remote control', kind: 'dcs', final: '@' },
  { name: 'tmux passthrough', kind: 'dcs', final: 't' },
] as const satisfies readonly Query[]

export type QueryName = (typeof TABLE)[number]['name']

export const QUERIES: readonly (Query & { name: QueryName })[] = TABLE

/** `prefix`, `intermediates` and `final` in one string: what a parser dispatches on. */
export function identOf(q: { prefix?: string; intermediates?: string; final: string }): string {
  return (q.prefix ?? '') + (q.intermediates ?? '') + q.final
}

/** Whether a sequence with these parameters (main ones only, left out counts as 0) is the query `q`. */
export function isCsiQuery(q: CsiQuery, params: readonly number[]): boolean {
  if (q.modes) return params.some(p => q.modes!.includes(p))
  if (q.alone && params.length > 1) return false
  return !q.first || q.first.includes(params[0] ?? 0)
}

/** One color of an OSC 4, 5 or 10 to 19: `index` for the first two only. `spec`: a color, or `?…` to query it. */
export interface ColorField {
  osc: number
  index?: string
  spec: string
}

const LAST_STACKED_COLOR = 19

/** The fields of an OSC 4 or 5 (pairs) or 10 to 19 (a stack: each further field belongs to the next number). */
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

export function isQueryField(field: string): boolean {
  return field.trimStart().startsWith('?')
}

/**
 * An OSC without its queries: the bodies (`number;payload`) of the sequences that make the same settings. Empty if it
 * contains only queries.
 */
export function settingsOf(q: OscQuery, osc: number, payload: string): string[] {
  if (q.mixed === 'keys') {
    const kept = payload.split(';').filter(slot => !/=\s*\?/.test(slot))
    return kept.length ? [`${osc};${kept.join(';')}`] : []
  }
  if (!q.mixed) return []
  return colorFields(osc, payload)
    .filter(f => f.spec !== '' && !isQueryField(f.spec) && !isQueryField(f.index ?? ''))
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

/** What the host's answers and the pages' `ignoreQueries` need of an xterm.js parser; `Terminal.parser` fits. */
export interface QueryParser {
  registerCsiHandler(id: SequenceId, callback: (params: (number | number[])[]) => boolean): Registration
  registerOscHandler(ident: number, callback: (payload: string) => boolean): Registration
  registerDcsHandler(id: SequenceId, callback: (payload: string) => boolean): Registration
  registerEscHandler(id: SequenceId, callback: () => boolean): Registration
}

/** The parameters that xterm.js passes to a CSI handler, without their subparameters. */
export function mainParams(params: readonly (number | number[])[]): number[] {
  return params.filter(p => typeof p === 'number')
}

/** `prefix`, `intermediates` and `final` of `q` as xterm.js requires them: absent rather than undefined. */
export function sequenceId(q: SequenceId): SequenceId {
  const id: SequenceId = { final: q.final }
  if (q.prefix) id.prefix = q.prefix
  if (q.intermediates) id.intermediates = q.intermediates
  return id
}
