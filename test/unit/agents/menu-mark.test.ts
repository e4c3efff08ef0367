// Which option of a menu is marked, on recorded and on hand-made screens.
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findLabels, type Mark, markedOption } from '../../../main/host/agents/menu-mark.ts'
import { builtInRules } from '../../../main/host/agents/rule-files.ts'
import { ScreenRules } from '../../../main/host/agents/screen-rules.ts'
import { Screen } from '../../../main/host/screen/screen.ts'
import { readRecording } from '../../support/agents/recording.ts'
import { DATA } from '../../support/agents/score.ts'

const rules = new ScreenRules(builtInRules())

/** At each question of a recording with a mark: the note, and the distance of the mark from each option that Enter chooses. */
function movesIn(file: string): { note: string; moves: (number | null)[] }[] {
  const { cols, rows, steps } = readRecording(join(DATA, file))
  const screen = new Screen({ cols, rows, hooks: {} })
  const found: { note: string; moves: (number | null)[] }[] = []
  for (const step of steps) {
    if ('output' in step) screen.write(Buffer.from(step.output))
    else if ('resize' in step) screen.resize(step.resize.cols, step.resize.rows)
    else {
      const question = rules.match(screen.view(), step.moment.command)?.question
      const moves = question?.options.map(({ moves }) => moves).filter(one => one !== undefined)
      if (question?.mark_keys && moves) found.push({ note: step.moment.note, moves })
    }
  }
  screen.dispose()
  return found
}

const marked = ['codex/hooks-*.cast', 'gemini/start-*.cast', 'opencode/*.cast', 'programs/dialogs-*.cast']
const files = globSync(marked, { cwd: DATA }).map(file => file.replaceAll('\\', '/'))

describe('a recorded menu with a mark', () => {
  it.each(files.filter(file => movesIn(file).length > 0).sort())('shows which option is marked: %s', file => {
    const moments = movesIn(file)
    for (const { moves } of moments) expect(moves).not.toContain(null)
    if (!basename(file).startsWith('shell')) return
    const moved = moments.filter(({ note }) => note === 'another option is marked')
    expect(moved).toMatchObject([{ moves: [-1, 0] }])
    for (const { note, moves } of moments) if (!moved.some(one => one.note === note)) expect(moves).toEqual([0, 1])
  })

  it('is in recordings of every program that has one', () => {
    const programs = files.filter(file => movesIn(file).length > 0).map(file => file.split('/')[0])
    expect([...new Set(programs)].sort()).toEqual(['codex', 'gemini', 'opencode', 'programs'])
  })
})

describe('the marked option', () => {
  const markOn = (output: string, labels: string[], by?: Mark['by'], sign?: RegExp) => {
    const screen = new Screen({ cols: 40, rows: 8, hooks: {} })
    screen.write(Buffer.from(output))
    const view = screen.view()
    const found = markedOption(view, findLabels(view.lines, 0, labels), { by, sign })
    screen.dispose()
    return found
  }

  it.each([
    ['has another background', '\x1b[44m Yes \x1b[0m  No   Later', 0],
    ['has another background, as the last of three', ' Yes   No  \x1b[44m Later ', 2],
    ['is inverse', ' Yes  \x1b[7m No \x1b[0m  Later', 1],
    ['is the one of two that differs from what is around', 'Sure?\r\n Yes  \x1b[48;5;4m No \x1b[0m', 1],
    [
      'is the one of two that is not inverse in an inverse box',
      '\r\n   \x1b[7m        Sure?        \x1b[0m\r\n   \x1b[7m  Yes  \x1b[27m No \x1b[7m          ',
      1,
    ],
    ['is the second of a list of two', 'Sure?\r\n Yes  \r\n\x1b[44m No                \x1b[0m', 1],
    ['is the one of two that is not inverse in an inverse row', '\x1b[7m Yes  \x1b[27m No \x1b[7m\x1b[K and so on', 1],
  ])('%s', (_, output, expected) => {
    expect(
      markOn(
        output,
        ['Yes', 'No', 'Later'].filter(label => output.includes(label)),
      ),
    ).toBe(expected)
  })

  it.each([
    ['all look alike', ' Yes   No   Later '],
    ['each has a background of its own', '\x1b[41m Yes \x1b[42m No \x1b[43m Later '],
    ['two look alike and differ from the third only in half of a label', '\x1b[44m Y\x1b[0mes   No   Later '],
    ['there are two, and nothing around them looks like one', '\x1b[41m Yes \x1b[0m          \x1b[42m No '],
    ['two pairs look alike', '\x1b[44m Yes  No \x1b[0m  Later  Never', 4],
  ])('is not known where %s', (_, output, count = 3) => {
    const labels = ['Yes', 'No', 'Later', 'Never'].slice(0, count)
    expect(markOn(output, labels)).toBeNull()
  })

  it('is known while another one is not on the screen', () => {
    expect(markOn('\x1b[44m Yes \x1b[0m  No', ['Yes', 'No', 'Later'])).toBe(0)
  })

  it('is by its text only where the rule says so', () => {
    expect(markOn(' Yes  \x1b[1m No \x1b[0m  Later', ['Yes', 'No', 'Later'])).toBeNull()
    expect(markOn(' Yes  \x1b[1m No \x1b[0m  Later', ['Yes', 'No', 'Later'], 'text')).toBe(1)
    expect(markOn(' Yes  \x1b[36m No \x1b[0m  Later', ['Yes', 'No', 'Later'], 'text')).toBe(1)
  })

  it('is by a sign the one whose line has it alone', () => {
    const list = (signs: string) => [...signs].map((sign, at) => `${sign} option ${at}`).join('\r\n')
    const labels = ['option 0', 'option 1', 'option 2']
    for (const sign of ['❯', '>', '●', '›']) expect(markOn(list(` ${sign} `), labels, undefined, /^[❯>●›]/)).toBe(1)
    expect(markOn(list('❯❯ '), labels, undefined, /^❯/)).toBeNull()
    expect(markOn(list('   '), labels, undefined, /^❯/)).toBeNull()
  })

  it('is by the cursor the one that it is at', () => {
    expect(markOn('  <Yes>    <No>\x1b[3D', ['Yes', 'No'], 'cursor')).toBe(1)
    expect(markOn('  <Yes>    <No>\x1b[1;4H', ['Yes', 'No'], 'cursor')).toBe(0)
    expect(markOn('  <Yes>    <No>\r\n', ['Yes', 'No'], 'cursor')).toBeNull()
  })

  it('is found behind wide and combined characters, and in rows that wrap', () => {
    expect(markOn('世界 e\u0301 👍 Yes \x1b[7m No \x1b[0m Later', ['Yes', 'No', 'Later'])).toBe(1)
    expect(markOn(`${'x'.repeat(36)} Yes \x1b[7m No \x1b[0m Later`, ['Yes', 'No', 'Later'])).toBe(1)
  })

  it('is looked for in the last line that has all labels, since a command may contain them', () => {
    const quoted = 'echo Yes \x1b[7mNo\x1b[0m Later\r\n\r\n\x1b[7m Yes \x1b[0m No  Later'
    expect(markOn(quoted, ['Yes', 'No', 'Later'])).toBe(0)
  })
})
