// Answers a question with the keys that the rules know, as the host does, so that a recording proves them.
import { builtInRules } from '../../../main/host/agents/rule-files.ts'
import { ScreenRules } from '../../../main/host/agents/screen-rules.ts'
import { pause } from '../../support/agents/recording.ts'
import type { Director } from './film.ts'

/** As the host waits between two steps. */
const STEP_MS = 80

/** A menu draws its mark anew within this. */
const DRAWN_MS = 400

const rules = new ScreenRules(builtInRules())

/** `label`: the beginning of the option's label. Without it, `text` is the answer. */
export async function choose({ recorder }: Director, command: string, label: string, text?: string): Promise<void> {
  const read = () => {
    const question = rules.match(recorder.screen.view(), command)?.question
    return { question, option: question?.options.find(one => one.label.startsWith(label)) }
  }
  const { question, option } = read()
  if (option?.moves === null) throw new Error(`the mark of ${JSON.stringify(question)} cannot be seen`)
  for (let moves = option?.moves ?? 0; moves !== 0; moves = read().option?.moves ?? 0) {
    recorder.type(moves > 0 ? question!.mark_keys!.next : question!.mark_keys!.previous)
    await pause(DRAWN_MS)
  }
  const steps = text === undefined ? option?.keys : [...(question?.text_keys ?? []), text, '\r']
  if (!steps) throw new Error(`no option ${label} in ${JSON.stringify(question)}`)
  for (const step of steps) {
    recorder.type(step)
    await pause(STEP_MS)
  }
}
