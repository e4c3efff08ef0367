// Hooks in the configuration of agents: what was there stays, and removing is the exact opposite of installing.
import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { AGENTS } from '../../../main/cli/hooks/agents.ts'
import { apply, hooksState, planInstall, planRemove } from '../../../main/cli/hooks/changes.ts'
import { difference } from '../../../main/cli/hooks/difference.ts'
import { hookCommand } from '../../../main/cli/hooks/hook-command.ts'
import { addHooks, type EventHook, findHooks, removeHooks } from '../../../main/cli/hooks/json-hooks.ts'
import { jsonValue, parseJsonc } from '../../../main/cli/hooks/jsonc.ts'
import { addNotify, removeNotify, rootKeys } from '../../../main/cli/hooks/toml-notify.ts'
import { cleanUp, temporaryFolder } from '../../support/host.ts'
import { scaledRuns } from '../../support/repeat.ts'

afterEach(cleanUp)

const PROGRAM = { node: '/usr/bin/node', otg: "/opt/it's here/otg.js" }
const COMMAND = hookCommand(PROGRAM, ['--agent', 'An agent'])
const element = (command = COMMAND, more = {}) => ({ ...more, hooks: [{ type: 'command', command, timeout: 5 }] })
const HOOKS: EventHook[] = [
  { event: 'Start', element: element() },
  { event: 'Stop', element: element() },
  { event: 'Tool', element: element(COMMAND, { matcher: 'Ask|"Plan"' }) },
]

/** White space and comments between the tokens of a file. */
const blank = fc.constantFrom(
  '',
  '',
  ' ',
  '  ',
  '\n',
  '\n  ',
  '\n\n    ',
  '\r\n  ',
  '\t',
  ' /* c,]} */ ',
  '/* c\n */',
  ' // "c": [,\n  ',
)

/** Files as people write them: any layout, comments, trailing commas, hooks of their own. */
const file = fc
  .tuple(
    fc.dictionary(fc.constantFrom('model', 'env', 'x "y"', 'permissions'), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 3,
    }),
    fc.option(
      fc.dictionary(
        fc.constantFrom('Start', 'Stop', 'Other'),
        fc.array(fc.constant(element('say done')), { maxLength: 2 }),
        { maxKeys: 3 },
      ),
      { nil: undefined },
    ),
    fc.array(blank, { minLength: 1, maxLength: 40 }),
    fc.array(fc.boolean(), { minLength: 1, maxLength: 10 }),
    fc.constantFrom('', '\ufeff'),
  )
  .map(([settings, hooks, blanks, trailingCommas, mark]) => {
    let drawn = 0
    const next = <T>(values: T[]) => values[drawn++ % values.length]!
    const space = () => next(blanks)
    const write = (value: unknown): string => {
      if (typeof value !== 'object' || value === null) return JSON.stringify(value)
      const isList = Array.isArray(value)
      const items = isList
        ? value.map(one => `${space()}${write(one)}${space()}`)
        : Object.entries(value).map(
            ([key, one]) => `${space()}${JSON.stringify(key)}${space()}:${space()}${write(one)}${space()}`,
          )
      const trailing = items.length > 0 && next(trailingCommas) ? `,${space()}` : ''
      const inside = items.length === 0 ? space() : items.join(',') + trailing
      return isList ? `[${inside}]` : `{${inside}}`
    }
    const value = hooks ? { ...settings, hooks } : settings
    return { text: `${mark}${space()}${write(value)}${space()}`, value: JSON.parse(JSON.stringify(value)) }
  })

