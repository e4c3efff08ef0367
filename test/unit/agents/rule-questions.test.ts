// How a rule reads the question from a screen.
import { describe, expect, it } from 'vitest'
import { RuleFile } from '../../../main/host/agents/rule-format.ts'
import { ScreenRules } from '../../../main/host/agents/screen-rules.ts'

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
  })
})
