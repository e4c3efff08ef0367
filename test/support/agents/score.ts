// Replays a recording and compares what the rules say at each marked moment with what is right there.
import { checked } from '../../../main/host/agents/prompt-check.ts'
import { builtInRules } from '../../../main/host/agents/rule-files.ts'
import { type Finding, ScreenRules } from '../../../main/host/agents/screen-rules.ts'
import { Screen } from '../../../main/host/screen/screen.ts'
import { type Moment, readRecording } from './recording.ts'

export interface Score {
  moment: Moment
  found: Finding['state'] | null
  rule: string
  /** The text of the question that was found. */
  question: string
  isRight: boolean
}

const rules = new ScreenRules(builtInRules())

export function scoreRecording(file: string): Score[] {
  const { cols, rows, steps } = readRecording(file)
  let title = ''
  const screen = new Screen({ cols, rows, hooks: { title: text => void (title = text) } })
  const scores: Score[] = []
  for (const step of steps)
    if ('output' in step) screen.write(Buffer.from(step.output))
    else if ('resize' in step) screen.resize(step.resize.cols, step.resize.rows)
    else scores.push(score(step.moment, screen, title))
  screen.dispose()
  return scores
}

function score(moment: Moment, screen: Screen, title: string): Score {
  const reading = moment.reads === undefined ? 'unknown' : moment.reads ? 'reads' : 'not'
  const finding = checked(rules.match(screen.view(), moment.command), reading)
  const found = finding?.state ?? rules.titleState(title, moment.command)?.state ?? null
  const question = finding?.question
  const isRight =
    found === moment.state &&
    (moment.question === undefined || (question?.text.includes(moment.question) ?? false)) &&
    (moment.options === undefined ||
      JSON.stringify(question?.options.map(({ key, label }) => key || label)) === JSON.stringify(moment.options))
  return { moment, found, rule: finding?.rule ?? '', question: question?.text ?? '', isRight }
}
