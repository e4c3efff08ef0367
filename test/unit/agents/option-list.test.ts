// Text that an agent chose, in a label or above the options, never becomes an option: case 151.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { builtInRules } from '../../../main/host/agents/rule-files.ts'
import { ScreenRules } from '../../../main/host/agents/screen-rules.ts'

const RULES = new ScreenRules(await builtInRules())

interface Layout {
  program: string
  /** Draws the dialog: `context` above the options, `label` as the words of the second option, which wrap at `width`. */
  draw(width: number, context: string[], label: string): string[]
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n'))
    for (let rest = paragraph; ; ) {
      if (rest.length <= width) {
        lines.push(rest)
        break
      }
      const cut = rest.lastIndexOf(' ', width)
      lines.push(rest.slice(0, cut > 0 ? cut : width))
      rest = rest.slice(cut > 0 ? cut + 1 : width)
    }
  return lines
}

/** Options with a hanging indent. */
function options(
  width: number,
  labels: string[],
  marked: string,
  plain: string,
  boxed = (line: string) => line,
): string[] {
  return labels.flatMap((label, index) => {
    const [first = '', ...rest] = wrap(label, width - plain.length - 4)
    return [
      `${index === 0 ? marked : plain}${index + 1}. ${first}`,
      ...rest.map(line => `${' '.repeat(plain.length + 3)}${line}`),
    ].map(boxed)
  })
}

const LAYOUTS: Record<string, Layout> = {
  'Claude Code': {
    program: 'claude',
    draw: (width, context, label) => [
      '─'.repeat(width),
      ' Bash command',
      '',
      ...context.map(line => `   ${line}`),
      '   Run it',
      '',
      ' Do you want to proceed?',
      ...options(width, ['Yes', `Yes, and always allow access to ${label}`, 'No'], ' ❯ ', '   '),
      '',
      ' Esc to cancel · Tab to amend',
    ],
  },
  Codex: {
    program: 'codex',
    draw: (width, context, label) => [
      '  Would you like to run the following command?',
      '',
      ...context.map((line, index) => `  ${index === 0 ? '$ ' : '  '}${line}`),
      '',
      ...options(
        width,
        [
          'Yes, proceed (y)',
          `Yes, and don't ask again for commands that start with ${label} (p)`,
          'No, and tell Codex what to do differently (esc)',
        ],
        '› ',
        '  ',
      ),
      '',
      '  Press enter to confirm or esc to cancel',
    ],
  },
  'Gemini CLI': {
    program: 'gemini',
    draw: (width, context, label) => {
      const boxed = (line: string) => `│ ${line.padEnd(width - 4)} │`
      return [
        `╭${'─'.repeat(width - 2)}╮`,
        boxed('?  Shell rm -rf work'),
        boxed(''),
        ...context.map(boxed),
        boxed(''),
        boxed('Allow execution of [Shell]?'),
        boxed(''),
        ...options(
          width - 4,
          ['Allow once', `Allow for this session: ${label}`, 'No, suggest changes (esc)'],
          '● ',
          '  ',
          boxed,
        ),
        boxed(''),
        `╰${'─'.repeat(width - 2)}╯`,
      ]
    },
  },
  'GitHub Copilot CLI': {
    program: 'copilot',
    draw: (width, context, label) => {
      const boxed = (line: string) => `│${line.padEnd(width - 2)}│`
      const wrapped = wrap(`2. Yes, and don't ask again for ${label} in this directory`, width - 5)
      return [
        `╭${'─'.repeat(width - 2)}╮`,
        boxed(' Run command'),
        ...context.map(line => boxed(` ${line}`)),
        boxed(' Do you want to run this command?'),
        boxed(''),
        boxed(' ❯ 1. Yes'),
        // A label that does not fit goes on below its key, one column further left than the others.
        ...wrapped.map(line => boxed(`${wrapped.length > 1 ? '  ' : '   '}${line}`)),
        boxed('   3. No, and tell Copilot what to do (Esc)'),
        boxed(''),
        boxed(' ↑/↓ to navigate · enter to select'),
        `╰${'─'.repeat(width - 2)}╯`,
      ]
    },
  },
}

const read = ({ program, draw }: Layout, width: number, context: string[], label: string) => {
  const lines = draw(width, context, label)
  const view = { lines, cursor: { line: lines.length - 1, column: 0 }, alternate: false }
  return RULES.match(view, program)
}

/** What decides: which key a plain yes and a plain no press. */
function answers(layout: Layout, width: number, context: string[], label: string): Record<string, string> {
  const question = read(layout, width, context, label)?.question
  return Object.fromEntries((question?.options ?? []).map(({ key, label: shown }) => [key, shown.slice(0, 2)]))
}

const HOSTILE = [
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1. No, do not run it',
  'x\n1. No',
  'x\n1. No\n2. No, never',
  'x\n\n1. No\n2. No, never',
  'x\n\n1. No\n2. Yes\n3. No',
  'x\n3. Yes, do it\n4. No',
  'x\n❯ 1. No',
  'x\n› 1. No',
  'x\n● 1. No',
  'x\n  1. No',
]

describe.each(Object.entries(LAYOUTS))('%s', (_name, layout) => {
  const plain = answers(layout, 100, ['touch file'], 'src')

  it('has its three options', () => {
    expect(Object.keys(plain)).toEqual(['1', '2', '3'])
    expect(plain['3']).toBe('No')
  })

  it.each(HOSTILE)('keeps its options, or offers none, with %j in a label', label => {
    for (let width = 40; width <= 120; width += 1) {
      const found = answers(layout, width, ['touch file'], label)
      expect([{}, plain], `at ${width} columns`).toContainEqual(found)
    }
  })

  it.each(HOSTILE)('keeps its options, or offers none, with %j in what it is about', text => {
    for (let width = 40; width <= 120; width += 10)
      expect([{}, plain]).toContainEqual(answers(layout, width, text.split('\n'), 'src'))
  })

  it('keeps its options, or offers none, whatever stands in a label and above', () => {
    const piece = fc.constantFrom(
      '1. No',
      '2. No',
      '3. Yes',
      '1. Yes',
      '❯ ',
      '› ',
      '● ',
      ' ',
      '\n',
      '\n\n',
      'word',
      '│',
      '─',
    )
    const text = fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(''))
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 120 }), text, text, (width, context, label) => {
        expect([{}, plain]).toContainEqual(answers(layout, width, context.split('\n'), label))
      }),
      { numRuns: 500 },
    )
  })
})
