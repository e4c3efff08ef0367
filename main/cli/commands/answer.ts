// otg answer: shows the question that a session's program asks, or answers it.
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import type { Question, SessionInfo } from '../../../protocol/messages.ts'
import { optionLines, questionLines } from '../command/activity-text.ts'
import { UsageError } from '../command/args.ts'
import type { Command, Context } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { readLine } from '../command/read-line.ts'
import { findSession, shortId } from '../command/session-ids.ts'

export const answer: Command = (context, parsed) => {
  const [id, word] = parsed.operands as [string, string?]
  const { text } = parsed.values
  if (word !== undefined && text !== undefined)
    throw new UsageError('answer takes ANSWER or --text, not both', 'answer')
  return withHost(context, async client => {
    const session = findSession(id, await client.list())
    const question = questionOf(session)
    const { question: expected } = parsed.values
    if (expected !== undefined && expected !== question.question_id) throw changed(question)
    if (word === undefined && text === undefined) return show(context, session, question)
    if (text !== undefined && text !== '-' && question.kind === 'password')
      throw new UsageError('a password is not taken from the command line; use --text -', 'answer')
    const given =
      word !== undefined
        ? { option: optionOf(question, word) }
        : { text: text === '-' ? await readLine(`${question.text} `) : text! }
    const { session_id } = session
    try {
      await client.answer(session_id, question.question_id, given)
    } catch (error) {
      if (toCoded(error).code !== 'question_changed') throw error
      throw changed(questionOf(findSession(session_id, await client.list())))
    }
    if (context.json)
      context.output.json({
        session_id,
        question_id: question.question_id,
        answered: true,
        // Not the text: it may be a password.
        option: 'option' in given ? question.options[given.option]! : null,
      })
    return 0
  })
}

function questionOf({ session_id, state, activity }: SessionInfo): Question {
  if (state !== 'running') throw new CodedError('session_ended', `session ${session_id} has ended`)
  if (!activity?.question) throw new CodedError('question_gone', `session ${shortId(session_id)} asks nothing`)
  return activity.question
}

/** Says what the program asks now. */
function changed(now: Question): CodedError {
  return new CodedError('question_changed', ['the program asks something else now:', ...questionLines(now)].join('\n'))
}

function show({ json, output }: Context, { session_id, title }: SessionInfo, question: Question): number {
  if (json) output.json({ session_id, title, question })
  else for (const line of questionLines(question)) output.line(line)
  return 0
}

/** The index of the option that `word` means: yes or no, a key, or the beginning of a label. Throws `option_unknown`. */
export function optionOf({ options }: Pick<Question, 'options'>, word: string): number {
  const wanted = word.toLowerCase()
  const tests: ((option: Question['options'][number]) => boolean)[] = [
    ({ answer }) => answer === wanted,
    ({ key }) => key === word,
    ({ key }) => key.toLowerCase() === wanted,
    ({ label }) => label.toLowerCase() === wanted,
    ({ label }) => wanted !== '' && label.toLowerCase().startsWith(wanted),
  ]
  for (const test of tests) {
    const found = options.flatMap((option, at) => (test(option) ? [at] : []))
    if (found.length === 1) return found[0]!
    if (found.length > 1) throw unknownOption(`${word} may mean several of its options`, options)
  }
  throw unknownOption(options.length > 0 ? `${word} is none of its options` : 'the question has no options', options)
}

function unknownOption(why: string, options: Question['options']): CodedError {
  return new CodedError(
    'option_unknown',
    [`${why}${options.length > 0 ? ':' : ''}`, ...optionLines(options)].join('\n'),
  )
}
