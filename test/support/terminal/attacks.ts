// Output made to grow a terminal's state, its keyframe, its text or its parsing time out of proportion: hand-made worst cases, and
// a generator that searches for more of them.
import fc from 'fast-check'
import { events } from './vt-streams.ts'

export interface Attack {
  name: string
  /** Output of about this many bytes. */
  make(bytes: number): string
}

const ESC = '\x1b'
const CSI = `${ESC}[`
const link = (uri: string, text: string, id = '') => `${ESC}]8;${id && `id=${id}`};${uri}\x07${text}${ESC}]8;;\x07`

/** `one(i)` again and again. */
function repeated(bytes: number, one: (i: number) => string, begin = ''): string {
  const parts = [begin]
  for (let i = 0, size = begin.length; size < bytes; i++) {
    const part = one(i)
    parts.push(part)
    size += part.length
  }
  return parts.join('')
}

/** `count` of `one`, in an output of about `bytes` bytes. */
function filled(bytes: number, count: number, one: (size: number) => string): string {
  const size = Math.max(1, Math.floor(bytes / count))
  return Array.from({ length: count }, () => one(size)).join('')
}

const COLS = 80
const row = (i: number) => `${CSI}${(i % 24) + 1};1H`

/** One link over the whole screen and scrollback, then every second cell without it: the issue's own case. */
const stripes = (uri: string, rows: number) => {
  const cell = `x${CSI}C`
  return `${ESC}]8;id=a;${uri}\x07${'y'.repeat(COLS * rows)}${ESC}]8;;\x07${Array.from({ length: 24 }, (_, y) => row(y) + cell.repeat(COLS / 2)).join('')}`
}

