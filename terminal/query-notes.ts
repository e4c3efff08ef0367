// For every query in queries.ts: where it is specified, who answers it or why no one does, and examples. Documentation
// only; the tests run every example through every consumer.
import type { QueryName } from './queries.ts'

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
 * Who answers. `screen`: `@xterm/headless` by itself. `host`: main/host/screen/query-answers.ts. `silent`: no one, for the
 * reason in `why`; to a program this looks like a terminal that does not know the query.
 */
export type Answer = 'screen' | 'host' | 'silent'

export interface QueryNote {
  source: string
  answer: Answer
  why?: string
  /** The query as programs send it. Tests run each through every consumer. */
  examples: readonly string[]
}

export const QUERY_NOTES: { readonly [name in QueryName]: QueryNote } = {
  // --- identity
  ENQ: {
    source: 'ctlseqs, Single-character functions',
    answer: 'silent',
    why: "xterm's answerback string is empty by default too, and xterm.js's parser has no handler for it",
    examples: ['\x05'],
  },
  DECID: {
    source: 'ctlseqs, C1 control characters',
    answer: 'host',
    examples: ['\x1bZ'],
  },
  'DECID as C1': {
    source: 'ctlseqs, C1 control characters',
    answer: 'silent',
    why: "xterm.js's parser has no handlers for single controls, and no program sends this one in UTF-8",
    examples: ['\x9a'],
  },
  DA1: {
    source: 'ctlseqs, CSI Ps c',
    answer: 'screen',
    why: 'only for parameter 0, like xterm',
    examples: ['\x1b[c', '\x1b[0c'],
  },
  DA2: {
    source: 'ctlseqs, CSI > Ps c',
    answer: 'screen',
    why: 'only for parameter 0, like xterm',
    examples: ['\x1b[>c', '\x1b[>0c'],
  },
  DA3: {
    source: 'ctlseqs, CSI = Ps c',
    answer: 'host',
    why: 'only for parameter 0, like xterm',
    examples: ['\x1b[=c', '\x1b[=0c'],
  },
  XTVERSION: {
    source: 'ctlseqs, CSI > Ps q',
    answer: 'host',
    why: 'only for parameter 0, like xterm',
    examples: ['\x1b[>q', '\x1b[>0q'],
  },
  DECREQTPARM: {
    source: 'ctlseqs, CSI Ps x',
    answer: 'host',
    why: 'only for 0 and 1; 2 and 3 are the answers',
    examples: ['\x1b[x', '\x1b[1x'],
  },
  XTGETTCAP: {
    source: 'ctlseqs, DCS + q Pt ST',
    answer: 'host',
    examples: ['\x1bP+q544e\x1b\\', '\x1bP+q436F;524742\x1b\\', '\x1bP+q6b7578\x1b\\', '\x1bP+q\x1b\\'],
  },
  XTQALLOWED: {
    source: 'ctlseqs, OSC 60 and 61',
    answer: 'silent',
    why: 'programs must not learn what an attacker could do',
    examples: ['\x1b]60\x1b\\', '\x1b]61;allowWindowOps\x07', '\x1b]62\x07'],
  },

  // --- status and modes
  DSR: {
    source: 'ctlseqs, CSI Ps n',
    answer: 'screen',
    examples: ['\x1b[5n', '\x1b[6n'],
  },
  'rxvt DSR': {
    source: 'urxvt, CSI Ps n (7: display name, 8: version)',
    answer: 'silent',
    why: 'xterm.js knows 5 and 6, and programs must not learn the name of the display',
    examples: ['\x1b[7n', '\x1b[8n', '\x1b[n'],
  },
  DECXCPR: {
    source: 'ctlseqs, CSI ? Ps n',
    answer: 'screen',
    examples: ['\x1b[?6n'],
  },
  'DEC DSR': {
    source: 'ctlseqs, CSI ? Ps n; 996 (dark or light): contour, color-palette-update-notifications',
    answer: 'host',
    examples: [15, 25, 26, 53, 55, 56, 62, 63, 75, 85, 996].map(ps => `\x1b[?${ps}n`),
  },
  'DEC DSR, unknown': {
    source: 'ctlseqs, CSI ? Ps n',
    answer: 'silent',
    why: 'unknown to xterm as well',
    examples: ['\x1b[?n', '\x1b[?99n'],
  },
  'DECRQM, ANSI': {
    source: 'ctlseqs, CSI Ps $ p',
    answer: 'screen',
    examples: ['\x1b[4$p', '\x1b[99$p'],
  },
  'DECRQM, private': {
    source: 'ctlseqs, CSI ? Ps $ p',
    answer: 'screen',
    examples: ['\x1b[?25$p', '\x1b[?2026$p', '\x1b[?2027$p', '\x1b[?99999$p'],
  },
  DECRQSS: {
    source: 'ctlseqs, DCS $ q Pt ST',
    answer: 'screen',
    examples: ['\x1bP$qm\x1b\\', '\x1bP$q q\x1b\\', '\x1bP$qr\x1b\\', '\x1bP$qz\x1b\\'],
  },
  'kitty keyboard': {
    source: 'kitty, keyboard-protocol',
    answer: 'host',
    examples: ['\x1b[?u'],
  },
  XTQMODKEYS: {
    source: 'ctlseqs, CSI ? Pp m',
    answer: 'host',
    examples: ['\x1b[?4m'],
  },
  'XTQMODKEYS, other keys': {
    source: 'ctlseqs, CSI ? Pp m',
    answer: 'silent',
    why: 'only modifyOtherKeys (4) can be changed here',
    examples: ['\x1b[?m', '\x1b[?1m'],
  },
  'kitty multiple cursors': {
    source: 'kitty, multiple-cursors-protocol',
    answer: 'silent',
    why: 'not supported by xterm.js',
    examples: ['\x1b[> q', '\x1b[>100 q', '\x1b[>101 q'],
  },
  'in-band resize': {
    source: 'kitty and others, https://gist.github.com/rockorager/e695fb2924d36b2bcf1fff4a3704bd83',
    answer: 'silent',
    why: "a terminal that supports it reports its own size at once, but the host sets the session's size",
    examples: ['\x1b[?2048h'],
  },

  // --- size, position and colors
  'XTWINOPS reports': {
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
  'title reports': {
    source: 'ctlseqs, CSI Ps ; Ps ; Ps t',
    answer: 'host',
    why: 'always empty: any output may have set the title, and the report would type it into the shell',
    examples: ['\x1b[20t', '\x1b[21t'],
  },
  DECRQDE: {
    source: 'ctlseqs, CSI " v',
    answer: 'host',
    examples: ['\x1b["v'],
  },
  'palette colors': {
    source: 'ctlseqs, OSC 4',
    answer: 'host',
    examples: [
      '\x1b]4;1;?\x07',
      '\x1b]4;1;?;255;?\x1b\\',
      '\x1b]4;1;?;2;#00ff00\x07',
      '\x1b]4;3;rgb:11/22/33;4;?\x1b\\',
    ],
  },
  'special colors': {
    source: 'ctlseqs, OSC 5',
    answer: 'silent',
    why: 'xterm.js has no colors for bold, underline and blink',
    examples: ['\x1b]5;0;?\x07', '\x1b]5;0;?;1;red\x1b\\'],
  },
  'text and cursor colors': {
    source: 'ctlseqs, OSC 10 to 19',
    answer: 'host',
    examples: ['\x1b]10;?\x07', '\x1b]11;?\x1b\\', '\x1b]12;?\x07', '\x1b]10;?;?;?\x07', '\x1b]10;?;#102030\x1b\\'],
  },
  'pointer, Tektronix and highlight colors': {
    source: 'ctlseqs, OSC 10 to 19',
    answer: 'silent',
    why: 'xterm.js has no such colors that output could set',
    examples: [13, 14, 15, 16, 17, 18, 19].map(id => `\x1b]${id};?\x07`),
  },
  'kitty colors': {
    source: 'kitty, color-stack',
    answer: 'silent',
    why: 'not supported by xterm.js; OSC 4 and 10 to 12 are',
    examples: ['\x1b]21;foreground=?\x1b\\', '\x1b]21;cursor=red;background=?\x07'],
  },
  'rxvt pixmap and colors': {
    source: 'urxvt',
    answer: 'silent',
    why: 'not supported by xterm.js',
    examples: [20, 39, 49, 701, 702, 704, 705, 706, 707, 708, 710, 711, 712, 713].map(id => `\x1b]${id};?\x07`),
  },
  'mintty palette, font and glyphs': {
    source: 'mintty',
    answer: 'silent',
    why: 'not supported by xterm.js',
    examples: ['\x1b]7704;?\x07', '\x1b]7770;?\x07', '\x1b]7771;?;65\x07', '\x1b]7777;?\x07'],
  },
  'pointer shape': {
    source: 'kitty, pointer-shapes',
    answer: 'silent',
    why: 'not supported by xterm.js',
    examples: ['\x1b]22;?__current__\x1b\\'],
  },
  font: {
    source: 'ctlseqs, OSC 50',
    answer: 'silent',
    why: 'every client has its own, and output cannot set it',
    examples: ['\x1b]50;?\x07', '\x1b]50;?+1\x1b\\'],
  },
  XTSMGRAPHICS: {
    source: 'ctlseqs, CSI ? Pi ; Pa ; Pv S (a set request is answered like a read)',
    answer: 'host',
    why: 'always "no such item": there are no graphics',
    examples: ['\x1b[?1;1;0S', '\x1b[?2;4;0S'],
  },
  'kitty graphics': {
    source: 'kitty, graphics-protocol (each command is answered unless it has q=2)',
    answer: 'silent',
    why: 'not supported by xterm.js; programs send DA1 next and take its answer alone for a no',
    examples: ['\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\', '\x1b_Ga=d\x1b\\'],
  },
  ReGIS: {
    source:
      'ctlseqs, DCS Ps p (its R command reports); iTerm2 takes DCS 1000 p for tmux control mode and types commands',
    answer: 'silent',
    why: 'there are no graphics',
    examples: ['\x1bPpR(P)\x1b\\', '\x1bP1000p\x1b\\'],
  },

  // --- screen contents, state and clipboard
  DECRQCRA: {
    source: 'ctlseqs, CSI Pi ; Pg ; Pt ; Pl ; Pb ; Pr * y',
    answer: 'silent',
    why: 'the checksum of one cell reveals its character: it reads the screen',
    examples: ['\x1b[1;1;1;1;1;1*y'],
  },
  XTREPORTSGR: {
    source: 'ctlseqs, CSI Pt ; Pl ; Pb ; Pr # |',
    answer: 'silent',
    why: 'it reads the screen',
    examples: ['\x1b[1;1;1;1#|'],
  },
  XTREPORTCOLORS: {
    source: 'ctlseqs, CSI # R',
    answer: 'silent',
    why: 'xterm.js has no stack of palettes',
    examples: ['\x1b[#R'],
  },
  DECRQPSR: {
    source: 'ctlseqs, CSI Ps $ w',
    answer: 'silent',
    why: "xterm.js's API does not reach charsets and tab stops",
    examples: ['\x1b[1$w', '\x1b[2$w'],
  },
  DECRQTSR: {
    source: 'vt510, DECRQTSR',
    answer: 'silent',
    why: 'unknown to xterm.js',
    examples: ['\x1b[1$u', '\x1b[2;2$u'],
  },
  DECRQUPSS: {
    source: 'ctlseqs, CSI & u',
    answer: 'silent',
    why: 'unknown to xterm.js',
    examples: ['\x1b[&u'],
  },
  DECRQKT: {
    source: 'vt510, DECRQKT',
    answer: 'silent',
    why: 'unknown to xterm.js',
    examples: ['\x1b[1,u'],
  },
  DECRQPKFM: {
    source: 'vt510, DECRQPKFM',
    answer: 'silent',
    why: 'unknown to xterm.js',
    examples: ['\x1b[+x'],
  },
  DECRQLP: {
    source: "ctlseqs, CSI Ps ' |",
    answer: 'host',
    why: 'always "no locator"',
    examples: ["\x1b['|", "\x1b[1'|"],
  },
  'clipboard read': {
    source: 'ctlseqs, OSC 52',
    answer: 'silent',
    why: 'never: output must not read the clipboard (case 42)',
    examples: ['\x1b]52;c;?\x07', '\x1b]52;;?\x1b\\'],
  },
  'clipboard write': {
    source: 'ctlseqs, OSC 52',
    answer: 'silent',
    why: 'not a query',
    examples: ['\x1b]52;c;aGVsbG8=\x07'],
  },
  'kitty clipboard': {
    source: 'kitty, clipboard (a write is answered like a read)',
    answer: 'silent',
    why: 'never, like OSC 52',
    examples: ['\x1b]5522;type=read;dGV4dC9wbGFpbg==\x1b\\'],
  },
  'kitty file transfer': {
    source: 'kitty, file-transfer-protocol',
    answer: 'silent',
    why: "never: it sends and receives the user's files",
    examples: ['\x1b]5113;ac=receive;size=1\x1b\\'],
  },
  'iTerm2 reports': {
    source: 'iterm2',
    answer: 'silent',
    why: "unknown to xterm.js; ReportVariable reads titles, RequestUpload the user's files",
    examples: [
      '\x1b]1337;ReportCellSize\x07',
      '\x1b]1337;ReportVariable=bmFtZQ==\x07',
      '\x1b]1337;RequestUpload=format=tgz\x1b\\',
      '\x1b]50;ReportVariable=bmFtZQ==\x07',
    ],
  },
  'iTerm2 clipboard write': {
    source: 'iterm2',
    answer: 'silent',
    why: 'not a query',
    examples: ['\x1b]1337;Copy=:aGVsbG8=\x07', '\x1b]50;CopyToClipboard=general\x07', '\x1b]1337;EndCopy\x07'],
  },
  'kitty notifications': {
    source: 'kitty, desktop-notifications',
    answer: 'silent',
    why: 'not supported by xterm.js',
    examples: ['\x1b]99;i=1:p=?;\x1b\\', '\x1b]99;i=1:a=report;hello\x1b\\'],
  },
  'kitty remote control': {
    source: 'kitty, rc_protocol',
    answer: 'silent',
    why: 'never',
    examples: ['\x1bP@kitty-cmd{"cmd":"ls","version":[0,14,2]}\x1b\\'],
  },
  'tmux passthrough': {
    source: 'tmux(1), allow-passthrough: what it wraps goes to another terminal, past every filter',
    answer: 'silent',
    why: 'the host is not tmux',
    examples: ['\x1bPtmux;hello\x1b\\'],
  },
}