describe('hooks in a JSON file', () => {
  it('are removed without a trace, whatever the file looks like', () => {
    fc.assert(
      fc.property(file, ({ text }) => {
        expect(removeHooks(addHooks(text, HOOKS))).toBe(text)
      }),
      scaledRuns(2000),
    )
  })

  it('are added once, and change nothing else that the file says', () => {
    fc.assert(
      fc.property(file, ({ text, value }) => {
        const installed = addHooks(text, HOOKS)
        expect(addHooks(installed, HOOKS)).toBe(installed)
        const result = jsonValue(parseJsonc(installed)) as { hooks: Record<string, unknown[]> }
        const expected = { ...value, hooks: { ...value.hooks } }
        for (const { event, element: one } of HOOKS) expected.hooks[event] = [...(value.hooks?.[event] ?? []), one]
        expect(result).toEqual(expected)
      }),
      scaledRuns(1000),
    )
  })

  it('are removed exactly although the user edited other parts meanwhile', () => {
    fc.assert(
      fc.property(file, fc.string(), ({ text }, edited) => {
        const edit = (one: string) =>
          one.replaceAll('"say done"', () => JSON.stringify(edited)).replaceAll('/* c,]} */', '/**/')
        expect(removeHooks(edit(addHooks(text, HOOKS)))).toBe(edit(text))
      }),
      scaledRuns(1000),
    )
  })

  it('leave the user’s own hooks that were added after them', () => {
    const installed = addHooks(undefined, HOOKS)
    const own = '{ "hooks": [{ "type": "command", "command": "mine" }] }'
    const edited = installed.replace('"Stop": [', `"Stop": [${own}, `).replace(/\}\n$/, ', "model": "x"}\n')
    expect(jsonValue(parseJsonc(removeHooks(edited)!))).toEqual({ hooks: { Stop: [JSON.parse(own)] }, model: 'x' })
  })

  it('make a file where there is none, which is removed with them', () => {
    const installed = addHooks(undefined, HOOKS)
    expect(JSON.parse(installed)).toEqual({
      hooks: Object.fromEntries(HOOKS.map(({ event, element: one }) => [event, [one]])),
    })
    expect(removeHooks(installed)).toBe(undefined)
  })

  it('replace those of another otg', () => {
    const old = HOOKS.map(({ event }) => ({
      event,
      element: element(hookCommand({ ...PROGRAM, otg: '/old/otg.js' }, ['--agent', 'x'])),
    }))
    const installed = addHooks(addHooks('{ "model": "x" }', old), HOOKS)
    expect(installed).toBe(addHooks('{ "model": "x" }', HOOKS))
    expect(findHooks(installed)).toHaveLength(3)
  })

  it.each([
    '',
    '{',
    '{"a": 1,, }',
    '{"a" 1}',
    '[1]',
    '{"hooks": 1}',
    '{"hooks": {"Stop": {}}}',
    '{} {}',
    '{"a": "\n"}',
    '/* {}',
  ])('are not added to a file that is not understood: %j', text => {
    expect(() => addHooks(text, HOOKS)).toThrow(expect.objectContaining({ code: 'agent_config_unusable' }))
  })
})

describe('notify in a TOML file', () => {
  const ARGV = ['sh', '-c', 'x "$@"', "it's"]
  const LINES = [
    'model = "x"',
    '# notify = ["a"]',
    '[tui]',
    'notify = true',
    'a = """\n[b]\nnotify = 1"""',
    'l = [\n [1, 2],\n]',
    "'q' = '''\n[x]'''",
    '',
  ]

  it('is removed without a trace, and is in the root table', () => {
    const text = fc.tuple(
      fc.array(fc.constantFrom(...LINES)),
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom('', '\ufeff'),
    )
    fc.assert(
      fc.property(text, ([lines, eol, mark]) => {
        const before = mark + lines.join('\n').replaceAll('\n', eol)
        const added = addNotify(before, ARGV)
        if (added === null) {
          expect(rootKeys(before)).toContain('notify')
          return
        }
        expect(rootKeys(added!)).toContain('notify')
        expect(addNotify(added!, ARGV)).toBe(added)
        expect(removeNotify(added!)).toBe(before)
      }),
      scaledRuns(1000),
    )
  })

  it('finds the keys of the root table', () => {
    expect(rootKeys('a.b = 1\n"notify" = [\n"=", # x\n] \n[t]\nc = 2\n')).toEqual(['a.b', 'notify'])
  })

  it('makes a file where there is none, which is removed with it', () => {
    expect(removeNotify(addNotify(undefined, ARGV)!)).toBe(undefined)
  })

  it.each(['a = "', 'a = [1', 'a = 1]'])('is not added to a file that is not understood: %j', text => {
    expect(() => addNotify(text, ARGV)).toThrow(expect.objectContaining({ code: 'agent_config_unusable' }))
  })
})