export const ATTACKS: readonly Attack[] = [
  {
    name: 'one long link, every second cell overwritten',
    make: bytes => stripes(`http://${'u'.repeat(bytes / 4)}/`, 1024),
  },
  {
    name: 'one link of 2,000 characters, every second cell',
    make: bytes => repeated(bytes, () => `${link(`http://${'u'.repeat(2000)}`, `y${CSI}C`.repeat(COLS / 2), 'a')}\r\n`),
  },
  {
    name: 'a link of 1 KB reopened by its pen in every cell',
    make: bytes =>
      `${ESC}]8;id=a;http://${'u'.repeat(1000)}\x07${repeated(bytes, i => `${i % 2 ? '\x1b7' : '\x1b8'}y${CSI}m`)}`,
  },
  { name: 'a link of its own in every cell', make: bytes => repeated(bytes, i => link(`http://${i}`, 'x')) },
  {
    name: 'links of 2 KB, each in one cell',
    make: bytes => repeated(bytes, i => link(`http://${i}/${'u'.repeat(2000)}`, 'x')),
  },
  {
    name: 'links that overwrite each other on one line, scrolling',
    make: bytes => repeated(bytes, i => `${link(`a:${i % 2000}`, `x${i % 50 ? '\r' : '\n'}`, `${i % 2000}`)}`),
  },
  { name: 'one link over many lines', make: bytes => repeated(bytes, () => 'x\n', `${ESC}]8;;http://a\x07`) },
  {
    name: 'long link identifiers',
    make: bytes => repeated(bytes, i => link('http://a', 'x', `${i}${'i'.repeat(2000)}`)),
  },
  { name: 'combining marks on one cell', make: bytes => `a${'\u0301'.repeat(bytes / 2)}` },
  { name: 'combining marks on every cell', make: bytes => repeated(bytes, () => `a${'\u0301'.repeat(200)}`) },
  {
    name: 'variation selectors and joiners on every cell',
    make: bytes => repeated(bytes, () => `👩${'\u200d👩'.repeat(60)}`),
  },
  {
    name: 'image placeholders with row and column marks',
    make: bytes => repeated(bytes, () => '\u{10eeee}\u0305\u0305\u0305'),
  },
  { name: 'a title in one piece', make: bytes => `${ESC}]2;${'t'.repeat(bytes)}\x07` },
  {
    name: 'titles pushed on the stack',
    make: bytes => filled(bytes, 12, size => `${ESC}]0;${'t'.repeat(size)}\x07${CSI}22t`),
  },
  { name: 'an OSC that does not end', make: bytes => `${ESC}]52;c;${'A'.repeat(bytes)}` },
  { name: 'a DCS that does not end', make: bytes => `${ESC}P$q${'A'.repeat(bytes)}` },
  { name: 'an APC that does not end', make: bytes => `${ESC}_G${'A'.repeat(bytes)}` },
  { name: 'an OSC of wide characters that does not end', make: bytes => `${ESC}]0;${'界'.repeat(bytes / 3)}` },
  { name: 'a CSI with endless parameters', make: bytes => `${CSI}${'1;'.repeat(bytes / 2)}m` },
  { name: 'a CSI with endless digits', make: bytes => `${CSI}${'9'.repeat(bytes)}m` },
  { name: 'an OSC with an endless number', make: bytes => `${ESC}]${'9'.repeat(bytes)};x\x07` },
  {
    name: 'a palette set again and again',
    make: bytes => repeated(bytes, i => `${ESC}]4;${i % 256};#${(i % 0xffffff).toString(16).padStart(6, '0')}\x07`),
  },
  { name: 'color queries in one OSC', make: bytes => `${ESC}]4;${'1;?;'.repeat(bytes / 4)}\x07` },
  { name: 'queries', make: bytes => repeated(bytes, () => `${CSI}c`) },
  { name: 'settings queried by DCS', make: bytes => `${ESC}P+q${'544e;'.repeat(bytes / 5)}${ESC}\\` },
  { name: 'prompt marks', make: bytes => repeated(bytes, i => `${ESC}]133;${'ACD'[i % 3]}\x07`) },
  { name: 'saved cursors', make: bytes => repeated(bytes, () => '\x1b7') },
  { name: 'keyboard modes pushed', make: bytes => repeated(bytes, () => `${CSI}>31u`) },
  { name: 'tab stops everywhere', make: bytes => repeated(bytes, () => `\x1bH${CSI}C`) },
  {
    name: 'another RGB color and underline in every cell',
    make: bytes =>
      repeated(
        bytes,
        i => `${CSI}38;2;${i % 256};${(i >> 8) % 256};1;48;2;${i % 251};9;9;58;2;${i % 199};200;200;4:3mx`,
      ),
  },
  { name: 'colors painted by scrolling', make: bytes => repeated(bytes, i => `${CSI}4${i % 8}m${CSI}K\n`) },
  { name: 'inks that need DECRC in every cell', make: bytes => repeated(bytes, () => `${CSI}4m\x1b7${CSI}m\x1b8x`) },
  { name: 'half wide characters', make: bytes => repeated(bytes, () => `${CSI}31;4m界\b${CSI}1P${CSI}@`) },
  { name: 'REP with a huge count', make: bytes => repeated(bytes, () => `x${CSI}999999999b`) },
  { name: 'REP', make: bytes => repeated(bytes, () => `${CSI}9999b`, 'x') },
  { name: 'REP of a wide cluster', make: bytes => repeated(bytes, () => `👩‍👩‍👧${CSI}9999b`) },
  { name: 'scrolling by huge counts', make: bytes => repeated(bytes, () => `${CSI}9999S`) },
  { name: 'inserted lines by huge counts', make: bytes => repeated(bytes, () => `${CSI}9999L`) },
  { name: 'columns moved on every row', make: bytes => repeated(bytes, () => `${CSI}1'}`) },
  { name: 'screens shifted left', make: bytes => repeated(bytes, () => `${CSI} @`) },
  { name: 'screens cleared', make: bytes => repeated(bytes, () => `${CSI}2J`) },
  { name: 'alignment patterns', make: bytes => repeated(bytes, () => '\x1b#8') },
  { name: 'resets', make: bytes => repeated(bytes, () => '\x1bc') },
  { name: 'scrollback erased', make: bytes => repeated(bytes, () => `\n${CSI}3J`) },
  { name: 'alternate screens', make: bytes => repeated(bytes, i => `${CSI}?1049${i % 2 ? 'l' : 'h'}`) },
  {
    name: 'alternate screens of different text',
    make: bytes =>
      repeated(
        bytes,
        i => `${i % 9 ? '' : `${CSI}${(i % 24) + 1}Habcdefghij${i}${CSI}99b`}${CSI} @${CSI}?47l${CSI}?47h`,
        `${CSI}?47h`,
      ),
  },
  { name: 'prompts erased and drawn again', make: bytes => repeated(bytes, i => `${CSI}H${i}${CSI}99b${CSI}2J`) },
  { name: 'tabs', make: bytes => repeated(bytes, () => '\t') },
  { name: 'bells and notices', make: bytes => repeated(bytes, i => `\x07${ESC}]9;${i}\x07`) },
  { name: 'one line without an end', make: bytes => 'x'.repeat(bytes) },
  { name: 'newlines', make: bytes => '\n'.repeat(bytes) },
  {
    name: 'window sizes and resizes asked for',
    make: bytes => repeated(bytes, i => `${CSI}8;${9999 - (i % 9)};9999t`),
  },
  {
    name: 'text that is reordered and hidden',
    make: bytes => repeated(bytes, () => 'a\u202e\u2066\u{e0041}\u200b\u061c'),
  },
]

/** Streams of a few parts, each repeated: the search for shapes that nobody thought of. */
export const repeatedStreams: fc.Arbitrary<(bytes: number) => string> = fc
  .array(events, { minLength: 1, maxLength: 3 })
  .map(several =>
    several
      .flat()
      .filter(event => typeof event === 'string')
      .join(''),
  )
  .filter(text => text.length > 0)
  .map(text => (bytes: number) => text.repeat(Math.max(1, Math.ceil(bytes / text.length))))
