// Reads one line of standard input; on a terminal without showing what is typed.
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { ANSWER_CHARACTERS } from '../../../protocol/messages.ts'
import { UsageError } from './args.ts'

/** The line without its end. `prompt` is shown on a terminal only. Throws UsageError if there is none. */
export async function readLine(prompt: string): Promise<string> {
  const { stdin, stderr } = process
  const isTerminal = stdin.isTTY === true
  if (isTerminal) stderr.write(prompt)
  // In terminal mode readline turns the terminal's echo off and draws the line itself, here to nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: isTerminal })
  try {
    const line = await new Promise<string | undefined>(resolve => {
      lines.once('line', resolve)
      lines.once('close', () => resolve(undefined))
      lines.once('SIGINT', () => resolve(undefined))
    })
    if (line === undefined) throw new UsageError('there is no line of text to answer with', 'answer')
    if (line.length > ANSWER_CHARACTERS)
      throw new UsageError(`an answer has at most ${ANSWER_CHARACTERS} characters`, 'answer')
    return line
  } finally {
    lines.close()
    if (isTerminal) stderr.write('\n')
  }
}