describe.each(AGENTS)('the hooks of $name', agent => {
  const environment = () => ({ HOME: temporaryFolder() })

  it('are installed, found again and removed', () => {
    const env = environment()
    expect(hooksState(agent, PROGRAM, env)).toBe('not_installed')
    for (const change of planInstall(agent, PROGRAM, env)) apply(change)
    expect(hooksState(agent, PROGRAM, env)).toBe('installed')
    expect(hooksState(agent, { ...PROGRAM, otg: '/elsewhere/otg.js' }, env)).toBe('outdated')
    expect(planInstall(agent, PROGRAM, env)).toEqual([])
    for (const change of planRemove(agent, env)) apply(change)
    expect(hooksState(agent, PROGRAM, env)).toBe('not_installed')
    for (const { path } of agent.files)
      expect(lstatSync(join(agent.folder(env), path), { throwIfNoEntry: false })).toBe(undefined)
  })

  it('leave a file alone that is not understood, and name it', () => {
    const env = environment()
    const file = join(agent.folder(env), agent.files[0]!.path)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, 'what is this? [')
    expect(() => planInstall(agent, PROGRAM, env)).toThrow(`${file} is left alone: `)
    expect(readFileSync(file, 'utf8')).toBe('what is this? [')
  })
})

describe('the configuration of an agent', () => {
  const [claude, codex] = AGENTS as [(typeof AGENTS)[number], (typeof AGENTS)[number]]

  it('keeps its permissions, and a link stays a link', () => {
    const folder = temporaryFolder()
    const env = { HOME: folder }
    const target = join(folder, 'dotfiles.json')
    writeFileSync(target, '{ "model": "x" }')
    chmodSync(target, 0o640)
    mkdirSync(join(folder, '.claude'))
    symlinkSync(target, join(folder, '.claude', 'settings.json'))
    for (const change of planInstall(claude, PROGRAM, env)) apply(change)
    expect(lstatSync(join(folder, '.claude', 'settings.json')).isSymbolicLink()).toBe(true)
    expect(statSync(target).mode & 0o777).toBe(0o640)
    expect(readFileSync(target, 'utf8')).toContain('PermissionRequest')
    for (const change of planRemove(claude, env)) apply(change)
    expect(readFileSync(target, 'utf8')).toBe('{ "model": "x" }')
  })

  it('is not written if the agent wrote it meanwhile', () => {
    const env = { HOME: temporaryFolder() }
    const changes = planInstall(claude, PROGRAM, env)
    mkdirSync(claude.folder(env))
    writeFileSync(changes[0]!.file, '{}')
    expect(() => apply(changes[0]!)).toThrow('was changed meanwhile')
  })

  it('keeps a notify of the user, and says so', () => {
    const env = { HOME: temporaryFolder() }
    mkdirSync(codex.folder(env))
    const file = join(codex.folder(env), 'config.toml')
    writeFileSync(file, 'notify = ["mine"]\n')
    const changes = planInstall(codex, PROGRAM, env)
    expect(changes.find(one => one.file === file)).toMatchObject({ conflict: expect.stringContaining('yours') })
    for (const change of changes) apply(change)
    expect(readFileSync(file, 'utf8')).toBe('notify = ["mine"]\n')
    expect(hooksState(codex, PROGRAM, env)).toBe('installed')
  })

  it('is where the agent’s own variables say', () => {
    const folders = {
      CLAUDE_CONFIG_DIR: '/a',
      CODEX_HOME: '/b',
      GEMINI_CLI_HOME: '/c',
      XDG_CONFIG_HOME: '/d',
      COPILOT_HOME: '/e',
    }
    expect(AGENTS.map(agent => agent.folder({ ...folders }))).toEqual(['/a', '/b', '/c/.gemini', '/d/opencode', '/e'])
  })
})

describe('the difference of two texts', () => {
  it('shows the lines that changed with two lines around them', () => {
    const before = ['1', '2', '3', '4', '5', '6', '7'].join('\n')
    const after = ['1', '2', '3', 'four', '5', '6', '7', '8'].join('\n')
    expect(difference(before, after)).toEqual(['…', ' 2', ' 3', '-4', '+four', ' 5', ' 6', ' 7', '+8'])
  })
})
