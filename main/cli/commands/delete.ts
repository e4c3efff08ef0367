// otg delete: forgets sessions that ended, and all they printed. Knows no other command.
import { createInterface } from 'node:readline/promises'
import type { HostClient } from '../../../protocol/client/client.ts'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { UsageError } from '../command/args.ts'
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { shortId } from '../command/session-ids.ts'

export const deleteSessions: Command = async (context, given) => {
  const { json, output } = context
  const asks = given.flags.yes !== true
  if (asks && process.stdin.isTTY !== true)
    throw new UsageError('delete cannot be undone and there is nobody to ask; give --yes', 'delete')
  return withHost(context, async client => {
    let failed = false
    const tell = (error: unknown) => {
      failed = true
      const { code, message } = toCoded(error)
      output.error(code, message)
    }
    const ids = new Set<string>()
    for (const id of given.operands) await wholeId(client, id).then(found => ids.add(found), tell)
    if (asks && ids.size > 0 && !(await agreed([...ids]))) return 1
    // One after the other, and all of them.
    for (const session_id of ids) {
      try {
        await client.history.delete(session_id)
        if (json) output.json({ session_id, deleted: true })
      } catch (error) {
        tell(error)
      }
    }
    return failed ? 1 : 0
  })
}

/** Throws `session_unknown`, `session_ambiguous`, `session_running`. */
async function wholeId(client: HostClient, id: string): Promise<string> {
  const { session_id } = await client.history.timeline(id, 1)
  const [session] = (await client.history.sessions({ filter: { session_id }, limit: 1 })).sessions
  if (session?.state === 'running')
    throw new CodedError('session_running', `session ${shortId(session_id)} runs; end it before it is deleted`)
  return session_id
}

async function agreed(ids: string[]): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const what = ids.length === 1 ? `session ${shortId(ids[0]!)}` : `${ids.length} sessions`
    return /^y(es)?$/i.test((await lines.question(`Delete ${what} and all it printed, for good? [y/N] `)).trim())
  } finally {
    lines.close()
  }
}
