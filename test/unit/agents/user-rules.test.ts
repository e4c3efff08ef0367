// Rules of users: their files, and patterns that take too long.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { findSlowPattern } from '../../../main/host/agents/pattern-check.ts'
import { builtInRules } from '../../../main/host/agents/rule-files.ts'
import { type RuleFile, RuleFile as RuleFileSchema } from '../../../main/host/agents/rule-format.ts'
import { patternsOf, ScreenRules } from '../../../main/host/agents/screen-rules.ts'
import { UserRules } from '../../../main/host/agents/user-rules.ts'
import { cleanUp, temporaryFolder, until } from '../../support/host.ts'

afterEach(cleanUp)

const RULES: RuleFile = {
  name: 'our tool',
  commands: ['tool'],
  agent: false,
  rules: [{ id: 'go', state: 'blocked', all: [], before_cursor: '^Go\\?$', question: { kind: 'approve' } }],
}

const opened: UserRules[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

function userRules(builtIn: ReadonlyMap<string, RuleFile> = new Map()) {
  const folder = join(temporaryFolder(), 'rules')
  mkdirSync(folder)
  const errors: { code: string; file: string; message: string }[] = []
  const changes: ReadonlyMap<string, RuleFile>[] = []
  const log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields: object, message: string) => errors.push({ ...(fields as { code: string; file: string }), message }),
    child: () => log,
  }
  const start = () => {
    const rules = new UserRules({ folder, builtIn, log, changed: files => changes.push(files) })
    opened.push(rules)
    return rules
  }
  const write = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value))
  return { folder, errors, changes, start, write }
}

describe('the rules of a user', () => {
  it('come before the built-in ones, and replace one with the same name in its place', async () => {
    const other: RuleFile = { ...RULES, name: 'another tool' }
    const { changes, start, write } = userRules(
      new Map([
        ['first', RULES],
        ['second', RULES],
      ]),
    )
    write('own.json', RULES)
    write('first.json', other)
    write('notes.txt', 'not rules')
    start()
    await until(() => changes.length === 1, 'the rules')
    expect([...changes[0]!].map(([name, { name: title }]) => [name, title])).toEqual([
      ['own', 'our tool'],
      ['first', 'another tool'],
      ['second', 'our tool'],
    ])
  })

  it('are read again when a file changes, and count no longer when it is deleted', async () => {
    const { changes, folder, start, write } = userRules()
    start()
    write('own.json', RULES)
    await until(() => changes.at(-1)?.has('own'), 'the new file')
    write('own.json', { ...RULES, name: 'renamed' })
    await until(() => changes.at(-1)?.get('own')?.name === 'renamed', 'the changed file')
    rmSync(join(folder, 'own.json'))
    await until(() => changes.at(-1)?.size === 0, 'the deletion')
  })

  it('are reported with a code and what is wrong when they are invalid, and the others count', async () => {
    const { changes, errors, start, write } = userRules()
    const withPattern = (pattern: string) => ({ ...RULES, rules: [{ ...RULES.rules[0], before_cursor: pattern }] })
    write('a.json', '{ "name": ')
    write('b.json', { ...RULES, rules: [{ id: 'go', state: 'blocked', all: [], before_curser: 'x' }] })
    write('c.json', withPattern('(unclosed'))
    write('d.json', withPattern('^(a+)+$'))
    write('e.json', ' '.repeat(70_000))
    write('f.json', RULES)
    start()
    await until(() => changes.length > 0, 'the valid file')
    expect([...changes[0]!.keys()]).toEqual(['f'])
    expect(errors).toEqual([
      { code: 'rules_invalid', file: 'a.json', message: expect.stringContaining('it is not JSON') },
      { code: 'rules_invalid', file: 'b.json', message: expect.stringContaining('before_curser') },
      { code: 'pattern_invalid', file: 'c.json', message: expect.stringContaining('(unclosed') },
      { code: 'pattern_slow', file: 'd.json', message: expect.stringContaining('^(a+)+$') },
      { code: 'rules_invalid', file: 'e.json', message: expect.stringContaining('64 KB') },
    ])
  })
})

describe('the check of a file', () => {
  it('is given up when the host stops', async () => {
    const { changes, errors, start, write } = userRules()
    write('slow.json', { ...RULES, rules: [{ id: 'go', state: 'blocked', all: ['^(a|a)*$'] }] })
    await start().close()
    expect([changes, errors]).toEqual([[], []])
  })
})

describe('a pattern', () => {
  it.each([
    '^(?:#;|#;)*!$',
    '^(a+)+$',
    '(?:\\s*\\w+\\s*)*:$',
    '^(a|a)*$',
    '^(?:yes|yes)*!$',
    '^Proceed (a|aa)+$',
    '^.*.*.*.*.*.*x$',
    '^\\w*\\w*\\w*\\w*\\w*\\?$',
  ])('that takes too long is found: %s', async pattern => {
    expect(await findSlowPattern([pattern], undefined, 500)).toBe(pattern)
  })

  it('of the built-in rules is fast', async () => {
    const patterns = [...builtInRules().values()].flatMap(patternsOf)
    expect(await findSlowPattern(patterns)).toBe(undefined)
  })
})

describe('the example in docs/agent-rules.md', () => {
  it('matches the screen that it is for', async () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'agent-rules.md'), 'utf8')
    const [, screen] = /```\n(Release[^`]+)\n```/.exec(page)!
    const file = RuleFileSchema.parse(JSON.parse(/```json\n([^`]+)```/.exec(page)![1]!))
    const lines = screen!.split('\n')
    const cursor = { line: lines.length - 1, column: lines.at(-1)!.length }
    const found = new ScreenRules(new Map([['release', file]])).match({ lines, cursor, alternate: false }, 'release')
    expect(found).toMatchObject({
      state: 'blocked',
      certain: true,
      question: {
        text: 'Release 3.1 to which stage?',
        options: [
          { key: 't', label: 'testing', keys: ['t', '\r'] },
          { key: 'p', label: 'production', keys: ['p', '\r'] },
        ],
      },
    })
    expect(await findSlowPattern(patternsOf(file))).toBe(undefined)
  })
})
