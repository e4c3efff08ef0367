// otg run: starts a session and, without --detach, attaches this terminal to it.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import type { SessionInfo, SessionSpec } from '../../../protocol/messages.ts'
import type { Command, Context, ParsedArgs } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { shortId } from '../command/session-ids.ts'
import { attachTerminal, clampSize } from '../terminal/attached-terminal.ts'
import { readDetachOption, reportEnd } from '../terminal/session-exit.ts'

export const run: Command = (context, parsed) => {
  const detachKey = readDetachOption(context, parsed)
  const spec = sessionSpec(context, parsed)
  return withHost(context, async client => {
    const session = await client.create(spec).catch(error => {
      throw notExecutable(error, spec)
    })
    if (parsed.flags.detach) {
      reportStarted(context, session)
      return 0
    }
    const { session_id } = session
    const options = { read_only: false, detachKey, fresh: true, ownSessionId: undefined }
    return reportEnd(context, await attachTerminal(client, session_id, options))
  })
}

function sessionSpec({ env }: Context, { operands, values, flags }: ParsedArgs): SessionSpec {
  const { columns, rows } = process.stdout
  const [cols, lines] = columns > 0 && rows > 0 ? clampSize({ cols: columns, rows }) : []
  return {
    cwd: values.cwd === undefined ? currentFolder() : resolve(currentFolder(), values.cwd),
    ...(operands.length > 0 ? { command: operands } : {}),
    ...(values.title === undefined ? {} : { title: values.title }),
    // In the background it outlives whatever started it, which may be a script or an agent.
    ...(flags.detach ? {} : { env: definedOf(env) }),
    ...(cols && lines ? { size: { cols, rows: lines } } : {}),
  }
}

function definedOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function currentFolder(): string {
  try {
    return process.cwd()
  } catch (cause) {
    throw new CodedError('cwd_not_found', 'this folder no longer exists; change to another one', { cause })
  }
}

/** The host has one error for a missing and a non-executable file; shells have an exit code for each. */
function notExecutable(error: unknown, { command, cwd }: SessionSpec): unknown {
  const program = command?.[0]
  const coded = toCoded(error)
  if (coded.code !== 'command_not_found' || !program?.includes('/') || !existsSync(resolve(cwd!, program))) return error
  return new CodedError('command_not_found', `${program} is not executable`, { cause: 'not_executable' })
}

function reportStarted({ json, output, program }: Context, { session_id }: SessionInfo): void {
  if (json) output.json({ session_id })
  else if (output.isTerminal)
    output.line(`Started session ${shortId(session_id)}. Attach with: ${program} attach ${shortId(session_id)}`)
  else output.line(session_id)
}
