// What sessions are called in lists.
import { describe, expect, it } from 'vitest'
import { DistinctNames, isShell, SessionTitle } from '../../../main/host/session/naming/title.ts'

function titled({
  given,
  command = ['bash'],
  program = '',
  agent = '',
}: Partial<Record<'given' | 'program' | 'agent', string>> & { command?: string[] } = {}) {
  return new SessionTitle(given, {
    command,
    program: () => program,
    agent: () => agent,
    place: () => 'proj (main)',
    distinct: place => `${place} 2`,
  })
}

describe('a title', () => {
  it('is where the shell is, unless something runs in it, and different from other shells’ there', () => {
    expect(titled().current).toBe('proj (main) 2')
    expect(titled().recorded).toBe('proj (main)')
    expect(titled({ program: 'vim' }).current).toBe('vim')
    expect(titled({ program: 'vim' }).recorded).toBe('proj (main)')
    expect(titled({ command: ['/usr/bin/make', 'all'] }).current).toBe('make')
  })

  it.each([
    '⠋ Fix the test',
    '⠙  Fix the test',
    '✳ Fix the test',
    '✶ Fix the test',
    '/ Fix the test',
    '◐ Fix the test',
  ])('does not move with a sign that spins: %s', reported => {
    const title = titled()
    title.report(reported)
    expect(title.current).toBe('Fix the test')
  })

  it('keeps a title that only looks like a spinner, and dashes that belong to it', () => {
    const title = titled()
    for (const whole of ['✳', '-rf', '/usr/bin', '*args', '●●']) {
      title.report(whole)
      expect(title.current).toBe(whole)
    }
  })

  it('says more than a program’s name or a shell’s default title', () => {
    const agent = titled({ program: 'claude', agent: 'Claude Code' })
    agent.report('✳ Claude Code')
    expect(agent.current).toBe('Claude Code')
    agent.reportTask('please run\nthe test')
    expect(agent.current).toBe('please run the test')
    agent.report('✳ Run the test')
    expect(agent.current).toBe('Run the test')
    const shell = titled()
    shell.report('ann@box: ~/proj')
    expect(shell.current).toBe('proj (main) 2')
  })

  it('is the user’s, if there is one', () => {
    const title = titled({ given: 'Mine' })
    title.report('Other')
    expect([title.current, title.recorded]).toEqual(['Mine', 'Mine'])
    title.rename('')
    expect(title.current).toBe('Other')
  })
})

it('two shells in one place never have the same name, and keep theirs', () => {
  const names = new DistinctNames()
  expect(names.distinct('a', 'proj')).toBe('proj')
  expect(names.distinct('b', 'proj')).toBe('proj 2')
  expect(names.distinct('c', 'proj')).toBe('proj 3')
  names.forget('a')
  expect([names.distinct('b', 'proj'), names.distinct('d', 'proj')]).toEqual(['proj 2', 'proj'])
  expect(names.distinct('b', 'other')).toBe('other')
})

it.each([
  [['bash'], true],
  [['/bin/zsh', '-l'], true],
  [['bash', '--norc', '--noprofile'], true],
  [['sh', '-c', 'make'], false],
  [['sh', '-ec', 'make'], false],
  [['bash', 'script.sh'], false],
  [['make'], false],
])('%j is a shell: %s', (command, shell) => expect(isShell(command)).toBe(shell))
