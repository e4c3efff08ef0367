// Every sequence with which a program asks the terminal something, who answers it, and how to know it in a stream.
// Knows nothing of terminals, sockets or bytes: the host, the page and the command line each apply it to their own parser.

// Sources, by the short names used below:
//   ctlseqs   https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (patch 397), by section
//   vt510     https://vt100.net/docs/vt510-rm/
//   kitty     https://sw.kovidgoyal.net/kitty/ (protocol extensions, by page)
//   contour   https://contour-terminal.org/vt-extensions/
//   iterm2    https://iterm2.com/documentation-escape-codes.html
//   urxvt     urxvt(7), section XTerm Operating System Commands
//   mintty    https://github.com/mintty/mintty/wiki/CtrlSeqs
//   xterm.js  InputHandler.ts and EscapeSequenceParser.ts of @xterm/xterm 6.0

/**
 * Who answers. `screen`: `@xterm/headless` by itself. `host`: main/host/screen/answers.ts. `silent`: nobody, for the
 * reason that `why` gives; to a program that is the same as a terminal which does not know the question.
 */
export type Answer = 'screen' | 'host' | 'silent'

interface Asked {
  name: string
  source: string
  answer: Answer
  why?: string
  /** The question as a program sends it. Tests run every one of them through every consumer. */
  examples: readonly string[]
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

export const QUERIES: readonly Query[] = [
  // --- who are you
  {
    name: 'ENQ',
    kind: 'control',
    code: 0x05,
    source: 'ctlseqs, Single-character functions',
    answer: 'silent',
    why: "the answerback string is empty by default in xterm too, and xterm.js's parser gives no hold of it",
    examples: ['\x05'],
  },
  {
    name: 'DECID',
    kind: 'esc',
    final: 'Z',
    source: 'ctlseqs, C1 control characters',
    answer: 'host',
    examples: ['\x1bZ'],
  },
  {
    name: 'DECID as C1',
    kind: 'control',
    code: 0x9a,
    source: 'ctlseqs, C1 control characters',
    answer: 'silent',
    why: "xterm.js's parser gives no hold of single controls, and nobody has sent this one in UTF-8",
    examples: ['\x9a'],
  },
  {
    name: 'DA1',
    kind: 'csi',
    final: 'c',
    source: 'ctlseqs, CSI Ps c',
    answer: 'screen',
    why: 'to 0 only, as xterm',
    examples: ['\x1b[c', '\x1b[0c'],
  },
  {
    name: 'DA2',
    kind: 'csi',
    prefix: '>',
    final: 'c',
    source: 'ctlseqs, CSI > Ps c',
    answer: 'screen',
    why: 'to 0 only, as xterm',
    examples: ['\x1b[>c', '\x1b[>0c'],
  },
  {
    name: 'DA3',
    kind: 'csi',
    prefix: '=',
    final: 'c',
    source: 'ctlseqs, CSI = Ps c',
    answer: 'host',
    why: 'to 0 only, as xterm',
    examples: ['\x1b[=c', '\x1b[=0c'],
  },
  {
    name: 'XTVERSION',
    kind: 'csi',
    prefix: '>',
    final: 'q',
    source: 'ctlseqs, CSI > Ps q',
    answer: 'host',
    why: 'to 0 only, as xterm',
    examples: ['\x1b[>q', '\x1b[>0q'],
  },
  {
    name: 'DECREQTPARM',
    kind: 'csi',
    final: 'x',
    source: 'ctlseqs, CSI Ps x',
    answer: 'host',
    why: 'to 0 and 1 only; 2 and 3 are the answers',
    examples: ['\x1b[x', '\x1b[1x'],
  },
  {
    name: 'XTGETTCAP',
    kind: 'dcs',
    intermediates: '+',
    final: 'q',
    source: 'ctlseqs, DCS + q Pt ST',
    answer: 'host',
    examples: ['\x1bP+q544e\x1b\\', '\x1bP+q436F;524742\x1b\\', '\x1bP+q6b7578\x1b\\', '\x1bP+q\x1b\\'],
  },
  {
    name: 'XTQALLOWED',
    kind: 'osc',
    ids: [60, 61, 62],
    asks: /^/,
    settles: /^/,
    source: 'ctlseqs, OSC 60 and 61',
    answer: 'silent',
    why: 'what an attacker may do is not for programs to read',
    examples: ['\x1b]60\x1b\\', '\x1b]61;allowWindowOps\x07', '\x1b]62\x07'],
  },

  // --- how are you
  {
    name: 'DSR',
    kind: 'csi',
    final: 'n',
    first: [5, 6],
    source: 'ctlseqs, CSI Ps n',
    answer: 'screen',
    examples: ['\x1b[5n', '\x1b[6n'],
  },
  {
    name: 'DSR of rxvt',
    kind: 'csi',
    final: 'n',
    source: 'urxvt, CSI Ps n (7: display name, 8: version)',
    answer: 'silent',
    why: "xterm.js knows 5 and 6, and a display's name is nobody's business",
    examples: ['\x1b[7n', '\x1b[8n', '\x1b[n'],
  },
  {
    name: 'DECXCPR',
    kind: 'csi',
    prefix: '?',
    final: 'n',
    first: [6],
    source: 'ctlseqs, CSI ? Ps n',
    answer: 'screen',
    examples: ['\x1b[?6n'],
  },
  {
    name: 'DEC DSR',
    kind: 'csi',
    prefix: '?',
    final: 'n',
    first: [15, 25, 26, 53, 55, 56, 62, 63, 75, 85, 996],
    source: 'ctlseqs, CSI ? Ps n; 996 (dark or light): contour, color-palette-update-notifications',
    answer: 'host',
    examples: [15, 25, 26, 53, 55, 56, 62, 63, 75, 85, 996].map(ps => `\x1b[?${ps}n`),
  },
  {
    name: 'DEC DSR, unknown',
    kind: 'csi',
    prefix: '?',
    final: 'n',
    source: 'ctlseqs, CSI ? Ps n',
    answer: 'silent',
    why: 'unknown to xterm as well',
    examples: ['\x1b[?n', '\x1b[?99n'],
  },
  {
    name: 'DECRQM, ANSI',
    kind: 'csi',
    intermediates: '$',
    final: 'p',
    source: 'ctlseqs, CSI Ps $ p',
    answer: 'screen',
    examples: ['\x1b[4$p', '\x1b[99$p'],
  },
  {
    name: 'DECRQM, private',
    kind: 'csi',
    prefix: '?',
    intermediates: '$',
    final: 'p',
    source: 'ctlseqs, CSI ? Ps $ p',
    answer: 'screen',
    examples: ['\x1b[?25$p', '\x1b[?2026$p', '\x1b[?99999$p'],
  },
  {
    name: 'DECRQSS',
    kind: 'dcs',
    intermediates: '$',
    final: 'q',
    source: 'ctlseqs, DCS $ q Pt ST',
    answer: 'screen',
    examples: ['\x1bP$qm\x1b\\', '\x1bP$q q\x1b\\', '\x1bP$qr\x1b\\', '\x1bP$qz\x1b\\'],
  },
  {
    name: 'kitty keyboard',
    kind: 'csi',
    prefix: '?',
    final: 'u',
    source: 'kitty, keyboard-protocol',
    answer: 'silent',
    why: 'not supported by xterm.js; programs ask DA1 next and take its answer for a no',
    examples: ['\x1b[?u'],
  },
  {
    name: 'XTQMODKEYS',
    kind: 'csi',
    prefix: '?',
    final: 'm',
    source: 'ctlseqs, CSI ? Pp m',
    answer: 'silent',
    why: 'modifyOtherKeys is not supported by xterm.js',
    examples: ['\x1b[?4m', '\x1b[?m'],
  },
  {
    name: 'kitty multiple cursors',
    kind: 'csi',
    prefix: '>',
    intermediates: ' ',
    final: 'q',
    first: [0, 100, 101],
    alone: true,
    source: 'kitty, multiple-cursors-protocol',
    answer: 'silent',
    why: 'not supported by xterm.js',
    examples: ['\x1b[> q', '\x1b[>100 q', '\x1b[>101 q'],
  },
  {
    name: 'in-band resize',
    kind: 'csi',
    prefix: '?',
    final: 'h',
    modes: [2048],
    source: 'kitty and others, https://gist.github.com/rockorager/e695fb2924d36b2bcf1fff4a3704bd83',
    answer: 'silent',
    why: "a terminal that knows it reports its own size at once, and the session's size is the host's to tell",
    examples: ['\x1b[?2048h'],
  },

  // --- how large, where, what colour
  {
    name: 'XTWINOPS reports',
    kind: 'csi',
    final: 't',
    first: [11, 13, 14, 15, 16, 18, 19],
    source: 'ctlseqs, CSI Ps ; Ps ; Ps t',
    answer: 'host',
    examples: [
      '\x1b[11t',
      '\x1b[13t',
      '\x1b[13;2t',
      '\x1b[14t',
      '\x1b[14;2t',
      '\x1b[15t',
      '\x1b[16t',
      '\x1b[18t',
      '\x1b[19t',
    ],
  },
  {
    name: 'title reports',
    kind: 'csi',
    final: 't',
    first: [20, 21],
    source: 'ctlseqs, CSI Ps ; Ps ; Ps t',
    answer: 'host',
    why: 'always empty: a title is text that any output may have set, and the report would type it into the shell',
    examples: ['\x1b[20t', '\x1b[21t'],
  },
  {
    name: 'DECRQDE',
    kind: 'csi',
    intermediates: '"',
    final: 'v',
    source: 'ctlseqs, CSI " v',
    answer: 'host',
    examples: ['\x1b["v'],
  },
  {
    name: 'palette colours',
    kind: 'osc',
    ids: [4],
    asks: COLOR_ASKED,
    mixed: 'pairs',
    source: 'ctlseqs, OSC 4',
    answer: 'host',
    examples: [
      '\x1b]4;1;?\x07',
      '\x1b]4;1;?;255;?\x1b\\',
      '\x1b]4;1;?;2;#00ff00\x07',
      '\x1b]4;3;rgb:11/22/33;4;?\x1b\\',
    ],
  },
  {
    name: 'special colours',
    kind: 'osc',
    ids: [5],
    asks: COLOR_ASKED,
    mixed: 'pairs',
    source: 'ctlseqs, OSC 5',
    answer: 'silent',
    why: 'colours for bold, underline and blink do not exist in xterm.js',
    examples: ['\x1b]5;0;?\x07', '\x1b]5;0;?;1;red\x1b\\'],
  },
  {
    name: 'text and cursor colours',
    kind: 'osc',
    ids: [10, 11, 12],
    asks: COLOR_ASKED,
    mixed: 'stack',
    source: 'ctlseqs, OSC 10 to 19',
    answer: 'host',
    examples: ['\x1b]10;?\x07', '\x1b]11;?\x1b\\', '\x1b]12;?\x07', '\x1b]10;?;?;?\x07', '\x1b]10;?;#102030\x1b\\'],
  },
  {
    name: 'pointer, Tektronix and highlight colours',
    kind: 'osc',
    ids: [13, 14, 15, 16, 17, 18, 19],
    asks: COLOR_ASKED,
    mixed: 'stack',
    source: 'ctlseqs, OSC 10 to 19',
    answer: 'silent',
    why: 'xterm.js has no such colours that output could set',
    examples: [13, 14, 15, 16, 17, 18, 19].map(id => `\x1b]${id};?\x07`),
  },
  {
    name: 'kitty colours',
    kind: 'osc',
    ids: [21],
    asks: /=\s*\?/,
    mixed: 'keys',
    source: 'kitty, color-stack',
    answer: 'silent',
    why: 'not supported by xterm.js; OSC 4 and 10 to 12 are',
    examples: ['\x1b]21;foreground=?\x1b\\', '\x1b]21;cursor=red;background=?\x07'],
  },
  {
    name: 'pixmap and colours of rxvt',
    kind: 'osc',
    ids: [20, 39, 49, 701, 702, 704, 705, 706, 707, 708, 710, 711, 712, 713],
    ...FIRST_IS_QUESTION,
    source: 'urxvt',
    answer: 'silent',
    why: 'nothing of the kind in xterm.js',
    examples: [20, 39, 49, 701, 702, 704, 705, 706, 707, 708, 710, 711, 712, 713].map(id => `\x1b]${id};?\x07`),
  },
  {
    name: 'palette, font and glyphs of mintty',
    kind: 'osc',
    ids: [7704, 7770, 7771, 7777],
    ...FIRST_IS_QUESTION,
    source: 'mintty',
    answer: 'silent',
    why: 'nothing of the kind in xterm.js',
    examples: ['\x1b]7704;?\x07', '\x1b]7770;?\x07', '\x1b]7771;?;65\x07', '\x1b]7777;?\x07'],
  },
  {
    name: 'pointer shape',
    kind: 'osc',
    ids: [22],
    ...FIRST_IS_QUESTION,
    source: 'kitty, pointer-shapes',
    answer: 'silent',
    why: 'not supported by xterm.js',
    examples: ['\x1b]22;?__current__\x1b\\'],
  },
  {
    name: 'font',
    kind: 'osc',
    ids: [50],
    ...FIRST_IS_QUESTION,
    source: 'ctlseqs, OSC 50',
    answer: 'silent',
    why: 'every client has its own, and none of them is text that output has set',
    examples: ['\x1b]50;?\x07', '\x1b]50;?+1\x1b\\'],
  },
  {
    name: 'XTSMGRAPHICS',
    kind: 'csi',
    prefix: '?',
    final: 'S',
    source: 'ctlseqs, CSI ? Pi ; Pa ; Pv S (setting is answered as reading is)',
    answer: 'host',
    why: 'always "no such item": there are no graphics',
    examples: ['\x1b[?1;1;0S', '\x1b[?2;4;0S'],
  },
  {
    name: 'kitty graphics',
    kind: 'apc',
    first: 'G',
    source: 'kitty, graphics-protocol (each command is answered unless it says q=2)',
    answer: 'silent',
    why: 'not supported by xterm.js; programs ask DA1 next and take its answer for a no',
    examples: ['\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\', '\x1b_Ga=d\x1b\\'],
  },
  {
    name: 'ReGIS',
    kind: 'dcs',
    final: 'p',
    source: 'ctlseqs, DCS Ps p (its R command reports); iTerm2 takes DCS 1000 p for tmux and types commands',
    answer: 'silent',
    why: 'there are no graphics',
    examples: ['\x1bPpR(P)\x1b\\', '\x1bP1000p\x1b\\'],
  },

  // --- what is on your screen, in your state, in your clipboard
  {
    name: 'DECRQCRA',
    kind: 'csi',
    intermediates: '*',
    final: 'y',
    source: 'ctlseqs, CSI Pi ; Pg ; Pt ; Pl ; Pb ; Pr * y',
    answer: 'silent',
    why: 'the checksum of one cell is its character: it reads the screen',
    examples: ['\x1b[1;1;1;1;1;1*y'],
  },
  {
    name: 'XTREPORTSGR',
    kind: 'csi',
    intermediates: '#',
    final: '|',
    source: 'ctlseqs, CSI Pt ; Pl ; Pb ; Pr # |',
    answer: 'silent',
    why: 'it reads the screen',
    examples: ['\x1b[1;1;1;1#|'],
  },
  {
    name: 'XTREPORTCOLORS',
    kind: 'csi',
    intermediates: '#',
    final: 'R',
    source: 'ctlseqs, CSI # R',
    answer: 'silent',
    why: 'xterm.js has no stack of palettes',
    examples: ['\x1b[#R'],
  },
  {
    name: 'DECRQPSR',
    kind: 'csi',
    intermediates: '$',
    final: 'w',
    source: 'ctlseqs, CSI Ps $ w',
    answer: 'silent',
    why: "charsets and tab stops are out of reach of xterm.js's API",
    examples: ['\x1b[1$w', '\x1b[2$w'],
  },
  {
    name: 'DECRQTSR',
    kind: 'csi',
    intermediates: '$',
    final: 'u',
    source: 'vt510, DECRQTSR',
    answer: 'silent',
    why: 'unknown to xterm.js',
    examples: ['\x1b[1$u', '\x1b[2;2$u'],
  },
  {
    name: 'DECRQUPSS',
    kind: 'csi',
    intermediates: '&',
    final: 'u',
    source: 'ctlseqs, CSI & u',
    answer: 'silent',
    why: 'unknown to xterm.js',
    examples: ['\x1b[&u'],
  },
  {
    name: 'DECRQKT',
    kind: 'csi',
    intermediates: ',',
    final: 'u',
    source: 'vt510, DECRQKT',
    answer: 'silent',
    why: 'unknown to xterm.js',
    examples: ['\x1b[1,u'],
  },
  {
    name: 'DECRQPKFM',
    kind: 'csi',
    intermediates: '+',
    final: 'x',
    source: 'vt510, DECRQPKFM',
    answer: 'silent',
    why: 'unknown to xterm.js',
    examples: ['\x1b[+x'],
  },
  {
    name: 'DECRQLP',
    kind: 'csi',
    intermediates: "'",
    final: '|',
    source: "ctlseqs, CSI Ps ' |",
    answer: 'host',
    why: 'always "no locator"',
    examples: ["\x1b['|", "\x1b[1'|"],
  },
  {
    name: 'clipboard read',
    kind: 'osc',
    ids: [52],
    asks: /^[^;]*;\s*\?/,
    settles: /^[^;]*;\s*\S/,
    source: 'ctlseqs, OSC 52',
    answer: 'silent',
    why: 'never: output must not read the clipboard (case 42)',
    examples: ['\x1b]52;c;?\x07', '\x1b]52;;?\x1b\\'],
  },
  {
    name: 'clipboard write',
    kind: 'osc',
    ids: [52],
    asks: /^/,
    settles: /^/,
    clipboard: true,
    source: 'ctlseqs, OSC 52',
    answer: 'silent',
    why: 'no question',
    examples: ['\x1b]52;c;aGVsbG8=\x07'],
  },
  {
    name: 'kitty clipboard',
    kind: 'osc',
    ids: [5522],
    asks: /^/,
    settles: /^/,
    source: 'kitty, clipboard (writing is answered as reading is)',
    answer: 'silent',
    why: 'never, as OSC 52',
    examples: ['\x1b]5522;type=read;dGV4dC9wbGFpbg==\x1b\\'],
  },
  {
    name: 'iTerm2 reports',
    kind: 'osc',
    ids: [1337],
    asks: /^(?:ReportCellSize|ReportVariable|RequestUpload|Capabilities)/,
    settles: /^.{14}/s,
    source: 'iterm2',
    answer: 'silent',
    why: "unknown to xterm.js; ReportVariable reads titles, RequestUpload the user's files",
    examples: [
      '\x1b]1337;ReportCellSize\x07',
      '\x1b]1337;ReportVariable=bmFtZQ==\x07',
      '\x1b]1337;RequestUpload=format=tgz\x1b\\',
    ],
  },
  {
    name: 'iTerm2 clipboard write',
    kind: 'osc',
    ids: [1337],
    asks: /^(?:Copy|EndCopy)/,
    settles: /^.{7}/s,
    clipboard: true,
    source: 'iterm2',
    answer: 'silent',
    why: 'no question',
    examples: ['\x1b]1337;Copy=:aGVsbG8=\x07', '\x1b]1337;CopyToClipboard=general\x07', '\x1b]1337;EndCopy\x07'],
  },
  {
    name: 'kitty notifications',
    kind: 'osc',
    ids: [99],
    asks: /^(?:[^;]*:)?(?:p=\?|p=alive|c=1|a=[^:;]*report)/,
    settles: /^[^;]*;/,
    source: 'kitty, desktop-notifications',
    answer: 'silent',
    why: 'not supported by xterm.js',
    examples: ['\x1b]99;i=1:p=?;\x1b\\', '\x1b]99;i=1:a=report;hello\x1b\\'],
  },
  {
    name: 'kitty remote control',
    kind: 'dcs',
    final: '@',
    source: 'kitty, rc_protocol',
    answer: 'silent',
    why: 'never',
    examples: ['\x1bP@kitty-cmd{"cmd":"ls","version":[0,14,2]}\x1b\\'],
  },
  {
    name: 'tmux passthrough',
    kind: 'dcs',
    final: 't',
    source: 'tmux(1), allow-passthrough: what it wraps goes to yet another terminal, past anybody who could judge it',
    answer: 'silent',
    why: 'the host is no tmux',
    examples: ['\x1bPtmux;hello\x1b\\'],
  },
]

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
