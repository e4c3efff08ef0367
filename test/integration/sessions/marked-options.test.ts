// Answers to menus in which Enter chooses the option that is marked, by its colors or by a sign.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { type MenuOptions, menuProgram } from '../../support/agents/menu-program.ts'
import { cleanUp, localClient, Recorder, startHost, temporaryFolder, until } from '../../support/host.ts'

afterEach(cleanUp)

const OPENCODE: MenuOptions = {
  name: 'opencode',
  above: ['  ┃  △ Permission required', '  ┃   # Shell command', '  ┃', '  ┃  $ rm -rf build', '  ┃'],
  labels: ['Allow once', 'Allow always', 'Reject'],
  layout: 'row',
  edge: '  ┃  ',
  marked: '38;2;10;10;10;48;2;245;167;66',
  plain: '38;2;128;128;128',
}

/** The program in a session that asks, with what was chosen in it. */
async function ask(menu: MenuOptions, rules?: object) {
  const dataDir = join(temporaryFolder(), 'data')
  mkdirSync(join(dataDir, 'rules'), { recursive: true })
  if (rules) writeFileSync(join(dataDir, 'rules', `${menu.name}.json`), JSON.stringify(rules))
  const client = localClient(await startHost({ dataDir }))
  let sessions: SessionInfo[] = []
  client.on('sessions', list => void (sessions = list))
  client.watch()
  const { session_id } = await client.create({ command: [menuProgram(menu)] })
  const question = () => sessions[0]?.activity?.question
  await until(() => question()?.options.length === menu.labels.length, 'the question')
  const screen = async () => (await client.screen(session_id)).lines.join('\n')
  return {
    client,
    session_id,
    question,
    screen,
    answer: (label: string) => {
      const { question_id, options } = question()!
      return client.answer(session_id, question_id, { option: options.findIndex(one => one.label === label) })
    },
    chose: (text: string) => until(async () => (await screen()).includes(text), text),
    /** As a person does in the terminal. */
    type: (keys: string) => client.attach(session_id, new Recorder()).type(Buffer.from(keys)),
    markIsAt: (index: number) => until(() => sessions[0]?.title === `mark at ${index}`, `the mark at ${index}`),
  }
}

/** A user's rule for a menu that no built-in rule knows. */
function menuRules({ name, layout, sign, labels }: MenuOptions, mark: object): object {
  const line = sign === undefined ? '^  +()(\\S.*)$' : `^(?:${sign}| {${sign.length}}) ()(\\S.*)$`
  const options = layout === 'column' ? { line, keys: ['\r'] } : labels.map(label => ({ label, keys: ['\r'] }))
  const question = { kind: 'choose', options, mark, context: 'none' }
  const rules = [{ id: 'menu', state: 'blocked', alternate: true, all: ['^Pick one'], question }]
  return { name, commands: [name], agent: true, rules }
}

const CITIES: MenuOptions = {
  name: 'pick',
  above: ['Pick one'],
  labels: ['Berlin', 'Lima', 'Osaka', 'Quito'],
  layout: 'column',
  marked: '36',
  plain: '0',
  sign: '❯',
  at: 2,
}

describe('an option of a menu with a mark', () => {
  it.each([0, 1, 2])('of opencode is chosen wherever the mark is: at %i', async at => {
    const menu = await ask({ ...OPENCODE, at })
    await menu.answer('Allow once')
    await menu.chose('chose Allow once')
  })

  it('of opencode is chosen after a person moved the mark by hand', async () => {
    const menu = await ask(OPENCODE)
    const { question_id } = menu.question()!
    menu.type('\x1b[C')
    await menu.markIsAt(1)
    menu.type('\x1b[C')
    await menu.markIsAt(2)
    expect(menu.question()!.question_id).toBe(question_id)
    await menu.answer('Allow once')
    await menu.chose('chose Allow once')
  })

  it.each(['Allow always', 'Reject'])('of opencode is chosen, whichever it is: %s', async label => {
    const menu = await ask({ ...OPENCODE, at: 1 })
    await menu.answer(label)
    await menu.chose(label === 'Reject' ? 'left' : `chose ${label}`)
  })

  it.each([
    ['a sign', CITIES, { sign: '^❯' }],
    ['a sign, and its program is slow', { ...CITIES, delay_ms: 300 }, { sign: '^❯' }],
    ['a sign, with the application’s cursor keys', { ...CITIES, application: true }, { sign: '^❯' }],
    ['inverse text', { ...CITIES, marked: '7', sign: ' ' }, {}],
    ['a color of its text', { ...CITIES, sign: ' ' }, { by: 'text' }],
    ['its weight', { ...CITIES, marked: '1', sign: ' ' }, { by: 'text' }],
    ['inverse text, with two options', { ...CITIES, marked: '7', labels: ['Berlin', 'Lima'], at: 1, sign: ' ' }, {}],
    [
      'a background, in a row of two',
      { ...CITIES, layout: 'row', marked: '44', labels: ['Berlin', 'Lima'], at: 1, sign: '' },
      {},
    ],
  ] as const)('is chosen where the mark is %s', async (_, menuOptions, mark) => {
    const options = { ...menuOptions, labels: [...menuOptions.labels] } as MenuOptions
    const menu = await ask(options, menuRules(options, mark))
    await menu.answer('Berlin')
    await menu.chose('chose Berlin')
  })

  it.each([
    ['all options look alike', { ...OPENCODE, marked: OPENCODE.plain, at: 2 }],
    ['the mark does not move', { ...OPENCODE, isStuck: true, at: 2 }],
  ])('is refused, and nothing is chosen, where %s', async (_, options) => {
    const menu = await ask(options)
    await expect(menu.answer('Allow once')).rejects.toMatchObject({ code: 'question_changed' })
    // Still asked, so that a person can answer in the terminal.
    await until(() => menu.question(), 'the question')
    expect(await menu.screen()).not.toContain('chose')
    menu.type('\r')
    await menu.chose('chose Reject')
  })
})
