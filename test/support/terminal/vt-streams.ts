// Random terminal output, weighted towards what serializers are known to lose.

import fc from 'fast-check'

export interface Resize {
  cols: number
  rows: number
}

/** An event of a session's log: output, or a resize between outputs. */
export type Event = string | Resize

const small = fc.nat({ max: 12 })
const parameter = fc.oneof(
  { weight: 9, arbitrary: small },
  { weight: 1, arbitrary: fc.constantFrom(20, 100, 2147483647, 99999999999) },
)
const byte = fc.nat({ max: 255 })
const of = fc.constantFrom

const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: of(...'abcXYZ012 ~q_{|}`#@'), minLength: 1, maxLength: 30 }) },
  {
    weight: 3,
    arbitrary: fc.array(of('界', '語', '　', 'あ', '😀', '한'), { minLength: 1, maxLength: 8 }).map(a => a.join('')),
  },
  {
    weight: 4,
    arbitrary: fc
      .array(
        of(
          'e\u0301',
          'a\u0300\u0323',
          '👨‍👩‍👧',
          '🏳️‍🌈',
          '❤️',
          '☎\ufe0f',
          '👍🏽',
          '🇩🇪',
          '🇩',
          '🇫',
          '\u0301',
          '\u200d',
          '\ufe0f',
          '\u1112\u1161\u11ab',
          '\u1112',
          '\u1161',
          '\u11ab',
          '가',
          '각',
          '\u0600',
          '\u0600a',
          'क\u093f',
          '\u093f',
          '0️⃣',
          '\u200b',
          '\u00ad',
          'ｱ',
          '─',
          '£',
          '·',
          '²',
          '⌚',
        ),
        { minLength: 1, maxLength: 5 },
      )
      .map(a => a.join('')),
  },
)

const control = of(
  '\r',
  '\n',
  '\r\n',
  '\b',
  '\t',
  '\v',
  '\f',
  '\x07',
  '\0',
  '\x0e',
  '\x0f',
  '\x7f',
  '\u0084',
  '\u0085',
  '\u0088',
  '\u008d',
)

const color = fc.oneof(
  fc.nat({ max: 255 }).map(n => `5;${n}`),
  fc.tuple(byte, byte, byte).map(([r, g, b]) => `2;${r};${g};${b}`),
)
const subColor = fc.oneof(
  fc.nat({ max: 255 }).map(n => `5:${n}`),
  fc.tuple(byte, byte, byte).map(([r, g, b]) => `2::${r}:${g}:${b}`),
)
const sgrCode = fc.oneof(
  {
    weight: 4,
    arbitrary: of(
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '7',
      '8',
      '9',
      '21',
      '22',
      '23',
      '24',
      '25',
      '27',
      '28',
      '29',
      '39',
      '49',
      '53',
      '55',
      '59',
    ),
  },
  { weight: 3, arbitrary: of('30', '31', '37', '41', '42', '47', '90', '97', '100', '107') },
  { weight: 2, arbitrary: fc.nat({ max: 6 }).map(n => `4:${n}`) },
  { weight: 2, arbitrary: fc.tuple(of('38', '48', '58'), color).map(([k, c]) => `${k};${c}`) },
  { weight: 1, arbitrary: fc.tuple(of('38', '48', '58'), subColor).map(([k, c]) => `${k}:${c}`) },
)
const sgr = fc.oneof(
  { weight: 1, arbitrary: fc.constant('\x1b[m') },
  { weight: 4, arbitrary: fc.array(sgrCode, { minLength: 1, maxLength: 4 }).map(a => `\x1b[${a.join(';')}m`) },
)

const move = fc.oneof(
  fc.tuple(parameter, parameter).map(([y, x]) => `\x1b[${y};${x}H`),
  fc.tuple(parameter, of(...'ABCDEFG`ade')).map(([n, f]) => `\x1b[${n}${f}`),
  of('\x1b[99G', '\x1b[99;99H', '\x1b[H', '\x1b[99B'),
  of('\x1bD', '\x1bE', '\x1bM', '\x1bM\x1bM'),
)

const edit = fc.oneof(
  fc.tuple(parameter, of(...'@PXLMSTIZb')).map(([n, f]) => `\x1b[${n}${f}`),
  fc.tuple(fc.nat({ max: 3 }), of('J', 'K'), of('', '?')).map(([n, f, p]) => `\x1b[${p}${n}${f}`),
  fc.tuple(small, of(' @', ' A', "'}", "'~")).map(([n, f]) => `\x1b[${n}${f}`),
  of('\x1b[1"q', '\x1b[0"q', '\x1b[2"q', '\x1b#8'),
)

