// otg run: starts a session, and attaches this terminal to it unless told not to. Knows no other command.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import type { SessionInfo, SessionSpec } from '../../../protocol/messages.ts'
import type { Command, Context, Given } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { shortId } from '../command/session-ids.ts'
import { joinTerminal, within } from '../terminal/attached-terminal.ts'
import { part, readKey } from '../terminal/session-exit.ts'

export const run: Command = (context, given) => {
  const detachKey = readKey(context, given)
  const spec = specOf(given)
  return withHost(context, async client => {
    const session = await client.create(spec).catch(error => {
      throw notExecutable(error, spec)
    })
    if (given.flags.detach) {
      announce(context, session)
      return 0
    }
    const { session_id } = session
    const joining = { read_only: false, detachKey, fresh: true, inside: undefined }
    return part(context, await joinTerminal(client, session_id, joining))
  })
}

function specOf({ operands, values }: Given): SessionSpec {
  const { columns, rows } = process.stdout
  const [cols, lines] = columns > 0 && rows > 0 ? within({ cols: columns, rows }) : []
  return {
    cwd: values.cwd === undefined ? here() : resolve(here(), values.cwd),
    ...(operands.length > 0 ? { command: operands } : {}),
    ...(values.title === undefined ? {} : { title: values.title }),
    ...(cols && lines ? { size: { cols, rows: lines } } : {}),
  }
}

function here(): string {
  try {
    return process.cwd()
  } catch (cause) {
    throw new CodedError('cwd_not_found', 'this folder is gone; go to another, or name one with --cwd', { cause })
  }
}

/** A file that is there but cannot be run has an exit code of its own in shells; the host knows one error for both. */
function notExecutable(error: unknown, { command, cwd }: SessionSpec): unknown {
  const program = command?.[0]
  const coded = toCoded(error)
  if (coded.code !== 'command_not_found' || !program?.includes('/') || !existsSync(resolve(cwd!, program))) return error
  return new CodedError('command_not_found', `${program} is not executable`, { cause: 'not_executable' })
}

function announce({ json, output, program }: Context, { session_id }: SessionInfo): void {
  if (json) output.json({ session_id })
  else if (output.isTerminal)
    output.line(`session ${shortId(session_id)} runs; come to it with: ${program} attach ${shortId(session_id)}`)
  else output.line(session_id)
}
