// Replays a recording and compares what the host would know at each marked moment with what is right there.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { decide } from '../../../main/host/agents/activity.ts'
import { checked } from '../../../main/host/agents/prompt-check.ts'
import { builtInRules } from '../../../main/host/agents/rule-files.ts'
import { type Finding, ScreenRules } from '../../../main/host/agents/screen-rules.ts'
import { Screen } from '../../../main/host/screen/screen.ts'
import { type Moment, type RecordedStep, readRecording } from './recording.ts'

export interface Score {
  moment: Moment
  found: Finding['state'] | null
  rule: string
  /** The text of the question that was found. */
  question: string
  isRight: boolean
}

export interface RecordingScore {
  /** The program and its version. */
  title: string
  size: string
  /** How long the recorded program ran. */
  seconds: number
  scores: Score[]
  /** Where a question of an agent was seen between two moments without one, after any single output. */
  falseAlarms: { at: number; rule: string; question: string }[]
}

export const DATA = join(import.meta.dirname, '..', '..', 'data', 'agents')

const rules = new ScreenRules(builtInRules())

/** All recordings; `file` begins with the program's folder. */
export function scoreRecordings(): { file: string; recording: RecordingScore }[] {
  const files = globSync('*/*.cast', { cwd: DATA }).map(file => file.replaceAll('\\', '/'))
  return files.sort().map(file => ({ file, recording: scoreRecording(join(DATA, file)) }))
}

export function scoreRecording(file: string): RecordingScore {
  const { cols, rows, steps, title: program } = readRecording(file)
  let title = ''
  const screen = new Screen({ cols, rows, hooks: { title: text => void (title = text) } })
  const result: RecordingScore = {
    title: program,
    size: `${cols}×${rows}`,
    seconds: steps.at(-1)?.at ?? 0,
    scores: [],
    falseAlarms: [],
  }
  let before: Moment | undefined
  for (const [index, step] of steps.entries()) {
    if ('moment' in step) {
      result.scores.push(score(step.moment, screen, title))
      before = step.moment
      continue
    }
    if ('output' in step) screen.write(Buffer.from(step.output))
    else screen.resize(step.resize.cols, step.resize.rows)
    const after = before && before.state !== 'blocked' ? nextMoment(steps, index) : undefined
    // Recordings of ordinary programs answer some questions without marking them.
    if (!after || after.state === 'blocked' || !rules.isAgent(after.command)) continue
    const finding = findingOf(after, screen)
    if (finding?.state !== 'blocked') continue
    result.falseAlarms.push({ at: step.at, rule: finding.rule, question: finding.question?.text ?? '' })
  }
  screen.dispose()
  return result
}

function nextMoment(steps: RecordedStep[], from: number): Moment | undefined {
  for (let at = from; at < steps.length; at++) {
    const step = steps[at]!
    if ('moment' in step) return step.moment
  }
  return undefined
}

function findingOf(moment: Moment, screen: Screen): Finding | undefined {
  const reading = moment.reads === undefined ? 'unknown' : moment.reads ? 'reads' : 'not'
  return checked(rules.match(screen.view(), moment.command), reading) ?? undefined
}

/** LOOK_MS of the screen's worker: a screen is looked at when it has not changed for this long, in seconds. */
const LOOK_S = 0.25

/** The questions that any program in the foreground would be taken to ask, whenever the screen is looked at. */
export function questionsIn(file: string): string[] {
  const { cols, rows, steps } = readRecording(file)
  const screen = new Screen({ cols, rows, hooks: {} })
  const found: string[] = []
  for (const [index, step] of steps.entries()) {
    if (!('output' in step)) continue
    screen.write(Buffer.from(step.output))
    if ((steps[index + 1]?.at ?? Number.POSITIVE_INFINITY) - step.at < LOOK_S) continue
    const finding = checked(rules.match(screen.view(), ''), 'unknown')
    if (finding?.state === 'blocked') found.push(`${step.at}: ${finding.rule}: ${finding.question?.text}`)
  }
  screen.dispose()
  return found
}

function score(moment: Moment, screen: Screen, title: string): Score {
  const finding = findingOf(moment, screen)
  const titled = rules.titleState(title, moment.command)
  const decision = decide(
    {
      hook: null,
      screen: finding ? { finding, at: 0 } : null,
      title: titled ? { ...titled, at: 0 } : null,
      progress: null,
      command: null,
      inputAt: 0,
    },
    0,
  )
  const found = decision?.state ?? null
  const question = finding?.question
  const isRight =
    found === moment.state &&
    (moment.question === undefined || (question?.text.includes(moment.question) ?? false)) &&
    (moment.options === undefined ||
      JSON.stringify(question?.options.map(({ key, label }) => key || label)) === JSON.stringify(moment.options))
  return { moment, found, rule: finding?.rule ?? '', question: question?.text ?? '', isRight }
}