const tab = of('\x1bH', '\x1b[g', '\x1b[3g', '\t\x1bH', '\x1b[3g\x1b[5G\x1bH', '\x1b[99Gz\x1bH')

const charset = fc.oneof(
  fc.tuple(of(...'()*+-./'), of(...'0AB4C5RQKYE6ZH7=X')).map(([g, f]) => `\x1b${g}${f}`),
  of(
    '\x0e',
    '\x0f',
    '\x1bn',
    '\x1bo',
    '\x1b|',
    '\x1b}',
    '\x1b~',
    '\x1b%@',
    '\x1b%G',
    '\x1b(0',
    '\x1b)0\x0e',
    '\x1b[?2h',
  ),
)

const cursor = of('\x1b7', '\x1b8', '\x1b7', '\x1b8', '\x1b[s', '\x1b[u', '\x1b[?1048h', '\x1b[?1048l')

const screen = of(
  '\x1b[?1049h',
  '\x1b[?1049l',
  '\x1b[?47h',
  '\x1b[?47l',
  '\x1b[?1047h',
  '\x1b[?1047l',
  '\x1b[?1049h',
  '\x1b[?47h',
)

const mode = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(of(6, 7, 45), of('h', 'h', 'l')).map(([n, f]) => `\x1b[?${n}${f}`) },
  { weight: 2, arbitrary: of('\x1b[4h', '\x1b[4h', '\x1b[4l', '\x1b[20h', '\x1b[20l', '\x1b[?7l') },
  {
    weight: 3,
    arbitrary: fc
      .tuple(of(1, 3, 5, 9, 12, 25, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2026), of('h', 'l'))
      .map(([n, f]) => `\x1b[?${n}${f}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(of(1, 6, 7, 9, 12, 25, 45, 66, 1000, 1002, 1003, 1004, 1006, 1016, 2004, 2026), of('s', 's', 'r'))
      .map(([n, f]) => `\x1b[?${n}${f}`),
  },
  { weight: 1, arbitrary: fc.nat({ max: 9 }).map(n => `\x1b[${n} q`) },
  { weight: 1, arbitrary: of('\x1b=', '\x1b>', '\x1b[?1000;1006h', '\x1b[?6;7l') },
  {
    weight: 1,
    arbitrary: of('\x1b[>1u', '\x1b[>7u', '\x1b[<u', '\x1b[<2u', '\x1b[=5u', '\x1b[=2;2u', '\x1b[>4;2m', '\x1b[>4m'),
  },
)

const region = fc.oneof(
  fc.tuple(small, small).map(([t, b]) => `\x1b[${t};${b}r`),
  of('\x1b[r', '\x1b[2;3r', '\x1b[2r', '\x1b[1;2r'),
)

const link = fc.oneof(
  fc
    .tuple(of('', 'id=a', 'id=b', 'x=y:id=a'), of('http://a/', 'http://b/;c'))
    .map(([i, u]) => `\x1b]8;${i};${u}\x1b\\`),
  of('\x1b]8;;\x1b\\', '\x1b]8;;\x07'),
)

const osc = of(
  '\x1b]0;title\x07',
  '\x1b[22;0t',
  '\x1b[22;1t',
  '\x1b[23;0t',
  '\x1b]2;t\u0301 界\x1b\\',
  '\x1b]1;icon\x07',
  '\x1b]4;3;#102030;300;red\x07',
  '\x1b]10;rgb:11/22/33;#fff\x07',
  '\x1b]104\x07',
  '\x1b]110\x07',
  '\x1b]104;3\x07',
  '\x1b]133;A\x07',
  '\x1b]52;c;aGk=\x07',
  '\x1b]1337;x=1\u009c',
  '\x1b]8\x07',
  '\x1b];x\x07',
  '\x1b]12;?\x07',
)

const string = of(
  '\x1bP$qr\x1b\\',
  '\x1bP$qm\x1b\\',
  '\x1bP1;2|abc\u009c',
  '\x1bP+q544e\x1b\\',
  '\x1b_Gf=32;AAAA\x1b\\',
  '\x1b^pm\x1b\\',
  '\x1bXsos\x1b\\',
  '\x1b_é',
  '\x1bPq#0é~\x18',
  '\u0090$q q\u009c',
  '\u009d2;eight\u009c',
  '\u009b31m',
  '\u009fapc\u009c',
  '\u0098sos\x1b\\',
  '\u009e\x1b\\',
)

const query = of(
  '\x1b[c',
  '\x1b[>c',
  '\x1b[6n',
  '\x1b[?6n',
  '\x1b[5n',
  '\x1b[?7$p',
  '\x1b[?6$p',
  '\x1b[4$p',
  '\x1b[20$p',
  '\x1b[?12$p',
  '\x1b[?1006$p',
  '\x1b[?47$p',
  '\x1b[?25$p',
  '\x1bP$q"q\x1b\\',
)

/** Sequences that are incomplete, contain control characters, or look like others. */
const broken = fc.oneof(
  fc
    .tuple(
      of('\x1b[', '\x1b[?', '\x1b[3', '\x1b[1;2', '\x1b[?1;', '\x1b[4:', '\x1b(', '\x1b', '\x1b[ ', '\x1b[!'),
      of('\r', '\n', '\b', '\x18', '\x1a', '\x1b', '\x07', '\x0e', '\x7f', 'é', '\u0085'),
      of('m', 'A', '0', '3mx', '5H'),
    )
    .map(a => a.join('')),
  of(
    '\x1b]0;abc',
    '\x1b]8;;http://z/',
    '\x1bP1$q',
    '\x1b_abc',
    '\x1b]',
    '\x1bP',
    '\x1b[1;2?3m',
    '\x1b[1$2m',
    '\x1b P',
    '\x1b]9\x1b[31mX',
    '\x1b[<1;2M',
    '\x1b[>4;2m',
    '\x1b[=1u',
    '\x1b[?u',
  ),
)

const reset = of('\x1bc', '\x1b[!p')

/** Situations that random events rarely create. */
const situation = of(
  '\x1b[99Gx\x1b[K',
  '\x1b[99Gx\x1b[1K',
  '\x1b[99Gx\x1b[44m\x1b[2K',
  '\x1b[99Gx\x1b7',
  '\x1b[99Gx\x1b[?1049h',
  '\x1b[99Gx\x1b[S',
  '\x1b[?7l\x1b[99G界x',
  '\x1b[?7l\x1b[99G界\u0301',
  '\x1b[99G界',
  '\x1b[45m\x1b[99G界',
  '\x1b[4m\x1b7\x1b[m\x1b8',
  '\x1b7\x1b[4m\x1b8',
  '\x1b]8;;http://q/\x07\x1b7\x1b]8;;\x07\x1b8',
  '\x1b(0\x1b7\x1b(B\x1b8',
  '\x1b[6n\x1b[?6h\x1b[2;4r',
  '\x1b[41m\n\n\n',
  '\x1b[44m\x1b[2J',
  '\x1b[3J',
  '\x1b[1"qprot\x1b[0"qun\x1b[?2K',
  '\x1b[2;3H界\x1b[2;4Hx',
  '\x1b[2;3H界\x1b[2;4H\x1b[@',
  '\x1b[4h\x1b[1;3H界\u0301',
  'abc\x1b[2D\x1b[4hX',
  '\x1b[99;99H\x1b[1J',
  'a\x1b[5b',
  '界\x1b[3b',
  '\x1b[44m\x1b[99;99H\r\n',
  'x\n'.repeat(9),
  'abcdefghijklmnopqrstuvwxyz0123456789',
  '\x1b[31;44mab界cd\x1b[3D#',
)

const output = fc.oneof(
  { weight: 30, arbitrary: text },
  { weight: 10, arbitrary: control },
  { weight: 12, arbitrary: sgr },
  { weight: 14, arbitrary: move },
  { weight: 14, arbitrary: edit },
  { weight: 3, arbitrary: tab },
  { weight: 5, arbitrary: charset },
  { weight: 8, arbitrary: cursor },
  { weight: 5, arbitrary: screen },
  { weight: 8, arbitrary: mode },
  { weight: 5, arbitrary: region },
  { weight: 4, arbitrary: link },
  { weight: 2, arbitrary: osc },
  { weight: 3, arbitrary: string },
  { weight: 3, arbitrary: query },
  { weight: 3, arbitrary: broken },
  { weight: 1, arbitrary: reset },
  { weight: 10, arbitrary: situation },
)

export const size: fc.Arbitrary<Resize> = fc.record({
  cols: fc.integer({ min: 2, max: 18 }),
  rows: fc.integer({ min: 1, max: 7 }),
})

export const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof({ weight: 14, arbitrary: output }, { weight: 1, arbitrary: size }),
  { minLength: 1, maxLength: 40, size: 'max' },
)
