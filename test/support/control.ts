// A person who is asked whether a program may control other sessions.
import type { SessionInfo } from '../../protocol/messages.ts'
import { sessions, withClient } from './cli.ts'
import { until } from './host.ts'

export type Decision = 'Allow once' | 'Allow this session' | 'Always allow' | 'Deny'

/** Waits until the host asks in the session's name. */
export async function asked(dataDir: string, session_id: string): Promise<SessionInfo> {
  const find = async () =>
    (await sessions(dataDir)).find(one => one.session_id === session_id && one.activity?.evidence === 'request')
  await until(async () => (await find()) !== undefined, 'the question for permission')
  return (await find())!
}

/** Waits until the host asks in the session's name, and answers. */
export async function decide(dataDir: string, session_id: string, decision: Decision): Promise<void> {
  const { question_id, options } = (await asked(dataDir, session_id)).activity!.question!
  const option = options.findIndex(({ label }) => label === decision)
  await withClient(dataDir, client => client.answer(session_id, question_id, { option }))
}
