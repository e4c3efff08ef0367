// Case 162: whatever lines a command has, a question shows all of them, or says that it is cut. The commands of recorded dialogs
// get more lines: those of the agent's own dialogs, which its rules look for.
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { builtInRules } from '../../../main/host/agents/rule-files.ts'
import { ScreenRules } from '../../../main/host/agents/screen-rules.ts'
import type { ScreenView } from '../../../main/host/agents/screen-view.ts'
import { Screen } from '../../../main/host/screen/screen.ts'
import { readRecording } from '../../support/agents/recording.ts'
import { DATA } from '../../support/agents/score.ts'
import { scaledRuns } from '../../support/repeat.ts'

const rules = new ScreenRules(builtInRules())
const HIDDEN = 'rm -rf HIDDEN'

/** The frame and the indent of a line. */
const EDGE = /^[\s│┃]*(?:\$ )?/
const WORDS = /\b(?:touch|mkdir|sleep|ls|rm|echo|cat|npm|curl|printf|git|node|true)\b/

interface Dialog {
  name: string
  command: string
  view: ScreenView
  /** The line of the command. */
  at: number
}

/** The dialogs of an agent's recordings in which a command is shown whole, and all lines of its dialogs. */
function dialogsOf(agent: string): { dialogs: Dialog[]; lines: string[] } {
  const dialogs = new Map<string, Dialog>()
  const lines = new Set([
    '',
    '$ ls',
    '# List files',
    '? Shell ls',
    'Do you want to proceed?',
    'Would you like to run it?',
  ])
  for (const file of globSync(`${agent}/*.cast`, { cwd: DATA })) {
    const { cols, rows, steps } = readRecording(join(DATA, file))
    const screen = new Screen({ cols, rows, hooks: {} })
    for (const step of steps) {
      if ('output' in step) screen.write(Buffer.from(step.output))
      else if ('resize' in step) screen.resize(step.resize.cols, step.resize.rows)
      else if (step.moment.state === 'blocked') {
        const view = screen.view()
        for (const line of view.lines.slice(-30)) lines.add(line.replace(EDGE, '').replace(/[\s│]+$/, ''))
        const { command } = step.moment
        if (rules.match(view, command)?.question?.kind !== 'approve') continue
        for (const [at, line] of view.lines.entries()) {
          const one = { name: `${basename(file)} ${step.moment.note}`, command, view, at }
          // What a dialog shows is indented or framed; a screen that is half drawn is not.
          const isOwn = EDGE.exec(line)![0] !== '' && !/\d\. |Allow|─/.test(line)
          if (WORDS.test(line) && isOwn && isShown(one, [])) dialogs.set(`${one.name} ${at}`, one)
        }
      }
    }
    screen.dispose()
  }
  return { dialogs: [...dialogs.values()], lines: [...lines] }
}

/** The question with the command `HIDDEN`, the lines `after`, and what was there. */
function questionWith({ view, at, command }: Dialog, after: string[]) {
  const line = view.lines[at]!
  const edge = EDGE.exec(line)![0]
  const isBoxed = /│\s*$/.test(line)
  const inFrame = (text: string) => {
    const framed = `${edge.replace(/\$ $/, '')}${text}`
    return isBoxed ? `${framed.padEnd((view.columns ?? 80) - 1)}│` : framed.trimEnd()
  }
  const prompt = edge.endsWith('$ ') ? '$ ' : ''
  const own = line.slice(edge.length).replace(/[\s│]+$/, '')
  const put = [`${prompt}${HIDDEN}`, ...after, own].map(inFrame)
  const cursor = { ...view.cursor, line: view.cursor.line + (view.cursor.line >= at ? put.length - 1 : 0) }
  const lines = [...view.lines.slice(0, at), ...put, ...view.lines.slice(at + 1)]
  const { inks: _inks, ...rest } = view
  return rules.match({ ...rest, lines, cursor }, command)?.question
}

function isShown(dialog: Dialog, after: string[]): boolean {
  const question = questionWith(dialog, after)
  return question?.is_cut === false && `${question.text} ${question.context.join(' ')}`.includes('HIDDEN')
}

const agents = globSync('*/', { cwd: DATA }).map(path => basename(path))
describe.each(agents.filter(name => name !== 'programs'))('a question of %s', agent => {
  const { dialogs, lines } = dialogsOf(agent)

  it('is in recordings with a command that is shown whole', () => {
    expect(dialogs.length).toBeGreaterThan(0)
  })

  it('shows all lines of its command, or offers its buttons as those of a question that is cut', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...dialogs),
        fc.array(fc.constantFrom(...lines), { minLength: 1, maxLength: 3 }),
        (dialog, after) => {
          const question = questionWith(dialog, after)
          if (!question || question.options.length === 0 || question.is_cut) return
          expect(`${question.text} ${question.context.join(' ')}`).toContain('HIDDEN')
        },
      ),
      scaledRuns(2_000),
    )
  })
})
