// otg delete: deletes ended sessions and their recordings, after a confirmation.
import { createInterface } from 'node:readline/promises'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { UsageError } from '../command/args.ts'
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { FAILED } from '../command/exit-codes.ts'
import { forEachOperand } from '../command/for-each.ts'
import { shortId } from '../command/session-ids.ts'

export const deleteSessions: Command = async (context, { flags, operands }) => {
  const { json, output } = context
  const confirms = flags.yes !== true
  if (confirms && process.stdin.isTTY !== true)
    throw new UsageError('delete cannot ask for confirmation without a terminal; add --yes', 'delete')
  return withHost(context, async client => {
    const ids = new Set<string>()
    const found = await forEachOperand(operands, output, async id => void ids.add(await resolveId(client, id)))
    if (confirms && ids.size > 0 && !(await confirmed([...ids]))) return FAILED
    const deleted = await forEachOperand(ids, output, async session_id => {
      await client.history.delete(session_id)
      if (json) output.json({ session_id, deleted: true })
    })
    return Math.max(found, deleted)
  })
}

/** Throws `session_unknown`, `session_ambiguous`, `session_running`. */
async function resolveId(client: LocalClient, id: string): Promise<string> {
  const { session_id } = await client.history.timeline(id, 1)
  const [session] = (await client.history.sessions({ filter: { session_id }, limit: 1 })).sessions
  if (session?.state === 'running')
    throw new CodedError('session_running', `session ${shortId(session_id)} is running; end it before you delete it`)
  return session_id
}

async function confirmed(ids: string[]): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const what =
      ids.length === 1 ? `session ${shortId(ids[0]!)} and its recording` : `${ids.length} sessions and their recordings`
    return /^y(es)?$/i.test((await lines.question(`Delete ${what}? This cannot be undone. [y/N] `)).trim())
  } finally {
    lines.close()
  }
}
